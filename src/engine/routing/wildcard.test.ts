import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob } from "./wildcard.ts";

describe("a glob", () => {
  it.each([
    ["claude-*", "claude-sonnet-4-5", true],
    ["claude-*", "claude-", true],
    ["claude-*", "xclaude-1", false],
    ["*", "", true],
    ["*", "anything/at.all", true],
    ["api.*.com", "api.example.com", true],
    ["api.*.com", "api.com", false],
    ["*aa*aa*", "aaa", false],
    ["*aa*aa*", "aaaa", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["", "", true],
    ["", "x", false],
    ["**x**", "aaxbb", true],
    ["*abab*c", "abaababc", true],
    [`*${"ab".repeat(20)}c*`, `x${"ab".repeat(25)}cy`, true],
    [`*${"ab".repeat(20)}c*`, `x${"ab".repeat(25)}dy`, false],
    ["*ab", "aab", true],
    ["a*bc*c", "abc", false],
    ["gpt-4.1", "gpt-4x1", false],
    ["[a-z]+", "[a-z]+", true],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected);
  });

  it("ignores case only when told to", () => {
    expect(compileGlob("API.*", { ignoreCase: true })("api.Example")).toBe(true);
    expect(compileGlob("API.*")("api.example")).toBe(false);
  });

  const letters = fc.array(fc.constantFrom("a", "b", "*"), { maxLength: 8 }).map((all) => all.join(""));
  const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 }).map((all) => all.join(""));

  it("agrees with the plainest possible definition", () => {
    fc.assert(
      fc.property(letters, text, (pattern, word) => {
        expect(compileGlob(pattern)(word)).toBe(plain(pattern, word));
      }),
    );
  });

  it("matches a text made from its own pattern", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 6 }), (parts) => {
        const clean = parts.map(([piece, filler]) => [piece.replaceAll("*", ""), filler] as const);
        const pattern = clean.map(([piece]) => `${piece}*`).join("");
        expect(compileGlob(pattern)(clean.map(([piece, filler]) => piece + filler).join(""))).toBe(true);
      }),
    );
  });

  it("finishes on what a backtracking matcher never finishes", () => {
    // Twelve stars on ten thousand characters: about 0.1 ms here, longer than the test's time limit with backtracking.
    const matches = compileGlob(`${"*aaaaaaab".repeat(12)}*c`);
    expect(matches("a".repeat(10_000))).toBe(false);
    expect(compileGlob(`${"*a".repeat(12)}*b*`)("a".repeat(10_000))).toBe(false);
    expect(compileGlob(`*${"a".repeat(250)}b*`)("a".repeat(10_000))).toBe(false);
  });
});

/** Exponential and obviously right. */
function plain(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern.startsWith("*")) {
    return plain(pattern.slice(1), text) || (text !== "" && plain(pattern, text.slice(1)));
  }
  return text.startsWith(pattern.slice(0, 1)) && plain(pattern.slice(1), text.slice(1));
}
