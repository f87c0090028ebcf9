/**
 * What a wire format must be able to do. A format is a value with two halves: the client half speaks to tools that
 * talk this dialect, the provider half to upstreams that do. Both are synchronous and know no socket.
 * Formats never import another format.
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { FormatId, Variant } from "../hub/format-id.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { HubReply } from "../hub/reply.ts";
import type { HubRequest, Thinking } from "../hub/request.ts";
import type { ReplyContext } from "../hub/restore.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { NameRule } from "../hub/tool-ids.ts";
import type { Usage } from "../hub/usage.ts";

export { formatIds, textFormatIds, type FormatId, type TextFormatId, type Variant } from "../hub/format-id.ts";

/** Either a value or a reason; parsers report, callers decide. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: EngineError };

/** Bytes → events. `push` may be called with any split, even inside a character; `end` reports a missing terminal. */
export interface StreamReader {
  push(bytes: Uint8Array): readonly StreamEvent[];
  /** Upstream closed. Yields what was left, then `error` (kind `truncated`) if no `reply-end` was seen. */
  end(): readonly StreamEvent[];
  /** Only where the request stays open, because the upstream asks back while it answers (`ProviderRequest.staysOpen`). */
  readonly talk?: Talk;
}

/** What a reader has to say to the upstream while it reads. */
export interface Talk {
  /** What is to be sent now, after a `push`; each piece is told once. */
  answers(): readonly Uint8Array[];
  /** To be sent every five seconds, so that the upstream knows that somebody is listening; null: nothing. */
  beat(): Uint8Array | null;
  /**
   * The upstream waits for us, or will say more any moment: only time tells. If nothing comes for a moment, `settle` is
   * called, and the next `push` (of no bytes) ends the reply.
   */
  isWaiting(): boolean;
  settle(): void;
}

/** Events → bytes of this dialect's stream. One event may give none or several frames. */
export interface StreamWriter {
  push(event: StreamEvent): readonly Uint8Array[];
  /** Keep-alive in this dialect, safe at any point of the stream. */
  keepAlive(): Uint8Array;
  /** What the client's dialect had no word for so far; the flow names it. */
  losses(): readonly string[];
  /**
   * The reply object as far as it was written, for dialects whose clients refer to earlier replies; null before it began.
   * The whole of it once the stream is over.
   */
  written?(): JsonObject | null;
}

export interface WriterOptions {
  /** The model name the client asked for: what its stream should say. */
  readonly model: string;
  readonly request: HubRequest;
  /** Added to the input tokens shown to the client (settings.usage_buffer); 0 = none. */
  readonly usageBuffer: number;
  /** Used where the dialect demands an id and the upstream gave none: stable per flow. */
  readonly fallbackId: string;
  /**
   * The reply is remembered for requests that refer to it: what its ids are made of, and the reply it goes on from as the
   * client named it. For dialects that have such references.
   */
  readonly kept?: { readonly id: string; readonly previous: string | null };
  /** Seconds since the epoch, for dialects that stamp their frames. */
  readonly createdAt: number;
  /** The client's request target (path and query): some dialects say there how they want to be answered. */
  readonly target: string;
  readonly variant?: Variant;
}

/** An HTTP answer that is whole: for errors and non-streamed replies. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

/**
 * What a call wants. `reply`: an answer of the model. `count`: how large the request is. `other`: something of this
 * dialect that only a provider of the same dialect can do (Responses' `/compact`).
 */
export type Operation = "reply" | "count" | "other";

/** A call as its address and the top of its body tell, without reading it as a request. */
export interface CallShape {
  readonly operation: Operation;
  /** Null when the call names none. */
  readonly model: string | null;
  readonly stream: boolean;
}

/** The answer to "how large is this request": for clients that ask before they send. */
export interface CountTokens {
  /** `tokens` is the provider's figure, or `estimateTokens(request)` of hub/estimate.ts. */
  writeCount(tokens: number): WholeAnswer;
}

/** A model as model lists show it. */
export interface ListedModel {
  readonly id: string;
  readonly displayName?: string;
  /** Seconds since the epoch. */
  readonly createdAt?: number;
  readonly ownedBy?: string;
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
}

export interface ClientSide {
  /** `target`: path and query. `body`: the parsed body, any JSON. */
  shape(body: unknown, target: string): CallShape;
  /** The client's JSON body (already parsed) as a hub request. Losses name what it could not carry into the hub. */
  readRequest(
    body: unknown,
    target: string,
  ): Result<{ readonly request: HubRequest; readonly losses: readonly string[] }>;
  /** Content type and other headers of a streamed answer to a call of this target. */
  streamHeaders(target: string): HeaderPairs;
  /**
   * The header in which this dialect's servers name the call, as a client's log shows it. Qwen Code tries again after an
   * error inside a stream only where the reply had one (seen in 0.24). Absent where the dialect has none.
   */
  readonly requestIdHeader?: "request-id" | "x-request-id" | "x-amzn-requestid";
  streamWriter(options: WriterOptions): StreamWriter;
  /** Absent where the dialect has no such call. */
  readonly countTokens?: CountTokens;
  /** The answer to "which models are there", in this dialect's list shape. */
  writeModels(models: readonly ListedModel[]): WholeAnswer;
  /** JSON body of a whole reply. */
  writeReply(reply: HubReply, options: WriterOptions): Uint8Array;
  /**
   * An error before any byte was sent, in this dialect: status, type and wording that its clients understand. `target`:
   * the client's request target, for dialects that answer errors in the shape of the reply that was asked for.
   */
  writeError(error: EngineError, variant?: Variant, target?: string): WholeAnswer;
}

export interface WriteOptions {
  /** The upstream's name for the model. */
  readonly model: string;
  /** Used where the dialect demands a limit and the client gave none. */
  readonly maxTokensDefault: number;
  /** The most the model may be asked to write, where known; a client's larger wish becomes this. */
  readonly maxTokensLimit?: number;
  /** A provider whose tool call ids must look another way than its dialect's (Mistral: `nameRules.id9`). */
  readonly toolIds?: NameRule;
  /** The configured provider's name: opaque blobs go back only where they came from (hub/provenance.ts). */
  readonly origin?: string;
  readonly variant?: Variant;
  /** Google Cloud project of the account, where the backend wants one (gemini-cli, antigravity). */
  readonly project?: string;
  /** Kiro: the profile that the account's login is charged to. */
  readonly profileArn?: string;
  /** A name for this call that is ours to give (the flow's id), where the backend wants one. */
  readonly callId?: string;
  /** Assistant thinking in the history as `reasoning_content`: always where the provider demands it, never where it refuses it. */
  readonly replayReasoning?: "own" | "always" | "never";
}

export interface ProviderRequest {
  /** Appended to the provider's base URL (which ends in the version segment, `/v1`), begins with `/`. */
  readonly path: string;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
  readonly losses: readonly string[];
  /** To be handed to the reader of the reply: what it must undo. */
  readonly replyContext: ReplyContext;
  /** `body` is only the beginning: what the reader of the reply says (`StreamReader.talk`) is sent after it. */
  readonly staysOpen?: true;
}

export interface ProviderSide {
  /** The hub request as this dialect's HTTP body. `model` is the upstream's name for it. */
  writeRequest(request: HubRequest, options: WriteOptions): Result<ProviderRequest>;
  streamReader(context?: ReplyContext): StreamReader;
  readReply(body: unknown, context?: ReplyContext): Result<HubReply>;
  /**
   * An upstream error answer (status ≥ 400, or 200 with an error inside) as our error. `now` (ms since the epoch) is
   * what "try again at" is measured against when the answer has no `date`.
   */
  readError(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError;
}

/**
 * Changes to a body that otherwise keeps its shape: for the lane where client and provider speak the same dialect.
 * Each takes and returns a parsed body; the argument itself, unchanged, when there is nothing to do.
 */
export interface BodyEdits {
  /** Text before and after whatever the system prompt says; no cache marks on it, and never between cached blocks. */
  systemPrompt(body: JsonObject, prompt: { readonly prepend?: string; readonly append?: string }): JsonObject;
  /**
   * The wish to think replaced (`null`: taken out, so that the model's default holds). `model`: the upstream's name for
   * the one that is asked, for dialects whose body does not say it.
   */
  thinking(body: JsonObject, wish: Thinking | null, model?: string): JsonObject;
  /**
   * Without the opaque blobs a provider refused (signed thinking, encrypted reasoning, thought signatures), and with the
   * documented word for "there is none" where `model` demands one.
   */
  withoutBlobs(body: JsonObject, model?: string): JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Format {
  readonly id: FormatId;
  readonly client: ClientSide;
  readonly provider: ProviderSide;
  readonly edits: BodyEdits;
  /**
   * Reads a reply of this dialect that was kept or is handed in, whichever of its servers sent it. Absent: there is one kind,
   * and `provider.streamReader` reads it.
   */
  readonly replyReader?: () => StreamReader;
  /** Streams of this dialect are frames of bytes and no text: nothing may be looked for between them. Absent: text. */
  readonly framing?: "binary";
  /**
   * A request body that is not JSON, as the values it stands for; `client.shape` and `client.readRequest` are given those.
   * Absent: bodies are JSON.
   */
  readonly decodeRequest?: (body: Uint8Array, head: RequestShape) => Result<JsonObject>;
  /** The model stands in the request target and not in the body. */
  readonly namesModelInTarget?: true;
  /** A call whose model stands further inside its body, with that name replaced; null where it stands at the top. */
  withInnerModel?(body: JsonObject, model: string): JsonObject | null;
  /**
   * Where a client's call goes at another provider of this dialect, as a path with query below that provider's base URL,
   * version segment included (`/v1/messages?beta=true`). `target` is the client's own; `model` the upstream's name.
   * Keys in the query are taken off by the caller.
   */
  callTarget(target: string, model: string): string;
  /**
   * Reads along on bytes that are passed through: model and usage of a reply body (stream or whole), for the flow.
   * Never throws; absent figures are null. `target`: what was asked for, for dialects whose bytes do not tell.
   */
  observe(body: Uint8Array, contentType: string, target?: string): Observed;
  /**
   * What a request body that is passed through says, for the flow; never throws. Absent: it is JSON with a `model`, or one
   * that `client.shape` can tell.
   */
  seenRequest?(body: Uint8Array, head: RequestShape): SeenRequest;
  /**
   * The request body (JSON bytes) without what only we put into this conversation and the dialect's own servers
   * refuse; null when there is nothing of ours in it. For the lane that leaves bytes alone. `model`: the upstream's name
   * for the one that is asked.
   */
  withoutOwnMarks(body: Uint8Array, model?: string): Uint8Array | null;
}

/** A request that is passed through, as far as it tells. */
export interface SeenRequest {
  readonly model: string | null;
  /** The client's own name for the conversation. */
  readonly session: string | null;
  /**
   * One call that is spread over several requests: those that say something and those that are answered. `id` is the
   * client's name for it.
   */
  readonly call?: { readonly id: string; readonly part: "says" | "answers" };
}

/** What tells how a body is framed. */
export interface RequestShape {
  readonly target: string;
  readonly headers: HeaderPairs;
}

export interface Observed {
  readonly model: string | null;
  readonly usage: Usage | null;
  /** The provider's own word. */
  readonly finish: string | null;
  /** An error that stood in a reply of status 200, in the provider's words. */
  readonly error?: string;
}
