/** A bounded bridge from pushed bytes to an async iterable: the pusher learns when to stop, the puller waits. */

export interface ByteQueue {
  /** False when enough is waiting: stop pushing until `onRoom`. */
  push(bytes: Uint8Array): boolean;
  end(): void;
  /** The iterator throws this after what was pushed before. */
  fail(error: Error): void;
  readonly iterable: AsyncIterable<Uint8Array>;
}

/** Bytes waiting before the pusher is asked to stop. */
const highWaterBytes = 256 * 1024;
/** Pieces up to this many bytes together are handed on as one; copying more costs more than it saves. */
const maxJoinedBytes = 64 * 1024;

/** `onRoom` is called when a full queue has emptied; `onFirstPull` once, when somebody begins to read. */
export function createByteQueue(onRoom: () => void, onFirstPull: () => void = () => {}): ByteQueue {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let full = false;
  let ended = false;
  let failure: Error | null = null;
  let wake: (() => void) | null = null;
  let pulled = false;

  const signal = (): void => {
    wake?.();
    wake = null;
  };

  /** Everything that waits, as one: each piece that is handed on alone costs a turn of every stage behind it. */
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

  const pull = async (): Promise<IteratorResult<Uint8Array>> => {
    if (!pulled) {
      pulled = true;
      onFirstPull();
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
    iterable: {
      [Symbol.asyncIterator]: () => ({ next: pull, return: leave }),
    },
  };
}
