/**
 * One HTTP/1 exchange that the engine looks at. The raw bytes of the request are kept while the engine reads it, so
 * that a "nothing to do here" costs nothing: the relay then sends exactly what the client sent.
 */
import type { Duplex } from "node:stream";
import { connectionBound } from "../../base/headers.ts";
import { passThrough, type Exchange, type ExchangeHead } from "../../base/exchange.ts";
import type { FlowTap } from "../../base/flow.ts";
import type { HttpReply } from "../../base/http.ts";
import { createByteQueue } from "../byte-queue.ts";
import type { RelayDeps } from "../relay-deps.ts";
import type { BodyScanner } from "./body.ts";
import { isWritableField, writeHead, type RequestHead1 } from "./head.ts";
import type { Exchange1, Outcome } from "./relay.ts";

export interface AnswerOptions {
  readonly client: Duplex;
  readonly head: RequestHead1;
  readonly exchange: ExchangeHead;
  /** Head bytes as received, kept for a pass-through. */
  readonly headBytes: Buffer;
  readonly scanner: BodyScanner;
  readonly tap: FlowTap;
  readonly deps: RelayDeps;
  readonly onOutcome: (outcome: Outcome) => void;
  /** Takes over when the engine hands the exchange back: request bytes so far, as received. */
  readonly relay: (opening: readonly Buffer[], bodyBegun: boolean, continued: boolean) => Exchange1;
}

export function createAnswer(options: AnswerOptions): Exchange1 {
  const { client, head, scanner, tap, deps } = options;
  const gone = new AbortController();
  /** Empty once there is an answer: nothing is handed back then. */
  let raw: Buffer[] = [options.headBytes];
  let delegate: Exchange1 | null = null;
  let over = false;
  let continued = false;
  let onDrain: (() => void) | null = null;

  const queue = createByteQueue({
    onRoom: () => client.resume(),
    onFirstPull() {
      if (head.expectsContinue && !scanner.done) {
        continued = true;
        client.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
    },
  });
  if (scanner.done) queue.end();

  const finish = (outcome: Outcome): void => {
    if (over) return;
    over = true;
    deps.inFlight.leave();
    options.onOutcome(outcome);
  };

  const clientGone = (): void => {
    if (over) return;
    const error = new Error("the client went away");
    gone.abort(error);
    queue.fail(error);
    onDrain?.();
    tap.tell({ type: "ended", state: "failed", error: error.message });
    finish({ type: "broken", reset: false });
  };

  /** Resolves when the client takes bytes again or is gone. */
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      onDrain = () => {
        onDrain = null;
        resolve();
      };
    });

  const writeReply = async (reply: HttpReply): Promise<void> => {
    const bodiless = head.method === "HEAD" || reply.status < 200 || reply.status === 204 || reply.status === 304;
    const dropped = connectionBound(reply.headers);
    const fields: (readonly [string, string])[] = [];
    let length: number | null = null;
    for (const [name, value] of reply.headers) {
      const lower = name.toLowerCase();
      // A 426 must say which protocol would do (RFC 9110 §15.5.22); everywhere else the field belongs to the connection.
      const isOffer = lower === "upgrade" && reply.status === 426;
      if ((dropped.has(lower) && !isOffer) || !isWritableField(name, value)) continue;
      if (isOffer) fields.push(["Connection", "upgrade"]);
      if (lower === "content-length") {
        length = Number(value);
        if (bodiless && head.method !== "HEAD") continue;
      }
      fields.push([name, value]);
    }
    const chunked = !bodiless && length === null && head.version === "1.1";
    if (chunked) fields.push(["Transfer-Encoding", "chunked"]);
    const keepAlive =
      scanner.done && head.keepAlive && !deps.inFlight.draining && (chunked || bodiless || length !== null);
    if (!keepAlive) fields.push(["Connection", "close"]);
    tap.head("client-reply", { line: String(reply.status), headers: reply.headers });
    tap.tell({ type: "reply-started", status: reply.status });
    client.write(writeHead(`HTTP/1.1 ${reply.status} ${reasonPhrase(reply.status)}`, fields));
    let sent = 0;
    for await (const bytes of reply.body) {
      if (over) return;
      if (bodiless || bytes.byteLength === 0) continue;
      sent += bytes.byteLength;
      tap.chunk("client-reply", bytes);
      if (chunked) {
        client.cork();
        client.write(`${bytes.byteLength.toString(16)}\r\n`, "latin1");
        client.write(bytes);
        const flowing = client.write("\r\n", "latin1");
        client.uncork();
        if (!flowing) await drained();
      } else if (!client.write(bytes)) await drained();
    }
    if (over) return;
    if (length !== null && !bodiless && sent !== length) throw new Error("the reply is not as long as it said");
    if (chunked) {
      const trailers = (reply.trailers?.() ?? []).filter(([name, value]) => isWritableField(name, value));
      client.write(trailers.length === 0 ? "0\r\n\r\n" : writeHead("0", trailers));
    }
    tap.tell({ type: "ended", state: "done" });
    finish({ type: "finished", keepAlive });
  };

  const exchange: Exchange = { ...options.exchange, body: queue.iterable, signal: gone.signal, tap };
  let replying = false;
  deps.inFlight.enter();
  deps.handler
    .handle(exchange)
    .then(async (reply) => {
      if (over) return;
      if (reply !== passThrough) {
        replying = true;
        raw = [];
        await writeReply(reply);
        return;
      }
      over = true;
      deps.inFlight.leave();
      delegate = options.relay(raw, raw.length > 1, continued);
    })
    .catch((error: unknown) => {
      if (over) return;
      const message = error instanceof Error ? error.message : String(error);
      gone.abort(error);
      // Before the head nothing was written: handle() promises not to reject, so this is a bug of ours, and it says so.
      tap.tell({ type: "ended", state: replying ? "truncated" : "failed", error: message });
      finish({ type: "broken", reset: false });
    });

  return {
    onClientBytes(bytes) {
      if (delegate !== null) return delegate.onClientBytes(bytes);
      const taken = scanner.push(bytes, (data) => {
        tap.chunk("client-request", data);
        if (!queue.push(data)) client.pause();
      });
      if (!replying) raw.push(taken === bytes.length ? bytes : bytes.subarray(0, taken));
      if (scanner.done) queue.end();
      return taken;
    },
    onClientEnd() {
      if (delegate === null) clientGone();
      else delegate.onClientEnd();
    },
    onClientDrain() {
      if (delegate === null) onDrain?.();
      else delegate.onClientDrain();
    },
    onClientClose() {
      if (delegate === null) clientGone();
      else delegate.onClientClose();
    },
    giveUp(error) {
      if (delegate !== null) delegate.giveUp(error);
      if (delegate !== null || over) return;
      gone.abort(error);
      queue.fail(error);
      onDrain?.();
      if (!replying) {
        finish({ type: "failed", error });
        return;
      }
      tap.tell({ type: "ended", state: "truncated", error: error.message });
      finish({ type: "broken", reset: false });
    },
    requestDone: () => delegate?.requestDone() ?? scanner.done,
    replyBegun: () => delegate?.replyBegun() ?? replying,
  };
}

const reasonPhrases: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  413: "Content Too Large",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
  529: "Overloaded",
};

export function reasonPhrase(status: number): string {
  return reasonPhrases[status] ?? "";
}
