/** Quota windows from whatever figures a provider gives: what can be worked out is, what cannot stays null. */
import type { QuotaWindow } from "./quota.ts";

export interface WindowFigures {
  readonly name: string;
  readonly model?: string | null;
  readonly limit?: number | null | undefined;
  readonly remaining?: number | null | undefined;
  readonly usedPercent?: number | null | undefined;
  readonly resetAt?: number | null | undefined;
  readonly unlimited?: boolean | undefined;
  /** Absent: when nothing remains. */
  readonly exhausted?: boolean | undefined;
}

/** A name or model longer than this is somebody's mistake, and ends up on a screen. */
const maxNameChars = 120;

/** The last one that `Date` can hold: what writes a later one as a date throws. */
const lastInstant = 8.64e15;

export function quotaWindow(figures: WindowFigures): QuotaWindow {
  const unlimited = figures.unlimited ?? false;
  const limit = amount(figures.limit);
  const usedPercent = percentOf(figures, limit);
  const remaining =
    amount(figures.remaining) ?? (limit === null || usedPercent === null ? null : limit * (1 - usedPercent / 100));
  // A limit of nothing at all is how some servers say that they count nothing.
  const isOver = usedPercent === null ? remaining === 0 && limit !== 0 : usedPercent >= 100;
  const resetAt = figures.resetAt ?? null;
  return {
    name: figures.name.slice(0, maxNameChars),
    model: figures.model?.slice(0, maxNameChars) ?? null,
    limit,
    remaining,
    usedPercent,
    resetAt: resetAt !== null && resetAt > 0 && resetAt <= lastInstant ? resetAt : null,
    unlimited,
    exhausted: !unlimited && (figures.exhausted ?? isOver),
  };
}

/** Windows are told apart by these two. */
export function windowKey({ name, model }: Pick<QuotaWindow, "name" | "model">): string {
  return JSON.stringify([name, model]);
}

/** How people call a window of this length: `5h`, `7d`, `90m`; null where the length is not known. */
export function windowLength(minutes: number | null | undefined): string | null {
  if (minutes === null || minutes === undefined || !(minutes > 0)) return null;
  const whole = Math.max(1, Math.round(minutes));
  if (whole % 1440 === 0) return `${whole / 1440}d`;
  return whole % 60 === 0 ? `${whole / 60}h` : `${whole}m`;
}

/** After its reset nothing is known of a window but that it no longer refuses. */
export function asOf(window: QuotaWindow, now: number): QuotaWindow {
  if (window.resetAt === null || window.resetAt > now) return window;
  return { ...window, remaining: null, usedPercent: null, resetAt: null, exhausted: false };
}

function percentOf({ usedPercent, remaining }: WindowFigures, limit: number | null): number | null {
  if (usedPercent !== null && usedPercent !== undefined && Number.isFinite(usedPercent)) {
    return Math.min(100, Math.max(0, usedPercent));
  }
  const left = amount(remaining);
  return left === null || limit === null || limit === 0 ? null : Math.min(100, Math.max(0, 100 - (left / limit) * 100));
}

/** Debts and nonsense are nothing. */
function amount(value: number | null | undefined): number | null {
  return value === null || value === undefined || !Number.isFinite(value) ? null : Math.max(0, value);
}
