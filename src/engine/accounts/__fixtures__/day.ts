/**
 * A day of providers that misbehave, drawn from a seed: who refuses what, when, and with what words. Instants are ms since
 * the day's begin.
 */
import type { AccountId } from "../../config/schema.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";

export type Chance = () => number;

/** Small and the same everywhere: mulberry32. */
export function seeded(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Outage {
  readonly from: number;
  readonly to: number;
  /** Null: all models of the account. */
  readonly model: string | null;
  readonly kind: ErrorKind;
  /** What the provider says of its end; null: nothing. */
  readonly hint: "true" | "lie" | null;
}

export const dayMs = 86_400_000;
const minuteMs = 60_000;
const lieMs = 156 * 3_600_000;

/** By account: rate limits with and without a reset time, bursts of 5xx, quota windows of hours, resets that are not true. */
export function drawOutages(accounts: readonly AccountId[], models: readonly string[], chance: Chance) {
  const span = (model: string | null, kind: ErrorKind, hint: Outage["hint"], minutes: number): Outage => {
    const from = chance() * dayMs;
    return { from, to: from + minutes * minuteMs, model, kind, hint };
  };
  const bursts = new Map<string, readonly Outage[]>();
  return new Map(
    accounts.map((id) => {
      const provider = id.slice(0, id.indexOf("/"));
      const shared = bursts.get(provider) ?? [1, 2].map(() => span(null, "upstream", null, 1 + chance() * 4));
      bursts.set(provider, shared);
      const own = models.flatMap((model) => [
        ...Array.from({ length: 4 }, () => span(model, "rate-limit", null, 0.1 + chance() * 2)),
        ...Array.from({ length: 4 }, () => span(model, "rate-limit", "true", 0.1 + chance() * 5)),
        ...(chance() < 0.5 ? [span(model, "quota", "true", 60 + chance() * 240)] : []),
        ...(chance() < 0.3 ? [span(model, "quota", "lie", 2 + chance() * 10)] : []),
      ]);
      return [id, [...shared, ...own, ...(chance() < 0.2 ? [span(null, "auth", null, 10)] : [])]] as const;
    }),
  );
}

/** What the provider answers to a call that reaches it now; null: it serves. */
export function refusalAt(outages: readonly Outage[], model: string, at: number): EngineError | null {
  const outage = outages.find((each) => each.from <= at && at < each.to && (each.model ?? model) === model);
  if (outage === undefined) return null;
  const { kind, hint, to } = outage;
  const wait = hint === null ? {} : { retryAfterMs: Math.ceil(hint === "lie" ? lieMs : to - at) };
  return {
    kind,
    message: `${kind} of the day`,
    ...wait,
    ...(outage.model === null ? { scope: "account" as const } : {}),
  };
}

/** Has it been well for so long that no cooldown may be left? */
export function isSurelyWell(
  outages: readonly Outage[],
  model: string,
  at: number,
  caps: { readonly maxMs: number; readonly maxResetMs: number },
): boolean {
  return outages.every(({ from, to, model: about, hint }) => {
    const afterwardsMs = hint === null ? caps.maxMs : caps.maxResetMs;
    return (about ?? model) !== model || at < from || at > to + afterwardsMs;
  });
}
