import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canRun } from "../../../test/support/needs.ts";
import { latin1Word, shellWord } from "./shell-word.ts";

/** What a program would get as its arguments. */
function argumentsIn(words: readonly string[], env: NodeJS.ProcessEnv = {}): Buffer[] {
  const script = words.map((word) => `printf '%s\\0' ${word}`).join("\n");
  const out = execFileSync("bash", ["-s"], { input: script, env: { PATH: process.env["PATH"], ...env } });
  const found: Buffer[] = [];
  for (let from = 0; from < out.length; ) {
    const end = out.indexOf(0, from);
    found.push(out.subarray(from, end));
    from = end + 1;
  }
  return found;
}

const hostile = [
  "",
  " ",
  "plain-word_1.0/x:y=z",
  "it's",
  "$HOME `id` $(id) ${x}",
  'a "quoted" \\ thing\\',
  "!! !x",
  "two\nlines",
  "tab\there",
  "\u001b]0;owned\u0007",
  "~ * ? [a] {b,c}",
  "#no comment",
  "; rm -rf / & | > <",
  "日本 🚀 é\u0301 \u202e",
  "\u009b31m",
  "'''",
  "\r\n",
  "-n",
  "'\u0001'",
];

describe.skipIf(!canRun("bash"))("words of a shell", () => {
  it("mean themselves", () => {
    expect(argumentsIn(hostile.map((text) => shellWord([text]))).map(String)).toEqual(hostile);
  });

  it("mean themselves, whatever they are made of", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 30 }), { minLength: 1, maxLength: 40 }), (texts) => {
        // No argument holds a NUL, and half a character is none.
        const sayable = texts.map((text) => Buffer.from(text.replaceAll("\0", "0")).toString());
        expect(argumentsIn(sayable.map((text) => shellWord([text]))).map(String)).toEqual(sayable);
      }),
      { numRuns: 20 },
    );
  });

  it("keep the bytes of a header", () => {
    const values = ["plain", "caf\u00e9 'x' \\ \u0080\u00ff", "tab\tx", "$x `y`"];
    expect(argumentsIn(values.map(latin1Word)).map((bytes) => bytes.toString("latin1"))).toEqual(values);
  });

  it("take variables in, and what these hold is only text as well", () => {
    const word = shellWord(["Bearer ", { variable: "KEY" }, "; it's"]);
    expect(argumentsIn([word], { KEY: "a $b `c` 'd' *" }).map(String)).toEqual(["Bearer a $b `c` 'd' *; it's"]);
  });

  it("never show a terminal something to obey", () => {
    for (const text of hostile) expect(shellWord([text])).not.toMatch(/(?!\n)\p{Cc}/u);
  });
});
