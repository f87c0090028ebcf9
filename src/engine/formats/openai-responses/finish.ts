/**
 * How a response ends. The dialect has no stop reason: a status, the reason of an incomplete one, and whether the output
 * holds a call.
 */
import type { Finish, FinishReason } from "../../hub/stream.ts";
import { recordField, textField } from "../fields.ts";

const incompleteReasons: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: "length",
  // Word of compatible servers.
  max_tokens: "length",
  content_filter: "content-filter",
};

/** Reads `status` and `incomplete_details`; whether there was a call is the reader's to settle. */
export function readFinish(response: unknown): Finish {
  const status = textField(response, "status") ?? null;
  const reason = textField(recordField(response, "incomplete_details"), "reason");
  if (reason !== undefined) {
    const known = Object.hasOwn(incompleteReasons, reason) ? incompleteReasons[reason] : undefined;
    return { reason: known ?? "unknown", raw: reason };
  }
  return { reason: status === "incomplete" ? "unknown" : "stop", raw: status };
}

export interface WireEnd {
  readonly status: "completed" | "incomplete";
  readonly incomplete_details: { readonly reason: "max_output_tokens" | "content_filter" } | null;
}

const whole: WireEnd = { status: "completed", incomplete_details: null };

const ends = {
  stop: whole,
  length: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  "tool-calls": whole,
  "content-filter": { status: "incomplete", incomplete_details: { reason: "content_filter" } },
  "stop-sequence": whole,
  pause: whole,
  // Readers turn an upstream's failure into an error event; what is left here ended somehow.
  error: whole,
  unknown: whole,
} as const satisfies Record<FinishReason, WireEnd>;

export function writeFinish(finish: Finish): WireEnd {
  return ends[finish.reason];
}
