/**
 * Token counts of a Kiro reply, the best there are: the service's own counts, else the share of the context that was
 * used, else what was written. Credits (`meteringEvent`) are money and never tokens.
 */
import { noUsage, type Usage } from "../../hub/usage.ts";
import { countField, numberField, recordField } from "../fields.ts";
import { kiroModel } from "./known-models.ts";

/** `metadataEvent.tokenUsage`; null where it has no counts. */
export function readTokenUsage(metadata: unknown): Usage | null {
  const said = recordField(metadata, "tokenUsage");
  const uncached = numberField(said, "uncachedInputTokens");
  const output = numberField(said, "outputTokens");
  if (uncached === undefined && output === undefined) return null;
  const cacheRead = countField(said, "cacheReadInputTokens");
  const cacheWrite = countField(said, "cacheWriteInputTokens");
  return {
    ...noUsage,
    input: countField(said, "uncachedInputTokens") + cacheRead + cacheWrite,
    output: countField(said, "outputTokens"),
    cacheRead,
    cacheWrite,
  };
}

/** `usageEvent` and its kin, which no published model of the service has and older proxies send. */
export function readLooseUsage(event: unknown): Usage | null {
  const said = recordField(event, "tokenUsage") ?? event;
  const input = numberField(said, "inputTokens");
  const output = numberField(said, "outputTokens");
  if (input === undefined && output === undefined) return null;
  return { ...noUsage, input: countField(said, "inputTokens"), output: countField(said, "outputTokens") };
}

/** Between 0 and 100, whatever its size: 0.5 is half of one per cent. Null: not said. */
export function readPercentage(event: unknown): number | null {
  const said = numberField(event, "contextUsagePercentage");
  return said === undefined || said < 0 ? null : said;
}

/** The percentage counts the answer too, so the answer is taken off and not added. */
export function usageFromPercentage(percentage: number, model: string | null, outputChars: number): Usage {
  const output = Math.max(1, Math.ceil(outputChars / 4));
  const total = Math.round((percentage / 100) * kiroModel(model ?? "").window);
  return { ...noUsage, input: Math.max(0, total - output), output, estimated: true };
}
