/** Names of targets as people write them: `provider/model`. The model's own name may hold slashes, the provider's may not. */
export interface ModelName {
  readonly provider: string;
  readonly model: string;
}

/** Null when there is no slash or nothing on one side of the first one. */
export function parseModelName(text: string): ModelName | null {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) return null;
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) };
}

export function formatModelName(name: ModelName): string {
  return `${name.provider}/${name.model}`;
}
