/** Responses' token counts: `input_tokens` holds the cached ones, `output_tokens` the reasoning. */
import type { Usage } from "../../hub/usage.ts";
import { countField, recordField, type Fields } from "../fields.ts";

/** Null when the field is absent or null, as it is until the response is over. */
export function readUsage(from: unknown): Usage | null {
  const wire = recordField(from, "usage");
  if (wire === undefined) return null;
  const details = recordField(wire, "input_tokens_details");
  const cacheRead = countField(details, "cached_tokens");
  const cacheWrite = countField(details, "cache_write_tokens");
  return {
    // A server that counts cached tokens apart would otherwise give a negative rest.
    input: Math.max(countField(wire, "input_tokens"), cacheRead + cacheWrite),
    output: countField(wire, "output_tokens"),
    cacheRead,
    cacheWrite,
    reasoning: countField(recordField(wire, "output_tokens_details"), "reasoning_tokens"),
    estimated: false,
  };
}

/** Codex refuses a usage without its three sums, other clients one without its details. */
export function writeUsage(usage: Usage, buffer: number): Fields {
  const input = usage.input + Math.max(0, buffer);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + usage.output,
  };
}
