/** How many exchanges run, for whoever wants to stop: what runs may finish, and the end is waited for. */
import type { InFlight } from "./relay-deps.ts";

export interface CountedInFlight extends InFlight {
  drain(): void;
  /** Resolves when nothing is in flight, or after `graceMs`. */
  settled(graceMs: number): Promise<void>;
}

export function countInFlight(): CountedInFlight {
  let count = 0;
  let draining = false;
  let onZero: (() => void) | null = null;
  return {
    enter() {
      count += 1;
    },
    leave() {
      count -= 1;
      if (count === 0) onZero?.();
    },
    get count() {
      return count;
    },
    get draining() {
      return draining;
    },
    drain() {
      draining = true;
    },
    settled(graceMs) {
      if (count === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        onZero = () => {
          clearTimeout(timer);
          // The last bytes of the last reply are still on their way to the socket.
          setTimeout(resolve, 50);
        };
      });
    },
  };
}
