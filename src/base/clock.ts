/** Time as an argument, so that tests move it by hand. */
export interface Clock {
  /** Wall clock, ms since the epoch: for showing and for files. */
  now(): number;
  /** Never goes back, ms from an arbitrary origin: for durations and deadlines. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
