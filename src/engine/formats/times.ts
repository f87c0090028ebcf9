/**
 * The ways upstreams write instants and spans of time, each read once: Unix seconds or milliseconds, ISO and HTTP
 * dates, `6m0s`, `900ms`. Null where the text is none of them.
 */

const unitMs: Readonly<Record<string, number>> = { ms: 1, milli: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h7m23s`, `34.07s`, `900ms`, `20 seconds`, `3d` as ms; null unless at least one amount is there. */
export function durationMs(text: string): number | null {
  let total: number | null = null;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(milli|ms|[smhd])/gi)) {
    total = (total ?? 0) + Number(count) * (unitMs[(unit ?? "").toLowerCase()] ?? 0);
  }
  return total;
}

export function plainNumber(value: string | undefined): number | null {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}

/** A Unix time in seconds or milliseconds, as ms. */
export function epochMs(value: number | null): number | null {
  if (value === null) return null;
  return value < 1e12 ? value * 1000 : value;
}

/** An ISO time without a zone is UTC; so are HTTP dates. */
export function instantMs(value: string | undefined): number | null {
  if (value === undefined) return null;
  const isBareIso = /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(value);
  const ms = Date.parse(isBareIso ? `${value}Z` : value);
  return Number.isNaN(ms) ? null : ms;
}

/**
 * ms until a limit ends, as `x-ratelimit-reset` and its kin say it: seconds from now, a Unix time in seconds or
 * milliseconds, a span, or a date. Instants need a clock.
 */
export function resetAfterMs(value: string, now: number | null): number | null {
  const count = plainNumber(value);
  // No limit lasts thirty years, and no clock stands in 2001: below this it is a span.
  if (count !== null && count < 1e9) return count * 1000;
  return count === null ? (durationMs(value) ?? untilMs(instantMs(value), now)) : untilMs(epochMs(count), now);
}

export function untilMs(at: number | null, now: number | null): number | null {
  return at === null || now === null ? null : Math.max(0, at - now);
}
