/**
 * HTTP/2 streams that are not relayed stream to stream: answered by the engine, or sent on over HTTP/1 because the
 * upstream speaks only that. Both come down to writing an `HttpReply` onto a stream.
 */
import { passThrough, type Exchange, type ExchangeHead } from "../../base/exchange.ts";
import type { FlowTap } from "../../base/flow.ts";
import { connectionBound } from "../../base/headers.ts";
import type { HeaderPairs, HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createByteQueue } from "../byte-queue.ts";
import { isWritableField } from "../h1/head.ts";
import type { OwnAnswer, RelayDeps } from "../relay-deps.ts";
import type { Relay2 } from "./relay.ts";
import { errorCodes } from "./wire/codes.ts";
import type { FieldBlock } from "./wire/hpack-decoder.ts";
import type { StreamListener, WireStream } from "./wire/stream.ts";

export interface Answer2 {
  readonly stream: WireStream;
  readonly exchange: ExchangeHead;
  readonly tap: FlowTap;
  readonly deps: RelayDeps;
  /** Takes over when the engine hands the exchange back: body bytes and trailers that came meanwhile. */
  readonly relay: (opened: readonly Uint8Array[], trailers: FieldBlock | null, isRead: boolean) => void;
}

const goneText = "the client went away";

export function answerStream(answer: Answer2): void {
  const { stream, tap, deps } = answer;
  /** Null once there is an answer: nothing is handed back then, and a conversation has no end that could be waited for. */
  let read: Uint8Array[] | null = [];
  const asked = listenTo(stream, {
    tap,
    onBytes: (bytes) => read?.push(bytes),
    onGone: () => finish() && tap.tell({ type: "ended", state: "failed", error: goneText }),
  });
  const finish = (): boolean => asked.leave() && (stream.whenSent(deps.inFlight.leave), true);

  deps.inFlight.enter();
  const exchange: Exchange = { ...answer.exchange, body: asked.body, signal: asked.signal, tap };
  deps.handler
    .handle(exchange)
    .then(async (reply) => {
      if (asked.isOver()) return;
      if (reply === passThrough) {
        finish();
        stream.hold();
        answer.relay(read ?? [], asked.trailers(), asked.isRead());
        return;
      }
      read = null;
      await writeReply(stream, reply, tap, asked);
      if (finish()) tap.tell({ type: "ended", state: "done" });
      // What the client still says goes unheard, but not unread: it would wait for room for ever.
      ignore(stream);
    })
    .catch((error: unknown) => {
      if (!finish()) return;
      tap.tell({
        type: "ended",
        state: stream.headSent ? "truncated" : "failed",
        error: error instanceof Error ? error.message : String(error),
      });
      stream.reset(errorCodes.internalError);
    });
}

/** The upstream speaks HTTP/1 only: the exchange goes through `send`, frame for frame no longer, meaning for meaning still. */
export function slowRelay(relay: Relay2): void {
  const { stream, tap, deps, request } = relay;
  const asked = listenTo(stream, {
    tap,
    opened: relay.opened,
    isRead: relay.isRead,
    onGone: () => finish() && tap.tell({ type: "ended", state: "failed", error: goneText }),
  });
  const finish = (): boolean => asked.leave() && (stream.whenSent(deps.inFlight.leave), true);
  deps.inFlight.enter();
  deps
    .send({ ...request, body: asked.body, signal: asked.signal })
    .then(async (reply) => {
      await writeReply(stream, reply, tap, asked);
      if (finish()) tap.tell({ type: "ended", state: "done" });
      ignore(stream);
    })
    .catch((error: unknown) => {
      if (!finish()) return;
      const failure =
        error instanceof UpstreamError ? error : new UpstreamError("reset", "reply", String(error), error);
      if (stream.headSent) {
        tap.tell({ type: "ended", state: "truncated", error: failure.message });
        stream.reset(errorCodes.internalError);
        return;
      }
      const own = deps.failureAnswer(request, failure);
      tap.tell({ type: "reply-started", status: own.status });
      tap.tell({ type: "ended", state: "failed", error: failure.message });
      sendOwnAnswer(stream, own);
    });
}

interface Asked {
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  trailers(): FieldBlock | null;
  /** The body's end has come. */
  isRead(): boolean;
  isOver(): boolean;
  /** True the first time: whoever is second finds the exchange over. */
  leave(): boolean;
  /** Resolves when more may be written, or nobody is there to write to. */
  room(): Promise<void>;
}

interface Hearing {
  readonly tap: FlowTap;
  readonly onGone: () => void;
  readonly onBytes?: (bytes: Uint8Array) => void;
  readonly opened?: readonly Uint8Array[];
  readonly isRead?: boolean;
}

/** The client's side of an exchange that somebody here answers. */
function listenTo(stream: WireStream, { tap, onGone, onBytes, opened = [], isRead = false }: Hearing): Asked {
  const gone = new AbortController();
  const queue = createByteQueue({ onRoom: () => stream.resume() });
  for (const bytes of opened) queue.push(bytes);
  let over = false;
  let ended = isRead || stream.isBodiless;
  if (ended) queue.end();
  let trailers: FieldBlock | null = null;
  let wake: (() => void) | null = null;
  const wakeUp = (): void => {
    wake?.();
    wake = null;
  };
  const listener: StreamListener = {
    onData(bytes) {
      tap.chunk("client-request", bytes);
      onBytes?.(bytes);
      if (!queue.push(bytes)) stream.pause();
    },
    onTrailers(block) {
      trailers = block;
    },
    onEnd() {
      ended = true;
      queue.end();
    },
    onReset() {
      wakeUp();
      if (over) return;
      const error = new Error(goneText);
      gone.abort(error);
      queue.fail(error);
      onGone();
    },
    onRoom: wakeUp,
  };
  if (stream.resetCode === null) stream.listen(listener);
  else setImmediate(() => listener.onReset(errorCodes.cancel));
  return {
    body: queue.iterable,
    signal: gone.signal,
    trailers: () => trailers,
    isRead: () => ended,
    isOver: () => over,
    leave() {
      if (over) return false;
      over = true;
      return true;
    },
    room() {
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
  };
}

async function writeReply(stream: WireStream, reply: HttpReply, tap: FlowTap, asked: Asked): Promise<void> {
  tap.head("client-reply", { line: String(reply.status), headers: reply.headers });
  tap.tell({ type: "reply-started", status: reply.status });
  stream.fields([":status", String(reply.status), ...rawOf(reply.headers)], null, false);
  for await (const bytes of reply.body) {
    if (asked.isOver()) return;
    tap.chunk("client-reply", bytes);
    if (!stream.write(bytes)) await asked.room();
  }
  if (!asked.isOver()) stream.end(rawOf(reply.trailers?.() ?? []));
}

/** A whole answer of our own on a stream that has none yet. */
export function sendOwnAnswer(stream: WireStream, { status, headers, body }: OwnAnswer): void {
  if (stream.isClosed || stream.headSent) return;
  const length = ["content-length", String(body.byteLength)];
  const isBodiless = stream.isHead || body.byteLength === 0;
  stream.fields([":status", String(status), ...rawOf(headers), ...length], null, isBodiless);
  stream.write(body);
  stream.end();
  ignore(stream);
}

/** The rest of a request that is answered already. Also when all of it is here: what is held keeps the connection's window. */
function ignore(stream: WireStream): void {
  stream.listen(nobody);
}

const nobody: StreamListener = { onData() {}, onTrailers() {}, onEnd() {}, onReset() {}, onRoom() {} };

function rawOf(pairs: HeaderPairs): readonly string[] {
  const dropped = connectionBound(pairs);
  const raw: string[] = [];
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    // As on HTTP/1: a field that cannot be written is left out, and does not take the reply with it.
    if (!dropped.has(lower) && lower !== "alt-svc" && isWritableField(name, value)) raw.push(lower, value);
  }
  return raw;
}
