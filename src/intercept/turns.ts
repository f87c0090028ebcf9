/**
 * Work that holds the loop for some milliseconds, one piece at a time, and after each a pause as long as it took: a dozen
 * new hosts at once must not hold up the streams of everybody else (S20).
 */

export interface Turns {
  /** @throws what `work` throws */
  take<Result>(work: () => Result): Promise<Result>;
}

export interface TurnsOptions {
  /** ms that never go back. */
  readonly now: () => number;
  readonly after?: (ms: number) => Promise<void>;
}

export function createTurns({ now, after = pause }: TurnsOptions): Turns {
  let free: Promise<void> = Promise.resolve();
  return {
    async take(work) {
      const before = free;
      let leave = (): void => {};
      free = new Promise((resolve) => {
        leave = resolve;
      });
      await before;
      const startedAt = now();
      try {
        return work();
      } finally {
        void after(now() - startedAt).then(leave);
      }
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
