/** Who can serve a call right now, who of them does, and the words for it. Reads the pool's state and changes none of it. */
import type { WhyStep } from "../../base/flow.ts";
import type { AccountId, Config } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { Hold } from "./cooldown-book.ts";
import { limitWaitMs } from "./limits.ts";
import type { Ask } from "./pool.ts";
import type { Member } from "./roster.ts";
import type { Home } from "./sessions.ts";
import type { Standing } from "./standing.ts";
import { type Candidate, type Order, strategies } from "./strategies.ts";
import { maxNames, selectStep, sessionStep, type Skipped, skippedSteps, stateText, waitError } from "./words.ts";

export interface ChooseInput {
  readonly ask: Ask;
  readonly selection: Config["settings"]["selection"];
  /** Those who may serve it at all; not empty. */
  readonly members: readonly Member[];
  /** Where its conversation lives. */
  readonly home: Home | null;
  readonly standing: (account: AccountId) => Standing;
  readonly hold: (account: AccountId, model: string, nowAt: number) => Hold;
  readonly nowAt: number;
}

export type Choice =
  | {
      readonly kind: "member";
      readonly member: Member;
      /** The strategy's turn, when it was the strategy's choice and not the conversation's. */
      readonly turn: Order<Candidate> | null;
      readonly why: readonly WhyStep[];
    }
  | { readonly kind: "wait"; readonly readyInMs: number; readonly error: EngineError; readonly why: readonly WhyStep[] }
  | { readonly kind: "none"; readonly error: EngineError; readonly why: readonly WhyStep[] };

interface Ready extends Candidate {
  readonly member: Member;
}

export function choose(input: ChooseInput): Choice {
  const { ask, selection, members, home } = input;
  const ready: Ready[] = [];
  const skipped: Skipped[] = [];
  for (const member of members) {
    if (ask.tried.has(member.id)) continue;
    const stands = standsNow(input, member);
    if ("state" in stands) skipped.push(stands);
    else ready.push(stands);
  }
  const why = skippedSteps(skipped);
  if (ready.length === 0) return nobody(ask, selection, skipped, why);

  const strategy = members[0]?.provider.strategy ?? selection.strategy;
  const turn: Order<Ready> = strategies[strategy](ready);
  const atHome = home === null ? undefined : ready.find(({ id }) => id === home.account);
  const taken = atHome ?? turn.order[0];
  if (taken === undefined) return nobody(ask, selection, skipped, why);
  const select = selectStep({
    strategy,
    taken: taken.id,
    names: turn.order.slice(0, maxNames).map(({ member }) => member.account.name),
    count: turn.order.length,
    scores: turn.scores,
    isSticky: atHome !== undefined,
  });
  // A home that this very call was to make, and that failed it, was none.
  const wasNone = home !== null && home.cachedTokens === 0 && ask.tried.has(home.account);
  const session =
    home === null || wasNone ? [] : [sessionStep(home, atHome === undefined ? moves(home, ask, skipped) : "stays")];
  return {
    kind: "member",
    member: taken.member,
    turn: atHome === undefined ? turn : null,
    why: [...why, ...session, select],
  };
}

function standsNow({ ask, standing, hold, nowAt }: ChooseInput, member: Member): Ready | Skipped {
  const { id, account, provider, position } = member;
  const { meters, needsLogin, tally, turn, credit } = standing(id);
  const { name, priority, weight } = account;
  if (needsLogin !== null) {
    const readyInMs = Number.POSITIVE_INFINITY;
    return { id, name, state: "needs-login", readyInMs, kind: "auth", reason: needsLogin };
  }
  const { phase, cooldown, readyInMs } = hold(id, ask.model, nowAt);
  const limits = account.limits ?? provider.limits;
  const limitMs = limits === null ? 0 : limitWaitMs(meters, limits, ask.needs.inputTokens, nowAt);
  if (cooldown !== null && readyInMs > 0 && readyInMs >= limitMs && phase !== "active" && phase !== "half-open") {
    return { id, name, state: phase, readyInMs, kind: cooldown.kind, reason: cooldown.reason };
  }
  if (limitMs > 0) {
    return { id, name, state: "limited", readyInMs: limitMs, kind: "cooling", reason: "its local limit" };
  }
  const failures = cooldown === null ? 0 : cooldown.level + 1;
  return { id, priority, weight, position, health: tally.health(), failures, turn, credit, member };
}

function moves({ account }: Home, ask: Ask, skipped: readonly Skipped[]): { readonly because: string } {
  if (ask.tried.has(account)) return { because: "it failed for this call" };
  const found = skipped.find(({ id }) => id === account);
  return { because: found === undefined ? "it may not serve this call" : stateText(found) };
}

/** Who is at its own limit is waited for only where that is wished. */
function nobody(
  ask: Ask,
  { whenLimited }: Config["settings"]["selection"],
  skipped: readonly Skipped[],
  why: readonly WhyStep[],
): Choice {
  const patient = whenLimited === "queue" ? skipped : skipped.filter(({ state }) => state !== "limited");
  const readyInMs = patient.reduce((least, each) => Math.min(least, each.readyInMs), Number.POSITIVE_INFINITY);
  if (patient.length === 0 || (patient.length < skipped.length && !Number.isFinite(readyInMs))) {
    return { kind: "none", error: waitError(ask, skipped), why };
  }
  return { kind: "wait", readyInMs, error: waitError(ask, patient), why };
}
