import { describe, expect, it } from "vitest";
import type { Key } from "../terminal/keys.ts";
import { editLine, emptyLine, type Line } from "./prompt.ts";

function typed(line: Line, ...keys: readonly (string | Key)[]): Line {
  return keys.reduce<Line>(
    (now, key) => editLine(now, typeof key === "string" ? { type: "text", text: key } : key),
    line,
  );
}
const key = (name: string): Key => ({ type: "key", name });

describe("the line editor", () => {
  it("inserts where the cursor is", () => {
    expect(typed(emptyLine, "a", "c", key("left"), "b")).toEqual({ text: "abc", at: 2 });
  });

  it("takes back a whole character, wide or composed", () => {
    expect(typed(emptyLine, "日", "🎉", key("backspace"))).toEqual({ text: "日", at: 1 });
  });

  it("deletes a word and a line", () => {
    expect(typed({ text: "one two ", at: 8 }, key("ctrl-w")).text).toBe("one ");
    expect(typed({ text: "one two", at: 4 }, key("ctrl-u"))).toEqual({ text: "two", at: 0 });
  });

  it("makes one line of a pasted text and drops what cannot be seen", () => {
    expect(typed(emptyLine, { type: "paste", text: "a\n\u001b[2Jb\u200b" }).text).toBe("a [2Jb");
  });
});
