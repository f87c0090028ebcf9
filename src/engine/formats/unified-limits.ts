/**
 * What Claude says of a subscription's limits in the headers of every reply: one word for all of it, and a window for
 * each claim (`5h`, `7d`, `7d_oi`, `overage` …). Shapes as recorded in public in July to September 2026.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { epochMs, plainNumber } from "./times.ts";

export interface UnifiedClaim {
  /** `allowed`, `allowed_warning`, `rejected`; null where it is not said. */
  readonly status: string | null;
  /** A share, 0…1 and a little beyond. */
  readonly utilization: number | null;
  /** ms since the epoch. */
  readonly resetAt: number | null;
}

export interface UnifiedLimits {
  readonly status: string | null;
  /** Floats between the claims. */
  readonly resetAt: number | null;
  /** Which claim the plain status speaks of, in words: `five_hour`, `seven_day_opus` … */
  readonly representative: string | null;
  readonly claims: ReadonlyMap<string, UnifiedClaim>;
}

const prefix = "anthropic-ratelimit-unified-";
const field = /^(?:(.+)-)?(status|utilization|reset)$/;
const silent: UnifiedClaim = { status: null, utilization: null, resetAt: null };

/** Null: no such header. */
export function readUnifiedLimits(headers: HeaderPairs): UnifiedLimits | null {
  const claims = new Map<string, UnifiedClaim>();
  let whole = silent;
  let representative: string | null = null;
  let isThere = false;
  for (const [name, value] of headers) {
    if (name.length <= prefix.length) continue;
    const lower = name.toLowerCase();
    if (!lower.startsWith(prefix)) continue;
    isThere = true;
    const rest = lower.slice(prefix.length);
    if (rest === "representative-claim") representative = value.trim();
    const [, claim, said] = field.exec(rest) ?? [];
    if (said === undefined) continue;
    const known = claim === undefined ? whole : (claims.get(claim) ?? silent);
    const told = { ...known, ...read(said, value.trim()) };
    if (claim === undefined) whole = told;
    else claims.set(claim, told);
  }
  return isThere ? { status: whole.status, resetAt: whole.resetAt, representative, claims } : null;
}

function read(said: string, value: string): Partial<UnifiedClaim> {
  if (said === "status") return { status: value };
  // "-0.0" is seen where nothing was used.
  if (said === "utilization") return { utilization: plainNumber(value.replace(/^-(?=0(\.0*)?$)/, "")) };
  return { resetAt: epochMs(plainNumber(value)) };
}

/** Does it refuse this very call? Where overage pays, a window may be over while calls are still let through. */
export function refuses({ status, claims }: UnifiedLimits): boolean {
  if (status !== null) return status === "rejected";
  return [...claims].some(([name, claim]) => name !== "overage" && claim.status === "rejected");
}

/**
 * The windows that refuse. Not the overage: it says `rejected` on every reply where its owner has bought none, and its
 * reset is the end of the month.
 */
export function refusingClaims(limits: UnifiedLimits): readonly string[] {
  if (!refuses(limits)) return [];
  return [...limits.claims].flatMap(([name, { status }]) =>
    status === "rejected" && name !== "overage" ? [name] : [],
  );
}
