/**
 * The last that was heard of each account's quota. An endpoint's report is whole and takes the place of everything
 * older; headers tell a few windows and are laid over it, name by name, as long as they are newer.
 */
import type { AccountId } from "../config/schema.ts";
import type { QuotaReading, QuotaWindow } from "./quota.ts";
import { asOf, windowKey } from "./window.ts";

export interface QuotaMemory {
  /** A report of the account's endpoint. */
  report(reading: QuotaReading): void;
  /** Windows out of a reply's headers. Says whether something that was used up has room again. */
  note(account: AccountId, windows: readonly QuotaWindow[], now: number): boolean;
  /** All that is known, as of now; null: nothing. */
  latest(account: AccountId, now: number): QuotaReading | null;
  readings(accounts: readonly AccountId[], now: number): readonly QuotaReading[];
  /** Accounts that are no longer there are forgotten. */
  keep(accounts: ReadonlySet<AccountId>): void;
}

interface Noted {
  readonly window: QuotaWindow;
  readonly at: number;
}

interface Held {
  readonly report: QuotaReading | null;
  /** By name and model, the longest unheard of first. */
  readonly noted: ReadonlyMap<string, Noted>;
}

/** Windows kept of one account's headers: a few for each model that it serves. */
const maxNoted = 64;

const nothing: Held = { report: null, noted: new Map() };

export function createQuotaMemory(): QuotaMemory {
  const held = new Map<AccountId, Held>();

  function latest(account: AccountId, now: number): QuotaReading | null {
    const { report, noted } = held.get(account) ?? nothing;
    const newest = Math.max(...[...noted.values()].map(({ at }) => at));
    if (report === null && noted.size === 0) return null;
    const windows = new Map(report?.windows.map((window) => [windowKey(window), window]) ?? []);
    for (const [key, { window }] of noted) windows.set(key, window);
    return {
      account,
      windows: [...windows.values()].map((window) => asOf(window, now)),
      plan: report?.plan ?? null,
      source: noted.size === 0 ? (report?.source ?? "headers") : "headers",
      readAt: Math.max(newest, report?.readAt ?? newest),
    };
  }

  return {
    report(reading) {
      const { noted } = held.get(reading.account) ?? nothing;
      const newer = [...noted].filter(([, { at }]) => at > reading.readAt);
      held.set(reading.account, { report: reading, noted: new Map(newer) });
    },
    note(account, windows, now) {
      if (windows.length === 0) return false;
      const before = latest(account, now)?.windows ?? [];
      const { report, noted } = held.get(account) ?? nothing;
      const kept = new Map(noted);
      for (const window of windows) {
        const key = windowKey(window);
        kept.delete(key);
        kept.set(key, { window, at: now });
      }
      for (const oldest of kept.keys()) {
        if (kept.size <= maxNoted) break;
        kept.delete(oldest);
      }
      held.set(account, { report, noted: kept });
      const wasOver = new Set(before.filter(({ exhausted }) => exhausted).map(windowKey));
      return windows.some((window) => !window.exhausted && wasOver.has(windowKey(window)));
    },
    latest,
    readings: (accounts, now) => accounts.flatMap((account) => latest(account, now) ?? []),
    keep(accounts) {
      for (const account of held.keys()) if (!accounts.has(account)) held.delete(account);
    },
  };
}
