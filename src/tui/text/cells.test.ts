import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellWidth, cutTo, ellipsize, ellipsizeMiddle, fit, wrapRanges } from "./cells.ts";

const pieces = ["a", "Z9", " ", "日本", "ｶﾞ", "é", "e\u0301", "🎉", "👍🏽", "שלום", "─", "…", "x".repeat(30)];
const mixed = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(""));
const width = fc.integer({ min: 1, max: 240 });

describe("cells", () => {
  it("counts wide characters as two and combining marks as none", () => {
    expect(cellWidth("日本")).toBe(4);
    expect(cellWidth("e\u0301")).toBe(1);
    expect(cellWidth("plain")).toBe(5);
  });

  it("counts our own glyphs as the segmenter would", () => {
    for (const glyph of "─│…→↑↓·•░▁▂▃▄▅▆▇█▏") {
      expect([glyph, cellWidth(glyph)]).toEqual([glyph, 1]);
      // The combining mark sends the text the long way round.
      expect(cellWidth(`${glyph}e\u0301`)).toBe(2);
    }
  });

  it("never cuts a wide character in half", () => {
    expect(cutTo("日本語", 3)).toBe("日");
    expect(ellipsize("日本語", 4)).toBe("日…");
  });

  it("keeps both ends when the middle goes", () => {
    expect(ellipsizeMiddle("/v1beta/models/gemini:generate", 16, 5)).toBe("/v1beta/mo…erate");
  });

  it("fits any text to exactly the asked width", () => {
    fc.assert(
      fc.property(mixed, width, fc.constantFrom("left" as const, "right" as const), (text, columns, align) => {
        expect(cellWidth(fit(text, columns, align))).toBe(columns);
      }),
    );
  });

  it("elides the middle to no more than the asked width", () => {
    fc.assert(
      fc.property(mixed, width, (text, columns) => {
        expect(cellWidth(ellipsizeMiddle(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it("wraps without losing or repeating a character, each row within the width", () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 4, max: 80 }), fc.integer({ min: 0, max: 2 }), (text, columns, hang) => {
        const ranges = [...wrapRanges(text, columns, hang)];
        expect(ranges.map(([start, end]) => text.slice(start, end)).join("")).toBe(text);
        for (const [index, [start, end]] of ranges.entries()) {
          const room = index === 0 ? columns : columns - hang;
          expect(cellWidth(text.slice(start, end))).toBeLessThanOrEqual(room);
        }
      }),
    );
  });
});
