import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countText, dollarText, shortCount } from "../base/figure-text.ts";
import { columnLines, spanText, untilText } from "./columns.ts";

describe("columns", () => {
  it("stand under their heads, figures at the right", () => {
    expect(
      columnLines(
        ["NAME", "CALLS", "NOTE"],
        [
          ["a", "1,000", ""],
          ["longer", "7", "x"],
        ],
        new Set(["CALLS"]),
      ),
    ).toEqual(["NAME    CALLS  NOTE", "a       1,000", "longer      7  x"]);
  });
});

describe("words for figures", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1,000"],
    [1_234_567, "1,234,567"],
  ])("count %i as %s", (count, text) => {
    expect(countText(count)).toBe(text);
  });

  it("never lose a digit of a count", () => {
    fc.assert(
      fc.property(fc.nat(), (count) => {
        expect(Number(countText(count).replaceAll(",", ""))).toBe(count);
      }),
    );
  });

  it.each([
    [9_999, "9999"],
    [12_400, "12k"],
    [999_499, "999k"],
    [999_500, "1.0M"],
    [2_345_678, "2.3M"],
  ])("shorten %i to %s", (count, text) => {
    expect(shortCount(count)).toBe(text);
  });

  it.each([
    [0, "$0.00"],
    [0.0004, "$0.0004"],
    [0.25, "$0.25"],
    [12.345, "$12.35"],
  ])("price %f as %s", (amount, text) => {
    expect(dollarText(amount)).toBe(text);
  });

  it.each([
    [400, "1 s"],
    [45_000, "45 s"],
    [125_000, "2 min"],
    [3 * 3_600_000 + 300_000, "3 h 5 min"],
    [24 * 3_600_000, "1 d"],
    [7 * 24 * 3_600_000 + 7_200_000, "7 d 2 h"],
  ])("say %i ms as %s", (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });

  it("say when something will be", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    expect(untilText("2026-11-21T12:30:00Z", now)).toBe("in 30 min");
    expect(untilText("2026-11-21T11:00:00Z", now)).toBe("now");
    expect(untilText(null, now)).toBe("-");
    expect(untilText("soon", now)).toBe("-");
  });
});
