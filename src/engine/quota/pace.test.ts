import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPace } from "./pace.ts";

const account = "claude/main";

describe("pace", () => {
  it("whatever happens, nobody is asked twice within a minute, nor before a provider says", () => {
    const step = fc.record({
      waitMs: fc.nat(3_000_000),
      outcome: fc.oneof(fc.constant("answered" as const), fc.constant(null), fc.nat(20_000_000)),
      force: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), fc.infiniteStream(fc.nat(255)), (steps, chance) => {
        let now = 0;
        const random = { bytes: (count: number) => Buffer.alloc(count, chance.next().value) };
        const pace = createPace({ now: () => now, random });
        let askedAt = -Infinity;
        let leaveUntil = -Infinity;
        for (const { waitMs, outcome, force } of steps) {
          now += waitMs;
          const isDue = pace.dueInMs(account, 120_000) === 0;
          const mayAsk = pace.mayAsk(account, force);
          // The background is never bolder than anybody on demand.
          if (isDue) expect(pace.mayAsk(account, false)).toBe(true);
          if (!mayAsk) continue;
          expect(now - askedAt).toBeGreaterThanOrEqual(60_000);
          expect(now).toBeGreaterThanOrEqual(leaveUntil);
          pace.asked(account);
          askedAt = now;
          if (outcome === "answered") pace.answered(account);
          else {
            pace.failed(account, outcome);
            // Nobody is left alone longer than six hours.
            leaveUntil = now + Math.min(outcome ?? 0, 21_600_000);
            expect(pace.dueInMs(account, 120_000)).toBeLessThanOrEqual(21_600_000);
          }
        }
      }),
    );
  });

  it("doubles its caution with each failure up to half an hour, and drops it with an answer", () => {
    let now = 0;
    const pace = createPace({ now: () => now, random: { bytes: (count) => Buffer.alloc(count) } });
    const waits = Array.from({ length: 8 }, () => {
      pace.asked(account);
      pace.failed(account, null);
      const waitMs = pace.dueInMs(account, 0);
      now += waitMs;
      return waitMs / 60_000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    pace.asked(account);
    pace.answered(account);
    expect(pace.dueInMs(account, 0)).toBe(60_000);
  });
});
