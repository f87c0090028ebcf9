/** Calls that wait for news of the pool: all of them hear of the next change, and look again. */
export interface Wakers {
  /** Resolves at the next `wake`, or when the signal ends the wait: its owner knows which. */
  next(signal: AbortSignal): Promise<void>;
  wake(): void;
}

export function createWakers(): Wakers {
  const waiting = new Set<() => void>();
  return {
    next: (signal) =>
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        const done = (): void => {
          waiting.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener("abort", done);
      }),
    wake() {
      for (const done of waiting) done();
    },
  };
}
