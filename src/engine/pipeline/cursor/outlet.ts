/** Envelopes on their way to the client: pushed as they are made, pulled by its socket. */
export interface Outlet {
  push(bytes: Uint8Array): void;
  /** Nothing more comes. */
  close(): void;
  /** Resolves when the client has taken most of what waits, or is gone. */
  room(): Promise<void>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** More than this waits for nobody: a model that is faster than its client is read no further. */
const highWaterBytes = 256 * 1024;

/** `onLeave`: whoever reads does not want the rest. */
export function createOutlet(onLeave: () => void): Outlet {
  let waiting: Uint8Array[] = [];
  let size = 0;
  let isClosed = false;
  let hasLeft = false;
  let wake: (() => void) | null = null;
  let onRoom: (() => void) | null = null;

  const stir = (): void => {
    wake?.();
    wake = null;
  };
  const clear = (): void => {
    onRoom?.();
    onRoom = null;
  };
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    for (;;) {
      if (size > 0) {
        const value = waiting.length === 1 ? waiting[0] : Buffer.concat(waiting, size);
        waiting = [];
        size = 0;
        clear();
        if (value !== undefined) return { done: false, value };
      }
      if (isClosed || hasLeft) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const leave = (): Promise<IteratorResult<Uint8Array>> => {
    if (!hasLeft) {
      hasLeft = true;
      clear();
      stir();
      onLeave();
    }
    return Promise.resolve({ done: true, value: undefined });
  };
  return {
    push(bytes) {
      if (isClosed || hasLeft) return;
      waiting.push(bytes);
      size += bytes.byteLength;
      stir();
    },
    close() {
      isClosed = true;
      clear();
      stir();
    },
    room: () =>
      size < highWaterBytes || isClosed || hasLeft
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            onRoom = resolve;
          }),
    body: { [Symbol.asyncIterator]: () => ({ next, return: leave }) },
  };
}
