/**
 * What the pool says of its choices, for the explanation of a call and for its client. Long lists are cut: a pick must
 * stay cheap with a hundred accounts, and nobody reads a hundred names.
 */
import { durationText } from "../../base/duration.ts";
import type { WhyStep } from "../../base/flow.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { AccountId, Strategy } from "../config/schema.ts";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import type { Ask, Score } from "./pool.ts";

/** Somebody who could serve the call, but not now. */
export interface Skipped {
  readonly id: AccountId;
  readonly name: string;
  readonly state: "cooling" | "probing" | "stopped" | "limited" | "needs-login";
  /** Infinity: when its owner has acted. */
  readonly readyInMs: number;
  /** Of the cooldown; of a missing login `auth`, of a limit `cooling`. */
  readonly kind: ErrorKind;
  readonly reason: string;
}

/** Of an order. */
export const maxNames = 8;
const maxSkipped = 12;
const maxTerms = 3;
/** Of a provider's message inside one of ours. */
const maxReason = 300;

export function skippedSteps(skipped: readonly Skipped[]): readonly WhyStep[] {
  const steps = skipped.slice(0, maxSkipped).map(
    (each): WhyStep => ({
      stage: "cooldown",
      text: `skipped ${each.name}: ${stateText(each)}`,
      account: each.id,
      state: each.state,
      ...(Number.isFinite(each.readyInMs) ? { readyInMs: Math.ceil(each.readyInMs) } : {}),
    }),
  );
  const more = skipped.length - steps.length;
  return more <= 0 ? steps : [...steps, { stage: "cooldown", text: `skipped ${more} more that cannot serve it now` }];
}

export function stateText({ state, readyInMs, kind, reason }: Skipped): string {
  switch (state) {
    case "cooling":
      return `cooling ${timeText(readyInMs)} more (${kind}: ${cut(reason)})`;
    case "probing":
      return `another call is finding out whether it serves again (${kind}: ${cut(reason)})`;
    case "stopped":
      return `stopped until you act (${kind}: ${cut(reason)})`;
    case "limited":
      return `at its own limit for ${timeText(readyInMs)} more (limits in config.yaml)`;
    case "needs-login":
      return `needs a login (${cut(reason)})`;
    default:
      return unreachable(state);
  }
}

export interface Selection {
  readonly strategy: Strategy;
  /** The first of the order, unless its conversation took it. */
  readonly taken: AccountId;
  /** The best of the order, at most `maxNames`. */
  readonly names: readonly string[];
  readonly count: number;
  readonly scores: readonly Score[] | null;
  readonly isSticky: boolean;
}

export function selectStep({ strategy, taken, names, count, scores, isSticky }: Selection): WhyStep {
  const order = names
    .map((name, place) => {
      const score = place < maxTerms ? scores?.[place] : undefined;
      return score === undefined ? name : `${name} ${scoreText(score)}`;
    })
    .join(", ");
  const more = count > names.length ? ` and ${count - names.length} more` : "";
  const text = isSticky
    ? `by its conversation; ${strategy} would say: ${order}${more}`
    : `${strategy}: ${order}${more}`;
  const best = isSticky ? undefined : scores?.[0];
  return { stage: "select", text, account: taken, strategy, ready: count, ...(best === undefined ? {} : best) };
}

function scoreText({ priority, health, rotation, cooldown, total }: Score): string {
  const [p, h, r, c] = [priority, health, rotation, cooldown].map(oneDigit);
  return `${oneDigit(total)} (priority ${p}, health ${h}, rotation ${r}, cooldown ${c})`;
}

/** Nobody can serve it now: who could when, or that all were asked. */
export function waitError(ask: Ask, waiting: readonly Skipped[]): EngineError {
  const soonest = waiting.reduce<Skipped | null>(
    (least, each) => (least === null || each.readyInMs < least.readyInMs ? each : least),
    null,
  );
  if (soonest === null) {
    return { kind: "no-account", message: `every account of ${ask.provider} that could serve ${ask.model} was tried` };
  }
  const { name, readyInMs, kind } = soonest;
  const list = waiting.slice(0, maxNames).map((each) => `${each.name}: ${stateText(each)}`);
  const more = waiting.length > maxNames ? `; and ${waiting.length - maxNames} more` : "";
  const why = `${list.join("; ")}${more}`;
  if (!Number.isFinite(readyInMs)) {
    return { kind, message: `no account of ${ask.provider} can serve ${ask.model} until you act: ${why}` };
  }
  const local = soonest.state === "limited" ? ", by its local limit" : "";
  const message = `no account of ${ask.provider} can serve ${ask.model} now; ${name} can in ${timeText(readyInMs)}${local}: ${why}`;
  return { kind: "cooling", message, retryAfterMs: Math.ceil(readyInMs) };
}

/** A conversation that stays, or why it does not. */
export function sessionStep(
  home: { readonly account: AccountId; readonly cachedTokens: number },
  moves: "stays" | { readonly because: string },
): WhyStep {
  const { account, cachedTokens } = home;
  const name = nameOf(account);
  const details = { account, cachedTokens };
  if (moves === "stays") {
    const why = cachedTokens > 0 ? `it holds about ${countText(cachedTokens)} cached tokens` : "it had its last call";
    return { stage: "session", text: `the conversation stays with ${name}: ${why}`, ...details };
  }
  const cost = cachedTokens > 0 ? `: switching re-bills about ${countText(cachedTokens)} cached tokens` : "";
  return { stage: "session", text: `the conversation leaves ${name} (${moves.because})${cost}`, ...details };
}

export function cooldownText(account: AccountId, model: string | null, waitMs: number, error: EngineError): string {
  const what = model === null ? account : `${account} for ${model}`;
  const why = `(${error.kind}: ${cut(error.message)})`;
  return Number.isFinite(waitMs)
    ? `${what} cools ${timeText(waitMs)} ${why}`
    : `${what} is stopped until you act ${why}: see the provider's site, then clear it on the Accounts screen`;
}

function nameOf(account: AccountId): string {
  return account.slice(account.indexOf("/") + 1);
}

/** `142k`, `1.2M`. */
function countText(count: number): string {
  if (count < 1_000) return `${count}`;
  return count < 1_000_000 ? `${Math.round(count / 1_000)}k` : `${oneDigit(count / 1_000_000)}M`;
}

/** Seconds up to two minutes, then minutes, then hours. */
function timeText(ms: number): string {
  if (ms < 120_000) return durationText(ms);
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function cut(text: string): string {
  return text.length <= maxReason ? text : `${text.slice(0, maxReason)}…`;
}

function oneDigit(value: number): number {
  return Math.round(value * 10) / 10;
}
