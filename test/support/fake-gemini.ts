/** A provider that speaks Gemini's generateContent as AI Studio does: same checks, same errors, same shapes (late 2026). */
import { geminiAsked } from "./fake-gemini-asked.ts";
import { geminiChunks, geminiWhole, type GeminiChunk } from "./fake-gemini-answer.ts";
import { geminiMistake } from "./fake-gemini-rules.ts";
import type { Call } from "./fake-providers.ts";
import { sendStream, type WireEvent } from "./fake-stream.ts";
import { defaultUsage, field, list, speechOf, type Asked, type ErrorTurn } from "./provider-turn.ts";

const path = /^\/(v1|v1beta|v1alpha)\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;
const modelPath = /^\/(?:v1|v1beta|v1alpha)\/models(?:\/([^/:]+))?$/;

export async function gemini(call: Call): Promise<void> {
  const url = new URL(call.path, "http://fake");
  const { options } = call;
  const key = call.headers["x-goog-api-key"] ?? url.searchParams.get("key");
  if (typeof key !== "string") {
    const message = "Method doesn't allow unregistered callers (callers without established identity).";
    sendGoogleError(call, { type: "error", status: 403, message });
    return;
  }
  if (options.keys !== undefined && !options.keys.includes(key)) {
    const message = "API key not valid. Please pass a valid API key.";
    sendGoogleError(call, { type: "error", status: 400, message }, [
      { "@type": errorInfo, reason: "API_KEY_INVALID", domain: "googleapis.com" },
    ]);
    return;
  }
  const listed = modelPath.exec(url.pathname);
  if (listed !== null && call.method === "GET") {
    const model = { name: `models/${listed[1] ?? "gemini-fake"}`, displayName: "Fake", inputTokenLimit: 1_048_576 };
    sendJson(call, listed[1] === undefined ? { models: [model] } : model);
    return;
  }
  const [, , model = "", method = ""] = path.exec(url.pathname) ?? [];
  if (method === "") {
    sendGoogleError(call, { type: "error", status: 404, message: `Not Found: ${url.pathname}` });
    return;
  }
  if (method === "countTokens") {
    const wrapped = field(call.body, "generateContentRequest");
    const wrong = wrapped === undefined ? list(field(call.body, "contents")).length === 0 : false;
    if (wrong) sendGoogleError(call, { type: "error", status: 400, message: "contents is not specified" });
    else sendJson(call, { totalTokens: (options.usage ?? defaultUsage).input });
    return;
  }
  await generate(call, model, {
    body: call.body,
    stream: method === "streamGenerateContent" ? (url.searchParams.get("alt") === "sse" ? "sse" : "array") : null,
    wrap: (chunk) => chunk,
  });
}

export interface Generation {
  /** The request itself, out of any envelope. */
  readonly body: unknown;
  readonly stream: "sse" | "array" | null;
  readonly wrap: (chunk: GeminiChunk) => object;
}

/** One call of a model, whatever envelope it came in. */
export async function generate(call: Call, model: string, generation: Generation): Promise<void> {
  const { reply, options, blobs } = call;
  const { body, stream, wrap } = generation;
  const wrong = geminiMistake(body, model, blobs, options);
  if (wrong !== null) {
    sendGoogleError(call, { type: "error", status: 400, message: wrong }, [], stream === "array");
    return;
  }
  const asked: Asked = geminiAsked(body, model, stream !== null, blobs);
  const turn = options.answer(asked, call.nth);
  if (turn.type === "silence") return;
  if (turn.type === "error") {
    sendGoogleError(call, turn, [], stream === "array");
    return;
  }
  const speech = speechOf(turn);
  const input = { call, asked, speech, usage: options.usage ?? defaultUsage };
  if (stream === null) {
    if (speech.ending?.type === "error") {
      sendGoogleError(call, { ...speech.ending, type: "error" });
      return;
    }
    reply.writeHead(200, jsonType);
    if (speech.ending !== null) reply.write('{"candidates": [{"content": {"par', () => reply.destroy());
    else reply.end(JSON.stringify(wrap(geminiWhole(input)), null, 2));
    return;
  }
  const { chunks, last } = geminiChunks(input);
  const frame = (chunk: GeminiChunk): string => JSON.stringify(wrap(chunk));
  const failed = (status: number, message: string): string => JSON.stringify(googleError(status, message, []));
  const isSse = stream === "sse";
  reply.writeHead(200, isSse ? { "content-type": "text/event-stream" } : jsonType);
  // Google ends its lines with CRLF; without alt=sse the chunks are the elements of one array.
  const separated = (text: string, index: number): string =>
    isSse ? `data: ${text}\r\n\r\n` : `${index === 0 ? "[" : ",\r\n"}${text}`;
  const events = chunks.map((chunk, index): WireEvent => (isSilence(chunk) ? chunk : separated(frame(chunk), index)));
  const end = isSse ? [] : ["]"];
  await sendStream(reply, {
    speech,
    events,
    terminal: [...last.map((chunk, index) => separated(frame(chunk), events.length + index)), ...end],
    failure: (status, message) => [separated(failed(status, message), events.length), ...end],
    gapMs: options.gapMs ?? 1,
  });
}

function isSilence(chunk: GeminiChunk | { readonly silentMs: number }): chunk is { readonly silentMs: number } {
  return "silentMs" in chunk;
}

const jsonType = { "content-type": "application/json; charset=UTF-8" };
const errorInfo = "type.googleapis.com/google.rpc.ErrorInfo";

function sendJson(call: Call, body: object): void {
  call.reply.writeHead(200, jsonType);
  call.reply.end(JSON.stringify(body, null, 2));
}

const statusWords: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function googleError(status: number, message: string, details: readonly object[]): object {
  const words = { code: status, message, status: statusWords[status] ?? "UNKNOWN" };
  return { error: { ...words, ...(details.length > 0 ? { details } : {}) } };
}

/** `isList`: how a stream that is no SSE reports an error. */
export function sendGoogleError(call: Call, turn: ErrorTurn, details: readonly object[] = [], isList = false): void {
  const overflow = "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).";
  const message = turn.isOverflow === true ? overflow : (turn.message ?? "An internal error has occurred.");
  const { retryAfterSeconds: after } = turn;
  const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${after}s` };
  const told = after === undefined ? details : [...details, retry];
  const body = googleError(turn.status, message, told);
  call.reply.writeHead(turn.status, { ...jsonType, ...turn.headers });
  call.reply.end(JSON.stringify(isList ? [body] : body, null, 2));
}
