/** Requests to the client that have no answer yet: by number, with the instant after which they are given up. */
export interface Waiting<Value> {
  /** Its number on the wire. */
  open(value: Value, now: number): number;
  /** Takes it off; undefined where nobody waits for it (an answer that came twice, or was never asked for). */
  close(id: number): Value | undefined;
  /** Looks without taking it off. */
  see(id: number): Value | undefined;
  /** A sign of life. */
  heard(id: number, now: number): void;
  readonly size: number;
  ids(): readonly number[];
  /** Has one of them waited too long? */
  isLate(now: number): boolean;
  clear(): void;
}

export function createWaiting<Value>(limitMs: number): Waiting<Value> {
  const open = new Map<number, { readonly value: Value; since: number }>();
  // A number of 0 is legal and stands for "no number" in half of the programs that read it.
  let next = 1;
  return {
    open(value, now) {
      const id = next;
      next += 1;
      open.set(id, { value, since: now });
      return id;
    },
    close(id) {
      const found = open.get(id);
      open.delete(id);
      return found?.value;
    },
    see: (id) => open.get(id)?.value,
    heard(id, now) {
      const found = open.get(id);
      if (found !== undefined) found.since = now;
    },
    get size() {
      return open.size;
    },
    ids: () => [...open.keys()],
    isLate: (now) => [...open.values()].some(({ since }) => now - since > limitMs),
    clear: () => open.clear(),
  };
}
