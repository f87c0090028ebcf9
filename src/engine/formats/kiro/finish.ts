/** Kiro's `stopReason`, as seen in 2026 (END_TURN, TOOL_USE, CONTENT_FILTERED) and as the same service's kin spell it. */
import type { Finish, FinishReason } from "../../hub/stream.ts";

const reasons: Readonly<Record<string, FinishReason>> = {
  END_TURN: "stop",
  TOOL_USE: "tool-calls",
  MAX_TOKENS: "length",
  CONTENT_FILTERED: "content-filter",
  STOP_SEQUENCE: "stop-sequence",
};

/** Null: nothing was said, and the reply ended in good order. */
export function readFinish(stopReason: string | null): Finish {
  if (stopReason === null) return { reason: "stop", raw: null };
  const word = stopReason.toUpperCase();
  return { reason: Object.hasOwn(reasons, word) ? (reasons[word] ?? "unknown") : "unknown", raw: stopReason };
}
