/**
 * What the configuration contract has and this version does not act on yet. Such a setting is validated and kept, and
 * its user is told: silence would let them believe that it works. A row goes when its feature lands.
 */
import type { ConfigFile } from "./file-schema.ts";
import { pathText, type Path } from "./problem.ts";

export interface Dormant {
  readonly path: Path;
  readonly value: unknown;
}

export function dormantParts(file: ConfigFile): readonly Dormant[] {
  return [...dormantSettings(file), ...dormantProviderParts(file), ...dormantBlocks(file)];
}

export function dormantWarning(path: Path): string {
  return `accepted, not active in this version: ${pathText(path)}`;
}

/** A setting asks for something only when it differs from "do nothing"; writing the default down is no surprise to come. */
function dormantSettings(file: ConfigFile): readonly Dormant[] {
  const settings = file.settings;
  if (settings === undefined) return [];
  const asks = {
    network_proxy:
      (settings.network_proxy?.global ?? null) !== null ||
      [settings.network_proxy?.providers, settings.network_proxy?.combos, settings.network_proxy?.keys].some(
        (map) => Object.keys(map ?? {}).length > 0,
      ),
    ip_filter: (settings.ip_filter?.mode ?? "off") !== "off",
    force_model_prefix: settings.force_model_prefix === true,
  } satisfies Partial<Record<keyof typeof settings, boolean>>;
  return Object.entries(asks)
    .filter(([, asked]) => asked)
    .map(([key]) => ({ path: ["settings", key], value: new Map(Object.entries(settings)).get(key) }));
}

function dormantProviderParts(file: ConfigFile): readonly Dormant[] {
  return Object.entries(file.providers ?? {}).flatMap(([id, block]) => {
    const parts = (["features", "limits", "cooldown"] as const)
      .filter((key) => block[key] !== undefined)
      .map((key): Dormant => ({ path: ["providers", id, key], value: block[key] }));
    const models = (block.models ?? []).flatMap((model, index) =>
      (["supports_functions", "supports_streaming"] as const)
        .filter((key) => model[key] === false)
        .map((key): Dormant => ({ path: ["providers", id, "models", index, key], value: false })),
    );
    return [...parts, ...models];
  });
}

const blocks = [
  "gateway",
  "claude-api-key",
  "gemini-api-key",
  "codex-api-key",
  "openrouter",
  "openai-compatibility",
  "kiro",
] as const;

function dormantBlocks(file: ConfigFile): readonly Dormant[] {
  const named = blocks
    .filter((key) => file[key] !== undefined)
    // These blocks may hold keys; what is kept says only that they are there.
    .map((key): Dormant => ({ path: [key], value: true }));
  return file["force-model-prefix"] === true ? [...named, { path: ["force-model-prefix"], value: true }] : named;
}
