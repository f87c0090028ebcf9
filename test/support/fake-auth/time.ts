/** A clock and a timer moved by hand: waits end when a test says so, in the order of their instants. */
import type { Clock } from "../../../src/base/clock.ts";

export interface FakeTime {
  readonly clock: Clock;
  readonly after: (ms: number, run: () => void) => () => void;
  /** How long each wait that stands now still has to go, ms, shortest first. */
  readonly waits: readonly number[];
  /** Every wait that was ever begun, ms. */
  readonly begun: readonly number[];
  /** Moves on by so much and ends what is due on the way. */
  advance(ms: number): void;
}

/** 2026-11-21T12:00:00Z. */
const startsAt = 1_795_262_400_000;

export function createFakeTime(): FakeTime {
  const timers = new Map<symbol, { readonly dueAt: number; readonly run: () => void }>();
  const begun: number[] = [];
  let elapsed = 0;
  return {
    clock: { now: () => startsAt + elapsed, monotonic: () => elapsed },
    after(ms, run) {
      const id = Symbol("timer");
      begun.push(ms);
      timers.set(id, { dueAt: elapsed + ms, run });
      return () => void timers.delete(id);
    },
    get waits() {
      return [...timers.values()].map(({ dueAt }) => dueAt - elapsed).sort((left, right) => left - right);
    },
    begun,
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const due = [...timers].filter(([, { dueAt }]) => dueAt <= until).sort(([, a], [, b]) => a.dueAt - b.dueAt)[0];
        if (due === undefined) break;
        const [id, { dueAt, run }] = due;
        timers.delete(id);
        elapsed = dueAt;
        run();
      }
      elapsed = until;
    },
  };
}
