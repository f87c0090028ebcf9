/**
 * HTTP/2 streams that are not relayed stream to stream: answered by the engine, or sent on over HTTP/1 because the
 * upstream speaks only that. Both come down to writing an `HttpReply` onto a stream.
 */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { passThrough, type Exchange, type ExchangeHead } from "../../base/exchange.ts";
import type { FlowTap } from "../../base/flow.ts";
import { connectionBound } from "../../base/headers.ts";
import type { HeaderPairs, HttpReply } from "../../base/http.ts";
import { setOwn } from "../../base/json.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createByteQueue } from "../byte-queue.ts";
import { isWritableField } from "../h1/head.ts";
import type { OwnAnswer, RelayDeps } from "../relay-deps.ts";
import { leaveWhenSent } from "./in-flight.ts";
import type { Relay2 } from "./relay.ts";

export interface Answer2 {
  readonly stream: ServerHttp2Stream;
  readonly exchange: ExchangeHead;
  readonly tap: FlowTap;
  readonly deps: RelayDeps;
  /** Takes over when the engine hands the exchange back: body bytes and raw trailers that came meanwhile. */
  readonly relay: (opened: readonly Uint8Array[], trailers: readonly string[]) => void;
}

export function answerStream(answer: Answer2): void {
  const { stream, tap, deps } = answer;
  const gone = new AbortController();
  /** Null once there is an answer: nothing is handed back then, and a conversation has no end that could be waited for. */
  let read: Uint8Array[] | null = [];
  const queue = createByteQueue({ onRoom: () => stream.resume() });
  let over = false;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    leaveWhenSent(stream, deps.inFlight);
    return true;
  };
  const onData = (bytes: Buffer): void => {
    tap.chunk("client-request", bytes);
    read?.push(bytes);
    if (!queue.push(bytes)) stream.pause();
  };
  const onEnd = (): void => queue.end();
  let trailers: readonly string[] = [];
  const onTrailers = (_headers: unknown, _flags: number, raw?: string[]): void => {
    trailers = raw ?? [];
  };
  const onClose = (): void => {
    if (!finish()) return;
    const error = new Error("the client went away");
    gone.abort(error);
    queue.fail(error);
    tap.tell({ type: "ended", state: "failed", error: error.message });
  };
  stream.on("data", onData).on("end", onEnd).on("trailers", onTrailers).on("close", onClose);
  if (stream.endAfterHeaders) queue.end();

  deps.inFlight.enter();
  const exchange: Exchange = { ...answer.exchange, body: queue.iterable, signal: gone.signal, tap };
  deps.handler
    .handle(exchange)
    .then(async (reply) => {
      if (over) return;
      if (reply === passThrough) {
        stream.off("data", onData).off("end", onEnd).off("trailers", onTrailers).off("close", onClose);
        finish();
        answer.relay(read ?? [], trailers);
        return;
      }
      read = null;
      await writeReply(stream, reply, tap, () => over);
      if (finish()) tap.tell({ type: "ended", state: "done" });
      // What the client still says goes unheard, but not unread: it would wait for room for ever.
      stream.off("data", onData).resume();
    })
    .catch((error: unknown) => {
      if (!finish()) return;
      tap.tell({
        type: "ended",
        state: stream.headersSent ? "truncated" : "failed",
        error: error instanceof Error ? error.message : String(error),
      });
      if (!stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
}

/** The upstream speaks HTTP/1 only: the exchange goes through `send`, frame for frame no longer, meaning for meaning still. */
export function slowRelay(relay: Relay2): void {
  const { stream, tap, deps, request } = relay;
  const gone = new AbortController();
  const queue = createByteQueue({ onRoom: () => stream.resume() });
  for (const bytes of relay.opened) queue.push(bytes);
  let over = false;
  stream.on("data", (bytes: Buffer) => {
    tap.chunk("client-request", bytes);
    if (!queue.push(bytes)) stream.pause();
  });
  stream.on("end", () => queue.end());
  stream.on("close", () => {
    if (over) return;
    over = true;
    gone.abort(new Error("the client went away"));
    queue.fail(new Error("the client went away"));
    leaveWhenSent(stream, deps.inFlight);
    tap.tell({ type: "ended", state: "failed", error: "the client went away" });
  });
  if (stream.endAfterHeaders || stream.readableEnded) queue.end();
  else stream.resume();
  deps.inFlight.enter();
  deps
    .send({ ...request, body: queue.iterable, signal: gone.signal })
    .then(async (reply) => {
      await writeReply(stream, reply, tap, () => over);
      if (over) return;
      over = true;
      leaveWhenSent(stream, deps.inFlight);
      tap.tell({ type: "ended", state: "done" });
    })
    .catch((error: unknown) => {
      if (over) return;
      over = true;
      leaveWhenSent(stream, deps.inFlight);
      const failure =
        error instanceof UpstreamError ? error : new UpstreamError("reset", "reply", String(error), error);
      if (stream.headersSent) {
        tap.tell({ type: "ended", state: "truncated", error: failure.message });
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
        return;
      }
      const own = deps.failureAnswer(request, failure);
      tap.tell({ type: "reply-started", status: own.status });
      tap.tell({ type: "ended", state: "failed", error: failure.message });
      sendOwnAnswer(stream, own);
    });
}

async function writeReply(
  stream: ServerHttp2Stream,
  reply: HttpReply,
  tap: FlowTap,
  isOver: () => boolean,
): Promise<void> {
  tap.head("client-reply", { line: String(reply.status), headers: reply.headers });
  tap.tell({ type: "reply-started", status: reply.status });
  let trailers: OutgoingHttpHeaders = {};
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond(headersOf(reply.status, reply.headers), { waitForTrailers: true, ...noDate });
  for await (const bytes of reply.body) {
    if (isOver()) return;
    tap.chunk("client-reply", bytes);
    if (!stream.write(bytes)) {
      await new Promise<void>((resolve) => {
        stream.once("drain", resolve).once("close", resolve);
      });
    }
  }
  if (isOver()) return;
  trailers = headersOf(null, reply.trailers?.() ?? []);
  stream.end();
}

/** A whole answer of our own on a stream that has none yet. */
export function sendOwnAnswer(stream: ServerHttp2Stream, answer: OwnAnswer): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(headersOf(answer.status, [...answer.headers, ["content-length", String(answer.body.byteLength)]]), {
    ...noDate,
  });
  stream.end(answer.body);
}

/** Node adds a `date` of its own otherwise. Missing in @types/node 20.19, there in Node since 18 (source read 2026-11). */
export const noDate: object = { sendDate: false };

function headersOf(status: number | null, pairs: HeaderPairs): OutgoingHttpHeaders {
  const dropped = connectionBound(pairs);
  const headers: OutgoingHttpHeaders = status === null ? {} : { ":status": status };
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    // As on HTTP/1: a field that cannot be written is left out, and does not take the reply with it.
    if (dropped.has(lower) || lower === "alt-svc" || !isWritableField(name, value)) continue;
    const before = Object.hasOwn(headers, lower) ? headers[lower] : undefined;
    if (before === undefined) setOwn(headers, lower, value);
    else headers[lower] = Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  return headers;
}
