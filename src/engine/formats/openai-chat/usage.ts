/** Chat's token counts: `prompt_tokens` holds the cached ones, `completion_tokens` the reasoning. */
import type { Usage } from "../../hub/usage.ts";
import { countField, recordField, type Fields } from "../fields.ts";

/** Null when the field is absent or null, as it is in every chunk but the last. */
export function readUsage(from: unknown): Usage | null {
  const wire = recordField(from, "usage");
  if (wire === undefined) return null;
  const prompt = recordField(wire, "prompt_tokens_details");
  const cacheRead = countField(prompt, "cached_tokens") || countField(wire, "prompt_cache_hit_tokens");
  const cacheWrite = countField(prompt, "cache_write_tokens");
  return {
    // A server that counts cached tokens apart would otherwise give a negative rest.
    input: Math.max(countField(wire, "prompt_tokens"), cacheRead + cacheWrite),
    output: countField(wire, "completion_tokens"),
    cacheRead,
    cacheWrite,
    reasoning: countField(recordField(wire, "completion_tokens_details"), "reasoning_tokens"),
    estimated: false,
  };
}

export function writeUsage(usage: Usage, buffer: number): Fields {
  const prompt = usage.input + Math.max(0, buffer);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      ...(usage.cacheWrite > 0 ? { cache_write_tokens: usage.cacheWrite } : {}),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}
