/** What was read of each window in the last hours, and when it will be used up if that goes on. Kept in memory only. */
import type { AccountId } from "../config/schema.ts";
import { type BurnReading, forecastBurn } from "./burn.ts";
import type { QuotaWindow } from "./quota.ts";
import { windowKey } from "./window.ts";

export interface BurnBook {
  note(account: AccountId, windows: readonly QuotaWindow[], at: number): void;
  /** ms since the epoch; null: not before its reset, not at this rate, or not known. */
  runsOutAt(account: AccountId, window: QuotaWindow): number | null;
  /** Accounts that are no longer there are forgotten. */
  keep(accounts: ReadonlySet<AccountId>): void;
}

/** Headers tell with every reply; more than one in this time says nothing more. */
const spacingMs = 60_000;
/** Of one window: hours of a busy account, a day of one that is asked now and then. */
const maxReadings = 128;
/** Of one account: a few for each model that it serves. */
const maxWindows = 64;

export function createBurnBook(): BurnBook {
  const accounts = new Map<AccountId, Map<string, readonly BurnReading[]>>();
  return {
    note(account, windows, at) {
      const book = accounts.get(account) ?? new Map<string, readonly BurnReading[]>();
      for (const window of windows) {
        if (window.unlimited || window.usedPercent === null) continue;
        const key = windowKey(window);
        const before = book.get(key) ?? [];
        const last = before.at(-1);
        // The newest is the truest: it takes the place of the one that was read just before.
        const isSoon = last !== undefined && before.length > 1 && at - (before.at(-2)?.at ?? at) < spacingMs;
        const kept = isSoon ? before.slice(0, -1) : before;
        book.delete(key);
        book.set(key, [...kept, { at, usedPercent: window.usedPercent }].slice(-maxReadings));
      }
      for (const oldest of book.keys()) {
        if (book.size <= maxWindows) break;
        book.delete(oldest);
      }
      accounts.set(account, book);
    },
    runsOutAt(account, window) {
      if (window.unlimited || window.exhausted || window.usedPercent === null) return null;
      const readings = accounts.get(account)?.get(windowKey(window)) ?? [];
      return forecastBurn(readings, window.resetAt)?.hitsLimitAt ?? null;
    },
    keep(there) {
      for (const account of accounts.keys()) if (!there.has(account)) accounts.delete(account);
    },
  };
}
