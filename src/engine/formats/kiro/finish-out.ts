/** Why a reply ended, in Kiro's words: END_TURN, TOOL_USE and CONTENT_FILTERED were seen, MAX_TOKENS is Bedrock's word. */
import type { Finish, FinishReason } from "../../hub/stream.ts";

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
