import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultCooldown } from "../providers/table.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import {
  afterFailure,
  afterSuccess,
  backoffMs,
  type Cooldown,
  phaseOf,
  waitMs,
  withoutProbe,
  withProbe,
} from "./cooldown.ts";

const limited: EngineError = { kind: "rate-limit", message: "slow down" };
const config = defaultCooldown;
const half = 0.5;

function failing(before: Cooldown | null, error = limited, turn = 1, nowAt = 0, newestTurn = turn): Cooldown | null {
  return afterFailure(before, { error, turn, newestTurn, nowAt }, config, half);
}
/** `count` failures, each of a probe that went the moment it was due. */
function failedTimes(count: number): Cooldown | null {
  let cooldown: Cooldown | null = null;
  for (let turn = 1; turn <= count; turn += 1) cooldown = failing(cooldown, limited, turn, cooldown?.dueAt ?? 0);
  return cooldown;
}

describe("a cooldown", () => {
  it("waits twice as long after each failure, from 1 s up to 120 s", () => {
    const waits = Array.from({ length: 9 }, (_, index) => {
      const cooldown = failedTimes(index + 1);
      return (cooldown?.dueAt ?? 0) - (cooldown?.sinceAt ?? 0);
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000]);
    expect(backoffMs(2_000, config)).toBe(120_000);
  });

  it("goes from active through cooling, half-open and probing back to active", () => {
    const cooling = failing(null);
    if (cooling === null) throw new Error("a rate limit must cool");
    expect([phaseOf(null, 0), phaseOf(cooling, 0), phaseOf(cooling, 999), phaseOf(cooling, 1_000)]).toEqual([
      "active",
      "cooling",
      "cooling",
      "half-open",
    ]);
    const probing = withProbe(cooling, 2, 1_000);
    expect(phaseOf(probing, 1_001)).toBe("probing");
    expect(phaseOf(withoutProbe(probing, 2), 1_001)).toBe("half-open");
    expect(phaseOf(withoutProbe(probing, 1), 1_001)).toBe("probing");
    expect(afterSuccess(probing, 2)).toBeNull();
  });

  it("lets another probe go when one was never heard of again", () => {
    const cooling = failing(null);
    if (cooling === null) throw new Error("a rate limit must cool");
    expect(phaseOf(withProbe(cooling, 2, 1_000), 601_000)).toBe("half-open");
  });

  it("takes the provider's own time where it is longer, and no longer than it may be believed", () => {
    const hinted = (retryAfterMs: number): Cooldown | null => failing(null, { ...limited, retryAfterMs });
    expect(hinted(500)?.dueAt).toBe(1_000);
    expect(hinted(30_000)?.dueAt).toBe(30_000);
    const lying = hinted(156 * 3_600_000);
    expect(lying).toMatchObject({ dueAt: config.maxResetMs, resetAt: 156 * 3_600_000 });
  });

  it.each([Number.NaN, -5, Number.POSITIVE_INFINITY])("is not moved by a reset time of %s", (retryAfterMs) => {
    expect(failing(null, { ...limited, retryAfterMs })).toMatchObject({ dueAt: 1_000, resetAt: null });
  });

  it("U14: rises once for eight failures of attempts that began before it", () => {
    let cooldown: Cooldown | null = null;
    for (let turn = 1; turn <= 8; turn += 1) cooldown = failing(cooldown, limited, turn, turn * 10, 8);
    expect(cooldown).toMatchObject({ level: 0, dueAt: 1_010 });
    // One that began afterwards is new trouble.
    expect(failing(cooldown, limited, 9, 2_000)).toMatchObject({ level: 1, dueAt: 4_000 });
  });

  it("hears a later reset from an attempt that began before it", () => {
    const first = failing(null, limited, 1, 0, 2);
    expect(failing(first, { ...limited, retryAfterMs: 60_000 }, 2, 10)).toMatchObject({
      level: 0,
      dueAt: 60_010,
      resetAt: 60_010,
    });
  });

  it("is not ended by the success of an attempt that began before it", () => {
    const cooling = failing(null, limited, 1, 0, 2);
    expect(afterSuccess(cooling, 2)).toBe(cooling);
    expect(afterSuccess(cooling, 3)).toBeNull();
  });

  it.each(Object.entries(policy).filter(([, { cooldown }]) => cooldown === "none"))("never begins by %s", (kind) => {
    const error = { kind: kind as EngineError["kind"], message: "" }; // keys of the policy's own table
    expect(failing(null, error)).toBeNull();
    const cooling = failing(null);
    expect(failing(cooling, error, 5)).toBe(cooling);
  });

  it("stops until its owner acts where asking again would do harm", () => {
    const stopped = failing(failing(null), { kind: "account-warned", message: "our terms" }, 2);
    expect([phaseOf(stopped, 1e12), stopped?.reason]).toEqual(["stopped", "our terms"]);
    expect(failing(stopped, limited, 9)).toBe(stopped);
    expect(afterSuccess(stopped, 9)).toBe(stopped);
  });

  const errors = fc.record({
    kind: fc.constantFrom("rate-limit", "quota", "upstream", "auth", "network", "bad-request"),
    message: fc.constant(""),
    retryAfterMs: fc.oneof(fc.constant(0), fc.integer({ min: -1e6, max: 1e12 })),
  });
  const steps = fc.array(
    fc.record({
      error: errors,
      afterMs: fc.nat(400_000),
      chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      back: fc.nat(3),
    }),
    { maxLength: 40 },
  );

  it("never waits longer than its cap, never a negative time, and its level never falls without a success", () => {
    fc.assert(
      fc.property(steps, (all) => {
        let before: Cooldown | null = null;
        let nowAt = 0;
        for (const [turn, { error, afterMs, chance, back }] of all.entries()) {
          nowAt += afterMs;
          const failure = { error, turn: turn - back, newestTurn: turn, nowAt };
          const after: Cooldown | null = afterFailure(before, failure, config, chance);
          if (before !== null) {
            expect(after).not.toBeNull();
            expect(after?.level).toBeGreaterThanOrEqual(before.level);
            expect((after?.level ?? 0) - before.level).toBeLessThanOrEqual(1);
          }
          if (after !== null && after !== before) {
            const left = (after.dueAt ?? 0) - nowAt;
            const cap = error.retryAfterMs > 0 ? config.maxResetMs : config.maxMs;
            expect(left).toBeGreaterThan(0);
            // An older reset may still be the later one.
            expect(left).toBeLessThanOrEqual(Math.max(cap, (before?.dueAt ?? 0) - nowAt));
          }
          before = after;
        }
      }),
    );
  });

  it("spreads a wait by a tenth, and never past the cap", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.double({ min: 0, max: 1, noNaN: true }), (level, chance) => {
        const plain = backoffMs(level, config);
        const wait = waitMs(level, 0, config, chance);
        expect(wait).toBeGreaterThanOrEqual(plain * 0.899);
        expect(wait).toBeLessThanOrEqual(Math.min(plain * 1.101, config.maxMs));
      }),
    );
  });
});
