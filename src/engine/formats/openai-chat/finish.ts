/** Chat's `finish_reason` and the hub's word for it. */
import type { Finish, FinishReason } from "../../hub/stream.ts";
import { textField } from "../fields.ts";

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  // Words of compatible servers, seen in 2026: TGI and Mistral, OpenRouter.
  eos_token: "stop",
  model_length: "length",
  error: "error",
};

/** Reads `finish_reason` of a choice; null while it is still running. vLLM names the stop sequence in `stop_reason`. */
export function readFinish(choice: unknown): Finish | null {
  const raw = textField(choice, "finish_reason");
  if (raw === undefined || raw === "") return null;
  const known = Object.hasOwn(reasons, raw) ? reasons[raw] : undefined;
  const stopSequence = textField(choice, "stop_reason");
  if (known === "stop" && stopSequence !== undefined) return { reason: "stop-sequence", raw, stopSequence };
  return { reason: known ?? "unknown", raw };
}

const words = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
  "stop-sequence": "stop",
  pause: "stop",
  error: "stop",
  unknown: "stop",
} as const satisfies Record<FinishReason, string>;

export function writeFinish(finish: Finish): string {
  return words[finish.reason];
}
