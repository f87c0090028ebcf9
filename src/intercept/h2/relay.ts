/**
 * One HTTP/2 stream relayed to an HTTP/2 stream upstream: headers in their order, data as it comes with backpressure,
 * trailers, 1xx, extended CONNECT. A reset on one side is a reset on the other: Node would otherwise end a reset stream
 * cleanly (measured on 20.20), and a cut answer would look whole.
 */
import {
  constants,
  sensitiveHeaders,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { durationText } from "../../base/duration.ts";
import type { FlowTap } from "../../base/flow.ts";
import { fieldsOf } from "./fields.ts";
import { leaveWhenSent } from "./in-flight.ts";
import type { RequestHead } from "../../base/http.ts";
import { limitText } from "../../base/limits.ts";
import { setOwn } from "../../base/json.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createDeadline } from "../deadline.ts";
import type { RelayDeps } from "../relay-deps.ts";
import { noDate, sendOwnAnswer, slowRelay } from "./answer.ts";
import type { UpstreamRoad } from "./connection.ts";

export interface Relay2 {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly raw: readonly string[];
  readonly request: RequestHead;
  /** Body bytes that the engine read before it handed the exchange back; they are captured already. */
  readonly opened: readonly Uint8Array[];
  /** Trailers that came meanwhile, raw. */
  readonly trailers: readonly string[];
  readonly road: () => UpstreamRoad | Promise<UpstreamRoad>;
  readonly tap: FlowTap;
  readonly deps: RelayDeps;
}

export function relayStream(relay: Relay2): void {
  const found = relay.road();
  if (!(found instanceof Promise)) {
    joinStreams(relay, found);
    return;
  }
  found
    .then((road) => {
      if (relay.stream.destroyed) relay.tap.tell({ type: "ended", state: "failed", error: "the client went away" });
      else joinStreams(relay, road);
    })
    .catch((error: unknown) => {
      failBeforeReply(
        relay,
        error instanceof UpstreamError ? error : new UpstreamError("reset", "connect", String(error), error),
      );
    });
}

function joinStreams(relay: Relay2, road: UpstreamRoad): void {
  if (road.protocol === "http/1.1") {
    slowRelay(relay);
    return;
  }
  const { stream, tap, deps } = relay;
  const { session, connected } = road.session;
  if (connected !== null) tap.tell({ type: "connected", ...connected });
  const bodiless = stream.endAfterHeaders;
  const requestTrailers = relay.trailers.length > 0 || mayEndInTrailers(relay.raw);
  let up: ClientHttp2Stream;
  try {
    up = session.request(outgoing(relay.raw, relay.headers), {
      endStream: bodiless,
      waitForTrailers: !bodiless && requestTrailers,
    });
  } catch (error) {
    failBeforeReply(
      relay,
      new UpstreamError("protocol", "request", error instanceof Error ? error.message : String(error), error),
    );
    return;
  }
  deps.inFlight.enter();
  let replied = false;
  let whole = false;
  let over = false;
  let clientTrailers: OutgoingHttpHeaders = requestTrailers ? outgoing(relay.trailers, {}) : noFields;
  let upstreamTrailers: OutgoingHttpHeaders = noFields;

  const deadline = createDeadline((lateness, ms) => {
    const text = `${relay.request.host} sent nothing for ${durationText(ms)}`;
    broken(new UpstreamError(lateness, replied ? "body" : "reply", text), constants.NGHTTP2_CANCEL);
  });
  const settle = (): boolean => {
    if (over) return false;
    over = true;
    deadline.stop();
    leaveWhenSent(stream, deps.inFlight);
    return true;
  };

  /** The upstream failed: before its head the client gets our words, after it a reset with the upstream's own code. */
  const broken = (error: UpstreamError, code: number): void => {
    if (!settle()) return;
    if (!up.destroyed) up.close(constants.NGHTTP2_CANCEL);
    if (!replied) {
      failBeforeReply(relay, error);
      return;
    }
    tap.tell({ type: "ended", state: "truncated", error: error.message });
    if (!stream.destroyed) stream.close(unmistakable(code));
  };
  const complete = (): void => {
    if (settle()) tap.tell({ type: "ended", state: "done" });
  };

  // Client → upstream
  for (const bytes of relay.opened) up.write(bytes);
  stream.on("data", (bytes: Buffer) => {
    tap.chunk("client-request", bytes);
    if (up.write(bytes)) return;
    stream.pause();
    up.once("drain", () => stream.resume());
  });
  if (requestTrailers) {
    stream.on("trailers", (_headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
      clientTrailers = outgoing(raw ?? [], {});
    });
    up.on("wantTrailers", () => {
      if (!over || whole) up.sendTrailers(clientTrailers);
    });
  }
  const onRequestEnd = (): void => {
    if (stream.rstCode === 0 && !bodiless) up.end();
    if (!replied && !over) deadline.start(deps.timeouts().firstByteMs, "first-byte-timeout");
  };
  // The engine may have read the body to its end before it handed the exchange back, or paused it half way.
  if (stream.readableEnded) onRequestEnd();
  else stream.on("end", onRequestEnd).resume();
  stream.on("close", () => {
    deadline.stop();
    if (whole || over) return;
    // The client gave this stream up, or its whole connection died.
    if (settle()) tap.tell({ type: "ended", state: "failed", error: "the client went away" });
    up.close(stream.rstCode === constants.NGHTTP2_NO_ERROR ? constants.NGHTTP2_CANCEL : stream.rstCode);
  });

  // Upstream → client
  const onReplyData = (bytes: Buffer): void => {
    tap.chunk("client-reply", bytes);
    if (stream.write(bytes)) {
      deadline.refresh();
      return;
    }
    // A stalled reader is the client's business: the upstream waits, and no clock runs against it.
    up.pause();
    deadline.stop();
    stream.once("drain", () => {
      up.resume();
      if (!whole) deadline.start(deps.timeouts().idleMs, "idle-timeout");
    });
  };
  const onReplyEnd = (): void => {
    // Node also emits `end` on a stream that was reset: only code 0 on a stream that was not torn down is an end.
    if (!replied || over || up.rstCode !== constants.NGHTTP2_NO_ERROR || up.aborted) return;
    whole = true;
    stream.end();
    complete();
  };
  // 100 Continue included.
  let informationalReplies = 0;
  up.on("headers", (headers: IncomingHttpHeaders) => {
    informationalReplies += 1;
    if (informationalReplies <= deps.limits().informationalReplies) informational(stream, { ...headers });
    else {
      const text = `${relay.request.host} sent more 1xx replies than ${limitText("informational_replies", deps.limits())}`;
      broken(new UpstreamError("protocol", "reply", text), constants.NGHTTP2_PROTOCOL_ERROR);
    }
  });
  up.on("response", (headers: IncomingHttpHeaders, flags: number, raw?: string[]) => {
    replied = true;
    const status = Number(headers[":status"] ?? 502);
    tap.head("client-reply", { line: String(status), headers: fieldsOf(raw ?? []) });
    tap.tell({ type: "reply-started", status });
    const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (stream.destroyed) return;
    const reply = outgoing(raw ?? [], headers);
    delete reply["alt-svc"];
    const replyTrailers = "te" in relay.headers || mayEndInTrailers(raw ?? []);
    try {
      stream.respond(reply, endStream ? { endStream, ...noDate } : { waitForTrailers: replyTrailers, ...noDate });
    } catch (error) {
      replied = false;
      broken(new UpstreamError("protocol", "reply", error instanceof Error ? error.message : String(error), error), 0);
      return;
    }
    if (endStream) {
      whole = true;
      complete();
      return;
    }
    if (replyTrailers) {
      up.on("trailers", (_headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
        upstreamTrailers = outgoing(raw ?? [], {});
      });
      stream.on("wantTrailers", () => {
        // Also asked while a reset is on its way; answering then would end the stream cleanly.
        if (whole) stream.sendTrailers(upstreamTrailers);
      });
    }
    deadline.start(deps.timeouts().idleMs, "idle-timeout");
    // Not before: Node tells of a head one tick late, so data of the same read would overtake it.
    up.on("data", onReplyData);
    up.on("end", onReplyEnd);
  });
  up.on("error", () => {});
  up.on("close", () => {
    if (whole || over) return;
    const text = replied ? "in the middle of its reply" : "before it answered";
    // Node's own word for a head that is larger than we said; a server may say it too.
    const why =
      !replied && up.rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM
        ? `, or its head is larger than ${limitText("response_head_bytes", deps.limits())} or ${limitText("header_fields", deps.limits())}`
        : "";
    broken(
      new UpstreamError("reset", replied ? "body" : "reply", `${relay.request.host} closed the stream ${text}${why}`),
      up.rstCode,
    );
  });
  if (bodiless) deadline.start(deps.timeouts().firstByteMs, "first-byte-timeout");
}

const noFields: OutgoingHttpHeaders = {};

/**
 * Waiting for trailers costs an exchange with Node and an empty frame at the end of each body. A body that says its length
 * and announces none ends where it says (RFC 9110 §6.5.1: trailers are for whom asked for them, and may be discarded);
 * gRPC, which lives of them, never says a length and asks with `te`.
 */
function mayEndInTrailers(raw: readonly string[]): boolean {
  let hasLength = false;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index];
    if (name === "trailer") return true;
    if (name === "content-length") hasLength = true;
  }
  return !hasLength;
}

/**
 * The reset code a client cannot take for an end: Node's own client reports neither NO_ERROR nor CANCEL as an error, and
 * Node gives CANCEL to streams whose connection died (measured on 20.20).
 */
function unmistakable(code: number): number {
  return code === constants.NGHTTP2_NO_ERROR || code === constants.NGHTTP2_CANCEL
    ? constants.NGHTTP2_INTERNAL_ERROR
    : code;
}

function failBeforeReply(relay: Relay2, error: UpstreamError): void {
  const answer = relay.deps.failureAnswer(relay.request, error);
  relay.tap.tell({ type: "reply-started", status: answer.status });
  relay.tap.head("client-reply", { line: String(answer.status), headers: answer.headers });
  relay.tap.chunk("client-reply", answer.body);
  relay.tap.tell({ type: "ended", state: "failed", error: error.message });
  sendOwnAnswer(relay.stream, answer);
}

function informational(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  if (stream.headersSent || stream.destroyed) return;
  stream.additionalHeaders(headers);
}

/** Header fields in wire order as Node's http2 takes them; repeated fields become arrays at their first place. */
function outgoing(raw: readonly string[], parsed: IncomingHttpHeaders): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    const value = raw[index + 1] ?? "";
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (before === undefined) setOwn(headers, name, name === ":status" ? Number(value) : value);
    else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  // Fields the sender marked "never index" stay marked; the symbol is typed on neither kind of header object.
  const sensitive: unknown = Reflect.get(parsed, sensitiveHeaders);
  if (Array.isArray(sensitive) && sensitive.length > 0) Reflect.set(headers, sensitiveHeaders, sensitive);
  return headers;
}
