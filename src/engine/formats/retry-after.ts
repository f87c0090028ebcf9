/**
 * When an upstream says it may be asked again, from headers, body and text, in the order of trust of the facts page
 * (§5.3). Instants are measured against the upstream's own `date` where it sent one, so a wrong clock here does not
 * matter; without any clock, instants are left out and durations still count.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { headerValue } from "../../base/headers.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { listField, numberField, recordField, textField } from "./fields.ts";
import { durationMs, epochMs, instantMs, plainNumber, resetAfterMs, untilMs } from "./times.ts";
import { readUnifiedLimits, refuses, refusingClaims } from "./unified-limits.ts";

export interface RetryHints {
  readonly headers: HeaderPairs;
  /** The parsed body, if it was JSON. */
  readonly body: unknown;
  /** The error's text. */
  readonly message: string;
  /** Our clock, used when the reply has no `date`. */
  readonly now?: number;
}

/** ms to wait, or null when nothing was said. */
export function retryAfterMs(hints: RetryHints): number | null {
  const now = instantMs(headerValue(hints.headers, "date")) ?? hints.now ?? null;
  for (const read of [fromRetryHeaders, fromUnifiedResets, fromBody, fromText, fromRateLimitHeaders]) {
    const found = read(hints, now);
    if (found !== null && Number.isFinite(found)) return Math.max(0, Math.ceil(found));
  }
  return null;
}

/** The same, for our own answer: whole seconds, at least one. */
export function retryAfterHeader(error: EngineError): HeaderPairs {
  if (error.retryAfterMs === undefined) return [];
  return [["retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1000)))]];
}

type Reader = (hints: RetryHints, now: number | null) => number | null;

const fromRetryHeaders: Reader = ({ headers }, now) => {
  const ms = plainNumber(headerValue(headers, "retry-after-ms"));
  if (ms !== null) return ms;
  const value = headerValue(headers, "retry-after");
  const seconds = plainNumber(value);
  return seconds === null ? untilMs(instantMs(value), now) : seconds * 1000;
};

/**
 * Claude subscriptions: the latest reset among the windows that refuse. The plain reset floats between the windows (seen
 * at the week's end for a refusal of the five hours, September 2026), so it counts only where no window has its own.
 */
const fromUnifiedResets: Reader = ({ headers }, now) => {
  const limits = readUnifiedLimits(headers);
  if (limits === null || !refuses(limits)) return null;
  const resets = refusingClaims(limits).flatMap((claim) => limits.claims.get(claim)?.resetAt ?? []);
  return untilMs(resets.length === 0 ? limits.resetAt : Math.max(...resets), now);
};

const fromBody: Reader = ({ body }, now) => {
  const error = recordField(body, "error") ?? body;
  const seconds = numberField(error, "resets_in_seconds");
  if (seconds !== undefined) return seconds * 1000;
  const at = untilMs(epochMs(numberField(error, "resets_at") ?? null), now);
  if (at !== null) return at;
  const details = listField(error, "details") ?? [];
  for (const detail of details) {
    const delay = durationMs(textField(detail, "retryDelay") ?? "");
    if (delay !== null) return delay;
  }
  for (const detail of details) {
    const metadata = recordField(detail, "metadata");
    const delay = durationMs(textField(metadata, "quotaResetDelay") ?? "");
    if (delay !== null) return delay;
    const stamp = untilMs(instantMs(textField(metadata, "quotaResetTimeStamp")), now);
    if (stamp !== null) return stamp;
  }
  return null;
};

const amount = String.raw`\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|[smhd])(?![a-z])`;
const saidDuration = new RegExp(
  String.raw`(?:resets?\s+(?:after|in)|retry\s+(?:after|in)|try\s+again\s+(?:in|after))\s+((?:${amount}[\s,]*)+)`,
  "i",
);
const saidInstant = /(?:try again|retry|resets?)\s+(?:at|on)\s+(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)/i;

const fromText: Reader = ({ message }, now) => {
  const said = saidDuration.exec(message)?.[1];
  const ms = said === undefined ? null : durationMs(said);
  return ms ?? untilMs(instantMs(saidInstant.exec(message)?.[1]), now);
};

const fromRateLimitHeaders: Reader = ({ headers }, now) => {
  const after = plainNumber(headerValue(headers, "x-ratelimit-reset-after"));
  if (after !== null) return after * 1000;
  let latest: number | null = null;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const isReset = lower.startsWith("x-ratelimit-reset") || /^anthropic-ratelimit-.*-reset$/.test(lower);
    if (!isReset || lower.includes("unified") || isNotExhausted(headers, lower)) continue;
    const ms = resetAfterMs(value, now);
    if (ms !== null && (latest === null || ms > latest)) latest = ms;
  }
  return latest;
};

/** A window with requests left is not the one that refused. */
function isNotExhausted(headers: HeaderPairs, resetName: string): boolean {
  const left = plainNumber(headerValue(headers, resetName.replace("reset", "remaining")));
  return left !== null && left > 0;
}
