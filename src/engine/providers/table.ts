/**
 * The providers this build can speak to out of the box: an API key, a public dialect, nothing of their own.
 * Data only; what behaves differently gets a file of its own. Base URLs as the providers document them (from the fact pages or from memory; none was called from here).
 * A file's `providers` block adds to these rows or lays its fields over them.
 */
import type { CooldownConfig, ProviderConfig, ProviderType } from "../config/schema.ts";

export const defaultPriority = 100;

/** Seed and field practice of 2026: 1 s, doubled up to 2 min; a provider's own reset time is believed for half an hour. */
export const defaultCooldown: CooldownConfig = { baseMs: 1_000, maxMs: 120_000, maxResetMs: 1_800_000 };

interface Row {
  readonly type: ProviderType;
  readonly endpoint: string;
  /** Models it is known for; an aggregator serves anything under its own names, so it has none. */
  readonly serves?: readonly string[];
}

const openai = (endpoint: string, serves: readonly string[] = []): Row => ({
  type: "openai-compatible",
  endpoint,
  serves,
});

const claude = (endpoint: string, serves: readonly string[] = []): Row => ({
  type: "anthropic-compatible",
  endpoint,
  serves,
});

const rows = {
  claude: claude("https://api.anthropic.com/v1", ["claude-*"]),
  openai: openai("https://api.openai.com/v1", ["gpt-*", "chatgpt-*", "o1*", "o3*", "o4*"]),
  gemini: {
    type: "gemini-compatible",
    endpoint: "https://generativelanguage.googleapis.com/v1beta",
    serves: ["gemini-*"],
  },
  openrouter: openai("https://openrouter.ai/api/v1"),
  groq: openai("https://api.groq.com/openai/v1"),
  mistral: openai("https://api.mistral.ai/v1", [
    "mistral-*",
    "codestral-*",
    "devstral-*",
    "magistral-*",
    "ministral-*",
    "pixtral-*",
  ]),
  deepseek: openai("https://api.deepseek.com/v1", ["deepseek-*"]),
  together: openai("https://api.together.xyz/v1"),
  fireworks: openai("https://api.fireworks.ai/inference/v1", ["accounts/fireworks/models/*"]),
  novita: openai("https://api.novita.ai/v3/openai"),
  siliconflow: openai("https://api.siliconflow.cn/v1"),
  nebius: openai("https://api.studio.nebius.com/v1"),
  // These three are asked for embeddings only; their wire shapes are in engine/media.
  voyage: openai("https://api.voyageai.com/v1", ["voyage-*"]),
  cohere: openai("https://api.cohere.com/v2", ["embed-*"]),
  jina: openai("https://api.jina.ai/v1", ["jina-*"]),
  glm: claude("https://api.z.ai/api/anthropic/v1", ["glm-*"]),
  kimi: claude("https://api.kimi.com/coding/v1", ["kimi-*"]),
  minimax: claude("https://api.minimax.io/anthropic/v1", ["MiniMax-*", "minimax-*"]),
} as const satisfies Readonly<Record<string, Row>>;

export const builtInProviders: Readonly<Record<string, ProviderConfig>> = Object.fromEntries(
  Object.entries<Row>(rows).map(([id, row]) => [
    id,
    {
      type: row.type,
      kind: "direct",
      description: "",
      tags: [],
      moreEndpoints: [],
      excludedModels: [],
      features: {},
      limits: null,
      cooldown: defaultCooldown,
      strategy: null,
      endpoint: row.endpoint,
      authType: "api_key",
      enabled: true,
      priority: defaultPriority,
      models: [],
      modelMappings: {},
      serves: row.serves ?? [],
    } satisfies ProviderConfig,
  ]),
);

/** Registry names that need a login (or a dialect) this version does not have: accepted in a file, reported as not active. */
export const laterProviders: ReadonlySet<string> = new Set([
  "gemini-cli",
  "antigravity",
  "codex",
  "github",
  "qwen",
  "iflow",
  "kiro",
  "cursor",
  "roocode",
  "kiloai",
]);

/** Types that are one service each: where it is, when a block does not say. */
export const defaultEndpoints: Readonly<Partial<Record<ProviderType, string>>> = {
  codex: "https://chatgpt.com/backend-api/codex",
  copilot: "https://api.githubcopilot.com",
  "gemini-cli": "https://cloudcode-pa.googleapis.com",
  antigravity: "https://daily-cloudcode-pa.googleapis.com",
};
