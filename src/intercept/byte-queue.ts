/** A bounded bridge from pushed bytes to an async iterable: the pusher learns when to stop, the puller waits. */

export interface ByteQueue {
  /** False when enough is waiting: stop pushing until `onRoom`. */
  push(bytes: Uint8Array): boolean;
  end(): void;
  /** The iterator throws this after what was pushed before. */
  fail(error: Error): void;
  readonly iterable: AsyncIterable<Uint8Array>;
}

/** Time for a queue that hands a burst on in fewer, larger pieces. */
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
  /** Called when a full queue has emptied. */
  readonly onRoom: () => void;
  /** Called once, when somebody begins to read. */
  readonly onFirstPull?: () => void;
  /** Absent: every piece is handed on as soon as it is asked for. */
  readonly pace?: Pace;
}

/** Bytes waiting before the pusher is asked to stop. */
const highWaterBytes = 256 * 1024;
/** Pieces up to this many bytes together are handed on as one; copying more costs more than it saves. */
const maxJoinedBytes = 64 * 1024;

/**
 * A stream whose pieces come faster than this, so many in a row, is a burst: from then on its pieces are gathered this long
 * before they are handed on. Each piece on its own costs a turn of every stage and a write on the socket behind it; nobody
 * can tell a millisecond in the middle of a burst. The first pieces of a stream and everything slower are never held.
 */
const burstMs = 1;
const burstPieces = 8;

export function createByteQueue({ onRoom, onFirstPull, pace }: ByteQueueOptions): ByteQueue {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let full = false;
  let ended = false;
  let failure: Error | null = null;
  let wake: (() => void) | null = null;
  let pulled = false;
  let lastAt = Number.NEGATIVE_INFINITY;
  let quick = 0;
  let hurry: (() => void) | null = null;

  const signal = (): void => {
    if (ended || bytes >= maxJoinedBytes) hurry?.();
    wake?.();
    wake = null;
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
      onRoom();
    }
    return taken;
  };

  /** Waits for more of a burst, no longer than `burstMs`, and not at all once there is enough or no more to come. */
  const gather = (timing: Pace): Promise<void> =>
    new Promise((resolve) => {
      hurry = () => {
        hurry = null;
        resolve();
      };
      timing.after(burstMs, () => hurry?.());
    });

  const isBurst = (timing: Pace): boolean => {
    const now = timing.now();
    quick = now - lastAt < burstMs ? quick + 1 : 0;
    lastAt = now;
    return quick >= burstPieces;
  };

  const pull = async (): Promise<IteratorResult<Uint8Array>> => {
    if (!pulled) {
      pulled = true;
      onFirstPull?.();
    }
    for (;;) {
      if (waiting.length > 0) {
        if (pace !== undefined && isBurst(pace) && !ended && bytes < maxJoinedBytes) {
          await gather(pace);
          // Still a burst if more came meanwhile; otherwise the next pieces go at once again.
          quick = waiting.length > 1 ? burstPieces : 0;
          lastAt = pace.now();
        }
        const value = take();
        if (value !== null) return { done: false, value };
      }
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
      signal();
      return !full;
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
