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
      async *[Symbol.asyncIterator]() {
        if (!pulled) {
          pulled = true;
          onFirstPull();
        }
        for (;;) {
          if (waiting.length > 0) {
            const batch = waiting;
            waiting = [];
            bytes = 0;
            yield* batch;
            if (full && bytes < highWaterBytes) {
              full = false;
              onRoom();
            }
          } else if (failure !== null) throw failure;
          else if (ended) return;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      },
    },
  };
}
