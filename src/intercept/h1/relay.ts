/**
 * One HTTP/1 exchange passed through byte for byte: the head and body bytes that arrive are the bytes that leave, in
 * both directions. Only `alt-svc` is cut from reply heads (it would lead the client around us). Framing is followed,
 * never re-written, so trailers, chunk sizes, 1xx replies and `Expect: 100-continue` work because nothing touches them.
 */
import type { Duplex } from "node:stream";
import { durationText } from "../../base/duration.ts";
import type { FlowTap } from "../../base/flow.ts";
import type { RequestHead } from "../../base/http.ts";
import { limitText } from "../../base/limits.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { Alarm } from "../alarm.ts";
import type { Lateness } from "../deadline.ts";
import type { RelayDeps } from "../relay-deps.ts";
import type { Lane } from "../upstream/lanes.ts";
import { createBodyScanner, FramingError, type BodyScanner } from "./body.ts";
import { findHeadEnd, hasField, parseReplyHead, withoutField, type ReplyHead1, type RequestHead1 } from "./head.ts";
import type { LaneHolder, LaneUser } from "./lane-holder.ts";

/** How a client connection drives the exchange in flight. */
export interface Exchange1 {
  /** Takes request body bytes from the start of `bytes`; returns how many were this request's. */
  onClientBytes(bytes: Buffer): number;
  onClientEnd(): void;
  onClientDrain(): void;
  onClientClose(): void;
  /** The client neither goes on nor goes away: nothing more is expected of it. */
  giveUp(error: UpstreamError): void;
  /** No getters: relays are made for each request, and V8 takes 5 µs to define the accessor of a literal. */
  requestDone(): boolean;
  /** The upstream is answering. */
  replyBegun(): boolean;
}

export type Outcome =
  /** Both sides finished; `keepAlive` says whether the client connection may carry another request. */
  | { readonly type: "finished"; readonly keepAlive: boolean }
  /** Nothing was answered yet: the connection writes our own error, ends the flow and closes. */
  | { readonly type: "failed"; readonly error: UpstreamError }
  /** The answer is cut: the client must see a broken connection. */
  | { readonly type: "broken"; readonly reset: boolean };

export interface RelayOptions {
  readonly client: Duplex;
  readonly holder: LaneHolder;
  readonly head: RequestHead1;
  readonly request: RequestHead;
  /** Head bytes as received, followed by body bytes that were read before the relay began. */
  readonly opening: readonly Buffer[];
  /** Already fed with the body part of `opening`. */
  readonly scanner: BodyScanner;
  /** Body bytes have come already. */
  readonly bodyBegun: boolean;
  /** We answered `100 Continue` ourselves: the upstream's own is swallowed. */
  readonly continued: boolean;
  readonly tap: FlowTap;
  readonly deps: RelayDeps;
  /** Of the connection, for its exchange: runs against the upstream. */
  readonly alarm: Alarm;
  readonly onOutcome: (outcome: Outcome) => void;
  /** The connection is a tunnel from here on: what the client said too early goes on now. */
  readonly onSpliced: () => void;
}

/** Request bytes kept (by reference) for sending them once more when a lent lane turns out to be closed. */
const maxReplayBytes = 1024 * 1024;

export function createRelay(options: RelayOptions): Exchange1 {
  const { client, holder, head, scanner, tap, deps, alarm } = options;
  /** Made only when there is a connection to wait for. */
  let giveUp: AbortController | null = null;
  let over = false;
  let reply: ReplyHead1 | null = null;
  let replyScanner: BodyScanner | null = null;
  let replyDone = false;
  let replyHeadBytes: Buffer | null = null;
  /** Waits for the body bytes that came with it, to leave in one write: each write is a TLS record and a system call. */
  let headToWrite: Buffer | null = null;
  let spliced = false;
  let informational = 0;
  let swallowContinue = options.continued;
  let sendable = false;
  let lent = false;
  let { bodyBegun } = options;
  let halfClosed = false;
  let tainted = false;
  /** Null once replay is out of the question. */
  let replay: Buffer[] | null = [...options.opening];
  let replayBytes = options.opening.reduce((sum, part) => sum + part.length, 0);

  let lateness: Lateness = "first-byte-timeout";
  let lateMs = 0;

  const onLate = (): void => {
    const text = `${options.request.host} sent nothing for ${durationText(lateMs)}`;
    fail(new UpstreamError(lateness, reply === null ? "reply" : "body", text));
  };

  const expectWithin = (ms: number, which: Lateness): void => {
    lateness = which;
    lateMs = ms;
    alarm.set(ms, onLate);
  };

  const finish = (outcome: Outcome): void => {
    if (over) return;
    over = true;
    alarm.clear();
    holder.user = null;
    if (!spliced) deps.inFlight.leave();
    options.onOutcome(outcome);
  };

  const fail = (error: UpstreamError): void => {
    if (over) return;
    holder.user = null;
    holder.destroy();
    if (reply === null && !spliced) finish({ type: "failed", error });
    else {
      tap.tell({ type: "ended", state: spliced ? "done" : "truncated", error: error.message });
      finish({ type: "broken", reset: reply?.framing.kind === "until-close" });
    }
  };

  const complete = (): void => {
    if (!replyDone) return;
    // Refused before its body was sent (417, 401 …): the body will not come, and what comes next cannot be told apart.
    const abandoned = head.expectsContinue && !bodyBegun;
    if (!scanner.done && reply?.keepAlive === true && !abandoned) return;
    const keepAlive = scanner.done && head.keepAlive && reply?.keepAlive === true && !halfClosed && !tainted;
    tap.tell({ type: "ended", state: "done" });
    holder.user = null;
    if (!keepAlive) holder.destroy();
    // The reply's last piece may have asked for a pause; the drain that ends it finds no exchange to tell.
    else holder.lane?.socket.resume();
    finish({ type: "finished", keepAlive });
  };

  const start = (fresh: boolean): void => {
    let ready = fresh ? null : holder.lane;
    if (ready === null && !fresh) {
      ready = holder.borrow();
      lent = ready !== null;
    }
    if (ready !== null) {
      // Resumed as well: it may have been paused while the engine looked at the body.
      if (begin(ready)) client.resume();
      else client.pause();
      return;
    }
    client.pause();
    giveUp = new AbortController();
    holder
      .take(giveUp.signal, fresh)
      .then(({ lane, origin }) => {
        if (over) {
          holder.destroy();
          return;
        }
        if (origin === "dialled") tap.tell({ type: "connected", connectMs: lane.connectMs, tlsMs: lane.tlsMs });
        lent = origin === "lent";
        if (begin(lane)) client.resume();
      })
      .catch((error: unknown) => {
        if (over) return;
        fail(error instanceof UpstreamError ? error : new UpstreamError("reset", "connect", String(error), error));
      });
  };

  /** Sends what the client has said so far; false when the lane wants no more for now. */
  const begin = (lane: Lane): boolean => {
    holder.user = user;
    sendable = true;
    const parts = replay ?? options.opening;
    let flowing = true;
    if (parts.length > 1) lane.socket.cork();
    for (const part of parts) flowing = lane.socket.write(part);
    if (parts.length > 1) lane.socket.uncork();
    if (!lent) replay = null;
    if (scanner.done) expectWithin(deps.timeouts().firstByteMs, "first-byte-timeout");
    return flowing;
  };

  const readReplyHead = (bytes: Buffer): Buffer | null => {
    let rest: Buffer = replyHeadBytes === null ? bytes : Buffer.concat([replyHeadBytes, bytes]);
    const searched = replyHeadBytes?.length ?? 0;
    replyHeadBytes = null;
    let from = searched;
    for (;;) {
      const end = findHeadEnd(rest, from);
      if (end === -1) {
        checkHeadSize(rest.length);
        replyHeadBytes = rest;
        return null;
      }
      checkHeadSize(end);
      const raw = rest.subarray(0, end);
      const parsed = parseReplyHead(raw, head.method, deps.limits().headerFields);
      if (!parsed.ok) throw new FramingError(`the reply is not HTTP/1.1: ${parsed.why}`);
      rest = rest.subarray(end);
      from = 0;
      if (parsed.head.status === 101) {
        if (!head.upgrade) throw new FramingError("the upstream switched protocols unasked");
        beginSplice(raw, parsed.head);
        return rest;
      }
      if (parsed.head.status >= 200) {
        beginReply(raw, parsed.head);
        return rest;
      }
      informational += 1;
      if (informational > deps.limits().informationalReplies) {
        throw new FramingError(`more 1xx replies than ${limitText("informational_replies", deps.limits())}`);
      }
      if (parsed.head.status === 100 && swallowContinue) swallowContinue = false;
      else client.write(raw);
      if (rest.length === 0) return null;
    }
  };

  const checkHeadSize = (bytes: number): void => {
    const limits = deps.limits();
    if (bytes <= limits.responseHeadBytes) return;
    throw new FramingError(`the reply head is larger than ${limitText("response_head_bytes", limits)}`);
  };

  const beginReply = (raw: Buffer, parsed: ReplyHead1): void => {
    reply = parsed;
    replay = null;
    replyScanner = createBodyScanner(parsed.framing);
    replyDone = replyScanner.done;
    tap.head("client-reply", { line: String(parsed.status), headers: parsed.headers });
    tap.tell({ type: "reply-started", status: parsed.status });
    expectWithin(deps.timeouts().idleMs, "idle-timeout");
    headToWrite = hasField(parsed.headers, "alt-svc") ? withoutField(raw, "alt-svc") : raw;
  };

  const writeToClient = (body: Buffer | null): boolean => {
    const head = headToWrite;
    headToWrite = null;
    if (head === null) return body === null || client.write(body);
    if (body === null) return client.write(head);
    return client.write(adjoining(head, body) ?? Buffer.concat([head, body]));
  };

  const beginSplice = (raw: Buffer, parsed: ReplyHead1): void => {
    spliced = true;
    // From here on it is a tunnel: one that may stay quiet for hours and that a shutdown does not wait for.
    deps.inFlight.leave();
    replay = null;
    alarm.clear();
    tap.head("client-reply", { line: "101", headers: parsed.headers });
    tap.tell({ type: "reply-started", status: 101 });
    client.write(withoutField(raw, "alt-svc"));
    options.onSpliced();
  };

  const user: LaneUser = {
    onUpstreamData(bytes) {
      try {
        const body = reply === null && !spliced ? readReplyHead(bytes) : bytes;
        if (body === null) return;
        if (spliced) {
          if (body.length === 0) return;
          tap.chunk("client-reply", body);
          if (!client.write(body)) holder.lane?.socket.pause();
          return;
        }
        if (replyScanner !== null && body.length > 0) {
          const taken = replyScanner.done ? 0 : replyScanner.push(body, (data) => tap.chunk("client-reply", data));
          const flowing = taken === 0 || writeToClient(taken === body.length ? body : body.subarray(0, taken));
          // A second reply that nobody asked for reaches nobody: this one is whole, and the lane is done with.
          if (taken < body.length) tainted = true;
          if (flowing) alarm.again();
          else {
            // A stalled reader is the client's business: the upstream waits, and no clock runs against it.
            holder.lane?.socket.pause();
            alarm.clear();
          }
          replyDone = replyScanner.done;
        }
        if (headToWrite !== null) writeToClient(null);
        if (replyDone) {
          alarm.clear();
          complete();
        }
      } catch (error) {
        fail(new UpstreamError("protocol", reply === null ? "reply" : "body", messageOf(error), error));
      }
    },
    onUpstreamEnd() {
      if (spliced) {
        client.end();
        return;
      }
      if (reply?.framing.kind === "until-close") {
        replyDone = true;
        complete();
      } else if (replyDone) {
        // The reply is whole; the server closed without taking the rest of the request.
        tap.tell({ type: "ended", state: "done" });
        holder.destroy();
        finish({ type: "finished", keepAlive: false });
      } else lose(null);
    },
    onUpstreamDrain() {
      client.resume();
    },
    onUpstreamClose(error) {
      if (spliced) {
        tap.tell({ type: "ended", state: "done", ...(error === null ? {} : { error: error.message }) });
        finish({ type: "broken", reset: error !== null });
      } else lose(error);
    },
  };

  /** The upstream connection is gone before its reply was whole. */
  const lose = (error: Error | null): void => {
    if (over) return;
    if (lent && sendable && replay !== null && reply === null && replyHeadBytes === null) {
      // A lent lane that its server had closed meanwhile: nothing was answered and all we sent is still here. Once;
      // browsers do the same for any method on a re-used connection.
      sendable = false;
      lent = false;
      holder.user = null;
      holder.destroy();
      start(true);
      return;
    }
    const text = `${options.request.host} closed the connection ${reply === null ? "before it answered" : "in the middle of its reply"}`;
    fail(new UpstreamError("reset", reply === null ? "reply" : "body", text, error ?? undefined));
  };

  deps.inFlight.enter();
  start(false);

  return {
    onClientBytes(bytes) {
      if (spliced) {
        tap.chunk("client-request", bytes);
        if (holder.lane?.socket.write(bytes) === false) client.pause();
        return bytes.length;
      }
      bodyBegun = true;
      const taken = scanner.push(bytes, (data) => tap.chunk("client-request", data));
      const mine = taken === bytes.length ? bytes : bytes.subarray(0, taken);
      if (replay !== null) {
        replayBytes += mine.length;
        if (replayBytes > maxReplayBytes && sendable) replay = null;
        else replay.push(mine);
      }
      if (sendable && holder.lane?.socket.write(mine) === false) client.pause();
      if (scanner.done) {
        if (reply === null) expectWithin(deps.timeouts().firstByteMs, "first-byte-timeout");
        complete();
      }
      return taken;
    },
    onClientEnd() {
      if (over) return;
      if (spliced || scanner.done) {
        // Passed on as it came: a server that reads an end as an abort stops, one that answers half-closed clients answers.
        halfClosed = true;
        if (holder.lane === null) {
          giveUp?.abort(new UpstreamError("aborted", "connect", "the client went away"));
          tap.tell({ type: "ended", state: "failed", error: "the client went away" });
          finish({ type: "broken", reset: false });
        } else holder.lane.socket.end();
      } else {
        holder.user = null;
        holder.destroy();
        giveUp?.abort(new UpstreamError("aborted", "request", "the client went away"));
        tap.tell({ type: "ended", state: "failed", error: "the client went away in the middle of its request" });
        finish({ type: "broken", reset: false });
      }
    },
    onClientDrain() {
      holder.lane?.socket.resume();
      if (reply !== null && !replyDone) expectWithin(deps.timeouts().idleMs, "idle-timeout");
    },
    onClientClose() {
      if (over) return;
      giveUp?.abort(new UpstreamError("aborted", "request", "the client went away"));
      holder.user = null;
      holder.destroy();
      tap.tell({
        type: "ended",
        state: spliced ? "done" : "failed",
        ...(spliced ? {} : { error: "the client went away" }),
      });
      finish({ type: "broken", reset: false });
    },
    giveUp(error) {
      if (!replyDone) {
        fail(error);
        return;
      }
      // Answered already: the rest of the request is all that is missing.
      holder.user = null;
      holder.destroy();
      tap.tell({ type: "ended", state: "done" });
      finish({ type: "finished", keepAlive: false });
    },
    requestDone: () => !spliced && scanner.done,
    replyBegun: () => (reply !== null && !replyDone) || spliced,
  };
}

/** Head and body as one view when they already stand side by side in memory, as they do in the chunk they came in. */
export function adjoining(head: Buffer, body: Buffer): Buffer | null {
  if (head.buffer !== body.buffer || head.byteOffset + head.length !== body.byteOffset) return null;
  return Buffer.from(head.buffer, head.byteOffset, head.length + body.length);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
