import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellWidth } from "./cells.ts";
import { markSpans, renderRow, sliceSpans, type Span } from "./row.ts";
import { createTheme, wantsAscii, wantsColor, type Style } from "./theme.ts";

const color = createTheme({ color: true, ascii: false });
const plain = createTheme({ color: false, ascii: false });
const ascii = createTheme({ color: false, ascii: true });
// oxlint-disable-next-line no-control-regex -- the row's own escapes are what is looked for
const sgr = /\u001b\[[0-9;]*m/g;

const hostile = [
  "\u001b]52;c;aGk=\u0007",
  "\u001b[2J",
  "\r",
  "\b\b",
  "\u202e",
  "\u200d",
  "\u009b31m",
  "\n",
  "\u0000",
  "\ud800",
];
const text = fc
  .array(fc.constantFrom("ok ", "日本", "e\u0301", "🎉", "…", ...hostile), { maxLength: 12 })
  .map((parts) => parts.join(""));
const span = fc.record({ text, style: fc.constantFrom<Style>("plain", "error", "dim", "match", "tag-1") });

describe("a rendered row", () => {
  it("takes exactly the asked width, whatever it holds", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 6 }), fc.integer({ min: 1, max: 240 }), (spans, columns) => {
        for (const theme of [color, plain, ascii]) {
          expect(cellWidth(renderRow(spans, columns, theme).replace(sgr, ""))).toBe(columns);
        }
      }),
    );
  });

  it("emits no escape but its own colours and no control character at all", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 6 }), fc.integer({ min: 1, max: 240 }), (spans, columns) => {
        const rest = renderRow(spans, columns, color).replace(sgr, "");
        // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(rest).not.toMatch(/[\u0000-\u001f\u007f-\u009f]|\u200d|[\u202a-\u202e]/);
      }),
    );
  });

  it("holds ASCII only when asked to", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 6 }), (spans) => {
        expect(renderRow(spans, 60, ascii).replace(sgr, "")).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it("keeps bold and inverse but no colour without colour", () => {
    const row = renderRow(
      [
        { text: "bad", style: "error" },
        { text: " sel", style: "selected" },
      ],
      10,
      plain,
    );
    expect(row).toBe("\u001b[0;1mbad\u001b[0;7m sel\u001b[0m   ");
  });

  it("marks a cut with an ellipsis, but not when only blanks are cut", () => {
    expect(renderRow([{ text: "abcdef" }], 4, plain)).toBe("abc…");
    expect(renderRow([{ text: "abc" }, { text: "      " }], 5, plain)).toBe("abc  ");
  });
});

describe("spans", () => {
  const spans: readonly Span[] = [{ text: "hello ", style: "dim" }, { text: "world" }];

  it("are sliced by characters and keep their styles", () => {
    expect(sliceSpans(spans, 4, 8)).toEqual([{ text: "o ", style: "dim" }, { text: "wo" }]);
  });

  it("are marked across their borders", () => {
    expect(markSpans(spans, [[4, 8]], "match")).toEqual([
      { text: "hell", style: "dim" },
      { text: "o ", style: "match" },
      { text: "wo", style: "match" },
      { text: "rld" },
    ]);
  });
});

describe("the environment", () => {
  it("turns colour off with a non-empty NO_COLOR and on a dumb terminal", () => {
    expect(wantsColor({ NO_COLOR: "1" })).toBe(false);
    expect(wantsColor({ NO_COLOR: "" })).toBe(true);
    expect(wantsColor({ TERM: "dumb" })).toBe(false);
  });

  it("asks for ASCII in the C locale only", () => {
    expect(wantsAscii({ LANG: "C" })).toBe(true);
    expect(wantsAscii({ LANG: "C", LC_ALL: "en_US.UTF-8" })).toBe(false);
    expect(wantsAscii({})).toBe(false);
  });
});
