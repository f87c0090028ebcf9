/** Random numbers that a seed repeats: a run that found something is run again with the number it printed. */

export interface Random {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
  bytes(count: number): Buffer;
  /** Another row of numbers, for something that must not shift when this one is asked more often. */
  fork(label: string): Random;
}

/** Mulberry32: small, fast, and good enough to choose faults with (public domain algorithm of T. Ettinger). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    pick: (items) => {
      if (items.length === 0) throw new Error("nothing to pick from");
      return items[below(items.length)] as (typeof items)[number]; // below the length, and not empty
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
    fork: (label) => createRandom(Buffer.from(label).reduce((sum, byte) => Math.imul(sum, 31) + byte, seed)),
  };
}

export function someSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
