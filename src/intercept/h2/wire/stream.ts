/**
 * One HTTP/2 stream, as a relay needs it: what comes is told to one listener at once, what goes is framed at once when the
 * windows allow, and nothing is kept beyond them. No Node stream: building two of those is most of what an exchange over
 * `node:http2` costs (docs/decisions/0014-own-http2-framing.md).
 */
import { defaultWindowBytes } from "./codes.ts";
import type { FieldBlock } from "./hpack-decoder.ts";

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
  #held: Buffer[] = [];
  #heldTrailers: FieldBlock | null = null;
  #isEndTold = false;
  /** What waits to go. */
  #queue: Uint8Array[] = [];
  #queued = 0;
  #isEnding = false;
  #trailers: readonly string[] = noFields;
  #trailersNever: readonly number[] | null = null;
  #wantsRoom = false;
  #isOver = false;
  #isResetUntold = false;

  constructor(host: StreamHost, sendWindow: number, isOwn: boolean) {
    this.#host = host;
    this.#isOwn = isOwn;
    this.sendWindow = sendWindow;
  }

  /** Bytes of DATA that wait to go. */
  get waiting(): number {
    return this.#queued;
  }

  /** Nothing of it is taken for now: its peer may have to wait for us. */
  get isHeldBack(): boolean {
    return this.#isStill() || this.#held.length > 0;
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
    while (this.#held.length > 0 && !this.#isStill()) {
      const bytes = this.#held.shift();
      if (bytes !== undefined) this.#hand(bytes);
    }
    if (!this.#isStill()) this.#tellEnd();
  }

  /** `isLast`: nothing follows. */
  fields(raw: readonly string[], never: readonly number[] | null, isLast: boolean): void {
    if (this.localEnded || this.resetCode !== null) return;
    this.headSent = true;
    if (isLast) this.localEnded = true;
    this.#host.sendFields(this, raw, never, isLast);
    if (isLast) this.#closeIfDone();
  }

  /** A 1xx head. */
  informational(raw: readonly string[], never: readonly number[] | null): void {
    if (this.headSent || this.resetCode !== null) return;
    this.#host.sendFields(this, raw, never, false);
  }

  /** False: enough waits, `onRoom` tells when to go on. */
  write(bytes: Uint8Array): boolean {
    if (this.localEnded || this.#isEnding || this.resetCode !== null) return true;
    if (bytes.length > 0) {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      this.send();
    }
    if (this.#queued < highWaterBytes) return true;
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

  /** Nothing more of it in either direction; the peer is told why. */
  reset(code: number): void {
    if (this.isClosed) return;
    this.resetCode = code;
    this.#drop();
    this.#host.sendReset(this, code);
    this.#close();
  }

  /** As `reset`, and its listener hears of it as if its peer had done it. */
  giveUp(code: number): void {
    if (this.isClosed) return;
    this.#host.sendReset(this, code);
    this.broken(code);
  }

  /** Called when the last frame of it has been handed to the system; at once when there is nothing to wait for. */
  whenSent(listener: () => void): void {
    if (this.resetCode !== null) listener();
    else this.#host.whenSent(listener);
  }

  // What follows is for the connection alone.

  /** Frames what the windows and the socket allow. */
  send(): void {
    if (this.resetCode !== null) return;
    if (this.id === 0) {
      this.#host.waits(this);
      return;
    }
    while (this.#queued > 0) {
      const first = this.#queue[0];
      if (first === undefined) return;
      const room = Math.min(this.#host.roomFor(this), this.#host.maxFrameBytes);
      if (room <= 0) {
        this.#host.waits(this);
        return;
      }
      const part = first.length <= room ? first : first.subarray(0, room);
      if (part === first) this.#queue.shift();
      else this.#queue[0] = first.subarray(room);
      this.#queued -= part.length;
      const isLast = this.#queued === 0 && this.#isEnding && this.#trailers.length === 0;
      if (isLast) this.localEnded = true;
      this.sendWindow -= part.length;
      this.#host.sendData(this, part, isLast);
    }
    if (this.#isEnding && !this.localEnded) {
      this.localEnded = true;
      if (this.#trailers.length > 0) this.#host.sendFields(this, this.#trailers, this.#trailersNever, true);
      else this.#host.sendData(this, nothing, true);
    }
    if (this.localEnded) this.#closeIfDone();
    else if (this.#wantsRoom && this.#queued < highWaterBytes) {
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
      if (this.#isStill() || this.#held.length > 0) this.#held.push(bytes);
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
    const isAnswerWhole = this.#isOwn && this.remoteEnded && !this.#isEndTold;
    this.#queue = [];
    this.#queued = 0;
    this.#close();
    if (isAnswerWhole) return;
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
    if (!this.#isStill() && this.#held.length === 0) this.#tellEnd();
    this.#closeIfDone();
  }

  #tellEnd(): void {
    if (!this.remoteEnded || this.#isEndTold || this.#listener === null) return;
    this.#isEndTold = true;
    if (this.#heldTrailers !== null) this.#listener.onTrailers(this.#heldTrailers);
    this.#listener.onEnd();
  }

  #closeIfDone(): void {
    if (this.localEnded && this.remoteEnded && this.resetCode === null) this.#close();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.closed(this);
  }

  /** What is held goes unread, and its window back to the connection. */
  #drop(): void {
    this.#queue = [];
    this.#queued = 0;
    let bytes = 0;
    for (const piece of this.#held) bytes += piece.length;
    this.#held = [];
    if (bytes > 0) this.#host.consumed(this, bytes);
  }
}

const nothing = new Uint8Array(0);
