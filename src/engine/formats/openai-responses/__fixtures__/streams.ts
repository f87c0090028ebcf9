/** Responses streams written by hand, the way OpenAI's API writes them. */
import type { Loose } from "../../__fixtures__/harness.ts";
import { frames } from "../../__fixtures__/harness.ts";

export type WireEvent = Readonly<Record<string, unknown>>;

/** `event` lines and a running number are added. */
export function responsesStream(...events: readonly WireEvent[]): Uint8Array {
  return Buffer.from(
    events
      .map((event, index) => {
        const numbered = { ...event, sequence_number: index };
        return `event: ${String(event["type"])}\ndata: ${JSON.stringify(numbered)}\n\n`;
      })
      .join(""),
  );
}

export const head = { id: "resp_1", object: "response", model: "gpt-served", status: "in_progress", output: [] };

export const started: readonly WireEvent[] = [
  { type: "response.created", response: head },
  { type: "response.in_progress", response: head },
];

export const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120,
};

export function completed(...output: readonly object[]): WireEvent {
  return { type: "response.completed", response: { ...head, status: "completed", output, usage } };
}

export function incomplete(reason: string, ...output: readonly object[]): WireEvent {
  const response = { ...head, status: "incomplete", incomplete_details: { reason }, output, usage };
  return { type: "response.incomplete", response };
}

export function failed(code: string, message: string): WireEvent {
  return { type: "response.failed", response: { ...head, status: "failed", error: { code, message } } };
}

export function added(index: number, item: object): WireEvent {
  return { type: "response.output_item.added", output_index: index, item };
}

export function done(index: number, item: object): WireEvent {
  return { type: "response.output_item.done", output_index: index, item };
}

export function message(id: string, text: string, annotations: readonly object[] = []): object {
  const content = [{ type: "output_text", text, annotations }];
  return { type: "message", id, role: "assistant", status: "completed", content };
}

export function textDelta(index: number, id: string, delta: string): WireEvent {
  return { type: "response.output_text.delta", item_id: id, output_index: index, content_index: 0, delta };
}

/** A message as the API streams it. */
export function said(index: number, id: string, ...deltas: readonly string[]): readonly WireEvent[] {
  const place = { item_id: id, output_index: index, content_index: 0 };
  const text = deltas.join("");
  const part = { type: "output_text", text, annotations: [] };
  return [
    added(index, { type: "message", id, role: "assistant", status: "in_progress", content: [] }),
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    ...deltas.map((delta) => textDelta(index, id, delta)),
    { type: "response.output_text.done", ...place, text },
    { type: "response.content_part.done", ...place, part },
    done(index, message(id, text)),
  ];
}

export function reasoning(id: string, text: string, blob?: string): object {
  const summary = text === "" ? [] : [{ type: "summary_text", text }];
  return { type: "reasoning", id, summary, ...(blob === undefined ? {} : { encrypted_content: blob }) };
}

export function thought(index: number, id: string, deltas: readonly string[], blob?: string): readonly WireEvent[] {
  const place = { item_id: id, output_index: index, summary_index: 0 };
  return [
    added(index, { type: "reasoning", id, summary: [] }),
    { type: "response.reasoning_summary_part.added", ...place, part: { type: "summary_text", text: "" } },
    ...deltas.map((delta) => ({ type: "response.reasoning_summary_text.delta", ...place, delta })),
    { type: "response.reasoning_summary_text.done", ...place, text: deltas.join("") },
    { type: "response.reasoning_summary_part.done", ...place, part: { type: "summary_text", text: deltas.join("") } },
    done(index, reasoning(id, deltas.join(""), blob)),
  ];
}

export function call(id: string, callId: string, name: string, args: string): object {
  return { type: "function_call", id, call_id: callId, name, arguments: args, status: "completed" };
}

export function called(
  index: number,
  id: string,
  callId: string,
  name: string,
  ...deltas: readonly string[]
): readonly WireEvent[] {
  const place = { item_id: id, output_index: index };
  return [
    added(index, call(id, callId, name, "")),
    ...deltas.map((delta) => ({ type: "response.function_call_arguments.delta", ...place, delta })),
    { type: "response.function_call_arguments.done", ...place, arguments: deltas.join("") },
    done(index, call(id, callId, name, deltas.join(""))),
  ];
}

/** What a client of this dialect is left with: the response of the last event. */
export function finalResponse(bytes: Uint8Array): Loose {
  const all = frames(bytes) as readonly Loose[];
  return all[all.length - 1]?.["response"] as Loose;
}
