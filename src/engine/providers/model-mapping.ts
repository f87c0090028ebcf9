/**
 * One model, several names: what clients call it and what a provider calls it. The file's own words win over the default
 * table; a name nobody maps is the model's own. (The seed's table, its rows verbatim.)
 */
import type { ModelConfig, ProviderConfig } from "../config/schema.ts";

export const defaultMappings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "claude-3-5-sonnet": {
    claude: "claude-3-5-sonnet-20241022",
    openrouter: "anthropic/claude-3.5-sonnet",
  },
  "gpt-4-turbo": {
    openai: "gpt-4-turbo-preview",
    openrouter: "openai/gpt-4-turbo",
  },
  "gemini-1.5-pro": {
    gemini: "gemini-1.5-pro-preview-0514",
    openrouter: "google/gemini-pro-1.5",
  },
};

type Names = Pick<ProviderConfig, "modelMappings" | "models" | "moreModels">;

/** The provider's name for a model: `model_mappings`, then the alias of a model entry, then the default row, then the name itself. */
export function mapModel(provider: string, config: Names, model: string): string {
  return writtenName(config, model) ?? defaultName(provider, model) ?? model;
}

/** As `mapModel`, where the file itself has a name for it; null where it does not. */
export function writtenName({ modelMappings, models, moreModels = [] }: Names, model: string): string | null {
  if (Object.hasOwn(modelMappings, model)) return modelMappings[model] ?? null;
  const isCalledSo = ({ alias }: ModelConfig): boolean => alias === model;
  return (models.find(isCalledSo) ?? moreModels.find(isCalledSo))?.name ?? null;
}

export function defaultName(provider: string, model: string): string | null {
  const row = Object.hasOwn(defaultMappings, model) ? defaultMappings[model] : undefined;
  return row !== undefined && Object.hasOwn(row, provider) ? (row[provider] ?? null) : null;
}

/** The way back: what clients call a model that a provider names so. Its own name where nobody calls it otherwise. */
export function clientName(
  provider: string,
  { modelMappings, models, moreModels = [] }: Names,
  served: string,
): string {
  const entries = [...models, ...moreModels];
  const alias = entries.find(({ name, alias: called }) => name === served && called !== undefined)?.alias;
  if (alias !== undefined) return alias;
  const mapped = Object.entries(modelMappings).find(([, name]) => name === served);
  if (mapped !== undefined) return mapped[0];
  const row = Object.entries(defaultMappings).find(([model]) => defaultName(provider, model) === served);
  return row?.[0] ?? served;
}
