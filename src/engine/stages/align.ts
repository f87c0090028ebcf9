/**
 * Two lists of the same things, laid beside each other. Nearly all of a translated conversation stands in the same order
 * on both sides, so it walks along both and looks a little ahead where they differ: linear for real bodies, and bounded
 * for hostile ones.
 */
import type { Item } from "./outline.ts";

export type Pair = readonly [left: Item | null, right: Item | null];

/** How far it looks ahead for the place where both go on together. */
const reach = 48;

export function alignItems(left: readonly Item[], right: readonly Item[]): readonly Pair[] {
  const ids = new Map<string, number>();
  const named = (items: readonly Item[]): readonly number[] => items.map((item) => idOf(ids, item));
  const [lefts, rights] = [named(left), named(right)];
  const pairs: Pair[] = [];
  let at = 0;
  let beside = 0;
  while (at < left.length && beside < right.length) {
    const step = nextMeeting(lefts, rights, at, beside);
    pairs.push(...paired(left.slice(at, at + step[0]), right.slice(beside, beside + step[1])));
    at += step[0];
    beside += step[1];
    if (step[2]) pairs.push([left[at++] ?? null, right[beside++] ?? null]);
  }
  return [...pairs, ...paired(left.slice(at), right.slice(beside))];
}

/** Strings of a megabyte are compared once. */
function idOf(ids: Map<string, number>, { kind, role, match }: Item): number {
  const name = `${role} ${kind} ${match}`;
  const id = ids.get(name) ?? ids.size;
  ids.set(name, id);
  return id;
}

/** How many on either side come before two that are the same; without such a place, one of each. */
function nextMeeting(
  lefts: readonly number[],
  rights: readonly number[],
  at: number,
  beside: number,
): readonly [left: number, right: number, isMeeting: boolean] {
  for (let sum = 0; sum <= reach; sum += 1) {
    for (let ahead = 0; ahead <= sum; ahead += 1) {
      const one = lefts[at + ahead];
      if (one !== undefined && one === rights[beside + sum - ahead]) return [ahead, sum - ahead, true];
    }
  }
  return [1, 1, false];
}

/** What stands between two meetings: of one kind and role, in order, it is the same thing changed. */
function paired(left: readonly Item[], right: readonly Item[]): readonly Pair[] {
  const pairs: Pair[] = [];
  let from = 0;
  for (const one of left) {
    const found = right.findIndex(
      (other, index) => index >= from && other.kind === one.kind && other.role === one.role,
    );
    if (found < 0) {
      pairs.push([one, null]);
      continue;
    }
    for (const other of right.slice(from, found)) pairs.push([null, other]);
    pairs.push([one, right[found] ?? null]);
    from = found + 1;
  }
  for (const other of right.slice(from)) pairs.push([null, other]);
  return pairs;
}
