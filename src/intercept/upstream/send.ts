/**
 * One request over HTTP/1.1 as `HttpRequest` → `HttpReply`: the engine's way out, and the slow road for plain-HTTP and
 * mixed-protocol exchanges. Header order and case are kept; framing is ours. The reply body pulls the socket, so a slow
 * reader slows the upstream, and a reader that stops early closes it.
 */
import { durationText } from "../../base/duration.ts";
import { connectionBound, headerValue } from "../../base/headers.ts";
import type { HeaderPairs, HttpReply, HttpRequest } from "../../base/http.ts";
import { defaultLimits, limitText, type WireLimits } from "../../base/limits.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createDeadline } from "../deadline.ts";
import { createByteQueue, systemPace, type ByteQueue } from "../byte-queue.ts";
import { createBodyScanner, type BodyScanner } from "../h1/body.ts";
import {
  findHeadEnd,
  isWritableField,
  isWritableRequestLine,
  parseReplyHead,
  writeHead,
  type ReplyHead1,
} from "../h1/head.ts";
import type { Hops } from "../hops.ts";
import type { Purpose } from "./destination.ts";
import type { DialTarget } from "./dial.ts";
import type { Lane, Lanes } from "./lanes.ts";

export interface SendDeps {
  readonly lanes: Lanes;
  readonly timeouts: () => { readonly firstByteMs: number; readonly idleMs: number };
  /** Default: those of the table. */
  readonly limits?: () => WireLimits;
}

export interface SendOptions {
  readonly purpose: Purpose;
  readonly hops?: Hops;
  readonly onConnected?: (connectMs: number, tlsMs: number | null) => void;
  /** A 1xx reply other than 101, as it passes. */
  readonly onInformational?: (status: number, headers: HeaderPairs) => void;
}

export type Send = (request: HttpRequest, options: SendOptions) => Promise<HttpReply>;

/** Request bytes kept for sending once more when a lent lane turns out to be closed. */
const maxReplayBytes = 1024 * 1024;

export function createSend(deps: SendDeps): Send {
  return async (request, options) => {
    const target: DialTarget = {
      host: request.host,
      port: request.port,
      purpose: options.purpose,
      ...(options.hops === undefined ? {} : { hops: options.hops }),
      ...(request.via === undefined ? {} : { via: request.via }),
      ...(request.scheme === "https" ? { tls: { alpn: ["http/1.1"] } } : {}),
    };
    const head = requestHeadBytes(request);
    const body = request.body[Symbol.asyncIterator]();
    const kept: Uint8Array[] = [];
    for (let fresh = request.once === true; ; fresh = true) {
      const lane = await takeLane(deps.lanes, target, request.signal, fresh);
      if (!lane.reused) options.onConnected?.(lane.connectMs, lane.tlsMs);
      try {
        return await exchangeOn(lane, { request, options, target, head, body, kept, deps });
      } catch (error) {
        if (!(error instanceof StaleLane && error.bodyKept && !fresh))
          throw error instanceof StaleLane ? error.error : error;
      }
    }
  };
}

/** The lane broke before any reply byte; `bodyKept` is false when the request can no longer be repeated. */
class StaleLane extends Error {
  readonly error: UpstreamError;
  readonly bodyKept: boolean;

  constructor(error: UpstreamError, bodyKept: boolean) {
    super(error.message);
    this.error = error;
    this.bodyKept = bodyKept;
  }
}

interface OneSend {
  readonly request: HttpRequest;
  readonly options: SendOptions;
  readonly target: DialTarget;
  readonly head: { readonly bytes: Buffer; readonly chunked: boolean; readonly bodiless: boolean };
  readonly body: AsyncIterator<Uint8Array>;
  readonly kept: Uint8Array[];
  readonly deps: SendDeps;
}

async function takeLane(lanes: Lanes, target: DialTarget, signal: AbortSignal, fresh: boolean): Promise<Lane> {
  for (;;) {
    const lane = await lanes.take(target, signal);
    if (!fresh || !lane.reused) return lane;
    lane.socket.on("error", () => {});
    lane.socket.destroy();
  }
}

function exchangeOn(lane: Lane, send: OneSend): Promise<HttpReply> {
  const { request, deps } = send;
  const { socket } = lane;
  const name = `${request.host}:${request.port}`;
  return new Promise<HttpReply>((resolve, reject) => {
    let buffered: Buffer | null = null;
    let reply: ReplyHead1 | null = null;
    let scanner: BodyScanner | null = null;
    let queue: ByteQueue | null = null;
    let requestDone = false;
    let settled = false;
    let sawBytes = false;
    let keptBytes = 0;
    let keepsBody = true;

    const deadline = createDeadline((lateness, ms) => {
      const text = `${name} sent nothing for ${durationText(ms)}`;
      fail(new UpstreamError(lateness, reply === null ? "reply" : "body", text));
    });
    const settle = (): void => {
      settled = true;
      deadline.stop();
      socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      request.signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: UpstreamError): void => {
      if (settled) return;
      settle();
      socket.on("error", () => {});
      socket.destroy();
      if (reply !== null) queue?.fail(error);
      else reject(lane.reused && !sawBytes && error.failure === "reset" ? new StaleLane(error, keepsBody) : error);
    };
    /** `clean`: nothing came after the reply. A second one that nobody asked for reaches nobody. */
    const complete = (clean: boolean): void => {
      settle();
      queue?.end();
      if (clean && requestDone && reply?.keepAlive === true) deps.lanes.giveBack(send.target, lane);
      else {
        socket.on("error", () => {});
        socket.destroy();
      }
    };

    const onHead = (head: ReplyHead1): void => {
      reply = head;
      const bodyScanner = createBodyScanner(head.framing);
      scanner = bodyScanner;
      const bytes = createByteQueue({ onRoom: () => socket.resume(), pace: systemPace });
      queue = bytes;
      deadline.start(deps.timeouts().idleMs, "idle-timeout");
      resolve({
        status: head.status,
        reason: head.reason,
        headers: head.headers,
        trailers: () => bodyScanner.trailers,
        body: {
          [Symbol.asyncIterator]() {
            const inner = bytes.iterable[Symbol.asyncIterator]();
            return {
              next: () => inner.next(),
              // A reader that stops early, even before its first read, has no use for the rest.
              return() {
                fail(new UpstreamError("aborted", "body", "the reader stopped"));
                return Promise.resolve({ done: true, value: undefined });
              },
            };
          },
        },
      });
    };

    const onData = (bytes: Buffer): void => {
      sawBytes = true;
      try {
        let rest: Buffer | null = bytes;
        if (reply === null) rest = readHead(bytes);
        if (rest === null || scanner === null || queue === null) return;
        let room = true;
        const into = queue;
        const taken = scanner.done
          ? 0
          : scanner.push(rest, (data) => {
              room = into.push(data);
            });
        if (scanner.done) complete(taken === rest.length);
        else if (room) deadline.refresh();
        else socket.pause();
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        fail(new UpstreamError("protocol", reply === null ? "reply" : "body", `${name}: ${text}`, error));
      }
    };

    const limits = (deps.limits ?? (() => defaultLimits))();
    let informational = 0;
    const checkHeadSize = (bytes: number): void => {
      if (bytes <= limits.responseHeadBytes) return;
      throw new Error(`the reply head is larger than ${limitText("response_head_bytes", limits)}`);
    };
    const readHead = (bytes: Buffer): Buffer | null => {
      let rest = buffered === null ? bytes : Buffer.concat([buffered, bytes]);
      buffered = null;
      for (;;) {
        const end = findHeadEnd(rest);
        if (end === -1) {
          checkHeadSize(rest.length);
          buffered = rest;
          return null;
        }
        checkHeadSize(end);
        const parsed = parseReplyHead(rest.subarray(0, end), request.method, limits.headerFields);
        if (!parsed.ok) throw new Error(`the reply is not HTTP/1.1: ${parsed.why}`);
        if (parsed.head.status === 101) throw new Error("the upstream switched protocols unasked");
        rest = rest.subarray(end);
        if (parsed.head.status >= 200) {
          onHead(parsed.head);
          return rest;
        }
        informational += 1;
        if (informational > limits.informationalReplies) {
          throw new Error(`more 1xx replies than ${limitText("informational_replies", limits)}`);
        }
        send.options.onInformational?.(parsed.head.status, parsed.head.headers);
      }
    };

    const onEnd = (): void => {
      if (reply !== null && reply.framing.kind === "until-close") complete(false);
      else
        fail(
          new UpstreamError(
            "reset",
            reply === null ? "reply" : "body",
            `${name} closed the connection ${reply === null ? "before it answered" : "in the middle of its reply"}`,
          ),
        );
    };
    const onError = (error: Error): void => {
      fail(
        new UpstreamError(
          "reset",
          reply === null ? "reply" : "body",
          `the connection to ${name} broke: ${error.message}`,
          error,
        ),
      );
    };
    const onClose = (): void => onEnd();
    const onAbort = (): void =>
      fail(new UpstreamError("aborted", reply === null ? "request" : "body", "the asker went away"));

    socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
    if (request.signal.aborted) {
      onAbort();
      return;
    }
    request.signal.addEventListener("abort", onAbort, { once: true });
    socket.resume();

    const write = async (bytes: Uint8Array): Promise<void> => {
      if (bytes.byteLength === 0) return;
      let flowing: boolean;
      if (send.head.chunked) {
        socket.cork();
        socket.write(`${bytes.byteLength.toString(16)}\r\n`, "latin1");
        socket.write(bytes);
        flowing = socket.write("\r\n", "latin1");
        socket.uncork();
      } else flowing = socket.write(bytes);
      if (!flowing) await drainedOrClosed(socket);
    };
    const writeBody = async (): Promise<void> => {
      for (const bytes of send.kept) await write(bytes);
      for (;;) {
        const next = await send.body.next();
        if (next.done === true) break;
        keptBytes += next.value.byteLength;
        if (keptBytes > maxReplayBytes) keepsBody = false;
        else send.kept.push(next.value);
        if (settled) return;
        await write(next.value);
      }
      if (send.head.chunked) socket.write("0\r\n\r\n", "latin1");
    };
    socket.write(send.head.bytes);
    const wrote = (): void => {
      requestDone = true;
      if (reply === null && !settled) deadline.start(deps.timeouts().firstByteMs, "first-byte-timeout");
    };
    if (send.head.bodiless) wrote();
    else {
      writeBody()
        .then(wrote)
        .catch((error: unknown) => {
          const text = error instanceof Error ? error.message : String(error);
          fail(new UpstreamError("aborted", "request", `the request body ended early: ${text}`, error));
        });
    }
  });
}

/** Fields of the request as given, minus what belongs to the last hop, plus our own framing. */
function requestHeadBytes(request: HttpRequest): { bytes: Buffer; chunked: boolean; bodiless: boolean } {
  const dropped = connectionBound(request.headers);
  const fields: (readonly [string, string])[] = [];
  const defaultPort = request.scheme === "https" ? 443 : 80;
  const name = request.host.includes(":") ? `[${request.host}]` : request.host;
  const authority = request.port === defaultPort ? name : `${name}:${request.port}`;
  // What stands here is written as it is: a line end in it would begin another field, or another request.
  if (!isWritableRequestLine(request.method, request.target) || !isWritableField("host", authority))
    throw new UpstreamError("protocol", "request", "the request line or the host holds what cannot be sent");
  const host = headerValue(request.headers, "host");
  if (host === undefined) fields.push(["Host", authority]);
  for (const [key, value] of request.headers) {
    const lower = key.toLowerCase();
    // `Connection: content-length` must not take the frame off a body, nor `Connection: host` the name off a request.
    if (dropped.has(lower) && lower !== "content-length" && lower !== "host") continue;
    if (!isWritableField(key, value))
      throw new UpstreamError("protocol", "request", `the header field ${JSON.stringify(key)} cannot be sent`);
    // An absolute-form request may carry another Host; the URL decides (RFC 9112 §3.2.2).
    fields.push(lower === "host" ? [key, authority] : [key, value]);
  }
  const length = headerValue(request.headers, "content-length");
  const chunkedAsked = /\bchunked\b/i.test(headerValue(request.headers, "transfer-encoding") ?? "");
  const mayHaveBody = !["GET", "HEAD", "OPTIONS", "DELETE", "TRACE"].includes(request.method);
  const chunked = length === undefined && (chunkedAsked || mayHaveBody);
  if (chunked) fields.push(["Transfer-Encoding", "chunked"]);
  return {
    bytes: writeHead(`${request.method} ${request.target} HTTP/1.1`, fields),
    chunked,
    bodiless: !chunked && (length === undefined || length === "0"),
  };
}

function drainedOrClosed(socket: Lane["socket"]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
    if (socket.destroyed) done();
  });
}
