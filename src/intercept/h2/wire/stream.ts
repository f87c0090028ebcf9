/**
 * One HTTP/2 stream, as a relay needs it: what comes is told to one listener at once, what goes is framed at once when the
 * windows allow, and nothing is kept beyond them. No Node stream: building two of those is most of what an exchange over
 * `node:http2` costs (docs/decisions/0014-own-http2-framing.md).
 */
import { defaultWindowBytes } from "./codes.ts";
import type { FieldBlock } from "./hpack-decoder.ts";
import { Pieces } from "./pieces.ts";

/** What a stream tells whoever drives it. After `onEnd` only `onReset` and `onRoom` may come, after `onReset` nothing. */
export interface StreamListener {
  /** Only of streams that we opened: 1xx heads. */
  onInformational?(head: FieldBlock): void;
  /** Only of streams that we opened. `isLast`: no body follows; `onEnd` comes as well. */
  onHead?(head: FieldBlock, isLast: boolean): void;
  onData(bytes: Buffer): void;
  /** Before `onEnd`. */
  onTrailers(trailers: FieldBlock): void;
  onEnd(): void;
  /** The peer gave it up, or its connection is over (`errorCodes.cancel` then). */
  onReset(code: number): void;
  /** What waited has gone far enough for more to be written. */
  onRoom(): void;
}

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly maxFrameBytes: number;
  /** How many bytes of DATA may go out for this stream now. */
  roomFor(stream: WireStream): number;
  sendData(stream: WireStream, bytes: Uint8Array, isLast: boolean): void;
  sendFields(stream: WireStream, raw: readonly string[], never: readonly number[] | null, isLast: boolean): void;
  sendReset(stream: WireStream, code: number): void;
  /** The listener has taken so many bytes; their window is to be given back. */
  consumed(stream: WireStream, bytes: number): void;
  /** Bytes wait for a window or for the socket. */
  waits(stream: WireStream): void;
  /** Nothing more goes or comes on it. */
  closed(stream: WireStream): void;
  whenSent(listener: () => void): void;
}

/** Bytes that may wait before `write` says to stop: a frame or two beyond what the windows hold. */
const highWaterBytes = 32 * 1024;

const noFields: readonly string[] = [];

export class WireStream {
  /** 0 until it is opened: the peer bounds how many may be. */
  id = 0;
  /** Why it ended before its time, told by either side; null: it did not. */
  resetCode: number | null = null;
  /** Our own window for the peer, and the peer's for us. */
  receiveWindow = defaultWindowBytes;
  sendWindow: number;
  /** Taken by the listener and not given back yet. */
  owed = 0;
  /** Its peer's end has come, though it may not have been told yet. */
  remoteEnded = false;
  localEnded = false;
  /** A head (not 1xx) of ours has gone out. */
  headSent = false;
  /** A head (not 1xx) of the peer has come. */
  headCame = false;
  /** The head that came was all there is. */
  isBodiless = false;
  /** It asks for a head alone: a length that is named there is of nothing that comes. */
  isHead = false;
  /** By `content-length`; -1: not said. */
  expectedBytes = -1;
  receivedBytes = 0;
  readonly #host: StreamHost;
  /** We opened it. */
  readonly #isOwn: boolean;
  #listener: StreamListener | null = null;
  #paused = false;
  /** What came while nobody listened: pieces, then trailers, then the end. */
  readonly #held = new Pieces();
  #heldTrailers: FieldBlock | null = null;
  #isEndTold = false;
  /** What waits to go. */
  readonly #queue = new Pieces();
  #isEnding = false;
  #trailers: readonly string[] = noFields;
  #trailersNever: readonly number[] | null = null;
  #wantsRoom = false;
  #isOver = false;
  #isResetUntold = false;
  /** The peer gave up what we still had to say, but its own words are whole: told when they have been. */
  #isResetLate = false;
  /** Why the peer need not go on, to be said behind our own end. */
  #refusal: number | null = null;
  /** Who waits for our own end to be sent. */
  #whenSent: (() => void)[] | null = null;

  constructor(host: StreamHost, sendWindow: number, isOwn: boolean) {
    this.#host = host;
    this.#isOwn = isOwn;
    this.sendWindow = sendWindow;
  }

  /** Bytes of DATA that wait to go. */
  get waiting(): number {
    return this.#queue.bytes;
  }

  /** Nothing of it is taken for now: its peer may have to wait for us. */
  get isHeldBack(): boolean {
    return this.#isStill() || this.#held.bytes > 0;
  }

  /** Bytes of DATA that came and that nobody has taken; no more than the window that we gave. */
  get held(): number {
    return this.#held.bytes;
  }

  /** Both sides have ended, or one has given up. */
  get isClosed(): boolean {
    return this.resetCode !== null || (this.localEnded && this.remoteEnded);
  }

  /** From now on this one is told; what came before is told now. */
  listen(listener: StreamListener): void {
    this.#listener = listener;
    if (this.#isResetUntold && this.resetCode !== null) {
      this.#isResetUntold = false;
      listener.onReset(this.resetCode);
    } else this.resume();
  }

  /** Nobody is told for a while; what comes is held. */
  hold(): void {
    this.#listener = null;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    while (!this.#isStill()) {
      const bytes = this.#held.take(Number.POSITIVE_INFINITY);
      if (bytes === null) break;
      this.#hand(bytes);
    }
    if (!this.#isStill()) this.#tellEnd();
  }

  /** `isLast`: nothing follows. */
  fields(raw: readonly string[], never: readonly number[] | null, isLast: boolean): void {
    if (this.localEnded || this.resetCode !== null) return;
    this.headSent = true;
    if (isLast) this.localEnded = true;
    this.#host.sendFields(this, raw, never, isLast);
    if (isLast) this.#endSent();
  }

  /** A 1xx head. */
  informational(raw: readonly string[], never: readonly number[] | null): void {
    if (this.headSent || this.resetCode !== null) return;
    this.#host.sendFields(this, raw, never, false);
  }

  /** False: enough waits, `onRoom` tells when to go on. */
  write(bytes: Uint8Array): boolean {
    if (this.localEnded || this.#isEnding || this.resetCode !== null) return true;
    if (this.#queue.bytes > 0 || this.id === 0) this.#queue.push(bytes);
    else if (bytes.length > 0) this.#sendAtOnce(bytes);
    if (this.#queue.bytes < highWaterBytes) return true;
    this.#wantsRoom = true;
    return false;
  }

  end(trailers: readonly string[] = noFields, never: readonly number[] | null = null): void {
    if (this.localEnded || this.#isEnding || this.resetCode !== null) return;
    this.#isEnding = true;
    this.#trailers = trailers;
    this.#trailersNever = never;
    this.send();
  }

  /** Nothing more of it in either direction, not even of what is held; the peer is told why, the listener is not. */
  reset(code: number): void {
    const wasClosed = this.isClosed;
    if (!wasClosed) this.resetCode = code;
    this.#drop();
    if (wasClosed) return;
    this.#host.sendReset(this, code);
    this.#close();
  }

  /** A reset by somebody else than its listener, who is told as if the peer had done it. */
  giveUp(code: number): void {
    if (this.isClosed) return;
    this.#host.sendReset(this, code);
    this.broken(code);
  }

  /** What the peer still has to say is not wanted. It hears so behind our own end: before that it would cut the end off. */
  refuse(code: number): void {
    if (this.isClosed || this.remoteEnded) return;
    if (this.localEnded) this.reset(code);
    else this.#refusal = code;
  }

  /** Called when the last frame of it has been handed to the system, or there will be none. */
  whenSent(listener: () => void): void {
    if (this.resetCode !== null) listener();
    else if (this.localEnded) this.#host.whenSent(listener);
    else (this.#whenSent ??= []).push(listener);
  }

  // What follows is for the connection alone.

  /** Frames what the windows and the socket allow. */
  send(): void {
    if (this.resetCode !== null) return;
    if (this.id === 0) {
      this.#host.waits(this);
      return;
    }
    while (this.#queue.bytes > 0) {
      const part = this.#queue.take(this.#room());
      if (part === null) {
        this.#host.waits(this);
        return;
      }
      const isLast = this.#queue.bytes === 0 && this.#isEnding && this.#trailers.length === 0;
      if (isLast) this.localEnded = true;
      this.sendWindow -= part.length;
      this.#host.sendData(this, part, isLast);
    }
    if (this.#isEnding && !this.localEnded) {
      this.localEnded = true;
      if (this.#trailers.length > 0) this.#host.sendFields(this, this.#trailers, this.#trailersNever, true);
      else this.#host.sendData(this, nothing, true);
    }
    if (this.localEnded) this.#endSent();
    else if (this.#wantsRoom) {
      this.#wantsRoom = false;
      this.#listener?.onRoom();
    }
  }

  head(block: FieldBlock, isInformational: boolean, isLast: boolean): void {
    if (isInformational) {
      this.#listener?.onInformational?.(block);
      return;
    }
    this.headCame = true;
    if (isLast) {
      this.remoteEnded = true;
      this.isBodiless = true;
    }
    this.#listener?.onHead?.(block, isLast);
    if (isLast) this.#endCame();
  }

  data(bytes: Buffer, isLast: boolean): void {
    if (isLast) this.remoteEnded = true;
    if (bytes.length > 0) {
      if (this.#isStill() || this.#held.bytes > 0) this.#held.push(bytes);
      else this.#hand(bytes);
    }
    if (isLast) this.#endCame();
  }

  trailers(block: FieldBlock): void {
    this.remoteEnded = true;
    this.#heldTrailers = block;
    this.#endCame();
  }

  /** The peer gave it up, or the connection is over. */
  broken(code: number): void {
    if (this.isClosed) return;
    this.resetCode = code;
    // A server may refuse the rest of a request once its answer is whole (RFC 9113 §8.1), and leave: the answer counts.
    this.#isResetLate = this.#isOwn && this.remoteEnded && !this.#isEndTold;
    this.#queue.drop();
    this.#close();
    if (this.#isResetLate) return;
    const listener = this.#listener;
    this.#drop();
    if (listener === null) this.#isResetUntold = true;
    else listener.onReset(code);
  }

  #isStill(): boolean {
    return this.#paused || this.#listener === null;
  }

  #hand(bytes: Buffer): void {
    this.#host.consumed(this, bytes.length);
    this.#listener?.onData(bytes);
  }

  #endCame(): void {
    if (!this.#isStill() && this.#held.bytes === 0) this.#tellEnd();
    this.#closeIfDone();
  }

  #tellEnd(): void {
    if (!this.remoteEnded || this.#isEndTold || this.#listener === null) return;
    const trailers = this.#heldTrailers;
    if (trailers !== null) {
      this.#heldTrailers = null;
      this.#listener.onTrailers(trailers);
      // Which may have given the stream up, or want to wait.
      if (this.#isEndTold || this.#isStill()) return;
    }
    this.#isEndTold = true;
    this.#listener.onEnd();
    if (!this.#isResetLate || this.resetCode === null) return;
    this.#isResetLate = false;
    this.#listener.onReset(this.resetCode);
  }

  /** Without waiting for others: nothing of this stream does. */
  #sendAtOnce(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const room = this.#room();
      if (room <= 0) {
        this.#queue.push(at === 0 ? bytes : bytes.subarray(at));
        this.#host.waits(this);
        return;
      }
      const part = at === 0 && bytes.length <= room ? bytes : bytes.subarray(at, at + room);
      at += part.length;
      this.sendWindow -= part.length;
      this.#host.sendData(this, part, false);
    }
  }

  #room(): number {
    return Math.min(this.#host.roomFor(this), this.#host.maxFrameBytes);
  }

  #endSent(): void {
    const waiting = this.#whenSent;
    this.#whenSent = null;
    if (waiting !== null) for (const listener of waiting) this.#host.whenSent(listener);
    this.#closeIfDone();
    if (this.#refusal !== null && !this.isClosed) this.reset(this.#refusal);
  }

  #closeIfDone(): void {
    if (this.localEnded && this.remoteEnded && this.resetCode === null) this.#close();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.closed(this);
    // Left when it was cut off: nothing of it will be sent any more.
    const waiting = this.#whenSent;
    this.#whenSent = null;
    if (waiting !== null) for (const listener of waiting) listener();
  }

  /** What waits goes nowhere, what is held goes unread, and its window back to the connection. No end is told after that. */
  #drop(): void {
    this.#queue.drop();
    this.#isEndTold = true;
    this.#isResetLate = false;
    const bytes = this.#held.drop();
    if (bytes > 0) this.#host.consumed(this, bytes);
  }
}

const nothing = new Uint8Array(0);
