import { describe, expect, it } from "vitest";
import { budgetOf, levelOf, nearestLower, thinkingLevels } from "./thinking-levels.ts";

describe("thinking levels", () => {
  it.each(thinkingLevels)("%s comes back from its own budget", (level) => {
    expect(levelOf(budgetOf(level))).toBe(level);
  });

  it.each([
    [1, "minimal"],
    [1025, "medium"],
    [8193, "high"],
    [30_000, "xhigh"],
    [500_000, "max"],
  ] as const)("%i tokens are %s", (tokens, level) => {
    expect(levelOf(tokens)).toBe(level);
  });

  it("falls to the nearest lower level, or the lowest there is", () => {
    expect(nearestLower("max", ["low", "high", "medium"])).toBe("high");
    expect(nearestLower("minimal", ["medium", "low"])).toBe("low");
    expect(nearestLower("high", [])).toBeNull();
  });
});
