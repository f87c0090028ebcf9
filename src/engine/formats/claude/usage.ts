/** Claude's token counts, whose `input_tokens` leaves out what was read from or written to the cache. */
import type { Usage } from "../../hub/usage.ts";
import { countField, numberField, recordField, type Fields } from "../fields.ts";

/** `message_delta` repeats only some fields; what it leaves out keeps its earlier value. */
export function readUsage(wire: unknown, before: Usage): Usage {
  const keep = (key: string, old: number): number =>
    numberField(wire, key) === undefined ? old : countField(wire, key);
  const cacheRead = keep("cache_read_input_tokens", before.cacheRead);
  const cacheWrite = keep("cache_creation_input_tokens", before.cacheWrite);
  const uncached = keep("input_tokens", Math.max(0, before.input - before.cacheRead - before.cacheWrite));
  const details = recordField(wire, "output_tokens_details");
  return {
    input: uncached + cacheRead + cacheWrite,
    output: keep("output_tokens", before.output),
    cacheRead,
    cacheWrite,
    reasoning:
      numberField(details, "thinking_tokens") === undefined ? before.reasoning : countField(details, "thinking_tokens"),
    estimated: false,
  };
}

/** `buffer` is added to what the client sees as input; it never makes a figure negative. */
export function writeUsage(usage: Usage, buffer: number): Fields {
  return {
    input_tokens: Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite) + Math.max(0, buffer),
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
    ...(usage.reasoning > 0 ? { output_tokens_details: { thinking_tokens: usage.reasoning } } : {}),
  };
}
