/**
 * The commit point and what comes after it. A reply's head is held until the upstream has said something useful; until
 * then every failure is an ordinary error that another target may make good. From then on bytes are the client's and
 * nothing is tried again: an error travels inside the stream in the client's dialect, and a cut answer ends broken.
 *
 * How a stream that began ends (what six clients do with each was measured, late 2026):
 * - the provider's own end: the dialect's end, closed politely;
 * - the provider's own error event: the dialect's error frame, closed politely, as that provider would have done;
 * - a cut, a timeout, bytes that are no dialect: the dialect's error frame, then the body throws, so that the connection
 *   breaks and clients repeat the call instead of believing half an answer.
 */
import { UpstreamError } from "../../base/upstream-error.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import { policy } from "../errors/policy.ts";
import type { StreamReader } from "../formats/format.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { Meter } from "./meter.ts";
import type { After } from "./tools.ts";
import { isUseful } from "./useful.ts";

/** What the client gets to see of the upstream's stream: its own dialect, or the very same bytes. */
export interface StreamLane {
  /** `bytes` is null when the upstream has ended. */
  out(events: readonly StreamEvent[], bytes: Uint8Array | null): readonly Uint8Array[];
  /** Null where nothing may be added to the bytes. */
  readonly keepAlive: (() => Uint8Array) | null;
  /** The events are only read along; what the reader cannot make sense of is no failure. */
  readonly readsAlong: boolean;
}

export interface OpenStreamInput {
  /** Unpacked bytes as they come; throws when the upstream is cut. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Sees each of them first. */
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly reader: StreamReader;
  readonly lane: StreamLane;
  readonly meter: Meter;
  readonly after: After;
  /** Called once, when the stream is over for whatever reason. */
  readonly onEnd: (error: EngineError | null) => void;
  /** Drops the upstream connection: the stream is not read to its end. */
  readonly abandon: () => void;
}

export type OpenedStream =
  | { readonly ok: true; readonly body: AsyncIterable<Uint8Array> }
  | { readonly ok: false; readonly error: EngineError };

/** A frame after this long a silence: middle boxes and clients give up on connections that say nothing. */
export const keepAliveMs = 15_000;
/** Once the answer is complete the upstream gets this long to end, so that its connection can be used again. */
const lingerMs = 250;
/** Handshake frames are a few hundred bytes; whoever sends this much has begun to answer. */
const maxHeldBytes = 64 * 1024;

export async function openStream(input: OpenStreamInput): Promise<OpenedStream> {
  const { reader, lane, meter } = input;
  const iterator = input.body[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let isComplete = false;
  const patience = startPatience(input.after);
  for (;;) {
    let step: IteratorResult<Uint8Array>;
    let events: readonly StreamEvent[];
    const pending = iterator.next();
    try {
      const next = await Promise.race([pending, patience.over]);
      if (next === silence) {
        return { ok: true, body: begun({ held, iterator, isComplete, pending }, input) };
      }
      step = next;
      const bytes = step.done === true ? null : step.value;
      if (bytes !== null) input.onBytes(bytes);
      events = meter.timed(() => (bytes === null ? reader.end() : reader.push(bytes)));
    } catch (error) {
      patience.callOff();
      drop(iterator, input);
      return { ok: false, error: fromUnknown(error) };
    }
    const failure = failureIn(events, lane);
    if (failure !== null) {
      patience.callOff();
      drop(iterator, input);
      return { ok: false, error: failure };
    }
    meter.note(events);
    const bytes = step.done === true ? null : step.value;
    held.push(...meter.timed(() => lane.out(events, bytes)));
    if (bytes === null) {
      patience.callOff();
      return { ok: true, body: finished(held, input) };
    }
    heldBytes += bytes.byteLength;
    isComplete ||= endsAnswer(events, lane);
    if (events.some(isUseful) || heldBytes > maxHeldBytes) break;
  }
  patience.callOff();
  return { ok: true, body: begun({ held, iterator, isComplete, pending: null }, input) };
}

/** A stream that is the client's from here on. */
interface Begun {
  readonly held: readonly Uint8Array[];
  readonly iterator: AsyncIterator<Uint8Array>;
  readonly isComplete: boolean;
  /** A read that is under way already. */
  readonly pending: Promise<IteratorResult<Uint8Array>> | null;
}

function begun(stream: Begun, input: OpenStreamInput): AsyncIterable<Uint8Array> {
  return closable(rest(stream, input), () => {
    // The read that nobody waits for any more may still fail; that failure has no one to tell.
    stream.pending?.catch(() => undefined);
    input.onEnd(null);
    drop(stream.iterator, input);
  });
}

/**
 * How long the head of an answer is held for an upstream that answered 200 and then thinks in silence. Another target
 * cannot be had for such a call without asking twice; a client that hears nothing at all gives up.
 */
function startPatience(after: After): { readonly over: Promise<typeof silence>; readonly callOff: () => void } {
  let callOff = (): void => {};
  const over = new Promise<typeof silence>((resolve) => {
    callOff = after(keepAliveMs, () => resolve(silence));
  });
  return { over, callOff: () => callOff() };
}

/** An answer is over with its own end; bytes that are only passed on go on to theirs. */
function endsAnswer(events: readonly StreamEvent[], lane: StreamLane): boolean {
  return !lane.readsAlong && events.some(({ type }) => type === "reply-end");
}

/** The first error among the events, unless the lane only reads along and could not make sense of the bytes. */
function failureIn(events: readonly StreamEvent[], lane: StreamLane): EngineError | null {
  for (const event of events) {
    if (event.type === "error" && !(lane.readsAlong && event.error.kind === "protocol")) return event.error;
  }
  return null;
}

async function* finished(held: readonly Uint8Array[], input: OpenStreamInput): AsyncGenerator<Uint8Array> {
  const whole = joined(held);
  try {
    if (whole !== null) yield whole;
  } finally {
    input.onEnd(null);
  }
}

async function* rest(stream: Begun, input: OpenStreamInput): AsyncGenerator<Uint8Array> {
  const { reader, lane, meter } = input;
  const { iterator } = stream;
  let error: EngineError | null = null;
  let isComplete = stream.isComplete;
  let isDrained = false;
  let early = stream.pending;
  let out = joined(stream.held);
  try {
    if (out !== null) yield out;
    // The client hangs up on the last frame (Codex does, late 2026): for it the answer ends here, not with the upstream.
    if (isComplete) return;
    if (early !== null && lane.keepAlive !== null) yield lane.keepAlive();
    for (;;) {
      const pending = early ?? iterator.next();
      early = null;
      let step: Awaited<ReturnType<typeof nextOrSilence>> =
        lane.keepAlive === null ? await pending : await nextOrSilence(pending, keepAliveMs, input.after);
      while (step === silence) {
        if (lane.keepAlive !== null) yield lane.keepAlive();
        step = await nextOrSilence(pending, keepAliveMs, input.after);
      }
      isDrained = step.done === true;
      const bytes = step.done === true ? null : step.value;
      if (bytes !== null) input.onBytes(bytes);
      const events = meter.timed(() => (bytes === null ? reader.end() : reader.push(bytes)));
      meter.note(events);
      error ??= failureIn(events, lane);
      out = joined(meter.timed(() => lane.out(events, bytes)));
      isComplete ||= endsAnswer(events, lane);
      if (out !== null) yield out;
      if (isComplete) return;
      if (bytes === null || (error !== null && !lane.readsAlong)) {
        if (error !== null && policy[error.kind].breaksStream) throw brokenBy(error);
        return;
      }
    }
  } catch (thrown) {
    if (error !== null) throw thrown;
    error = fromUnknown(thrown);
    out = error.kind === "client-gone" ? null : joined(lane.out([{ type: "error", error }], null));
    if (out !== null) yield out;
    throw thrown instanceof UpstreamError ? thrown : brokenBy(error);
  } finally {
    input.onEnd(error);
    if (isComplete && !isDrained) letEnd(iterator, input);
    else if (!isDrained) drop(iterator, input);
  }
}

/**
 * What follows the end of an answer is the upstream's own good-bye. It gets a moment for it, so that its connection can be
 * used again; however it ends, the answer stays complete.
 */
function letEnd(iterator: AsyncIterator<Uint8Array>, input: OpenStreamInput): void {
  const callOff = input.after(lingerMs, () => drop(iterator, input));
  const drain = async (): Promise<void> => {
    for (;;) if ((await iterator.next()).done === true) return;
  };
  drain().then(callOff, callOff);
}

function brokenBy(error: EngineError): UpstreamError {
  return new UpstreamError(error.kind === "protocol" ? "protocol" : "reset", "body", error.message);
}

const silence = Symbol("silence");

/** The next chunk, or `silence` after `ms`. One promise and one timer: this stands on the path of every delta. */
function nextOrSilence(
  pending: Promise<IteratorResult<Uint8Array>>,
  ms: number,
  after: After,
): Promise<IteratorResult<Uint8Array> | typeof silence> {
  return new Promise((resolve, reject) => {
    const callOff = after(ms, () => resolve(silence));
    pending.then(
      (step) => {
        callOff();
        return resolve(step);
      },
      (error: unknown) => {
        callOff();
        return reject(error);
      },
    );
  });
}

/** A generator that was never begun runs no `finally` when it is closed: what it would have cleaned up is done here. */
export function closable(generator: AsyncGenerator<Uint8Array>, neverBegun: () => void): AsyncIterable<Uint8Array> {
  let hasBegun = false;
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        hasBegun = true;
        return generator.next();
      },
      return() {
        if (!hasBegun) neverBegun();
        hasBegun = true;
        return generator.return(undefined);
      },
    }),
  };
}

/** One chunk for what came as one chunk: fewer writes on the socket. Null when there is nothing to say. */
function joined(frames: readonly Uint8Array[]): Uint8Array | null {
  const whole = frames.length > 1 ? Buffer.concat(frames) : frames[0];
  return whole === undefined || whole.byteLength === 0 ? null : whole;
}

/** A body that waits for its next chunk answers `return` only when that chunk comes, so it is not waited for. */
function drop(iterator: AsyncIterator<Uint8Array>, input: OpenStreamInput): void {
  input.abandon();
  Promise.resolve(iterator.return?.()).catch(() => undefined);
}
