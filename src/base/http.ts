/**
 * The one HTTP vocabulary that every wing speaks. Raw header pairs: order, case and duplicates survive,
 * because a relay that tidies headers changes what the other side sees.
 */

/** Header fields as they stood on the wire, in order. Names keep their case (HTTP/2 names are lower case by protocol). */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

export type Protocol = "http/1.0" | "http/1.1" | "h2" | "websocket";

/** The head of a request, as its sender meant it. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Lower case, no port; an IPv6 literal without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query exactly as received; begins with `/` (or is `*` for OPTIONS). */
  readonly target: string;
  readonly headers: HeaderPairs;
}

export interface HttpRequest extends RequestHead {
  /** Body without transfer framing, content-encoding untouched. Iterate once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted as soon as the asker has gone. */
  readonly signal: AbortSignal;
  /** The outbound proxy it must go through: a URL, or `direct`. Absent: as everything goes. */
  readonly via?: string;
  /**
   * It must not arrive twice (a refresh token is used up by its first use): sent over a connection of its own, because one
   * that was lent may turn out to be closing, and is then sent on again.
   */
  readonly once?: boolean;
  /** The protocol it must go by. Absent: HTTP/1.1. */
  readonly over?: "h2";
}

export interface HttpReply {
  readonly status: number;
  /** The reason phrase as it came (HTTP/1 only); means nothing, passed on all the same. */
  readonly reason?: string;
  readonly headers: HeaderPairs;
  /**
   * Body without transfer framing. If it throws, the asker must be able to tell that the reply is cut:
   * whoever writes it to a socket breaks the connection or resets the stream instead of ending it.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Read after the body has ended. */
  readonly trailers?: () => HeaderPairs;
  /** What opening a connection for it took, ms; absent when one was open already or nothing was sent. */
  readonly connected?: { readonly connectMs: number; readonly tlsMs: number | null };
}

/** Sends one request and resolves when the reply head is there. Rejects with an `UpstreamError` (base/upstream-error.ts). */
export type HttpHandler = (request: HttpRequest) => Promise<HttpReply>;

export const emptyBody: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** A body that is already whole in memory. */
export function bodyOf(bytes: Uint8Array | string): AsyncIterable<Uint8Array> {
  const chunk = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return {
    async *[Symbol.asyncIterator]() {
      if (chunk.byteLength > 0) yield chunk;
    },
  };
}
