/**
 * The registry: every provider this program knows by name, as a configuration that its user's file is laid over. Data
 * only; what behaves differently has a file of its own. A row says nothing of accounts: without one a provider is known
 * and not usable.
 */
import type { CooldownConfig, Limits, ModelConfig, ProviderConfig, ProviderType } from "../config/schema.ts";
import { aggregatorRows } from "./aggregators.ts";
import { directRows } from "./direct.ts";
import { localRows } from "./local.ts";
import { proprietaryRows } from "./proprietary.ts";
import type { Row, Rows } from "./row.ts";

export const defaultPriority = 100;

/** Seed and field practice of 2026: 1 s, doubled up to 2 min; a provider's own reset time is believed for half an hour. */
export const defaultCooldown: CooldownConfig = { baseMs: 1_000, maxMs: 120_000, maxResetMs: 1_800_000 };

const rows: Rows = { ...directRows, ...aggregatorRows, ...proprietaryRows, ...localRows };

export const builtInProviders: Readonly<Record<string, ProviderConfig>> = Object.fromEntries(
  Object.entries(rows).map(([id, row]) => [id, configOf(row)]),
);

function configOf(row: Row): ProviderConfig {
  return {
    type: row.type,
    kind: row.kind,
    description: row.description,
    tags: row.tags,
    endpoint: row.endpoint,
    moreEndpoints: row.moreEndpoints ?? [],
    authType: row.authType,
    enabled: true,
    priority: defaultPriority,
    // The user's list, once there is one, is all that is served; the registry's own is in `knownModels`.
    models: [],
    modelMappings: {},
    excludedModels: [],
    features: row.features,
    limits: null,
    cooldown: defaultCooldown,
    strategy: null,
    serves: row.serves ?? [],
  };
}

/** Models an entry stands for: those of the file, else those the registry names for this id, and what was added to either. */
export function knownModels(id: string, { models, moreModels = [] }: ProviderConfig): readonly ModelConfig[] {
  const own = models.length > 0 ? models : ((Object.hasOwn(rows, id) ? rows[id]?.models : undefined) ?? []);
  return moreModels.length === 0 ? own : [...own, ...moreModels];
}

/** The seed's first list of providers, by exactly its names. */
export const seedProviders = [
  "claude",
  "gemini",
  "openai",
  "mistral",
  "groq",
  "deepseek",
  "openrouter",
  "together",
  "fireworks",
  "novita",
  "siliconflow",
  "kiro",
  "copilot",
  "roocode",
  "kiloai",
  "minimax",
] as const;

/** Other names of the same provider, where no entry of a file has taken them. */
export const secondNames: Readonly<Record<string, string>> = { github: "copilot", ollama: "ollama-local" };

/** In force for an account only where the file asks for them (`limits: suggested`). The seed's figures. */
export const suggestedLimits: Readonly<Record<string, Limits>> = {
  claude: { requestsPerMinute: 60, tokensPerMinute: 40_000 },
};

/** Types that are one service each: where it is, when a block does not say. */
export const defaultEndpoints: Readonly<Partial<Record<ProviderType, string>>> = {
  codex: proprietaryRows.codex.endpoint,
  copilot: proprietaryRows.copilot.endpoint,
  "gemini-cli": proprietaryRows["gemini-cli"].endpoint,
  antigravity: proprietaryRows.antigravity.endpoint,
  qwen: proprietaryRows.qwen.endpoint,
  iflow: aggregatorRows.iflow.endpoint,
  kiro: proprietaryRows.kiro.endpoint,
  cursor: proprietaryRows.cursor.endpoint,
};
