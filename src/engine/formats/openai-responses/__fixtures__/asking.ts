/** Hub requests by hand, and what our writer makes of them. */
import { bodyOf, frozen, writeRequest, type Loose } from "../../__fixtures__/harness.ts";
import type { HubMessage } from "../../../hub/message.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { WriteOptions } from "../../format.ts";

export const hi: HubMessage = { role: "user", parts: [{ type: "text", text: "hi" }] };

export function hub(fields: Partial<HubRequest> = {}): HubRequest {
  const blank = {
    model: "asked",
    messages: [hi],
    tools: [],
    stream: true,
    wantsStreamUsage: true,
    stop: [],
    extras: {},
  };
  return frozen({ ...blank, ...fields });
}

export const written = (fields: Partial<HubRequest> = {}, options: Partial<WriteOptions> = {}): Loose =>
  bodyOf(writeRequest("openai-responses", hub(fields), { model: "gpt-5", ...options }));
export const lossesOf = (fields: Partial<HubRequest> = {}, options: Partial<WriteOptions> = {}): readonly string[] =>
  writeRequest("openai-responses", hub(fields), { model: "gpt-5", ...options }).losses;

export const calls = (id: string, more: object = {}): HubMessage => ({
  role: "assistant",
  parts: [{ type: "tool-call", id, name: "read", arguments: '{"a":1}', kind: "function", ...more }],
});
export const found = (callId: string, isError = false): HubMessage => ({
  role: "tool",
  callId,
  parts: [{ type: "text", text: "found" }],
  isError,
});
