import { describe, expect, it } from "vitest";
import { createRate } from "./flood.ts";

describe("how often a peer may do it", () => {
  it("the limit at once, and not one more", () => {
    const rate = createRate(() => 5);
    const taken = Array.from({ length: 11 }, () => rate.take(10));
    expect(taken).toEqual([...Array.from({ length: 10 }, () => true), false]);
  });

  it("for ever at a rate below the limit in ten seconds", () => {
    let now = 0;
    const rate = createRate(() => now);
    for (let count = 0; count < 1_000; count += 1) {
      now += 1_000;
      expect(rate.take(10)).toBe(true);
    }
  });

  it("above it not for long, whatever the beat", () => {
    let now = 0;
    const rate = createRate(() => now);
    let taken = 0;
    for (; rate.take(10); taken += 1) now += 500;
    expect(taken).toBeGreaterThanOrEqual(10);
    expect(taken).toBeLessThanOrEqual(20);
  });

  it("again after a rest", () => {
    let now = 0;
    const rate = createRate(() => now);
    while (rate.take(10));
    now += 10_000;
    expect(Array.from({ length: 9 }, () => rate.take(10))).not.toContain(false);
  });
});
