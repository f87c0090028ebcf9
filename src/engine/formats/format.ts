/**
 * What a wire format must be able to do. A format is a value with two halves: the client half speaks to tools that
 * talk this dialect, the provider half to upstreams that do. Both are synchronous and know no socket.
 * Formats never import another format.
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { FormatId } from "../hub/format-id.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { HubReply } from "../hub/reply.ts";
import type { HubRequest } from "../hub/request.ts";
import type { ReplyContext } from "../hub/restore.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { NameRule } from "../hub/tool-ids.ts";
import type { Usage } from "../hub/usage.ts";

export { formatIds, type FormatId } from "../hub/format-id.ts";

/** Either a value or a reason; parsers report, callers decide. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: EngineError };

/** Bytes → events. `push` may be called with any split, even inside a character; `end` reports a missing terminal. */
export interface StreamReader {
  push(bytes: Uint8Array): readonly StreamEvent[];
  /** Upstream closed. Yields what was left, then `error` (kind `truncated`) if no `reply-end` was seen. */
  end(): readonly StreamEvent[];
}

/** Events → bytes of this dialect's stream. One event may give none or several frames. */
export interface StreamWriter {
  push(event: StreamEvent): readonly Uint8Array[];
  /** Keep-alive in this dialect, safe at any point of the stream. */
  keepAlive(): Uint8Array;
  /** What the client's dialect had no word for so far; the flow names it. */
  losses(): readonly string[];
}

export interface WriterOptions {
  /** The model name the client asked for: what its stream should say. */
  readonly model: string;
  readonly request: HubRequest;
  /** Added to the input tokens shown to the client (settings.usage_buffer); 0 = none. */
  readonly usageBuffer: number;
  /** Used where the dialect demands an id and the upstream gave none: stable per flow. */
  readonly fallbackId: string;
  /** Seconds since the epoch, for dialects that stamp their frames. */
  readonly createdAt: number;
}

/** An HTTP answer that is whole: for errors and non-streamed replies. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array;
}

/** The answer to "how large is this request": for clients that ask before they send. */
export interface CountTokens {
  /** The path (query or not) asks for a count and not for a reply. */
  matches(path: string): boolean;
  /** `tokens` is the provider's figure, or `estimateTokens(request)` of hub/estimate.ts. */
  writeCount(tokens: number): WholeAnswer;
}

export interface ClientSide {
  /** The client's JSON body (already parsed) as a hub request. Losses name what it could not carry into the hub. */
  readRequest(
    body: unknown,
    path: string,
  ): Result<{ readonly request: HubRequest; readonly losses: readonly string[] }>;
  /** Content type and other headers of a streamed answer. */
  readonly streamHeaders: HeaderPairs;
  streamWriter(options: WriterOptions): StreamWriter;
  /** Absent where the dialect has no such call. */
  readonly countTokens?: CountTokens;
  /** JSON body of a whole reply. */
  writeReply(reply: HubReply, options: WriterOptions): Uint8Array;
  /** An error before any byte was sent, in this dialect: status, type and wording that its clients understand. */
  writeError(error: EngineError): WholeAnswer;
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

export interface Format {
  readonly id: FormatId;
  readonly client: ClientSide;
  readonly provider: ProviderSide;
  /**
   * Reads along on bytes that are passed through: model and usage of a reply body (stream or whole), for the flow.
   * Never throws; absent figures are null.
   */
  observe(body: Uint8Array, contentType: string): Observed;
  /**
   * The request body (JSON bytes) without what only we put into this conversation and the dialect's own servers
   * refuse; null when there is nothing of ours in it. For the lane that leaves bytes alone.
   */
  withoutOwnMarks(body: Uint8Array): Uint8Array | null;
}

export interface Observed {
  readonly model: string | null;
  readonly usage: Usage | null;
  /** The provider's own word. */
  readonly finish: string | null;
}
