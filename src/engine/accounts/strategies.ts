/**
 * How one of several ready accounts is chosen, as pure functions: they are told how each one stands and answer with the
 * order; the first one goes. Lower priority numbers always go first, but under `score`, where priority is one term.
 */
import type { AccountId, Strategy } from "../config/schema.ts";
import type { Score } from "./pool.ts";
import { bestFirst, scoresOf } from "./score.ts";

export interface Candidate {
  readonly id: AccountId;
  readonly priority: number;
  readonly weight: number;
  /** Its place in the file. */
  readonly position: number;
  /** 0…1. */
  readonly health: number;
  /** Failures that its next call must make good; 0: none. */
  readonly failures: number;
  /** The number of its last turn; 0: it had none. */
  readonly turn: number;
  /** What `weighted` owes it. */
  readonly credit: number;
}

export interface Order<C extends Candidate> {
  /** The best first; empty only when nobody was offered. */
  readonly order: readonly C[];
  /** In the same order. */
  readonly scores: readonly Score[] | null;
  /** New credits, once the first of the order has been taken. */
  readonly credits: ReadonlyMap<AccountId, number> | null;
}

type Arrange = <C extends Candidate>(candidates: readonly C[]) => Order<C>;

export const strategies = {
  "fill-first": (candidates) => plain(candidates.toSorted(inOrder)),
  // Whose last turn is longest ago goes next: the seed's counter, and still fair when accounts come and go.
  "round-robin": (candidates) =>
    plain(candidates.toSorted((a, b) => a.priority - b.priority || a.turn - b.turn || a.position - b.position)),
  // Who cannot serve was left out before (capability.ts), so the first one that is left can.
  capability: (candidates) => plain(candidates.toSorted(inOrder)),
  weighted,
  score: byScore,
} as const satisfies Readonly<Record<Strategy, Arrange>>;

function inOrder(left: Candidate, right: Candidate): number {
  return left.priority - right.priority || left.position - right.position;
}

function plain<C extends Candidate>(order: readonly C[]): Order<C> {
  return { order, scores: null, credits: null };
}

/**
 * Smooth weighted round-robin among those of the best priority (as nginx does it): everybody earns its weight, the
 * richest goes and pays what all earned. Turns are spread evenly instead of coming in runs.
 */
function weighted<C extends Candidate>(candidates: readonly C[]): Order<C> {
  const best = candidates.reduce((least, { priority }) => Math.min(least, priority), Number.POSITIVE_INFINITY);
  const earned = candidates
    .filter(({ priority }) => priority === best)
    .map((candidate) => ({ candidate, credit: candidate.credit + candidate.weight }))
    .toSorted((left, right) => right.credit - left.credit || left.candidate.position - right.candidate.position);
  const total = earned.reduce((sum, { candidate }) => sum + candidate.weight, 0);
  const credits = new Map(
    earned.map(({ candidate, credit }, place) => [candidate.id, place === 0 ? credit - total : credit]),
  );
  const rest = candidates.filter(({ priority }) => priority !== best).toSorted(inOrder);
  return { order: [...earned.map(({ candidate }) => candidate), ...rest], scores: null, credits };
}

function byScore<C extends Candidate>(candidates: readonly C[]): Order<C> {
  const all = scoresOf(candidates);
  const order: C[] = [];
  const scores: Score[] = [];
  const best = bestFirst(all);
  for (let place = 0; place < best.length; place += 1) {
    const candidate = candidates[best[place] ?? 0];
    const score = all[best[place] ?? 0];
    if (candidate === undefined || score === undefined) continue;
    order.push(candidate);
    scores.push(score);
  }
  return { order, scores, credits: null };
}
