/** Gemini's `finishReason` and `blockReason` and the hub's word for them. */
import type { EngineError } from "../../errors/engine-error.ts";
import type { Finish, FinishReason } from "../../hub/stream.ts";
import { textField, type Fields } from "../fields.ts";

const reasons: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  OTHER: "stop",
  LANGUAGE: "stop",
  NO_IMAGE: "stop",
  FINISH_REASON_UNSPECIFIED: "stop",
  MAX_TOKENS: "length",
  CONTINUATION: "length",
  SAFETY: "content-filter",
  RECITATION: "content-filter",
  BLOCKLIST: "content-filter",
  PROHIBITED_CONTENT: "content-filter",
  SPII: "content-filter",
  IMAGE_SAFETY: "content-filter",
  IMAGE_PROHIBITED_CONTENT: "content-filter",
  IMAGE_RECITATION: "content-filter",
  IMAGE_OTHER: "content-filter",
  MALFORMED_FUNCTION_CALL: "error",
  UNEXPECTED_TOOL_CALL: "error",
  TOO_MANY_TOOL_CALLS: "error",
};

/** Why a prompt was not answered at all. `SAFETY` and others are finish reasons, too. */
const blockReasons: ReadonlySet<string> = new Set([
  "SAFETY",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "IMAGE_SAFETY",
  "MODEL_ARMOR",
  "JAILBREAK",
]);

function known(raw: string | null): FinishReason | undefined {
  return raw !== null && Object.hasOwn(reasons, raw) ? reasons[raw] : undefined;
}

/** `finishReason` of a candidate; null while it is still running. */
export function readFinish(candidate: Fields): Finish | null {
  const raw = candidate["finishReason"];
  if (typeof raw !== "string" || raw === "") return null;
  const explanation = textField(candidate, "finishMessage");
  return { reason: known(raw) ?? "unknown", raw, ...(explanation === undefined ? {} : { explanation }) };
}

/** `promptFeedback` as the end of a reply; null when the prompt was let through. */
export function readBlock(feedback: unknown): Finish | null {
  const raw = textField(feedback, "blockReason");
  if (raw === undefined || raw === "" || raw === "BLOCKED_REASON_UNSPECIFIED") return null;
  const explanation = textField(feedback, "blockReasonMessage") || `the prompt was blocked (${raw})`;
  return { reason: "content-filter", raw, explanation };
}

/**
 * A reply that says of itself that it is no good, or one that says nothing. It is chance: the same question asked again
 * is often answered.
 */
export function malformed({ reason, raw, explanation }: Finish): EngineError {
  const detail = explanation === undefined || explanation === "" ? "" : `: ${explanation.slice(0, 300)}`;
  const what = reason === "error" ? "cannot be used" : "is empty";
  const word = raw ?? "no finish reason";
  return { kind: "malformed-reply", message: `the model's reply ${what} (${word})${detail}`, raw: word };
}

const words = {
  stop: "STOP",
  length: "MAX_TOKENS",
  "tool-calls": "STOP",
  "content-filter": "SAFETY",
  "stop-sequence": "STOP",
  pause: "STOP",
  error: "OTHER",
  unknown: "STOP",
} as const satisfies Record<FinishReason, string>;

/** What the writer has told the client by the time the reply ends. */
export interface Told {
  readonly refusal: boolean;
  /** A call whose arguments are no JSON object, as the model wrote it. */
  readonly malformedCall: string | null;
  /** Any part at all, and any part but thoughts. */
  readonly anything: boolean;
  readonly words: boolean;
}

export interface WireEnd {
  /** Fields of the last candidate; null when the prompt was blocked, which has no candidate. */
  readonly candidate: Fields | null;
  /** Why the model declined, where the client would otherwise see nothing at all. */
  readonly text: string;
  readonly promptFeedback?: Fields;
}

export function writeEnd(finish: Finish, told: Told): WireEnd {
  const { raw, explanation } = finish;
  if (finish.reason !== "content-filter" && !told.refusal) {
    if (told.malformedCall !== null && finish.reason !== "length") {
      const finishMessage = `Malformed function call: ${told.malformedCall}`;
      return { candidate: { finishReason: "MALFORMED_FUNCTION_CALL", finishMessage }, text: "" };
    }
    const isOwn = finish.reason === "stop" && known(raw) === "stop";
    return { candidate: { finishReason: isOwn ? raw : words[finish.reason] }, text: "" };
  }
  const message = explanation === undefined || explanation === "" ? {} : { finishMessage: explanation };
  if (!told.anything && raw !== null && blockReasons.has(raw)) {
    const blockReasonMessage = explanation === undefined ? {} : { blockReasonMessage: explanation };
    return { candidate: null, text: "", promptFeedback: { blockReason: raw, ...blockReasonMessage } };
  }
  const finishReason = known(raw) === "content-filter" ? raw : "SAFETY";
  return { candidate: { finishReason, ...message }, text: told.words ? "" : (explanation ?? "") };
}
