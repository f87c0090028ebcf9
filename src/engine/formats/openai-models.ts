/**
 * What a model behind an OpenAI format (Chat, Responses) takes, told from its name. Only OpenAI's own names are known to refuse fields;
 * every other server gets the plain, old form that all of them read.
 */
import type { ThinkingLevel } from "../hub/request.ts";

export interface ChatModel {
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** The most tokens it writes in one reply; null where the name does not tell. Smaller than asked is a 400 otherwise. */
  readonly maxTokens: number | null;
  /** `temperature`, `top_p`, penalties. */
  readonly sampling: boolean;
  /** Understands the `developer` role. */
  readonly developerRole: boolean;
  /** Values of `reasoning_effort` it takes; empty when the field is refused. */
  readonly efforts: readonly ThinkingLevel[];
  /** The word for "do not think", where there is one. */
  readonly noThinking: "none" | "minimal" | "low" | null;
}

const plain: ChatModel = {
  maxTokensField: "max_tokens",
  maxTokens: null,
  sampling: true,
  developerRole: false,
  efforts: ["low", "medium", "high"],
  noThinking: null,
};
const withoutReasoning: ChatModel = { ...plain, efforts: [] };
const reasoning = {
  maxTokensField: "max_completion_tokens",
  maxTokens: 128_000,
  sampling: false,
  developerRole: true,
} as const;

/** First match counts. */
const oldModels: readonly { readonly name: RegExp; readonly maxTokens: number }[] = [
  { name: /^gpt-3/, maxTokens: 4096 },
  { name: /^gpt-4\.1/, maxTokens: 32_768 },
  { name: /^(chatgpt-4|gpt-4)o|^gpt-4\.5/, maxTokens: 16_384 },
  { name: /^gpt-4-(turbo|1106|0125|vision)/, maxTokens: 4096 },
  { name: /^gpt-4/, maxTokens: 8192 },
];

export function chatModel(name: string): ChatModel {
  const bare = name.toLowerCase().replace(/^.*\//, "");
  const old = oldModels.find(({ name }) => name.test(bare));
  if (old !== undefined) return { ...withoutReasoning, maxTokens: old.maxTokens };
  if (/^o\d/.test(bare))
    return { ...reasoning, maxTokens: 100_000, efforts: ["low", "medium", "high"], noThinking: "low" };
  const gpt = /^gpt-(\d+)(?:\.(\d+))?/.exec(bare);
  if (gpt === null) return plain;
  const version = Number(gpt[1]) + Number(gpt[2] ?? 0) / 10;
  if (version < 5.05) return { ...reasoning, efforts: ["minimal", "low", "medium", "high"], noThinking: "minimal" };
  const top: readonly ThinkingLevel[] = version < 5.15 ? [] : ["xhigh"];
  return { ...reasoning, efforts: ["low", "medium", "high", ...top], noThinking: "none" };
}
