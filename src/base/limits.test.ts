import { describe, expect, it } from "vitest";
import { defaultLimits, limitKeys, limitName, limitTable, limitText, makeLimits } from "./limits.ts";

describe("the table of limits", () => {
  it.each(limitKeys)("%s: the default lies within its bounds, and the name tells the unit", (key) => {
    const { default: normal, min, max, what } = limitTable[key];
    expect(normal).toBeGreaterThanOrEqual(min);
    expect(normal).toBeLessThanOrEqual(max);
    expect(what).not.toBe("");
    expect(key).toMatch(/^[a-z0-9]+(?:_[a-z0-9]+)*$/);
    expect(defaultLimits[limitName(key)]).toBe(normal);
  });

  it("takes what the file says, and the defaults for the rest", () => {
    const limits = makeLimits({ head_ms: 500, resets_per_10s: 40, connections: undefined });
    expect(limits).toEqual({ ...defaultLimits, headMs: 500, resetsPer10s: 40 });
    expect(limitText("resets_per_10s", limits)).toBe("limits.resets_per_10s (40)");
  });
});
