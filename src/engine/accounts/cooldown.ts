/**
 * One cooldown as a state machine of pure functions; it keeps no table and reads no clock.
 * active → cooling (a failure) → half-open (the wait is over) → probing (one call finds out) → active or cooling again;
 * stopped: out until its owner has acted. Waits: 1 s, doubled with each further failure up to 2 min, or the provider's
 * own reset time where that is longer, but never more than `maxResetMs` before it is asked again: providers have named
 * resets of 156 h that were not true (field practice, 2026).
 */
import type { CooldownConfig } from "../config/schema.ts";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";

export interface Cooldown {
  /** 0 = the first failure. */
  readonly level: number;
  /** Monotonic, ms, like all instants here. */
  readonly sinceAt: number;
  /** Attempts with a higher number began after it did. */
  readonly sinceTurn: number;
  /** When a probe may go; null: when its owner has acted. */
  readonly dueAt: number | null;
  /** The provider's word, which may be later than `dueAt`. */
  readonly resetAt: number | null;
  readonly probe: { readonly turn: number; readonly startedAt: number } | null;
  readonly kind: ErrorKind;
  readonly reason: string;
}

export type Phase = "active" | "cooling" | "half-open" | "probing" | "stopped";

export interface Failure {
  readonly error: EngineError;
  /** The failed attempt's number. */
  readonly turn: number;
  /** The newest number given out so far. */
  readonly newestTurn: number;
  readonly nowAt: number;
}

/** No attempt is that silent (a first byte may take 5 min): its probe is taken for lost and another may go. */
const maxProbeMs = 600_000;
/** Share of a wait by which chance makes it longer or shorter, so that many accounts do not come back as one. */
const jitterShare = 0.1;

export function phaseOf(cooldown: Cooldown | null, nowAt: number): Phase {
  if (cooldown === null) return "active";
  if (cooldown.dueAt === null) return "stopped";
  if (cooldown.dueAt > nowAt) return "cooling";
  return cooldown.probe !== null && nowAt - cooldown.probe.startedAt < maxProbeMs ? "probing" : "half-open";
}

/** Exactly 1 s, 2 s, 4 s … 120 s with the defaults. */
export function backoffMs(level: number, { baseMs, maxMs }: CooldownConfig): number {
  return Math.min(baseMs * 2 ** level, maxMs);
}

/** `chance` is in [0, 1); one half changes nothing. */
export function waitMs(level: number, retryAfterMs: number, config: CooldownConfig, chance: number): number {
  const backoff = backoffMs(level, config);
  const spread = Math.min(backoff * (1 + (chance * 2 - 1) * jitterShare), config.maxMs);
  return retryAfterMs > backoff ? Math.max(spread, Math.min(retryAfterMs, config.maxResetMs)) : spread;
}

/** The state after a failure; the same object where it changes nothing. */
export function afterFailure(
  before: Cooldown | null,
  failure: Failure,
  config: CooldownConfig,
  chance: number,
): Cooldown | null {
  const { error, turn, newestTurn, nowAt } = failure;
  const { cooldown: cost } = policy[error.kind];
  if (cost === "none" || phaseOf(before, nowAt) === "stopped") return before;
  const said = { kind: error.kind, reason: error.message };
  const retryAfterMs = providersWait(error);
  const resetAt = retryAfterMs > 0 ? nowAt + retryAfterMs : null;
  const fresh = { sinceAt: nowAt, sinceTurn: newestTurn, resetAt, probe: null, ...said };
  if (cost === "until-user-acts") return { ...fresh, level: before?.level ?? 0, dueAt: null };
  if (before !== null && turn <= before.sinceTurn) {
    return extended(before, retryAfterMs, said, nowAt, config);
  }
  const level = before === null ? 0 : before.level + 1;
  return { ...fresh, level, dueAt: nowAt + waitMs(level, retryAfterMs, config, chance) };
}

/** Begun before the cooldown, so it is the same trouble: only a later reset is news. */
function extended(
  before: Cooldown,
  retryAfterMs: number,
  said: Pick<Cooldown, "kind" | "reason">,
  nowAt: number,
  { maxResetMs }: CooldownConfig,
): Cooldown {
  const dueAt = Math.max(before.dueAt ?? 0, nowAt + Math.min(retryAfterMs, maxResetMs));
  const resetAt = Math.max(before.resetAt ?? 0, nowAt + retryAfterMs);
  if (retryAfterMs === 0 || (dueAt === before.dueAt && resetAt === before.resetAt)) return before;
  return { ...before, ...said, dueAt, resetAt };
}

/** Null: healed. Attempts that began before it did prove nothing: they were let in before the door was shut. */
export function afterSuccess(before: Cooldown | null, turn: number): Cooldown | null {
  return before === null || before.dueAt === null || turn <= before.sinceTurn ? before : null;
}

export function withProbe(before: Cooldown, turn: number, nowAt: number): Cooldown {
  return { ...before, probe: { turn, startedAt: nowAt } };
}

/** The attempt ended without a word about the account. */
export function withoutProbe(before: Cooldown, turn: number): Cooldown {
  return before.probe?.turn === turn ? { ...before, probe: null } : before;
}

function providersWait({ retryAfterMs }: EngineError): number {
  return retryAfterMs !== undefined && Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : 0;
}
