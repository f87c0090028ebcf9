/** A bounded bridge from pushed bytes to an async iterable: the pusher learns when to stop, the puller waits. */

export interface ByteQueue {
  /** False when enough is waiting, or a burst is to gather for a moment: stop pushing until `onRoom`. */
  push(bytes: Uint8Array): boolean;
  end(): void;
  /** The iterator throws this after what was pushed before. */
  fail(error: Error): void;
  readonly iterable: AsyncIterable<Uint8Array>;
}

/** Time, for a queue that takes a burst in fewer, larger pieces. */
export interface Pace {
  /** ms that never go back. */
  now(): number;
  after(ms: number, run: () => void): void;
}

export const systemPace: Pace = {
  now: () => performance.now(),
  after: (ms, run) => void setTimeout(run, ms),
};

export interface ByteQueueOptions {
  /** Called when the pusher that was stopped may go on. */
  readonly onRoom: () => void;
  /** Called once, when somebody begins to read. */
  readonly onFirstPull?: () => void;
  /** Absent: the pusher is only stopped when the queue is full. */
  readonly pace?: Pace;
}

/** Bytes waiting before the pusher is asked to stop. */
const highWaterBytes = 256 * 1024;
/** Pieces up to this many bytes together are handed on as one; copying more costs more than it saves. */
const maxJoinedBytes = 64 * 1024;

/**
 * A stream whose pieces come faster than this, so many in a row, is a burst: from then on its pusher is stopped for so long
 * after each piece, and what comes meanwhile comes as one. Each piece on its own costs a read, a turn of every stage and a
 * write; nobody can tell a millisecond in the middle of a burst. What has come is handed on at once, always, and a stream
 * that is slower than this is never stopped.
 */
const burstMs = 1;
const burstPieces = 8;
/** Pieces of this size are a download and not somebody speaking: there is nothing to gather, only time to lose. */
const bulkBytes = 8 * 1024;

export function createByteQueue({ onRoom, onFirstPull, pace }: ByteQueueOptions): ByteQueue {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let full = false;
  let resting = false;
  let ended = false;
  let failure: Error | null = null;
  let wake: (() => void) | null = null;
  let pulled = false;
  let lastAt = Number.NEGATIVE_INFINITY;
  let quick = 0;

  const signal = (): void => {
    wake?.();
    wake = null;
  };

  /** Stops the pusher for a moment when this piece belongs to a burst. */
  const rest = (timing: Pace, size: number): void => {
    const now = timing.now();
    quick = now - lastAt < burstMs && size < bulkBytes ? quick + 1 : 0;
    lastAt = now;
    if (quick < burstPieces || resting) return;
    resting = true;
    timing.after(burstMs, () => {
      resting = false;
      // The next piece is quick if it is there as soon as it may come.
      lastAt = timing.now();
      if (!full && !ended) onRoom();
    });
  };

  /** Everything that waits, as one. */
  const take = (): Uint8Array | null => {
    const [first] = waiting;
    if (first === undefined) return null;
    let count = 1;
    let size = first.byteLength;
    for (; count < waiting.length; count += 1) {
      const next = waiting[count]?.byteLength ?? 0;
      if (size + next > maxJoinedBytes) break;
      size += next;
    }
    const taken = count === 1 ? first : Buffer.concat(waiting.slice(0, count), size);
    waiting = count === waiting.length ? [] : waiting.slice(count);
    bytes -= size;
    if (full && bytes < highWaterBytes) {
      full = false;
      if (!resting) onRoom();
    }
    return taken;
  };

  const pull = async (): Promise<IteratorResult<Uint8Array>> => {
    if (!pulled) {
      pulled = true;
      onFirstPull?.();
    }
    for (;;) {
      const value = take();
      if (value !== null) return { done: false, value };
      if (failure !== null) throw failure;
      if (ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const leave = (): Promise<IteratorResult<Uint8Array>> => Promise.resolve({ done: true, value: undefined });

  return {
    push(chunk) {
      if (ended) return true;
      waiting.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= highWaterBytes) full = true;
      if (pace !== undefined) rest(pace, chunk.byteLength);
      signal();
      return !full && !resting;
    },
    end() {
      ended = true;
      signal();
    },
    fail(error) {
      failure ??= error;
      ended = true;
      signal();
    },
    iterable: { [Symbol.asyncIterator]: () => ({ next: pull, return: leave }) },
  };
}
