/** Streams read by our own reader, with the grammar of their events checked on the way. */
import { readStream, replyOf } from "../../__fixtures__/harness.ts";
import { checkStream } from "../../../hub/__fixtures__/check-stream.ts";
import type { HubReply } from "../../../hub/reply.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import {
  call,
  called,
  completed,
  message,
  reasoning,
  responsesStream,
  said,
  started,
  thought,
  type WireEvent,
} from "./streams.ts";

export function events(...wire: readonly WireEvent[]): readonly StreamEvent[] {
  const read = readStream("openai-responses", responsesStream(...wire));
  const faults = checkStream(read);
  if (faults.length > 0) throw new Error(faults.join("; "));
  return read;
}

export function reply(...wire: readonly WireEvent[]): HubReply {
  return replyOf(events(...wire));
}

export const hubUsage = { input: 100, output: 20, cacheRead: 40, cacheWrite: 10, reasoning: 5, estimated: false };

/** A turn with everything, as the API streams it. */
export const whole = responsesStream(
  ...started,
  ...thought(0, "rs_1", ["let me ", "see"], "gAAAAblob"),
  ...said(1, "msg_1", "I look. ", "שלום 👩‍👩‍👧"),
  ...called(2, "fc_1", "call_1", "read", '{"path":', '"/a"}'),
  ...called(3, "fc_2", "call_2", "list", "{}"),
  completed(
    reasoning("rs_1", "let me see", "gAAAAblob"),
    message("msg_1", "I look. שלום 👩‍👩‍👧"),
    call("fc_1", "call_1", "read", '{"path":"/a"}'),
    call("fc_2", "call_2", "list", "{}"),
  ),
);

/** What it says. */
export const wanted: HubReply = {
  id: "resp_1",
  model: "gpt-served",
  parts: [
    {
      type: "thinking",
      text: "let me see",
      signature: "gAAAAblob",
      from: { format: "openai-responses", model: "gpt-served" },
      itemId: "rs_1",
    },
    { type: "text", text: "I look. שלום 👩‍👩‍👧" },
    { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a"}', kind: "function", itemId: "fc_1" },
    { type: "tool-call", id: "call_2", name: "list", arguments: "{}", kind: "function", itemId: "fc_2" },
  ],
  finish: { reason: "tool-calls", raw: "completed" },
  usage: hubUsage,
  losses: [],
};
