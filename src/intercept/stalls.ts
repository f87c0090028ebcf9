/**
 * Streams that stand still: looked at now and then, because a timer for each would cost more than they do. Bytes that wait
 * are counted; when their number does not change for long enough, nobody takes them, or nobody sends them.
 */

export interface Stalls<Stream> {
  add(stream: Stream): void;
  delete(stream: Stream): void;
  /** To be called again and again; gives those that stand still since `forMs`. */
  look(): readonly Stream[];
}

export function createStalls<Stream>(options: {
  /** Bytes that wait. */
  readonly waitingOf: (stream: Stream) => number;
  readonly forMs: () => number;
  /** ms that never go back. */
  readonly now: () => number;
}): Stalls<Stream> {
  const { forMs, now, waitingOf } = options;
  const seen = new Map<Stream, { waiting: number; since: number }>();
  return {
    add: (stream) => void seen.set(stream, { waiting: 0, since: now() }),
    delete: (stream) => void seen.delete(stream),
    look() {
      const time = now();
      const stalled: Stream[] = [];
      for (const [stream, last] of seen) {
        const waiting = waitingOf(stream);
        if (waiting === 0 || waiting !== last.waiting) {
          last.waiting = waiting;
          last.since = time;
        } else if (time - last.since >= forMs()) stalled.push(stream);
      }
      return stalled;
    },
  };
}

/** Calls `look` often enough for the times it is about, and at most twice in a second. Returns how to end it. */
export function lookAgain(shortestMs: () => number, look: () => void): () => void {
  let clock: NodeJS.Timeout;
  // Made anew each time, because a reload may have changed the beat.
  const wind = (): void => {
    clock = setTimeout(
      () => {
        look();
        wind();
      },
      Math.min(15_000, Math.max(500, shortestMs() / 4)),
    );
    clock.unref();
  };
  wind();
  return () => clearTimeout(clock);
}
