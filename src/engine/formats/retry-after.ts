/**
 * When an upstream says it may be asked again, from headers, body and text, in the order of trust of the facts page
 * (§5.3). Instants are measured against the upstream's own `date` where it sent one, so a wrong clock here does not
 * matter; without any clock, instants are left out and durations still count.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { headerValue } from "../../base/headers.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { listField, numberField, recordField, textField } from "./fields.ts";

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
  const now = instant(headerValue(hints.headers, "date")) ?? hints.now ?? null;
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
  const ms = number(headerValue(headers, "retry-after-ms"));
  if (ms !== null) return ms;
  const value = headerValue(headers, "retry-after");
  const seconds = number(value);
  return seconds === null ? until(instant(value), now) : seconds * 1000;
};

/** Claude subscriptions: the latest reset among the windows that refused. */
const fromUnifiedResets: Reader = ({ headers }, now) => {
  const prefix = "anthropic-ratelimit-unified-";
  let latest: number | null = null;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!lower.startsWith(prefix) || !lower.endsWith("status") || value !== "rejected") continue;
    const reset = epoch(number(headerValue(headers, `${lower.slice(0, -"status".length)}reset`)));
    if (reset !== null && (latest === null || reset > latest)) latest = reset;
  }
  return until(latest, now);
};

const fromBody: Reader = ({ body }, now) => {
  const error = recordField(body, "error") ?? body;
  const seconds = numberField(error, "resets_in_seconds");
  if (seconds !== undefined) return seconds * 1000;
  const at = until(epoch(numberField(error, "resets_at") ?? null), now);
  if (at !== null) return at;
  const details = listField(error, "details") ?? [];
  for (const detail of details) {
    const delay = duration(textField(detail, "retryDelay") ?? "");
    if (delay !== null) return delay;
  }
  for (const detail of details) {
    const metadata = recordField(detail, "metadata");
    const delay = duration(textField(metadata, "quotaResetDelay") ?? "");
    if (delay !== null) return delay;
    const stamp = until(instant(textField(metadata, "quotaResetTimeStamp")), now);
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
  const ms = said === undefined ? null : duration(said);
  return ms ?? until(instant(saidInstant.exec(message)?.[1]), now);
};

const fromRateLimitHeaders: Reader = ({ headers }, now) => {
  const after = number(headerValue(headers, "x-ratelimit-reset-after"));
  if (after !== null) return after * 1000;
  let latest: number | null = null;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const isReset = lower.startsWith("x-ratelimit-reset") || /^anthropic-ratelimit-.*-reset$/.test(lower);
    if (!isReset || lower.includes("unified") || isNotExhausted(headers, lower)) continue;
    const count = number(value);
    const ms =
      count === null
        ? (duration(value) ?? until(instant(value), now))
        : count < 1e9
          ? count * 1000
          : until(epoch(count), now);
    if (ms !== null && (latest === null || ms > latest)) latest = ms;
  }
  return latest;
};

/** A window with requests left is not the one that refused. */
function isNotExhausted(headers: HeaderPairs, resetName: string): boolean {
  const left = number(headerValue(headers, resetName.replace("reset", "remaining")));
  return left !== null && left > 0;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, milli: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h7m23s`, `34.07s`, `900ms`, `20 seconds`, `3d`; null unless at least one amount is there. */
function duration(text: string): number | null {
  let total: number | null = null;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(milli|ms|[smhd])/gi)) {
    total = (total ?? 0) + Number(count) * (unitMs[(unit ?? "").toLowerCase()] ?? 0);
  }
  return total;
}

function number(value: string | undefined): number | null {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}

/** A Unix time in seconds or milliseconds, as ms. */
function epoch(value: number | null): number | null {
  if (value === null) return null;
  return value < 1e12 ? value * 1000 : value;
}

/** An ISO time without a zone is UTC; so are HTTP dates. */
function instant(value: string | undefined): number | null {
  if (value === undefined) return null;
  const isBareIso = /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(value);
  const ms = Date.parse(isBareIso ? `${value}Z` : value);
  return Number.isNaN(ms) ? null : ms;
}

function until(at: number | null, now: number | null): number | null {
  return at === null || now === null ? null : Math.max(0, at - now);
}
