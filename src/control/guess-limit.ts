/**
 * How many wrong tokens are still answered as such. All callers come from this machine, so they are counted together, and
 * the right token is let in at any time: nobody guesses 192 bits, but anybody could lock its owner out.
 */
import type { Clock } from "../base/clock.ts";

export interface GuessLimit {
  /** One more wrong one. Seconds until the next is looked at; null: it was within the bound. */
  wrong(): number | null;
}

/** A person mistypes, a script that is set up wrong repeats itself: more than this is neither. */
const most = 10;
const perMs = 60_000;

/** `onLimit` hears of it once per minute. */
export function createGuessLimit(clock: Clock, onLimit: () => void): GuessLimit {
  let since = Number.NEGATIVE_INFINITY;
  let count = 0;
  return {
    wrong() {
      const now = clock.monotonic();
      if (now - since >= perMs) {
        since = now;
        count = 0;
      }
      count += 1;
      if (count <= most) return null;
      if (count === most + 1) onLimit();
      return Math.max(1, Math.ceil((since + perMs - now) / 1_000));
    },
  };
}
