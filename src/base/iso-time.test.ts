import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoTime } from "./iso-time.ts";

describe("an instant in ISO 8601", () => {
  it("is what Date says, whenever it is", () => {
    const any = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 });
    const ours = fc.integer({ min: 0, max: 253_402_300_799_999 });
    for (const instant of [...fc.sample(any, 500), ...fc.sample(ours, 2000)]) {
      expect(isoTime(instant)).toBe(new Date(instant).toISOString());
    }
  });

  it("is what Date says on every day of four centuries", () => {
    const instants = Array.from(
      { length: 146_097 },
      (_, day) => day * 86_400_000 + (day % 86_400) * 1000 + (day % 1000),
    );
    expect(instants.filter((instant) => isoTime(instant) !== new Date(instant).toISOString())).toEqual([]);
  });

  it("refuses what is no time", () => {
    expect(() => isoTime(Number.NaN)).toThrow(RangeError);
    expect(isoTime(1.5)).toBe("1970-01-01T00:00:00.001Z");
  });
});
