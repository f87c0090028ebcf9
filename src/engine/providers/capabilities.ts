/**
 * What a provider can do, in the seed's five words. Models of the file or the registry speak first (any streams, any
 * calls functions, the largest limit), as in the seed; where they are silent, the provider's features do.
 *
 * Two tables exist on purpose. `features` in the registry say what holds today, because a capability that is denied keeps
 * calls away. `seedCapabilities` is the seed's own matrix, kept word for word: there Kiro does not stream and neither Kiro
 * nor Copilot calls functions, which was true when it was written.
 */
import type { CapabilitiesJson } from "../../base/controls-engine.ts";
import type { Features, ModelConfig, ProviderConfig } from "../config/schema.ts";
import { knownModels } from "./table.ts";

/** 0 tokens: the seed's "N/A". */
export const seedCapabilities = {
  claude: { streaming: true, functions: true, vision: true, code_generation: true, max_tokens: 200_000 },
  gemini: { streaming: true, functions: true, vision: true, code_generation: false, max_tokens: 1_000_000 },
  openai: { streaming: true, functions: true, vision: true, code_generation: false, max_tokens: 128_000 },
  kiro: { streaming: false, functions: false, vision: false, code_generation: true, max_tokens: 0 },
  copilot: { streaming: true, functions: false, vision: false, code_generation: true, max_tokens: 0 },
} as const satisfies Readonly<Record<string, CapabilitiesJson>>;

export const featureNames = ["streaming", "functions", "vision", "code_generation"] as const;
export type FeatureName = (typeof featureNames)[number];

export function isFeatureName(text: string): text is FeatureName {
  return featureNames.some((name) => name === text);
}

export function detectCapabilities(id: string, config: ProviderConfig): CapabilitiesJson {
  const models = knownModels(id, config);
  return {
    streaming: anySays(models, "supportsStreaming") ?? featureOf(config, "streaming"),
    functions: anySays(models, "supportsFunctions") ?? featureOf(config, "functions"),
    vision: featureOf(config, "vision"),
    code_generation: featureOf(config, "code_generation"),
    max_tokens: models.reduce((most, { maxTokens }) => Math.max(most, maxTokens ?? 0), 0),
  };
}

/** One model's capabilities: its own entry's words, else its provider's. `model` is the provider's name or its alias. */
export function modelCapabilities(id: string, config: ProviderConfig, model: string): CapabilitiesJson {
  const entry = knownModels(id, config).find(({ name, alias }) => name === model || alias === model);
  return {
    streaming: entry?.supportsStreaming ?? featureOf(config, "streaming"),
    functions: entry?.supportsFunctions ?? featureOf(config, "functions"),
    vision: featureOf(config, "vision"),
    code_generation: featureOf(config, "code_generation"),
    max_tokens: entry?.maxTokens ?? 0,
  };
}

export function supportsFeature(id: string, config: ProviderConfig, model: string, feature: FeatureName): boolean {
  return modelCapabilities(id, config, model)[feature];
}

/** Null: none of them says. */
function anySays(models: readonly ModelConfig[], key: "supportsStreaming" | "supportsFunctions"): boolean | null {
  const said = models.filter((model) => model[key] !== undefined);
  return said.length === 0 ? null : said.some((model) => model[key] === true);
}

const fields = {
  streaming: "streaming",
  functions: "functions",
  vision: "vision",
  code_generation: "codeGeneration",
} as const satisfies Record<FeatureName, keyof Features>;

/** Every dialect that is spoken here can stream and call functions, so a provider that says nothing is taken to. */
function featureOf({ features }: ProviderConfig, name: FeatureName): boolean {
  const isUsual = name === "streaming" || name === "functions";
  return features[fields[name]] ?? isUsual;
}
