import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellWidth } from "./cells.ts";
import { percent, shareBar } from "./share-bar.ts";
import { ago, countdown } from "./times.ts";
import { wrapWords } from "./wrap.ts";

describe("spans of time", () => {
  it.each([
    [-5, "0s"],
    [12_999, "12s"],
    [5 * 60_000, "5m"],
    [(3 * 60 + 5) * 60_000, "3h05"],
    [50 * 3_600_000, "2d"],
  ])("%i ms ago is %s", (ms, text) => {
    expect(ago(ms)).toBe(text);
  });

  it.each([
    [-1, "00:00"],
    [6_100, "00:07"],
    [271_000, "04:31"],
    [72 * 60_000, "1h12"],
    [51 * 3_600_000, "2d03"],
  ])("%i ms still is %s", (ms, text) => {
    expect(countdown(ms)).toBe(text);
  });
});

describe("a bar", () => {
  it("is always as wide as asked, and shows a little where there is a little", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), fc.integer({ min: 1, max: 40 }), (share, width) => {
        expect(shareBar(share, width)).toHaveLength(width);
      }),
    );
    expect(shareBar(0.001, 10)).toBe("#---------");
    expect(shareBar(0, 10)).toBe("----------");
    expect([percent(0), percent(0.001), percent(0.73)]).toEqual(["0%", "<1%", "73%"]);
  });
});

describe("wrapped prose", () => {
  it("keeps every word and no line is wider than the room", () => {
    const words = fc.array(fc.constantFrom("a", "rule", "日本語", "x".repeat(30), "2"), { maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 60 }), (parts, width) => {
        const lines = wrapWords(parts.join(" "), width);
        expect(lines.join("").replaceAll(" ", "")).toBe(parts.join(""));
        for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("breaks at blanks", () => {
    expect(wrapWords("rule 2 matches: to combo/deep", 15)).toEqual(["rule 2 matches:", "to combo/deep"]);
  });
});
