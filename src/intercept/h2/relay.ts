/**
 * One HTTP/2 stream relayed to an HTTP/2 stream upstream: headers in their order, data as it comes with backpressure,
 * trailers, 1xx, extended CONNECT. A reset on one side is a reset on the other: a cut answer must never look whole.
 */
import { durationText } from "../../base/duration.ts";
import type { FlowTap } from "../../base/flow.ts";
import type { RequestHead } from "../../base/http.ts";
import { limitText } from "../../base/limits.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createDeadline, type Deadline } from "../deadline.ts";
import type { RelayDeps } from "../relay-deps.ts";
import { sendOwnAnswer, slowRelay } from "./answer.ts";
import type { UpstreamRoad } from "./connection.ts";
import { fieldsOf, valueOf, without } from "./fields.ts";
import { errorCodes } from "./wire/codes.ts";
import type { FieldBlock } from "./wire/hpack-decoder.ts";
import type { StreamListener, WireStream } from "./wire/stream.ts";

export interface Relay2 {
  readonly stream: WireStream;
  readonly head: FieldBlock;
  readonly request: RequestHead;
  /** Body bytes that the engine read before it handed the exchange back; they are captured already. */
  readonly opened: readonly Uint8Array[];
  /** Trailers that came meanwhile. */
  readonly trailers: FieldBlock | null;
  /** The engine has seen the body's end. */
  readonly isRead: boolean;
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
      if (relay.stream.isClosed) relay.tap.tell({ type: "ended", state: "failed", error: "the client went away" });
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
  const { stream, head, tap } = relay;
  const { session, connected } = road.session;
  if (connected !== null) tap.tell({ type: "connected", ...connected });
  let up: WireStream;
  try {
    up = session.request(head.raw, head.never, stream.isBodiless);
  } catch (error) {
    failBeforeReply(
      relay,
      new UpstreamError("protocol", "request", error instanceof Error ? error.message : String(error), error),
    );
    return;
  }
  new Join(relay, up).start();
}

/** The two streams of an exchange. It listens to the upstream's itself. */
class Join implements StreamListener {
  readonly #relay: Relay2;
  readonly #client: WireStream;
  readonly #up: WireStream;
  readonly #deadline: Deadline;
  #replied = false;
  /** The reply is all there. */
  #whole = false;
  #over = false;
  #informational = 0;
  #upstreamTrailers: FieldBlock | null = null;

  constructor(relay: Relay2, up: WireStream) {
    this.#relay = relay;
    this.#client = relay.stream;
    this.#up = up;
    this.#deadline = createDeadline((lateness, ms) => {
      const text = `${relay.request.host} sent nothing for ${durationText(ms)}`;
      this.#broken(new UpstreamError(lateness, this.#phase(), text), errorCodes.cancel);
    });
  }

  start(): void {
    const { opened, deps, isRead, trailers } = this.#relay;
    const client = this.#client;
    deps.inFlight.enter();
    this.#up.listen(this);
    for (const bytes of opened) this.#up.write(bytes);
    client.listen(new ClientSide(this, client, this.#up, this.#relay.tap));
    if (isRead) this.requestEnded(trailers);
    else if (client.isBodiless) this.requestEnded(null);
  }

  /** All of the request is here. */
  requestEnded(trailers: FieldBlock | null): void {
    this.#up.end(trailers?.raw, trailers?.never);
    if (!this.#replied && !this.#over) {
      this.#deadline.start(this.#relay.deps.timeouts().firstByteMs, "first-byte-timeout");
    }
  }

  clientGone(code: number): void {
    const { tap } = this.#relay;
    if (this.#settle()) tap.tell({ type: "ended", state: "failed", error: "the client went away" });
    this.#up.reset(code === errorCodes.noError ? errorCodes.cancel : code);
  }

  /** The client takes bytes again. */
  clientHasRoom(): void {
    // The clock first: what was held may fill the client again, and stops it.
    if (!this.#whole && !this.#over) this.#deadline.start(this.#relay.deps.timeouts().idleMs, "idle-timeout");
    this.#up.resume();
  }

  // From the upstream.

  onInformational(head: FieldBlock): void {
    const { request, deps } = this.#relay;
    this.#informational += 1;
    // 100 Continue included.
    if (this.#informational <= deps.limits().informationalReplies) this.#client.informational(head.raw, head.never);
    else {
      const text = `${request.host} sent more 1xx replies than ${limitText("informational_replies", deps.limits())}`;
      this.#broken(new UpstreamError("protocol", "reply", text), errorCodes.protocolError);
    }
  }

  onHead(head: FieldBlock, isLast: boolean): void {
    const { tap, deps } = this.#relay;
    this.#replied = true;
    const status = Number(valueOf(head.raw, ":status"));
    tap.head("client-reply", { line: String(status), headers: fieldsOf(head.raw) });
    tap.tell({ type: "reply-started", status });
    const told = without(head, "alt-svc");
    this.#client.fields(told.raw, told.never, isLast);
    if (isLast) this.#complete();
    else this.#deadline.start(deps.timeouts().idleMs, "idle-timeout");
  }

  onData(bytes: Buffer): void {
    this.#relay.tap.chunk("client-reply", bytes);
    if (this.#client.write(bytes)) {
      this.#deadline.refresh();
      return;
    }
    // A stalled reader is the client's business: the upstream waits, and no clock runs against it.
    this.#up.pause();
    this.#deadline.stop();
  }

  onTrailers(trailers: FieldBlock): void {
    this.#upstreamTrailers = trailers;
  }

  onEnd(): void {
    if (this.#whole || this.#over) return;
    this.#client.end(this.#upstreamTrailers?.raw, this.#upstreamTrailers?.never);
    this.#complete();
  }

  onReset(code: number): void {
    if (this.#whole) {
      // The answer is whole, and the rest of the request is not wanted (RFC 9113 §8.1): the client is told the same.
      this.#client.refuse(errorCodes.noError);
      return;
    }
    if (this.#over) return;
    const { request, deps } = this.#relay;
    const text = this.#replied ? "in the middle of its reply" : "before it answered";
    // Our own word for a head that is larger than we said; a server may say it too.
    const why =
      !this.#replied && code === errorCodes.enhanceYourCalm
        ? `, or its head is larger than ${limitText("response_head_bytes", deps.limits())} or ${limitText("header_fields", deps.limits())}`
        : "";
    this.#broken(new UpstreamError("reset", this.#phase(), `${request.host} closed the stream ${text}${why}`), code);
  }

  onRoom(): void {
    this.#client.resume();
  }

  #phase(): "reply" | "body" {
    return this.#replied ? "body" : "reply";
  }

  #settle(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#deadline.stop();
    // Not with the last byte that was made, but when that byte and its end are sent: a shutdown ends the connections as
    // soon as nothing is in flight.
    this.#client.whenSent(this.#relay.deps.inFlight.leave);
    return true;
  }

  #complete(): void {
    this.#whole = true;
    if (this.#settle()) this.#relay.tap.tell({ type: "ended", state: "done" });
  }

  /** The upstream failed: before its head the client gets our words, after it a reset with the upstream's own code. */
  #broken(error: UpstreamError, code: number): void {
    if (this.#over) return;
    const replied = this.#replied;
    this.#settle();
    this.#up.reset(errorCodes.cancel);
    if (!replied) {
      failBeforeReply(this.#relay, error);
      return;
    }
    this.#relay.tap.tell({ type: "ended", state: "truncated", error: error.message });
    this.#client.reset(unmistakable(code));
  }
}

class ClientSide implements StreamListener {
  readonly #join: Join;
  readonly #client: WireStream;
  readonly #up: WireStream;
  readonly #tap: FlowTap;
  #trailers: FieldBlock | null = null;

  constructor(join: Join, client: WireStream, up: WireStream, tap: FlowTap) {
    this.#join = join;
    this.#client = client;
    this.#up = up;
    this.#tap = tap;
  }

  onData(bytes: Buffer): void {
    this.#tap.chunk("client-request", bytes);
    if (!this.#up.write(bytes)) this.#client.pause();
  }

  onTrailers(trailers: FieldBlock): void {
    this.#trailers = trailers;
  }

  onEnd(): void {
    this.#join.requestEnded(this.#trailers);
  }

  onReset(code: number): void {
    this.#join.clientGone(code);
  }

  onRoom(): void {
    this.#join.clientHasRoom();
  }
}

/**
 * The reset code a client cannot take for an end: Node's own client reports neither NO_ERROR nor CANCEL as an error, and
 * Node gives CANCEL to streams whose connection died (measured on 20.20).
 */
function unmistakable(code: number): number {
  return code === errorCodes.noError || code === errorCodes.cancel ? errorCodes.internalError : code;
}

function failBeforeReply(relay: Relay2, error: UpstreamError): void {
  const answer = relay.deps.failureAnswer(relay.request, error);
  relay.tap.tell({ type: "reply-started", status: answer.status });
  relay.tap.head("client-reply", { line: String(answer.status), headers: answer.headers });
  relay.tap.chunk("client-reply", answer.body);
  relay.tap.tell({ type: "ended", state: "failed", error: error.message });
  sendOwnAnswer(relay.stream, answer);
}
