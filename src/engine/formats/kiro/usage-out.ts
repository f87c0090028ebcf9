/** Token counts and the share of the context that is used, as Kiro's clients are told of them. */
import { estimateTokens } from "../../hub/estimate.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { Usage } from "../../hub/usage.ts";
import type { Fields } from "../fields.ts";
import { kiroModel } from "./known-models.ts";

/** Undefined where the upstream counted nothing: a guess is no figure to bill by. `buffer` is added to the input. */
export function writeTokenUsage(usage: Usage, buffer: number): Fields | undefined {
  if (usage.estimated || usage.input + usage.output === 0) return undefined;
  const uncached = Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite) + Math.max(0, buffer);
  return {
    uncachedInputTokens: uncached,
    outputTokens: usage.output,
    totalTokens: uncached + usage.cacheRead + usage.cacheWrite + usage.output,
    cacheReadInputTokens: usage.cacheRead,
    cacheWriteInputTokens: usage.cacheWrite,
  };
}

/**
 * Per cent, 0 to 100: the IDE starts to summarise a conversation by it. Measured against the window of the model the
 * client believes to talk to; who asks a smaller one adds the difference with `usage_buffer`.
 */
export function contextPercentage(request: HubRequest, usage: Usage, buffer: number): number {
  const counted = usage.input + usage.output;
  const tokens = (counted === 0 ? estimateTokens(request) : counted) + Math.max(0, buffer);
  return Math.min(100, Math.round((tokens / kiroModel(request.model).window) * 10_000) / 100);
}
