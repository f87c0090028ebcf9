import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeLine, safeText } from "./safe-text.ts";

/** Bytes a terminal may act on, in UTF-8 output or read as eight-bit controls. */
const commands = /(?!\n)\p{Cc}/u;
const reordering = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u2028\u2029]/;

describe("safe text", () => {
  it.each([
    ["plain text, with a line\nfeed", "plain text, with a line\nfeed"],
    ["grüße, 世界, 🙂", "grüße, 世界, 🙂"],
    ["a\tb", "a    b"],
    ["one\r\ntwo", "one\ntwo"],
    ["over\rwritten", "over␍written"],
    ["\u001b]52;c;ZXZpbA==\u0007", "␛]52;c;ZXZpbA==␇"],
    ["\u001b[2J\u001b[31mred", "␛[2J␛[31mred"],
    ["\u009b31m", "<U+009B>31m"],
    ["back\b\u007f", "back␈␡"],
    ["user\u202etxt.exe", "user<U+202E>txt.exe"],
    ["\u2066a\u2069\u200f\u061c", "<U+2066>a<U+2069><U+200F><U+061C>"],
    ["zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"],
    ["a\u2028b\u2029", "a<U+2028>b<U+2029>"],
    ["\ud800 alone", "<U+D800> alone"],
    ["tag \u{e0041}", "tag <U+E0041>"],
    ["❤\ufe0f", "❤\ufe0f"],
    [`e${"\u0301".repeat(6)}`, `e${"\u0301".repeat(4)}<+2 marks>`],
  ])("shows %j as %j", (text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it("has no byte that a terminal would obey, whatever came in", () => {
    const nasty = fc.string({
      unit: fc.oneof(fc.integer({ min: 0, max: 0xa0 }).map(character), anyUnit()),
      maxLength: 60,
    });
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = safeText(text);
        expect(commands.test(shown)).toBe(false);
        expect(reordering.test(shown)).toBe(false);
        expect(Buffer.from(shown).toString()).toBe(shown);
      }),
      { numRuns: 5_000 },
    );
  });

  it("does not change what it has made", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyUnit() }), (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
      }),
    );
  });

  it("makes one line of many where one is asked for", () => {
    expect(safeLine("a\nb\u001b")).toBe("a␊b␛");
  });
});

function anyUnit(): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 0x10ffff }).map(character);
}

function character(code: number): string {
  return String.fromCodePoint(code);
}
