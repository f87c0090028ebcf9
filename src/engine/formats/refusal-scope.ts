/**
 * What a refusal for want of quota covers: the whole account, or one model of it. Null where the provider did not say;
 * then the usual holds (`errors/policy.ts`), which is the model. Facts of 2026.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { plainNumber } from "./times.ts";
import { readUnifiedLimits, refuses, refusingClaims } from "./unified-limits.ts";

export type RefusalScope = "account" | "model";

export interface Refusal {
  readonly headers: HeaderPairs;
  /** Absent inside a stream, whose 200 says nothing. */
  readonly status?: number;
  /** Type and code, most telling first. */
  readonly codes: readonly string[];
}

export function refusalScope(refusal: Refusal): RefusalScope | null {
  if (refusal.status !== undefined && refusal.status < 400) return null;
  const unified = unifiedScope(refusal.headers);
  if (unified !== null) return unified;
  for (const code of refusal.codes) {
    const scope = Object.hasOwn(scopeOfCode, code) ? scopeOfCode[code] : undefined;
    if (scope === undefined) continue;
    return code === "usage_limit_reached" && isOneCodexModel(refusal.headers) ? "model" : scope;
  }
  return null;
}

const scopeOfCode: Readonly<Record<string, RefusalScope>> = {
  // ChatGPT's plans.
  usage_limit_reached: "account",
  usage_not_included: "account",
  // OpenAI: money is the account's. `requests` and `tokens` are the types of its limits by the minute and the day, each model's own.
  insufficient_quota: "account",
  billing_hard_limit_reached: "account",
  billing_error: "account",
  requests: "model",
  tokens: "model",
  // Google counts by model; credits are the account's.
  QUOTA_EXHAUSTED: "model",
  RATE_LIMIT_EXCEEDED: "model",
  RESOURCE_EXHAUSTED: "model",
  INSUFFICIENT_G1_CREDITS_BALANCE: "account",
  BILLING_DISABLED: "account",
  // GitHub Copilot. Its `quota_exceeded` is about premium models only, so the usual holds there.
  user_model_rate_limited: "model",
  user_global_rate_limited: "account",
  user_weekly_rate_limited: "account",
  user_monthly_rate_limited: "account",
};

/** `7d_oi`, `7d_opus`: a window with a name behind it is one family of models'. */
const modelClaim = /^\d+[hd]_/;
/** The same in the words of `representative-claim`. */
const modelClaimInWords = /^(five_hour|seven_day)_/;

function unifiedScope(headers: HeaderPairs): RefusalScope | null {
  const limits = readUnifiedLimits(headers);
  if (limits === null || !refuses(limits)) return null;
  const refusing = refusingClaims(limits);
  if (refusing.length > 0) return refusing.every((claim) => modelClaim.test(claim)) ? "model" : "account";
  return modelClaimInWords.test(limits.representative ?? "") ? "model" : "account";
}

/**
 * Some ChatGPT models have limits of their own (`x-codex-<limit>-limit-name`). It is theirs when one of them is used up
 * and the plan's own windows are not.
 */
function isOneCodexModel(headers: HeaderPairs): boolean {
  let familyIsOver = false;
  for (const [name, value] of headers) {
    const found = /^x-codex-(?:(.+)-)?(?:primary|secondary)-used-percent$/.exec(name.toLowerCase());
    if (found === null || (plainNumber(value) ?? 0) < 100) continue;
    if (found[1] === undefined) return false;
    familyIsOver = true;
  }
  return familyIsOver;
}
