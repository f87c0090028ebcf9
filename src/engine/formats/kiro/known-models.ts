/**
 * What is known of Kiro's models before the service is asked (public clients, 2026-11): how much fits, and how a wish to
 * think is said to them. The list at run time comes from the service; a name that is not here is still asked for.
 */
import type { ThinkingLevel } from "../../hub/request.ts";

/**
 * `adaptive`: Claude's fields in `additionalModelRequestFields`. `effort`: OpenAI's. `text`: the older ones are asked in
 * the text and think in the text, between tags. `none`: nothing is known that they would understand.
 */
export type ThinkingWay = "adaptive" | "effort" | "text" | "none";

export interface KiroModel {
  readonly thinking: ThinkingWay;
  readonly efforts: readonly ThinkingLevel[];
  /** Tokens that fit; what a percentage of the context is a percentage of. */
  readonly window: number;
}

const million = 1_000_000;
const usual = 200_000;

const claudeEfforts = ["low", "medium", "high", "xhigh", "max"] as const;
const gptEfforts = ["minimal", "low", "medium", "high", "xhigh"] as const;

/** First match counts. */
const families: readonly (readonly [RegExp, KiroModel])[] = [
  [/claude-opus-(4[.-][6-9]|[5-9])/, { thinking: "adaptive", efforts: claudeEfforts, window: million }],
  [/claude-sonnet-(4[.-][6-9]|[5-9])/, { thinking: "adaptive", efforts: claudeEfforts, window: million }],
  [/claude-(fable|mythos)/, { thinking: "adaptive", efforts: claudeEfforts, window: million }],
  [/claude/, { thinking: "text", efforts: [], window: usual }],
  [/gpt-/, { thinking: "effort", efforts: gptEfforts, window: usual }],
  [/^auto$/, { thinking: "none", efforts: [], window: million }],
  [/deepseek/, { thinking: "none", efforts: [], window: 164_000 }],
  [/minimax/, { thinking: "none", efforts: [], window: 196_000 }],
  [/qwen/, { thinking: "none", efforts: [], window: 256_000 }],
];

const unknown: KiroModel = { thinking: "none", efforts: [], window: usual };

export function kiroModel(name: string): KiroModel {
  // The oldest names are constants: CLAUDE_SONNET_4_20250514_V1_0.
  const word = name.toLowerCase().replaceAll("_", "-");
  return families.find(([pattern]) => pattern.test(word))?.[1] ?? unknown;
}

/** The names that are shown until the service was asked; `simple-task` is the editor's own for its side jobs. */
export const bootstrapModels = [
  "auto",
  "claude-opus-4.8",
  "claude-opus-4.7",
  "claude-opus-4.6",
  "claude-sonnet-5",
  "claude-sonnet-4.6",
  "claude-sonnet-4.5",
  "claude-sonnet-4",
  "claude-haiku-4.5",
  "claude-fable-5",
  "deepseek-3.2",
  "minimax-m2.5",
  "minimax-m2.1",
  "glm-5",
  "qwen3-coder-next",
] as const;
