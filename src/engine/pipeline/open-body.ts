/**
 * A request body that goes on after its first bytes: for upstreams that ask back while they answer. Whoever reads the
 * reply says what comes next; the way out pulls it.
 */
export interface OpenBody {
  /** The body of one try: these bytes, then what is said. A further try begins anew and takes the place of the one before. */
  after(first: Uint8Array): AsyncIterable<Uint8Array>;
  say(bytes: Uint8Array): void;
  close(): void;
}

/** An upstream that asks and asks, and reads no answer, is not talking. */
const maxWaitingBytes = 64 * 1024 * 1024;

export function createOpenBody(): OpenBody {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let closed = false;
  let wake: (() => void) | null = null;
  let turn = 0;

  const signal = (): void => {
    wake?.();
    wake = null;
  };

  return {
    async *after(first) {
      turn += 1;
      const mine = turn;
      yield first;
      while (mine === turn) {
        const next = waiting.shift();
        if (next !== undefined) {
          bytes -= next.byteLength;
          yield next;
        } else if (closed) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
    say(more) {
      if (closed) return;
      bytes += more.byteLength;
      if (bytes > maxWaitingBytes) {
        waiting = [];
        closed = true;
      } else waiting.push(more);
      signal();
    },
    close() {
      closed = true;
      signal();
    },
  };
}
