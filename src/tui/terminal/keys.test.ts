import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeyParser, type Key } from "./keys.ts";

function names(...chunks: readonly string[]): string[] {
  const parser = createKeyParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.flush()].map(nameOf);
}

function nameOf(key: Key): string {
  return key.type === "key" ? key.name : `${key.type}:${key.text}`;
}

describe("the key parser", () => {
  it("takes three keys out of one chunk", () => {
    expect(names("kkk")).toEqual(["text:k", "text:k", "text:k"]);
    expect(names("\u001b[A\u001b[A\u001b[B")).toEqual(["up", "up", "down"]);
  });

  it("names control keys, enter and backspace", () => {
    expect(names("\u0003\u0004\r\t\u007f")).toEqual(["ctrl-c", "ctrl-d", "enter", "tab", "backspace"]);
  });

  it("puts an escape sequence together that arrives in pieces", () => {
    expect(names("\u001b", "[", "5", "~")).toEqual(["pageup"]);
  });

  it("takes a lone escape for the escape key once nothing follows", () => {
    const parser = createKeyParser();
    expect(parser.push("\u001b")).toEqual([]);
    expect(parser.pending).toBe(true);
    expect(parser.flush()).toEqual([{ type: "key", name: "esc" }]);
    expect(parser.pending).toBe(false);
  });

  it("swallows sequences it does not know instead of typing them", () => {
    expect(names("\u001b[1;5Cx\u001b[?62;c")).toEqual(["text:x"]);
  });

  it("hands a paste over whole and never as keys", () => {
    expect(names("\u001b[200~qQ\u001b[A\n", "more\u001b[201~j")).toEqual(["paste:qQ\u001b[A\nmore", "text:j"]);
  });

  it("gives the same keys wherever the chunks break", () => {
    const input = "k\u001b[Bj\u001b[200~pa\u001bste\u001b[201~\u001bOA日\u001b[6~q";
    const whole = names(input);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: input.length - 1 }), (at) => {
        expect(names(input.slice(0, at), input.slice(at))).toEqual(whole);
      }),
    );
  });
});
