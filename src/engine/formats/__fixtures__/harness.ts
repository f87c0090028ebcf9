/** What the format tests share: writing upstream streams by hand, and carrying bytes from one dialect to another. */
import { isRecord, own } from "../../../base/json.ts";
import { createSseReader } from "../../codecs/sse.ts";
import { accumulate } from "../../hub/accumulate.ts";
import type { HubReply } from "../../hub/reply.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import type { TextFormatId, ProviderRequest, WriteOptions, WriterOptions } from "../format.ts";
import { formats } from "../table.ts";

export function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

/** Chat chunks with one choice each; a string stands for itself (`[DONE]`, broken JSON). */
export function chatStream(...chunks: readonly (string | Readonly<Record<string, unknown>>)[]): Uint8Array {
  return Buffer.from(
    chunks.map((chunk) => `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`).join(""),
  );
}

export function chatChunk(delta: object, finish: string | null = null): Readonly<Record<string, unknown>> {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "served-model",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

export const chatUsage = {
  id: "chatcmpl-1",
  choices: [],
  usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, prompt_tokens_details: { cached_tokens: 40 } },
};

export function chatCall(index: number, id: string, name: string, args = ""): object {
  return { tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }] };
}

export function chatArguments(index: number, args: string): object {
  return { tool_calls: [{ index, function: { arguments: args } }] };
}

export function claudeStream(...events: readonly Readonly<Record<string, unknown>>[]): Uint8Array {
  return Buffer.from(
    events.map((event) => `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`).join(""),
  );
}

export const claudeStart = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-served",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 5, output_tokens: 1 },
  },
};

export function claudeEnd(stopReason: string, more: object = {}): readonly Readonly<Record<string, unknown>>[] {
  return [
    {
      type: "message_delta",
      delta: { stop_reason: stopReason, stop_sequence: null, ...more },
      usage: { output_tokens: 7 },
    },
    { type: "message_stop" },
  ];
}

export function claudeBlock(
  index: number,
  block: object,
  ...deltas: readonly object[]
): readonly Readonly<Record<string, unknown>>[] {
  return [
    { type: "content_block_start", index, content_block: block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** All events of a reader, the bytes cut at the given places. */
export function readStream(
  format: TextFormatId,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
  context?: ReplyContext,
): readonly StreamEvent[] {
  const reader = formats[format].provider.streamReader(context);
  const events: StreamEvent[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    events.push(...reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return [...events, ...reader.end()];
}

export function replyOf(events: Iterable<StreamEvent>): HubReply {
  const accumulated = accumulate(events);
  if (!accumulated.ok) throw new Error(`no reply: ${accumulated.error.kind} ${accumulated.error.message}`);
  return accumulated.value;
}

const blankRequest: HubRequest = {
  model: "asked-model",
  messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
  tools: [],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
};

/** A target of each dialect's own clients, for a streamed reply and for a whole one. */
export const targets = {
  "openai-chat": { stream: "/v1/chat/completions", whole: "/v1/chat/completions" },
  "openai-responses": { stream: "/v1/responses", whole: "/v1/responses" },
  claude: { stream: "/v1/messages?beta=true", whole: "/v1/messages?beta=true" },
  gemini: {
    stream: "/v1beta/models/asked-model:streamGenerateContent?alt=sse",
    whole: "/v1beta/models/asked-model:generateContent",
  },
  "gemini-cli": { stream: "/v1internal:streamGenerateContent?alt=sse", whole: "/v1internal:generateContent" },
  antigravity: { stream: "/v1internal:streamGenerateContent?alt=sse", whole: "/v1internal:generateContent" },
} as const satisfies Record<TextFormatId, { readonly stream: string; readonly whole: string }>;

export function writerOptions(request: Partial<HubRequest> = {}, target = "/"): WriterOptions {
  return {
    model: "asked-model",
    request: { ...blankRequest, ...request },
    usageBuffer: 0,
    fallbackId: "fallback-1",
    createdAt: 1_700_000_000,
    target,
  };
}

export function writeStream(
  format: TextFormatId,
  events: readonly StreamEvent[],
  request: Partial<HubRequest> = {},
  target: string = targets[format].stream,
): Uint8Array {
  const writer = formats[format].client.streamWriter(writerOptions(request, target));
  return Buffer.concat(events.flatMap((event) => writer.push(event)));
}

/** An upstream's stream as the client of another dialect gets it. */
export function translateStream(
  from: TextFormatId,
  to: TextFormatId,
  bytes: Uint8Array,
  request: Partial<HubRequest> = {},
  context?: ReplyContext,
): Uint8Array {
  return writeStream(to, readStream(from, bytes, [], context), request);
}

/** The JSON of all frames; text that is not JSON (`[DONE]`) as it is. */
export function frames(bytes: Uint8Array): readonly unknown[] {
  const reader = createSseReader();
  return [...reader.push(bytes), ...reader.end()].map(({ data }) =>
    data === "[DONE]" ? data : (JSON.parse(data) as unknown),
  );
}

export function typesOf(bytes: Uint8Array): readonly unknown[] {
  return frames(bytes).map((frame) => own(frame, "type"));
}

export function readRequest(format: TextFormatId, body: unknown): HubRequest {
  const read = formats[format].client.readRequest(frozen(body), targets[format].whole);
  if (!read.ok) throw new Error(read.error.message);
  return frozen(read.value.request);
}

export const writeOptions: WriteOptions = {
  model: "upstream-model",
  maxTokensDefault: 4096,
  project: "project-1",
  callId: "call-1",
};

export function writeRequest(
  format: TextFormatId,
  request: HubRequest,
  options: Partial<WriteOptions> = {},
): ProviderRequest {
  const written = formats[format].provider.writeRequest(request, { ...writeOptions, ...options });
  if (!written.ok) throw new Error(written.error.message);
  return written.value;
}

/** A body as untyped as `JSON.parse` hands it out: tests look into it field by field, and the shape is what they check. */
export type Loose = Readonly<Record<string, ReturnType<typeof JSON.parse>>>;

/** The body an upstream of one dialect gets for a client's body of another. */
export function translateRequest(
  from: TextFormatId,
  to: TextFormatId,
  body: object,
  options: Partial<WriteOptions> = {},
): Loose {
  const { model: _model, ...rest } = { model: "asked-model", max_tokens: 1000, ...body } as Record<string, unknown>;
  return bodyOf(writeRequest(to, readRequest(from, { model: "asked-model", ...rest }), options));
}

export function bodyOf(request: ProviderRequest): Loose {
  const parsed: unknown = JSON.parse(Buffer.from(request.body).toString("utf8"));
  if (!isRecord(parsed)) throw new Error("the body is not an object");
  return parsed;
}
