/** Which streams a connection has, which wait to be opened, and what may still be said of those that are over (RFC 9113 §5.1). */
import { ConnectionError, errorCodes, maxStreamId } from "./codes.ts";
import type { WireStream } from "./stream.ts";

/** A head of ours that waits until the peer takes one more stream. */
export interface Opening {
  readonly raw: readonly string[];
  readonly never: readonly number[] | null;
  readonly isLast: boolean;
}

/** Streams that we reset: what their peer sent before it knew is no fault. */
const maxForgiven = 1_024;

export class StreamBook {
  readonly open = new Map<number, WireStream>();
  /** Requests above what the peer takes at once. */
  readonly unopened = new Map<WireStream, Opening>();
  /** What their peer says of past streams is let pass: it has been told that no new ones are looked at. */
  isLenient = false;
  lastPeerId = 0;
  readonly #peersParity: number;
  readonly #forgiven = new Set<number>();
  #lastOwnId = -1;

  constructor(isServer: boolean) {
    this.#peersParity = isServer ? 1 : 0;
  }

  get size(): number {
    return this.open.size + this.unopened.size;
  }

  /** There are no more numbers for streams of ours. */
  get isUsedUp(): boolean {
    return this.#lastOwnId >= maxStreamId - 2;
  }

  all(): readonly WireStream[] {
    return [...this.open.values(), ...this.unopened.keys()];
  }

  /** Gives the stream its number. */
  enterOwn(stream: WireStream): void {
    this.#lastOwnId += 2;
    stream.id = this.#lastOwnId;
    this.open.set(stream.id, stream);
  }

  /** The peer may open a stream with this number. */
  isNew(id: number): boolean {
    return this.#peersParity === 1 && id % 2 === 1 && id > this.lastPeerId;
  }

  remove(stream: WireStream): void {
    this.unopened.delete(stream);
    this.open.delete(stream.id);
  }

  forgive(id: number): void {
    this.#forgiven.add(id);
    if (this.#forgiven.size <= maxForgiven) return;
    for (const oldest of this.#forgiven) {
      this.#forgiven.delete(oldest);
      break;
    }
  }

  /** @throws ConnectionError for a stream that nobody has opened yet. */
  mustBePast(id: number): void {
    const last = id % 2 === this.#peersParity ? this.lastPeerId : this.#lastOwnId;
    if (id === 0 || id > last) {
      throw new ConnectionError(errorCodes.protocolError, "a frame of a stream that is not open");
    }
  }

  /** @throws ConnectionError unless it is past, and was ended in a way that its peer may not have known. */
  mustBeForgiven(id: number): void {
    this.mustBePast(id);
    if (this.#forgiven.has(id) || this.isLenient) return;
    throw new ConnectionError(errorCodes.streamClosed, "a frame of a closed stream");
  }
}
