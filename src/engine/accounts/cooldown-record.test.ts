import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultCooldown } from "../providers/table.ts";
import { askFor, leaseOf, poolWorld, type World } from "./__fixtures__/pool-world.ts";
import type { CooldownRecord } from "./pool.ts";

const hourMs = 3_600_000;
const accounts = [{ name: "a" }];

function cooled(retryAfterMs: number): World {
  const world = poolWorld({ accounts });
  leaseOf(world.pool.pick(askFor())).failed({ kind: "quota", message: "spent", retryAfterMs });
  return world;
}
function waitOf(world: World): number {
  const pick = world.pool.pick(askFor());
  return pick.kind === "wait" ? pick.readyInMs : 0;
}
const record = (more: Partial<CooldownRecord>): CooldownRecord => ({
  account: "openai/a",
  model: null,
  level: 3,
  until: 0,
  resetAt: null,
  kind: "rate-limit",
  reason: "slow down",
  since: 0,
  ...more,
});

describe("kept cooldowns", () => {
  it("are the same after a restart, with the provider's own word beyond the wait", () => {
    const world = cooled(156 * hourMs);
    const [kept] = world.pool.snapshot();
    expect(kept).toMatchObject({
      until: world.clock.now() + defaultCooldown.maxResetMs,
      resetAt: world.clock.now() + 156 * hourMs,
      level: 0,
      model: "gpt-5",
    });
    const next = poolWorld({ accounts });
    next.clock.setWall(world.clock.now() + 600_000);
    next.pool.restore(world.pool.snapshot());
    expect(waitOf(next)).toBe(defaultCooldown.maxResetMs - 600_000);
    expect(next.pool.snapshot()).toEqual(world.pool.snapshot());
  });

  it("T9: keep their kind, and none of the provider's words, which may quote what was asked", () => {
    const world = cooled(60_000);
    expect(world.pool.list()[0]?.cooldowns).toMatchObject([{ kind: "quota", reason: "spent" }]);
    expect(world.pool.snapshot()).toMatchObject([{ kind: "quota", reason: expect.stringContaining("not kept") }]);
    // What an earlier version wrote goes with the next write.
    const next = poolWorld({ accounts });
    const now = next.clock.now();
    next.pool.restore([record({ until: now + 60_000, since: now, reason: "you said: hello" })]);
    expect(JSON.stringify(next.pool.snapshot())).not.toContain("hello");
  });

  it.each([-1e12, -hourMs, hourMs, 1e12])("do not mind a clock that is set by %d ms while they run", (shift) => {
    const world = cooled(60_000);
    world.clock.setWall(world.clock.now() + shift);
    expect(waitOf(world)).toBe(60_000);
    expect(world.pool.snapshot()).toMatchObject([{ until: world.clock.now() + 60_000 }]);
    world.clock.advance(60_000);
    expect(waitOf(world)).toBe(0);
  });

  it("are put right when the clock was set back in between: never beyond their cap", () => {
    const world = poolWorld({ accounts });
    const now = world.clock.now();
    world.pool.restore([record({ until: now + 999 * hourMs, since: now + 998 * hourMs })]);
    expect(waitOf(world)).toBe(defaultCooldown.maxMs);
    expect(world.pool.snapshot()).toMatchObject([{ since: now, until: now + defaultCooldown.maxMs }]);
  });

  it("that have just ended want their probe still, and long gone ones are forgotten", () => {
    const world = poolWorld({ accounts });
    const now = world.clock.now();
    world.pool.restore([record({ until: now - 1_000 }), record({ model: "old", until: now - hourMs })]);
    expect(world.pool.snapshot()).toMatchObject([{ model: null, level: 3 }]);
    expect(world.pool.list()).toMatchObject([{ state: "probing" }]);
    expect(leaseOf(world.pool.pick(askFor())).failed({ kind: "auth", message: "401" })).toMatchObject({
      cooldownMs: 16_000,
    });
  });

  it("of accounts that are stopped stay stopped", () => {
    const world = poolWorld({ accounts });
    world.pool.restore([record({ until: null, kind: "account-disabled" })]);
    expect(waitOf(world)).toBe(Number.POSITIVE_INFINITY);
  });

  it("never wait longer than the cap, nor a negative time, whatever the file says", () => {
    const instant = fc.oneof(
      fc.double(),
      fc.integer({ min: -1e6, max: 1e6 }).map((shift) => Date.UTC(2026, 10, 21) + shift),
    );
    fc.assert(
      fc.property(fc.double(), instant, fc.option(instant), instant, (level, until, resetAt, since) => {
        const world = poolWorld({ accounts });
        world.pool.restore([record({ level, until, resetAt, since })]);
        const wait = waitOf(world);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(resetAt === null ? defaultCooldown.maxMs : defaultCooldown.maxResetMs);
        for (const kept of world.pool.snapshot()) expect(Number.isInteger(kept.level) && kept.level >= 0).toBe(true);
      }),
    );
  });
});
