/** Gemini's token counts: the prompt holds the cached ones, the candidates leave the thoughts out. */
import { isRecord } from "../../../base/json.ts";
import type { Usage } from "../../hub/usage.ts";
import type { Fields } from "../fields.ts";

/**
 * Each chunk repeats the counts so far, so a later one overwrites. Null where nothing is counted: Vertex sends chunks
 * whose `usageMetadata` holds the traffic type alone.
 */
export function readUsage(wire: unknown, before: Usage): Usage | null {
  if (!isRecord(wire)) return null;
  const prompt = count(wire, "promptTokenCount");
  const candidates = count(wire, "candidatesTokenCount");
  const thoughts = count(wire, "thoughtsTokenCount");
  const cached = count(wire, "cachedContentTokenCount");
  if (prompt === null && candidates === null && thoughts === null && cached === null) return null;
  const cacheRead = cached ?? before.cacheRead;
  const reasoning = thoughts ?? before.reasoning;
  const input = prompt === null ? before.input : prompt + (count(wire, "toolUsePromptTokenCount") ?? 0);
  return {
    input: Math.max(input, cacheRead),
    output: (candidates ?? before.output - before.reasoning) + reasoning,
    cacheRead,
    cacheWrite: 0,
    reasoning,
    estimated: false,
  };
}

/** A count that is given: whole, never negative. */
function count(wire: Fields, key: string): number | null {
  const value = wire[key];
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : null;
}

/** `buffer` is added to what the client sees as input. */
export function writeUsage(usage: Usage, buffer: number): Fields {
  const prompt = usage.input + Math.max(0, buffer);
  const thoughts = Math.min(usage.reasoning, usage.output);
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: usage.output - thoughts,
    totalTokenCount: prompt + usage.output,
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
  };
}
