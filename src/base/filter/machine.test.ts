import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMs } from "../../../test/support/cpu.ts";
import { fold } from "./fold.ts";
import { createMachine } from "./machine.ts";
import { readPattern } from "./pattern.ts";

function search(source: string, text: string, sliceLength = Number.POSITIVE_INFINITY): boolean {
  const read = readPattern(source);
  if (!read.ok) throw new Error(`${source}: ${read.message}`);
  const scan = createMachine(read.program).start();
  const folded = fold(text);
  for (let at = 0; at < folded.length; at += sliceLength) scan.push(folded.slice(at, at + sliceLength));
  return scan.end();
}

describe("patterns", () => {
  it.each([
    ["a.c", "xabcx", true],
    ["a.c", "a\nc", false],
    ["^b", "a\nb", true],
    ["a$", "a\nb", true],
    ["^$", "", true],
    ["[A-C]x", "bX", true],
    ["[^A-C]x", "bx", false],
    ["[\\d.-]+$", "v1.2-3", true],
    ["[]a]", "a]", false],
    ["[^]", "\n", true],
    ["\\bcat\\b", "concat cat", true],
    ["\\bcat\\b", "concats", false],
    ["\\Bcat", "concat", true],
    ["(?:ab){2,3}$", "abab", true],
    ["^(?:ab){2,3}$", "ab", false],
    ["(?<name>x)y", "xy", true],
    ["a{2", "a{2", true],
    ["\\x41\\u0042\\t", "ab\t", true],
    ["É", "é", true],
    ["ΣΑΣ$", "σας", true],
    ["a*?b+?", "ab", true],
    ["(|a)b", "b", true],
    ["日本", "x日本x", true],
  ])("%s in %j: %s", (source, text, expected) => {
    expect(search(source, text)).toBe(expected);
  });

  const atoms = fc.constantFrom(
    "a",
    "b",
    "B",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "[ab]",
    "[^b]",
    "[a-c1]",
    "^",
    "$",
    "\\b",
    "1",
    " ",
    "\\.",
    "",
  );
  const source = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      atoms,
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => a + b),
      fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}|${b})`),
      fc
        .tuple(tie("node"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"))
        .map(([a, count]) => `(?:${a})${count}`),
    ),
  })).node;
  const text = fc
    .array(fc.constantFrom("a", "b", "A", "c", "1", " ", "\n", "."), { maxLength: 12 })
    .map((parts) => parts.join(""));

  it("mean what they mean to JavaScript, in slices of any size", () => {
    fc.assert(
      fc.property(source, text, fc.integer({ min: 1, max: 13 }), (pattern, subject, sliceLength) => {
        fc.pre(readPattern(pattern).ok);
        expect(search(pattern, subject, sliceLength)).toBe(new RegExp(pattern, "im").test(subject));
      }),
      { numRuns: 2_000 },
    );
  });

  it("are read or refused, never thrown at", () => {
    const parts = fc.constantFrom(
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "*",
      "+",
      "?",
      "|",
      "\\",
      "^",
      "$",
      "-",
      ",",
      "2",
      "9",
      "a",
      "?:",
      "?<",
      "\\u",
      "\\b",
      "{250}",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 30 }), (made) => {
        const read = readPattern(made.join(""));
        if (read.ok) createMachine(read.program).start().end();
        else expect(read.at + read.length).toBeLessThanOrEqual(made.join("").length);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["(a+)+$", "a!"],
    ["(a|a)*b", "a"],
    ["(.*)*(.*)*(.*)*x$", "y"],
    ["(a?){60}a{60}$", "b"],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a"],
    ["(\\w+\\s?)+\\b!!", "ab "],
    ["(?:a|b|ab)*(?:c|d|cd){20}$", "ab"],
  ])("stay linear: %s over a long run of %j", (pattern, unit) => {
    // Some 20 ms; a backtracking engine would not come back.
    const spent = cpuMs(() => expect(search(pattern, `${unit.repeat(400_000 / unit.length)}!`)).toBe(false));
    expect(spent).toBeLessThan(2_000);
  });

  it("stay linear where every unit leads somewhere new", () => {
    let seed = 1;
    const letters = Array.from({ length: 200_000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return "ab"[seed % 2];
    }).join("");
    // 2^90 sets of places: nothing that was remembered is met again. Some 400 ms.
    expect(cpuMs(() => expect(search("a[ab]{90}c", letters)).toBe(false))).toBeLessThan(5_000);
  });

  it("cannot be made to multiply nothing", () => {
    expect(readPattern(`${"(".repeat(20)}${"){99}".repeat(20)}`)).toMatchObject({ ok: false });
    expect(readPattern("(a{90}){90}")).toMatchObject({ ok: false });
  });
});
