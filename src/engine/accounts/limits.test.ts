import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { charged, fullMeters, limitWaitMs, type Meters } from "./limits.ts";

const limits = { requestsPerMinute: 60, tokensPerMinute: 40_000 };

describe("an account's limits", () => {
  it("let a minute's calls go at once, then one a second", () => {
    let meters: Meters = fullMeters;
    for (let call = 0; call < 60; call += 1) {
      expect(limitWaitMs(meters, limits, 0, 0)).toBe(0);
      meters = charged(meters, limits, { requests: 1, tokens: 0 }, 0);
    }
    expect(limitWaitMs(meters, limits, 0, 0)).toBe(1_000);
    expect(limitWaitMs(meters, limits, 0, 999)).toBe(1);
    expect(limitWaitMs(meters, limits, 0, 1_000)).toBe(0);
  });

  it("let a call bigger than a minute's tokens go when all of them are there, and then wait for at most two minutes", () => {
    expect(limitWaitMs(fullMeters, limits, 1_000_000, 0)).toBe(0);
    const meters = charged(fullMeters, limits, { requests: 1, tokens: 1_000_000 }, 0);
    expect(limitWaitMs(meters, limits, 1_000_000, 0)).toBe(120_000);
  });

  it("give back what was estimated too high, but never more than a minute's share", () => {
    const meters = charged(fullMeters, limits, { requests: 0, tokens: 30_000 }, 0);
    expect(limitWaitMs(meters, limits, 20_000, 0)).toBe(15_000);
    const back = charged(meters, limits, { requests: 0, tokens: -90_000 }, 0);
    expect(limitWaitMs(back, limits, 40_000, 0)).toBe(0);
    const all = charged(back, limits, { requests: 0, tokens: 40_000 }, 0);
    expect(limitWaitMs(all, limits, 40_000, 0)).toBe(60_000);
  });

  it("hold nothing back where none is set", () => {
    expect(limitWaitMs(charged(fullMeters, {}, { requests: 9, tokens: 9 }, 0), {}, 1e9, 0)).toBe(0);
  });

  it("are kept over any hour: never more calls than the burst and the minutes' shares", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), fc.array(fc.nat(5_000), { maxLength: 300 }), (perMinute, gaps) => {
        const own = { requestsPerMinute: perMinute };
        let meters: Meters = fullMeters;
        let nowAt = 0;
        let gone = 0;
        for (const gap of gaps) {
          nowAt += gap;
          if (limitWaitMs(meters, own, 0, nowAt) > 0) continue;
          meters = charged(meters, own, { requests: 1, tokens: 0 }, nowAt);
          gone += 1;
        }
        expect(gone).toBeLessThanOrEqual(perMinute + (nowAt * perMinute) / 60_000 + 1e-6);
      }),
    );
  });

  it("are truthful: at the time that was named the call may go", () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(80_000), (spent, wanted) => {
        const meters = charged(fullMeters, limits, { requests: 1, tokens: spent }, 0);
        expect(limitWaitMs(meters, limits, wanted, limitWaitMs(meters, limits, wanted, 0))).toBe(0);
      }),
    );
  });
});
