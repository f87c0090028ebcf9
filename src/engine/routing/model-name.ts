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

/** No provider's names are nearly as long; what is longer is no name. */
const maxNameLength = 256;

/** Why this is no name of a model that a client may ask for; null when it is one. The name itself is not repeated. */
export function modelNameProblem(text: string): string | null {
  if (text.trim() === "") return "model: a name is required";
  if (text.length > maxNameLength) return `model: longer than ${maxNameLength} characters`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return "model: control characters are not allowed";
  if (text.includes("\\")) return "model: backslashes are not allowed";
  return text.includes("..") ? 'model: ".." is not allowed' : null;
}

/** What a name may end in besides: a wish about thinking, as in `gpt-5(high)`. It belongs to no provider's name. */
export function splitSuffix(model: string): { readonly name: string; readonly suffix: string } {
  const open = model.lastIndexOf("(");
  return open > 0 && model.endsWith(")")
    ? { name: model.slice(0, open).trimEnd(), suffix: model.slice(open) }
    : { name: model, suffix: "" };
}
