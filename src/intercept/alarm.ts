/**
 * A clock for a connection, set and cleared several times with each of its exchanges. Its one timer is not touched for that
 * (making and ending timers was 4 % of a small call's CPU): when it goes off, what is due is looked up, and where that
 * lies later the rest is waited for.
 */
export interface Alarm {
  /** Takes the place of whatever was set before. */
  set(ms: number, onLate: () => void): void;
  /** Something came: the same time again from now. */
  again(): void;
  clear(): void;
  isSet(): boolean;
  /** Clears it and lets go of the timer: for the end of the connection. It may be set again. */
  end(): void;
}

/** `now`: ms that never go back, of the clock that timers run by. */
export function createAlarm(now: () => number = () => performance.now()): Alarm {
  let ring: (() => void) | null = null;
  let spanMs = 0;
  let dueAt = 0;
  let timer: NodeJS.Timeout | null = null;
  let goesOffAt = 0;

  const arm = (ms: number): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(goOff, Math.ceil(ms));
    timer.unref();
    goesOffAt = dueAt;
  };

  const goOff = (): void => {
    timer = null;
    if (ring === null) return;
    const leftMs = dueAt - now();
    // Timers keep whole milliseconds.
    if (leftMs >= 1) {
      arm(leftMs);
      return;
    }
    const late = ring;
    ring = null;
    late();
  };

  const set = (ms: number, onLate: () => void): void => {
    ring = onLate;
    spanMs = ms;
    dueAt = now() + ms;
    if (timer === null || goesOffAt > dueAt) arm(ms);
  };

  return {
    set,
    again() {
      if (ring !== null) set(spanMs, ring);
    },
    clear() {
      ring = null;
    },
    isSet: () => ring !== null,
    end() {
      ring = null;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
