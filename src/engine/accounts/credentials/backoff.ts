/** After a renewal that failed for now: when the next may be tried. Doubles from a second to a minute; in memory only. */
import type { Clock } from "../../../base/clock.ts";
import type { AccountId } from "../../config/schema.ts";

export interface Backoff {
  /** How long to wait still, ms; 0: not at all. */
  remainingMs(account: AccountId): number;
  /** Returns how long the wait is now. */
  failed(account: AccountId, retryAfterMs: number | undefined): number;
  succeeded(account: AccountId): void;
}

const baseMs = 1_000;
const maxMs = 60_000;
/** A service that says how long is believed this far. */
const maxSaidMs = 300_000;

export function createBackoff(clock: Clock): Backoff {
  const waits = new Map<AccountId, { readonly level: number; readonly until: number }>();
  return {
    remainingMs: (account) => Math.max(0, (waits.get(account)?.until ?? 0) - clock.monotonic()),
    failed(account, retryAfterMs) {
      const level = (waits.get(account)?.level ?? -1) + 1;
      const ownMs = Math.min(maxMs, baseMs * 2 ** Math.min(level, 10));
      const waitMs = Math.max(ownMs, Math.min(maxSaidMs, retryAfterMs ?? 0));
      waits.set(account, { level, until: clock.monotonic() + waitMs });
      return waitMs;
    },
    succeeded: (account) => void waits.delete(account),
  };
}
