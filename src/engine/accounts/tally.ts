/** One account's figures for people and for `score`: calls, failures, health, and the rate of the last minute. Never a reason to refuse. */
import type { Clock } from "../../base/clock.ts";
import type { AccountHealth } from "./pool.ts";

export interface Tally {
  began(): void;
  /** Waiting for an answer no longer. */
  ended(): void;
  good(): void;
  /** `isItsFault` false: a network's or a client's; it leaves the health as it is. */
  bad(text: string, isItsFault: boolean): void;
  tokens(count: number): void;
  figures(): Pick<AccountHealth, "calls" | "failures" | "lastUsedAt" | "lastError" | "rate" | "inFlight" | "health">;
  health(): number;
}

/** Enough to tell bad luck from a bad account, few enough to forget a bad hour. */
const lastOutcomes = 20;
const slotMs = 1_000;
const slots = 60;

export function createTally(clock: Clock): Tally {
  let calls = 0;
  let failures = 0;
  let inFlight = 0;
  let lastUsedAt: number | null = null;
  let lastError: string | null = null;
  const outcomes: boolean[] = [];
  let health = 1;
  const rate = createRate(clock);
  const note = (ok: boolean): void => {
    outcomes.push(ok);
    if (outcomes.length > lastOutcomes) outcomes.shift();
    health = outcomes.filter(Boolean).length / outcomes.length;
  };
  return {
    began() {
      calls += 1;
      inFlight += 1;
      lastUsedAt = clock.monotonic();
      rate.add(1, 0);
    },
    ended: () => void (inFlight -= 1),
    good: () => note(true),
    bad(text, isItsFault) {
      failures += 1;
      lastError = text;
      if (isItsFault) note(false);
    },
    tokens: (count) => rate.add(0, count),
    health: () => health,
    figures: () => ({
      calls,
      failures,
      inFlight,
      lastUsedAt: lastUsedAt === null ? null : Math.round(clock.now() - (clock.monotonic() - lastUsedAt)),
      lastError,
      health,
      rate: rate.sum(),
    }),
  };
}

/** Sums of the last minute in slots of a second. */
function createRate(clock: Clock) {
  const requests = Array.from({ length: slots }, () => 0);
  const tokens = Array.from({ length: slots }, () => 0);
  let newest = Math.floor(clock.monotonic() / slotMs);
  const roll = (): number => {
    const slot = Math.floor(clock.monotonic() / slotMs);
    for (let stale = Math.max(newest + 1, slot - slots + 1); stale <= slot; stale += 1) {
      requests[stale % slots] = 0;
      tokens[stale % slots] = 0;
    }
    newest = Math.max(newest, slot);
    return newest % slots;
  };
  return {
    add(requestCount: number, tokenCount: number) {
      const slot = roll();
      requests[slot] = (requests[slot] ?? 0) + requestCount;
      tokens[slot] = (tokens[slot] ?? 0) + tokenCount;
    },
    sum() {
      roll();
      const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
      return { requests: total(requests), tokens: total(tokens) };
    },
  };
}
