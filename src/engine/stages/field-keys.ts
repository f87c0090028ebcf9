/** The settings of a call that every dialect may have, by the hub's names for them, in the order in which they are read. */
import type { HubRequest } from "../hub/request.ts";
import type { Field } from "./outline.ts";

const labels = {
  model: "model",
  stream: "stream",
  maxTokens: "max tokens",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  stop: "stop",
  thinking: "thinking",
  responseFormat: "response format",
  toolChoice: "tool_choice",
  parallelToolCalls: "parallel calls",
  seed: "seed",
  presencePenalty: "presence penalty",
  frequencyPenalty: "frequency penalty",
  verbosity: "verbosity",
  logprobs: "logprobs",
  serviceTier: "service tier",
  userId: "metadata",
  promptCacheKey: "prompt cache key",
} as const satisfies Partial<Record<keyof HubRequest, string>>;

export type FieldKey = keyof typeof labels;

// The keys of the literal above, in its order.
export const fieldKeys = Object.keys(labels) as readonly FieldKey[];

const cacheKey = "cache_control";

export function labelOf(key: FieldKey): string {
  return labels[key];
}

/** A field that only one dialect knows. */
export function otherKey(path: string): string {
  return `other ${path}`;
}

/** Wishes to cache stand all over a body: they are counted. */
export function cacheField(words: string, marks: number): readonly Field[] {
  return marks === 0 ? [] : [{ key: cacheKey, label: cacheKey, text: `${words} x${marks}`, value: String(marks) }];
}
