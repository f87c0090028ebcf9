/**
 * One number for each ready account, term by term, so that the choice can be explained: priority, health, how long it had
 * no turn, what is left of a cooldown. The sizes of the terms are ours: what its owner said counts most, whose turn it
 * is least, so that it decides between near equals only.
 */
import type { Score } from "./pool.ts";
import type { Candidate } from "./strategies.ts";

const most = { priority: 40, health: 30, cooldown: 20, rotation: 10 } as const;

/** In the order given. */
export function scoresOf(candidates: readonly Candidate[]): readonly Score[] {
  const priorities = [...new Set(candidates.map(({ priority }) => priority))].toSorted((left, right) => left - right);
  const last = Math.max(1, candidates.length - 1);
  const places = placesByTurn(candidates);
  return candidates.map((candidate, index) => {
    const priority = most.priority * (1 - priorities.indexOf(candidate.priority) / priorities.length);
    const health = most.health * Math.min(Math.max(candidate.health, 0), 1);
    const rotation = most.rotation * (1 - (places[index] ?? 0) / last);
    const cooldown = most.cooldown / (1 + candidate.failures);
    return { priority, health, rotation, cooldown, total: priority + health + rotation + cooldown };
  });
}

/** More candidates than any provider has accounts. */
const maxCandidates = 2 ** 20;

/**
 * For each: how many had no turn for longer; equals as they come. Turn and index in one number, because sorting plain
 * numbers costs a third of sorting objects (test/bench/routing.ts, 100 accounts).
 */
function placesByTurn(candidates: readonly Candidate[]): ArrayLike<number> {
  const keys = Float64Array.from(candidates, ({ turn }, index) => turn * maxCandidates + index).sort();
  const places = new Uint32Array(candidates.length);
  for (let place = 0; place < keys.length; place += 1) places[(keys[place] ?? 0) % maxCandidates] = place;
  return places;
}
