/** The one clock that runs against an exchange: first for the beginning of a reply, then between its pieces. */

export type Lateness = "first-byte-timeout" | "idle-timeout";

export interface Deadline {
  /** Takes the place of whatever ran before. */
  start(ms: number, lateness: Lateness): void;
  /** Something came: the same time again from now. */
  refresh(): void;
  stop(): void;
}

export function createDeadline(onLate: (lateness: Lateness, ms: number) => void): Deadline {
  let timer: NodeJS.Timeout | null = null;
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  return {
    start(ms, lateness) {
      stop();
      timer = setTimeout(() => onLate(lateness, ms), ms);
      timer.unref();
    },
    refresh() {
      timer?.refresh();
    },
    stop,
  };
}
