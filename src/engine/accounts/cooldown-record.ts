/**
 * Cooldowns as the state file and people see them: on the wall clock. Inside they run on the monotonic one, so a clock
 * that is set while the program runs changes nothing, and one that was set in between is put right here.
 */
import type { Clock } from "../../base/clock.ts";
import type { AccountId, CooldownConfig } from "../config/schema.ts";
import type { Cooldown } from "./cooldown.ts";
import type { CooldownRecord } from "./pool.ts";

/** Doubled that often from 1 ms on, any wait is at its cap. */
const maxLevel = 64;

export function toRecord(account: AccountId, model: string | null, cooldown: Cooldown, clock: Clock): CooldownRecord {
  const offset = clock.now() - clock.monotonic();
  const wall = (instantAt: number): number => Math.round(instantAt + offset);
  return {
    account,
    model,
    level: cooldown.level,
    until: cooldown.dueAt === null ? null : wall(cooldown.dueAt),
    resetAt: cooldown.resetAt === null ? null : wall(cooldown.resetAt),
    kind: cooldown.kind,
    reason: cooldown.reason,
    since: wall(cooldown.sinceAt),
  };
}

/** What stands in the state file instead of a provider's words: they may quote what was asked, and that is not kept. */
const unspoken = "told before the last start; its words are not kept";

/** As the state file has it. */
export function toKept(record: CooldownRecord): CooldownRecord {
  return { ...record, reason: unspoken };
}

/** Null: over for so long that it says nothing any more. One that has just ended still wants its probe. */
export function fromRecord(record: CooldownRecord, config: CooldownConfig, clock: Clock): Cooldown | null {
  const { until, resetAt, kind, reason } = record;
  const nowAt = clock.monotonic();
  const now = clock.now();
  const capMs = resetAt === null ? config.maxMs : Math.max(config.maxMs, config.maxResetMs);
  const waitMs = until === null ? null : finite(until - now);
  if (waitMs !== null && -waitMs > Math.max(config.maxMs, config.maxResetMs)) return null;
  return {
    level: Math.min(Math.max(0, Math.trunc(finite(record.level))), maxLevel),
    sinceAt: nowAt - Math.max(0, finite(now - record.since)),
    sinceTurn: 0,
    dueAt: waitMs === null ? null : nowAt + Math.min(Math.max(0, waitMs), capMs),
    resetAt: resetAt === null || !Number.isFinite(resetAt) ? null : nowAt + (resetAt - now),
    probe: null,
    kind,
    reason,
  };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
