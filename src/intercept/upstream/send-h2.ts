/**
 * One request over HTTP/2 as `HttpRequest` → `HttpReply`, for providers that speak nothing else. As `send.ts`, but both
 * directions are open at once: the reply may begin, and be read, while the request body is still being written, and a body
 * that stays open is closed with the reply. `https` by ALPN, `http` with prior knowledge (RFC 9113 §3.3).
 */
import {
  constants,
  sensitiveHeaders,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from "node:http2";
import { durationText } from "../../base/duration.ts";
import { connectionBound, headerValue } from "../../base/headers.ts";
import type { HeaderPairs, HttpReply, HttpRequest } from "../../base/http.ts";
import { defaultLimits, limitText, type WireLimits } from "../../base/limits.ts";
import { setOwn } from "../../base/json.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createByteQueue, systemPace, type ByteQueue } from "../byte-queue.ts";
import { createDeadline } from "../deadline.ts";
import { isWritableField, isWritableRequestLine } from "../h1/head.ts";
import { fieldsOf } from "../h2/fields.ts";
import type { DialTarget } from "./dial.ts";
import { createReplayable, type ReplayableBody } from "./replayable.ts";
import type { Send, SendOptions } from "./send.ts";
import type { SharedSession, SharedSessions } from "./shared-sessions.ts";

export interface SendH2Deps {
  readonly sessions: SharedSessions;
  readonly timeouts: () => { readonly firstByteMs: number; readonly idleMs: number };
  /** Default: those of the table. */
  readonly limits?: () => WireLimits;
}

/** Request bytes kept for sending once more when a lent session turns out to be closed. */
const maxReplayBytes = 1024 * 1024;

export function createSendH2(deps: SendH2Deps): Send {
  return async (request, options) => {
    const target: DialTarget = {
      host: request.host,
      port: request.port,
      purpose: options.purpose,
      ...(request.via === undefined ? {} : { via: request.via }),
      ...(request.scheme === "https" ? { tls: { alpn: ["h2"] } } : {}),
    };
    const head = headOf(request);
    const body = createReplayable(request.body, maxReplayBytes);
    try {
      for (let fresh = request.once === true; ; fresh = true) {
        const held = await deps.sessions.take(target, request.signal, fresh);
        if (held.connected !== null) options.onConnected?.(held.connected.connectMs, held.connected.tlsMs);
        try {
          return await exchangeOn({ held, request, options, head, body, deps });
        } catch (error) {
          if (!(error instanceof StaleSession && body.isWhole && !fresh && request.once !== true)) {
            throw error instanceof StaleSession ? error.error : error;
          }
        }
      }
    } catch (error) {
      body.leave();
      throw error;
    }
  };
}

/** The session broke before any reply byte, or the server says that it did not act on the request. */
class StaleSession extends Error {
  readonly error: UpstreamError;

  constructor(error: UpstreamError) {
    super(error.message);
    this.error = error;
  }
}

type Statused = IncomingHttpHeaders & IncomingHttpStatusHeader;

interface OneExchange {
  readonly held: SharedSession;
  readonly request: HttpRequest;
  readonly options: SendOptions;
  readonly head: { readonly fields: OutgoingHttpHeaders; readonly bodiless: boolean };
  readonly body: ReplayableBody;
  readonly deps: SendH2Deps;
}

function exchangeOn({ held, request, options, head, body, deps }: OneExchange): Promise<HttpReply> {
  const name = `${request.host}:${request.port}`;
  return new Promise<HttpReply>((resolve, reject) => {
    let queue: ByteQueue | null = null;
    let settled = false;
    let trailers: HeaderPairs = [];
    let stream: ClientHttp2Stream;

    const deadline = createDeadline((lateness, ms) => {
      const text = `${name} sent nothing for ${durationText(ms)}`;
      fail(new UpstreamError(lateness, phase(), text));
    });
    const phase = (): "reply" | "body" => (queue === null ? "reply" : "body");
    const settle = (): void => {
      settled = true;
      deadline.stop();
      request.signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: UpstreamError, isStale = false): void => {
      if (settled) return;
      settle();
      stream.close(constants.NGHTTP2_CANCEL);
      held.release(held.session.closed || held.session.destroyed);
      if (queue !== null) {
        body.leave();
        queue.fail(error);
      } else reject(isStale ? new StaleSession(error) : error);
    };
    const complete = (): void => {
      if (settled) return;
      settle();
      held.release(false);
      // What the asker still had to say has no reader any more.
      body.leave();
      if (!stream.writableEnded) stream.end();
      queue?.end();
    };

    const onAbort = (): void =>
      fail(new UpstreamError("aborted", queue === null ? "request" : "body", "the asker went away"));

    try {
      stream = held.session.request(head.fields, { endStream: head.bodiless });
    } catch (error) {
      // The session closed between being lent and being used; nothing was written.
      held.release(true);
      const text = error instanceof Error ? error.message : String(error);
      reject(
        new StaleSession(new UpstreamError("reset", "reply", `the session with ${name} is closed: ${text}`, error)),
      );
      return;
    }

    const onHead = (fields: HeaderPairs, status: number): void => {
      const bytes = createByteQueue({
        onRoom: () => {
          if (settled) return;
          deadline.start(deps.timeouts().idleMs, "idle-timeout");
          stream.resume();
        },
        pace: systemPace,
      });
      queue = bytes;
      deadline.start(deps.timeouts().idleMs, "idle-timeout");
      resolve({
        status,
        headers: fields,
        trailers: () => trailers,
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
      if (settled || queue === null) return;
      if (queue.push(bytes)) deadline.refresh();
      else {
        // Whoever reads slowly makes the upstream wait; that silence is ours.
        deadline.stop();
        stream.pause();
      }
    };

    const limits = (deps.limits ?? (() => defaultLimits))();
    let informational = 0;
    stream.on("headers", (headers: Statused, _flags: number, raw: readonly string[]) => {
      informational += 1;
      if (informational > limits.informationalReplies) {
        const text = `${name} sent more 1xx replies than ${limitText("informational_replies", limits)}`;
        fail(new UpstreamError("protocol", "reply", text));
        return;
      }
      options.onInformational?.(Number(headers[":status"]), fieldsOf(raw));
    });
    stream.on("response", (headers: Statused, _flags: number, raw: readonly string[]) => {
      if (settled) return;
      onHead(fieldsOf(raw), Number(headers[":status"]));
      // Not before: Node tells of a head one tick late, so data of the same read would overtake it.
      stream.on("data", onData);
      // Node ends the stream of a connection that died as well, with a code (measured on 20.20).
      stream.on("end", () => {
        if (stream.rstCode === undefined || stream.rstCode === constants.NGHTTP2_NO_ERROR) complete();
      });
    });
    stream.on("trailers", (_headers: Statused, _flags: number, raw: readonly string[]) => {
      trailers = fieldsOf(raw);
    });
    let thrown: Error | null = null;
    stream.on("error", (error) => {
      thrown = error;
    });
    stream.on("close", () => {
      if (settled) return;
      const code = stream.rstCode ?? constants.NGHTTP2_NO_ERROR;
      const lastProcessed = held.lastProcessed();
      const isUnprocessed =
        code === constants.NGHTTP2_REFUSED_STREAM ||
        (lastProcessed !== null && stream.id !== undefined && stream.id > lastProcessed);
      const sessionIsOver = held.session.closed || held.session.destroyed;
      fail(brokenError(name, code, thrown, phase()), isUnprocessed || (held.reused && sessionIsOver));
    });

    if (request.signal.aborted) {
      onAbort();
      return;
    }
    request.signal.addEventListener("abort", onAbort, { once: true });

    const waitsForHead = (): void => {
      if (queue === null && !settled) deadline.start(deps.timeouts().firstByteMs, "first-byte-timeout");
    };
    const writeBody = async (): Promise<void> => {
      for (let index = 0; ; index += 1) {
        const piece = await body.at(index);
        if (settled) return;
        if (piece === null) break;
        if (piece.byteLength > 0 && !stream.write(piece)) await drainedOrClosed(stream);
        if (settled) return;
        waitsForHead();
      }
      stream.end();
      waitsForHead();
    };
    if (head.bodiless) waitsForHead();
    else {
      writeBody().catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        fail(new UpstreamError("aborted", "request", `the request body ended early: ${text}`, error));
      });
    }
  });
}

/** nghttp2's word for bytes that are no HTTP/2. */
const notHttp2 = /protocol error|bad magic|ERR_HTTP2_ERROR/i;

function brokenError(name: string, code: number, error: Error | null, phase: "reply" | "body"): UpstreamError {
  if (code === constants.NGHTTP2_PROTOCOL_ERROR || (error !== null && notHttp2.test(error.message))) {
    return new UpstreamError("protocol", phase, `${name} does not speak HTTP/2 as it should`, error);
  }
  const where = phase === "reply" ? "before it answered" : "in the middle of its reply";
  const why = code === constants.NGHTTP2_NO_ERROR ? "" : ` (code ${code})`;
  return new UpstreamError("reset", phase, `${name} closed the stream ${where}${why}`, error);
}

/** What HPACK tables must not hold: an index of a secret can be guessed at by whoever shares the connection. */
const neverIndexed = ["authorization", "cookie", "x-api-key", "x-cursor-checksum"];

/** Fields as given in lower case, minus what belongs to the last hop; duplicates stay apart. */
function headOf(request: HttpRequest): { readonly fields: OutgoingHttpHeaders; readonly bodiless: boolean } {
  const dropped = connectionBound(request.headers);
  const defaultPort = request.scheme === "https" ? 443 : 80;
  const host = request.host.includes(":") ? `[${request.host}]` : request.host;
  const authority = request.port === defaultPort ? host : `${host}:${request.port}`;
  // Neither Node nor its HTTP/2 library looks at these; what is behind the upstream may speak HTTP/1.
  if (!isWritableRequestLine(request.method, request.target) || !isWritableField("host", authority))
    throw new UpstreamError("protocol", "request", "the request line or the host holds what cannot be sent");
  const fields: OutgoingHttpHeaders = {
    ":method": request.method,
    ":scheme": request.scheme,
    ":authority": authority,
    ":path": request.target,
    [sensitiveHeaders]: neverIndexed,
  };
  for (const [key, value] of request.headers) {
    const lower = key.toLowerCase();
    if (dropped.has(lower) || lower === "host" || lower.startsWith(":")) continue;
    if (!isWritableField(key, value)) {
      throw new UpstreamError("protocol", "request", `the header field ${JSON.stringify(key)} cannot be sent`);
    }
    const before = Object.hasOwn(fields, lower) ? fields[lower] : undefined;
    if (before === undefined) setOwn(fields, lower, value);
    else fields[lower] = Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  const length = headerValue(request.headers, "content-length");
  const mayHaveBody = !["GET", "HEAD", "OPTIONS", "DELETE", "TRACE"].includes(request.method);
  return { fields, bodiless: length === "0" || (length === undefined && !mayHaveBody) };
}

function drainedOrClosed(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
    if (stream.destroyed) done();
  });
}
