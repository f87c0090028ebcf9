/** What the tests of the request writer share: a small history, and the body it becomes. */
import type { AssistantPart, HubMessage } from "../../../hub/message.ts";
import type { HubRequest } from "../../../hub/request.ts";
import { frozen, type Loose } from "../../__fixtures__/harness.ts";
import type { Result, WriteOptions } from "../../format.ts";
import { writeGeminiBody, type GeminiBackend, type GeminiBody } from "../request-out.ts";

export const user = (text: string): HubMessage => ({ role: "user", parts: [{ type: "text", text }] });
export const assistant = (...parts: readonly AssistantPart[]): HubMessage => ({ role: "assistant", parts });
export const call = (id: string, more: object = {}): AssistantPart => ({
  type: "tool-call",
  id,
  name: `f_${id}`,
  arguments: '{"a":1}',
  kind: "function",
  ...more,
});
export const result = (callId: string, text: string, isError = false): HubMessage => ({
  role: "tool",
  callId,
  parts: [{ type: "text", text }],
  isError,
});

export const studio: GeminiBackend = { schema: "gemini", ids: true, format: "gemini" };
export const antigravity: GeminiBackend = {
  schema: "antigravity",
  ids: true,
  format: "antigravity",
  maxOutputTokens: 16_384,
};

export interface Asked {
  readonly model?: string;
  readonly backend?: GeminiBackend;
  readonly options?: Partial<WriteOptions>;
}

export function write(
  request: Partial<HubRequest>,
  { model = "gemini-2.5-pro", backend = studio, options = {} }: Asked = {},
): Result<GeminiBody> {
  const whole: HubRequest = {
    model: "asked",
    messages: [user("hi")],
    tools: [],
    stream: true,
    wantsStreamUsage: true,
    stop: [],
    extras: {},
    ...request,
  };
  return writeGeminiBody(frozen(whole), { model, maxTokensDefault: 4096, ...options }, backend);
}

export function written(
  request: Partial<HubRequest>,
  asked: Asked = {},
): { readonly body: Loose; readonly losses: readonly string[] } {
  const result = write(request, asked);
  if (!result.ok) throw new Error(result.error.message);
  // As the wire has it: nothing that JSON would drop.
  return { body: JSON.parse(JSON.stringify(result.value.body)), losses: result.value.losses };
}

export const contents = (messages: readonly HubMessage[], asked: Asked = {}): Loose["contents"] =>
  written({ messages }, asked).body["contents"];
