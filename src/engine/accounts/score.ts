/**
 * One number for each ready account, term by term, so that the choice can be explained: priority, health, how long it had
 * no turn, what is left of a cooldown. The sizes of the terms are ours: what its owner said counts most, whose turn it
 * is least, so that it decides between near equals only.
 */
import type { Score } from "./pool.ts";
import { ranked } from "./rank.ts";
import type { Candidate } from "./strategies.ts";

const most = { priority: 40, health: 30, cooldown: 20, rotation: 10 } as const;
const maxTotal = most.priority + most.health + most.cooldown + most.rotation;
/** Totals are told and compared to a millionth. */
const millionths = 1e6;

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
    const total = Math.round((priority + health + rotation + cooldown) * millionths) / millionths;
    return { priority, health, rotation, cooldown, total };
  });
}

/** Indexes of the scores, the highest total first, equals as they come. */
export function bestFirst(scores: readonly Score[]): Uint32Array {
  return ranked(scores.map(({ total }) => Math.round((maxTotal - total) * millionths)));
}

/** For each: how many had no turn for longer; equals as they come. */
function placesByTurn(candidates: readonly Candidate[]): ArrayLike<number> {
  const order = ranked(candidates.map(({ turn }) => turn));
  const places = new Uint32Array(order.length);
  for (let place = 0; place < order.length; place += 1) places[order[place] ?? 0] = place;
  return places;
}
