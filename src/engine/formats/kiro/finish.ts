/**
 * Kiro's `stopReason`, read and written: END_TURN, TOOL_USE and CONTENT_FILTERED were seen in 2026, the others are the words
 * of the same service's kin.
 */
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

const stopReasons = {
  stop: "END_TURN",
  length: "MAX_TOKENS",
  "tool-calls": "TOOL_USE",
  "content-filter": "CONTENT_FILTERED",
  "stop-sequence": "END_TURN",
  pause: "END_TURN",
  error: "END_TURN",
  unknown: "END_TURN",
} as const satisfies Record<FinishReason, string>;

/** Always one: without it the IDE takes the turn for cut and sends the same request again (seen in 2026). */
export function stopReasonOf(finish: Finish, hasRefused: boolean): string {
  return hasRefused ? stopReasons["content-filter"] : stopReasons[finish.reason];
}
