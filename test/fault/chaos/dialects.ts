/**
 * The eight wire formats as providers stream them: who is asked how, what comes back frame by frame, and by what a client
 * of that dialect knows that an answer is over. Written from the providers' documentation, not with the product's writers.
 */
import { kiroEnd, kiroText } from "../../support/fake-kiro.ts";
import { kiroRequest } from "../../support/kiro-client.ts";

export type DialectId =
  | "openai-chat"
  | "openai-responses"
  | "claude"
  | "gemini"
  | "gemini-cli"
  | "antigravity"
  | "kiro"
  | "cursor";

export interface Dialect {
  readonly id: DialectId;
  /** Where its clients call. */
  readonly host: string;
  path(model: string): string;
  readonly headers: Readonly<Record<string, string>>;
  /** A streaming request; `says` is somewhere in it as plain text. */
  body(model: string, says: string): Buffer;
  readonly replyType: string;
  /** An honest answer, a frame for each thing that a provider sends at once. */
  readonly frames: readonly Buffer[];
  /** Which of them says a few words, and can be sent again and again. */
  readonly wordsAt: number;
  /** Do these bytes, as far as they are whole frames, tell a client that the answer is complete? */
  readonly isFinished: (body: Buffer) => boolean;
  /** Do they say that it failed, in a dialect that does so with a status of 200? */
  readonly isFailure?: (body: Buffer) => boolean;
}

const json = { "content-type": "application/json" };
const sse = (data: unknown, event?: string): Buffer => {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return Buffer.from(`${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`);
};

/** Wide characters, quotes and line ends: what goes wrong first when bytes are cut in the wrong place. */
const words = ["Grüße, ", "世界 ", '"quoted"\n', "👩‍👩‍👧 done."];

/** The data of every frame that a blank line has closed. */
function sseData(body: Buffer): readonly string[] {
  const text = body.toString("utf8");
  return text
    .slice(0, text.lastIndexOf("\n\n") + 2)
    .split("\n\n")
    .flatMap((frame) => {
      const lines = frame.split("\n").filter((line) => line.startsWith("data:"));
      return lines.length === 0 ? [] : [lines.map((line) => line.slice(5).trimStart()).join("\n")];
    });
}

function someData(body: Buffer, fits: (data: string) => boolean): boolean {
  return sseData(body).some(fits);
}

const geminiChunk = (text: string, more: object = {}): object => ({
  candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, ...more }],
  usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 7, totalTokenCount: 19 },
  modelVersion: "gemini-2.5-flash",
  responseId: "r1",
});
const geminiChunks = words.map((word, index) =>
  geminiChunk(word, index === words.length - 1 ? { finishReason: "STOP" } : {}),
);
const geminiContents = (says: string): object => ({ contents: [{ role: "user", parts: [{ text: says }] }] });
const saysFinishReason = (body: Buffer): boolean => someData(body, (data) => /"finishReason": ?"/.test(data));

function codeAssist(id: "gemini-cli" | "antigravity", host: string, agent: string, more: object): Dialect {
  return {
    id,
    host,
    path: () => "/v1internal:streamGenerateContent?alt=sse",
    headers: { ...json, authorization: "Bearer ya29.the-clients-own", "user-agent": agent },
    body: (model, says) =>
      Buffer.from(JSON.stringify({ model, project: "p", ...more, request: { ...geminiContents(says) } })),
    replyType: "text/event-stream",
    frames: geminiChunks.map((response) => sse({ response })),
    wordsAt: 0,
    isFinished: saysFinishReason,
  };
}

const chatChunk = (delta: object, finish: string | null = null): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "served",
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const responseHead = { id: "resp_1", object: "response", created_at: 1_700_000_000, model: "served" };
const messageItem = (text: string, status: string): object => ({
  type: "message",
  id: "msg_1",
  status,
  role: "assistant",
  content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
});

function responsesFrames(): readonly Buffer[] {
  let number = 0;
  const frame = (type: string, fields: object): Buffer => sse({ type, sequence_number: number++, ...fields }, type);
  const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const text = words.join("");
  const part = (said: string): object => ({ type: "output_text", text: said, annotations: [] });
  const usage = {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 19,
  };
  return [
    frame("response.created", { response: { ...responseHead, status: "in_progress", output: [] } }),
    frame("response.output_item.added", { output_index: 0, item: messageItem("", "in_progress") }),
    frame("response.content_part.added", { ...at, part: part("") }),
    ...words.map((delta) => frame("response.output_text.delta", { ...at, delta })),
    frame("response.output_text.done", { ...at, text }),
    frame("response.content_part.done", { ...at, part: part(text) }),
    frame("response.output_item.done", { output_index: 0, item: messageItem(text, "completed") }),
    frame("response.completed", {
      response: { ...responseHead, status: "completed", output: [messageItem(text, "completed")], usage },
    }),
  ];
}

/** A field of a protobuf message that holds bytes; all that a chat of Cursor's needs here. */
function protoField(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > 127) throw new Error("longer than a length of one byte says");
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

function envelope(flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** Lengths first, as event streams (the whole frame) and Connect envelopes (5 bytes less) have them. */
function* wholeFrames(body: Buffer, lengthAt: number, extra: number): Generator<Buffer> {
  for (let at = 0; at + lengthAt + 4 <= body.length; ) {
    const length = body.readUInt32BE(at + lengthAt) + extra;
    if (length < 4 || at + length > body.length) return;
    yield body.subarray(at, at + length);
    at += length;
  }
}

const isEndFrame = (frame: Buffer): boolean => ((frame[0] ?? 0) & 2) !== 0;

const own = {
  "openai-chat": {
    id: "openai-chat",
    host: "api.openai.com",
    path: () => "/v1/chat/completions",
    headers: { ...json, authorization: "Bearer sk-the-clients-own" },
    body: (model, says) =>
      Buffer.from(JSON.stringify({ model, stream: true, messages: [{ role: "user", content: says }] })),
    replyType: "text/event-stream",
    frames: [
      sse(chatChunk({ role: "assistant", content: "" })),
      ...words.map((content) => sse(chatChunk({ content }))),
      sse(chatChunk({}, "stop")),
      sse("[DONE]"),
    ],
    wordsAt: 1,
    isFinished: (body) => someData(body, (data) => data === "[DONE]" || /"finish_reason": ?"/.test(data)),
  },
  "openai-responses": {
    id: "openai-responses",
    host: "api.openai.com",
    path: () => "/v1/responses",
    headers: { ...json, authorization: "Bearer sk-the-clients-own" },
    body: (model, says) => Buffer.from(JSON.stringify({ model, stream: true, store: false, input: says })),
    replyType: "text/event-stream",
    frames: responsesFrames(),
    wordsAt: 3,
    isFinished: (body) =>
      someData(body, (data) => /^\{"type": ?"response\.(completed|incomplete)"|\[DONE\]/.test(data)),
  },
  claude: {
    id: "claude",
    host: "api.anthropic.com",
    path: () => "/v1/messages",
    headers: { ...json, "x-api-key": "sk-ant-the-clients-own", "anthropic-version": "2023-06-01" },
    body: (model, says) =>
      Buffer.from(JSON.stringify({ model, max_tokens: 64, stream: true, messages: [{ role: "user", content: says }] })),
    replyType: "text/event-stream",
    frames: [
      sse(
        {
          type: "message_start",
          message: {
            id: "msg_1",
            type: "message",
            role: "assistant",
            model: "served",
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 12, output_tokens: 1 },
          },
        },
        "message_start",
      ),
      sse({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }, "content_block_start"),
      ...words.map((text) =>
        sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }, "content_block_delta"),
      ),
      sse({ type: "content_block_stop", index: 0 }, "content_block_stop"),
      sse(
        {
          type: "message_delta",
          delta: { stop_reason: "end_turn", stop_sequence: null },
          usage: { output_tokens: 7 },
        },
        "message_delta",
      ),
      sse({ type: "message_stop" }, "message_stop"),
    ],
    wordsAt: 2,
    isFinished: (body) => someData(body, (data) => /"message_stop"|"stop_reason": ?"/.test(data)),
  },
  gemini: {
    id: "gemini",
    host: "generativelanguage.googleapis.com",
    path: (model) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
    headers: { ...json, "x-goog-api-key": "AIza-the-clients-own" },
    body: (_, says) => Buffer.from(JSON.stringify(geminiContents(says))),
    replyType: "text/event-stream",
    frames: geminiChunks.map((chunk) => sse(chunk)),
    wordsAt: 0,
    isFinished: saysFinishReason,
  },
  "gemini-cli": codeAssist("gemini-cli", "cloudcode-pa.googleapis.com", "GeminiCLI/0.31.0/gemini-2.5-pro (linux)", {}),
  antigravity: codeAssist("antigravity", "daily-cloudcode-pa.googleapis.com", "antigravity/1.18.3 linux/x64", {
    userAgent: "antigravity",
    requestType: "agent",
  }),
  kiro: {
    id: "kiro",
    host: "q.us-east-1.amazonaws.com",
    path: () => "/generateAssistantResponse",
    headers: { ...json, authorization: "Bearer aoaAAAAA-the-clients-own" },
    body: (modelId, content) => Buffer.from(JSON.stringify(kiroRequest({ content, modelId }))),
    replyType: "application/vnd.amazon.eventstream",
    frames: [...words.map((word) => kiroText(word)), ...kiroEnd()],
    wordsAt: 0,
    // Kiro's own clients send a call without a stop reason again.
    isFinished: (body) => [...wholeFrames(body, 0, 0)].some((frame) => frame.includes("metadataEvent")),
  },
  cursor: {
    id: "cursor",
    host: "agentn.api5.cursor.sh",
    path: () => "/aiserver.v1.ChatService/StreamUnifiedChatWithTools",
    headers: {
      "content-type": "application/connect+proto",
      "connect-protocol-version": "1",
      authorization: "Bearer the-clients-own",
      "x-cursor-client-version": "3.16.0",
    },
    // A chat request as far as routing reads it: a turn of a human (text 1, role 2, id 13), and the model (5).
    body(model, says) {
      const turn = Buffer.concat([protoField(1, says), Buffer.from([0x10, 1]), protoField(13, "b1")]);
      return envelope(0, protoField(1, Buffer.concat([protoField(1, turn), protoField(5, protoField(1, model))])));
    },
    replyType: "application/connect+proto",
    frames: [...words.map((word) => envelope(0, protoField(2, protoField(1, word)))), envelope(2, Buffer.from("{}"))],
    wordsAt: 0,
    isFinished: (body) => [...wholeFrames(body, 1, 5)].some((frame) => isEndFrame(frame) && !frame.includes('"error"')),
    isFailure: (body) => [...wholeFrames(body, 1, 5)].some((frame) => isEndFrame(frame) && frame.includes('"error"')),
  },
} as const satisfies Record<DialectId, Dialect>;

export const dialects: Readonly<Record<DialectId, Dialect>> = own;
export const everyDialect: readonly Dialect[] = Object.values(own);
export const chaosHosts: readonly string[] = [...new Set(everyDialect.map(({ host }) => host))];

/** The bytes after which the answer has been told to be complete, whatever else was still to come. */
export function finishedAt({ frames, isFinished }: Dialect): number {
  let sent = Buffer.alloc(0);
  for (const frame of frames) {
    sent = Buffer.concat([sent, frame]);
    if (isFinished(sent)) return sent.length;
  }
  throw new Error("an honest answer that never finishes");
}
