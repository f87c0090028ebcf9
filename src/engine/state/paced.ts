/** Something that is asked for often and done seldom: the first at once, then at most once per interval, the last for sure. */
import type { Clock } from "../../base/clock.ts";

export interface Paced {
  /** Settles with the run that serves this call. */
  ask(): Promise<void>;
  /** Does now what is due, and waits for it. */
  flush(): Promise<void>;
}

interface Due {
  readonly promise: Promise<void>;
  readonly timer: NodeJS.Timeout;
  start(): void;
}

export function createPaced(run: () => Promise<void>, everyMs: number, clock: Clock): Paced {
  let due: Due | null = null;
  let running: Promise<void> | null = null;
  let lastAt = Number.NEGATIVE_INFINITY;

  function plan(): Due {
    let settle: (promise: Promise<void>) => void = () => {};
    const promise = new Promise<void>((resolve) => {
      settle = resolve;
    });
    // Whoever does not wait for it need not; who does still sees it fail.
    promise.catch(() => {});
    const start = (): void => {
      clearTimeout(timer);
      due = null;
      lastAt = clock.monotonic();
      running = run();
      settle(running);
    };
    const timer = setTimeout(start, Math.max(0, lastAt + everyMs - clock.monotonic()));
    // A process that ends without a flush is not held up.
    timer.unref();
    return { promise, timer, start };
  }

  return {
    ask() {
      due ??= plan();
      return due.promise;
    },
    async flush() {
      due?.start();
      await running;
    },
  };
}
