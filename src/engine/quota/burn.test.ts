import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forecastBurn } from "./burn.ts";

const minute = 60_000;
const start = Date.parse("2026-11-21T12:00:00Z");
const at = (minutes: number, usedPercent: number) => ({ at: start + minutes * minute, usedPercent });

describe("a quota forecast", () => {
  it("follows the line to its end", () => {
    const forecast = forecastBurn([at(0, 40), at(10, 45), at(20, 50)], null);
    expect(forecast?.percentPerHour).toBeCloseTo(30, 6);
    expect(forecast?.hitsLimitAt).toBe(start + 120 * minute);
  });
  it("says nothing of what the reset comes before", () => {
    const readings = [at(0, 40), at(20, 50)];
    expect(forecastBurn(readings, start + 60 * minute)?.hitsLimitAt).toBeNull();
    expect(forecastBurn(readings, start + 121 * minute)?.hitsLimitAt).toBe(start + 120 * minute);
  });
  it("begins anew after a reset", () => {
    const forecast = forecastBurn([at(0, 80), at(20, 95), at(30, 2), at(60, 12)], null);
    expect(forecast?.percentPerHour).toBeCloseTo(20, 6);
  });
  it("is not thrown off by a provider's rounding", () => {
    expect(forecastBurn([at(0, 50), at(10, 49.5), at(20, 51)], null)?.percentPerHour).toBeGreaterThan(0);
  });
  it("goes by the last hour where that tells enough, else by what there is", () => {
    expect(forecastBurn([at(0, 0), at(300, 60), at(330, 61)], null)?.percentPerHour).toBeCloseTo(2, 6);
    expect(forecastBurn([at(0, 10), at(300, 60)], null)?.percentPerHour).toBeCloseTo(10, 6);
  });
  it("does not guess from readings that are few or close together", () => {
    expect(forecastBurn([], null)).toBeNull();
    expect(forecastBurn([at(0, 50)], null)).toBeNull();
    expect(forecastBurn([at(0, 50), at(1, 90)], null)).toBeNull();
  });
  it("has nothing to say of a quota nobody uses, and says that a full one is full", () => {
    expect(forecastBurn([at(0, 50), at(30, 50)], null)).toEqual({ percentPerHour: 0, hitsLimitAt: null });
    expect(forecastBurn([at(0, 90), at(30, 100)], null)?.hitsLimitAt).toBe(start + 30 * minute);
  });
  it("never points to the past, whatever was read", () => {
    const reading = fc.record({
      at: fc.integer({ min: start, max: start + 1e10 }),
      usedPercent: fc.double({ min: 0, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 30 }), (readings) => {
        const forecast = forecastBurn(Object.freeze(readings), null);
        if (forecast === null) return;
        expect(forecast.percentPerHour).toBeGreaterThanOrEqual(0);
        const last = Math.max(...readings.map((one) => one.at));
        if (forecast.hitsLimitAt !== null) expect(forecast.hitsLimitAt).toBeGreaterThanOrEqual(last);
      }),
    );
  });
});
