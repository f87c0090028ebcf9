/** Claude's `stop_reason` and the hub's word for it. */
import type { Finish, FinishReason } from "../../hub/stream.ts";
import { recordField, textField } from "../fields.ts";

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop-sequence",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  refusal: "content-filter",
  pause_turn: "pause",
  compaction: "stop",
};

/** Reads `stop_reason`, `stop_sequence` and `stop_details` of a message or of a `message_delta`. */
export function readFinish(from: unknown): Finish {
  const raw = textField(from, "stop_reason") ?? null;
  const stopSequence = textField(from, "stop_sequence");
  const explanation = textField(recordField(from, "stop_details"), "explanation");
  const known = raw !== null && Object.hasOwn(reasons, raw) ? reasons[raw] : undefined;
  return {
    reason: known ?? "unknown",
    raw,
    ...(stopSequence === undefined ? {} : { stopSequence }),
    ...(explanation === undefined ? {} : { explanation }),
  };
}

const stopReasons = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  "stop-sequence": "stop_sequence",
  pause: "pause_turn",
  error: "end_turn",
  unknown: "end_turn",
} as const satisfies Record<FinishReason, string>;

export interface WireStop {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly stop_details?: { readonly type: "refusal"; readonly category: null; readonly explanation: string | null };
}

/** A refusal told as text is a refusal to a Claude client, whatever the upstream called its end. */
export function writeFinish(finish: Finish, refused: boolean): WireStop {
  const isRefusal = refused || finish.reason === "content-filter";
  const own = finish.raw !== null && Object.hasOwn(reasons, finish.raw) && reasons[finish.raw] === finish.reason;
  return {
    stop_reason: isRefusal ? "refusal" : own && finish.raw !== null ? finish.raw : stopReasons[finish.reason],
    stop_sequence: finish.stopSequence ?? null,
    ...(isRefusal
      ? { stop_details: { type: "refusal", category: null, explanation: finish.explanation ?? null } as const }
      : {}),
  };
}
