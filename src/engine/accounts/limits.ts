/**
 * An account's own limits as token buckets, pure: a full minute may come at once, then they fill by the minute's share.
 * Tokens are charged as estimated and put right when the provider has counted. A call that turns out bigger leaves a
 * debt instead of being refused, for refusing on an estimate would make a client worse off.
 */
import type { Limits } from "../config/schema.ts";

/** How full, and when that was (monotonic, ms). */
interface Bucket {
  readonly level: number;
  readonly at: number;
}

/** Null: never used, so full. */
export interface Meters {
  readonly requests: Bucket | null;
  readonly tokens: Bucket | null;
}

export const fullMeters: Meters = { requests: null, tokens: null };

const minuteMs = 60_000;

/** How long until a call of this many tokens may go; 0: now. One bigger than a whole minute's share goes when all of that is there. */
export function limitWaitMs(meters: Meters, limits: Limits, tokens: number, nowAt: number): number {
  return Math.max(
    bucketWaitMs(meters.requests, limits.requestsPerMinute, 1, nowAt),
    bucketWaitMs(meters.tokens, limits.tokensPerMinute, tokens, nowAt),
  );
}

/** Negative amounts give back. */
export function charged(
  meters: Meters,
  limits: Limits,
  amounts: { readonly requests: number; readonly tokens: number },
  nowAt: number,
): Meters {
  return {
    requests: taken(meters.requests, limits.requestsPerMinute, amounts.requests, nowAt),
    tokens: taken(meters.tokens, limits.tokensPerMinute, amounts.tokens, nowAt),
  };
}

function bucketWaitMs(bucket: Bucket | null, perMinute: number | undefined, amount: number, nowAt: number): number {
  if (perMinute === undefined) return 0;
  const missing = Math.min(amount, perMinute) - levelAt(bucket, perMinute, nowAt);
  // A billionth of a minute's share, and the hundred thousandth of a millisecond, are the arithmetic's.
  return missing <= perMinute * 1e-9 ? 0 : Math.ceil((missing * minuteMs) / perMinute - 1e-5);
}

function taken(bucket: Bucket | null, perMinute: number | undefined, amount: number, nowAt: number): Bucket | null {
  if (perMinute === undefined) return null;
  const level = levelAt(bucket, perMinute, nowAt) - amount;
  // At most a minute's share of debt: one giant call must not bar an account for half an hour.
  return { level: Math.min(Math.max(level, -perMinute), perMinute), at: nowAt };
}

function levelAt(bucket: Bucket | null, perMinute: number, nowAt: number): number {
  if (bucket === null) return perMinute;
  return Math.min(bucket.level + (Math.max(0, nowAt - bucket.at) * perMinute) / minuteMs, perMinute);
}
