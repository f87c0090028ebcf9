/** The small parts of `switchyard replay`: JSON for an editor, and the comparison of two answers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indentJson } from "./indent-json.ts";
import { unifiedDiff } from "./line-diff.ts";

describe("JSON for an editor", () => {
  it("has lines and indentation, and the text of everything else as it was", () => {
    expect(indentJson('{"a":[1.0,12345678901234567890,"x\\u00e9, {\\"}"],"b":{},"c":[ ],"d":null}')).toBe(
      '{\n  "a": [\n    1.0,\n    12345678901234567890,\n    "x\\u00e9, {\\"}"\n  ],\n  "b": {},\n  "c": [],\n  "d": null\n}\n',
    );
  });

  it("means the same, and done twice is the same", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = indentJson(text);
        expect(JSON.parse(once)).toEqual(JSON.parse(text));
        expect(indentJson(once)).toBe(once);
      }),
    );
  });
});

describe("two answers compared", () => {
  it("show a change with three lines around it", () => {
    const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const after = ["1", "2", "3", "4", "five", "6", "7", "8", "9"];
    expect(unifiedDiff(before, after)).toEqual(["@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"]);
  });

  it("show distant changes apart, and say nothing when there is none", () => {
    const lines = Array.from({ length: 30 }, (_, index) => String(index));
    const changed = lines.map((line) => (line === "2" || line === "27" ? `${line}!` : line));
    expect(unifiedDiff(lines, changed).filter((line) => line.startsWith("@@"))).toEqual([
      "@@ -1,6 +1,6 @@",
      "@@ -25,6 +25,6 @@",
    ]);
    expect(unifiedDiff(lines, lines)).toEqual([]);
    expect(unifiedDiff([], ["a"])).toEqual(["@@ -0,0 +1,1 @@", "+a"]);
  });

  it("hold all of both, in order", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const shown = unifiedDiff(before, after).filter((line) => !line.startsWith("@@"));
        const only = (marks: string): string => shown.filter((line) => marks.includes(line.charAt(0))).join("");
        // What is not shown is the same in both: with the shown lines taken out of either, as much is left.
        const left = before.length - [...shown].filter((line) => " -".includes(line.charAt(0))).length;
        const right = after.length - [...shown].filter((line) => " +".includes(line.charAt(0))).length;
        expect(left).toBe(right);
        if (before.length + after.length < 7) {
          expect(only(" -").replaceAll(/[ -]/g, "")).toBe(shown.length === 0 ? "" : before.join(""));
          expect(only(" +").replaceAll(/[ +]/g, "")).toBe(shown.length === 0 ? "" : after.join(""));
        }
      }),
    );
  });

  it("do not take for ever when they are long and have nothing in common", () => {
    const lines = (word: string): string[] => Array.from({ length: 20_000 }, (_, index) => `${word}${index}`);
    expect(unifiedDiff(lines("a"), lines("b"))).toHaveLength(40_001);
  });
});
