/** Waiting by an injected timer: ends early when its signal does, and leaves nothing behind. */

/** Runs something once after so many ms and returns how to call it off. */
export type After = (ms: number, run: () => void) => () => void;

/** True: the time is over; false: the signal ended the wait. */
export function waitFor(after: After, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (isOver: boolean): void => {
      callOff();
      signal.removeEventListener("abort", aborted);
      resolve(isOver);
    };
    const aborted = (): void => done(false);
    const callOff = after(ms, () => done(true));
    signal.addEventListener("abort", aborted, { once: true });
  });
}

/** Runs something with a signal that ends with `signal` and after `ms` at the latest. */
export async function withDeadline<Value>(
  after: After,
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const late = new AbortController();
  const callOff = after(ms, () => late.abort());
  try {
    return await run(AbortSignal.any([signal, late.signal]));
  } finally {
    callOff();
  }
}
