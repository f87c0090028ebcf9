/** Hub events by hand, and what our writer makes of them. */
import { writeStream, type Loose } from "../../__fixtures__/harness.ts";
import type { FinishReason, StreamEvent } from "../../../hub/stream.ts";
import { finalResponse } from "./streams.ts";

export const usage = { input: 100, output: 20, cacheRead: 40, cacheWrite: 10, reasoning: 5, estimated: false };
export const start: Extract<StreamEvent, { type: "reply-start" }> = {
  type: "reply-start",
  id: "chatcmpl-1",
  model: "served",
};
export const end = (reason: FinishReason = "stop"): StreamEvent => ({
  type: "reply-end",
  finish: { reason, raw: null },
  usage,
});
export const text = (block: number, ...deltas: readonly string[]): readonly StreamEvent[] => [
  { type: "text-start", block },
  ...deltas.map((delta): StreamEvent => ({ type: "text-delta", block, text: delta })),
  { type: "text-end", block },
];
export const call = (block: number, id: string, ...deltas: readonly string[]): readonly StreamEvent[] => [
  { type: "tool-start", block, id, name: "read", kind: "function" },
  ...deltas.map((delta): StreamEvent => ({ type: "tool-delta", block, text: delta })),
  { type: "tool-end", block },
];
export const think = (block: number, words: string, signed: object = {}): readonly StreamEvent[] => [
  { type: "thinking-start", block },
  ...(words === "" ? [] : [{ type: "thinking-delta", block, text: words } as const]),
  { type: "thinking-end", block, from: { format: "claude", model: "claude-x" }, ...signed },
];

export const write = (...events: readonly StreamEvent[]): Uint8Array => writeStream("openai-responses", events);
export const output = (...events: readonly StreamEvent[]): readonly Loose[] =>
  finalResponse(write(start, ...events, end()))["output"] as readonly Loose[];
