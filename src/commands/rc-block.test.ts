import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findBlock, withBlock, withoutBlock } from "./rc-block.ts";

const body = ["if true; then", "  echo", "fi"];
const open = "# >>> switchyard >>>";
const close = "# <<< switchyard <<<";

function removed(text: string): string | null {
  const found = findBlock(text);
  if (found.kind !== "block") throw new Error(`no block: ${found.kind}`);
  return withoutBlock(text, found);
}

describe("a block in somebody's start file", () => {
  it.each(["", "\n", "a\n", "a", "a\r\nb\r\n", "a\r\nb", "\n\n", "caf\xc3\xa9\n", "a\n\n\n", " "])(
    "comes and goes without a trace: %j",
    (text) => {
      const added = withBlock(text, body);
      expect(added.startsWith(text)).toBe(true);
      expect(findBlock(added)).toMatchObject({ kind: "block", isOurs: true });
      expect(removed(added)).toBe(text);
    },
  );

  it("does so in any text", () => {
    const line = fc.oneof(fc.string(), fc.constantFrom("# switchyard", `x ${open}`, "export A=1"));
    const text = fc.tuple(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.boolean());
    fc.assert(
      fc.property(text, ([lines, newline, isWhole]) => {
        const before = lines.join(newline) + (isWhole ? newline : "");
        fc.pre(findBlock(before).kind === "none");
        expect(removed(withBlock(before, body))).toBe(before);
      }),
    );
  });

  it("takes the file with it that was made for it, unless somebody has written there since", () => {
    const made = withBlock(null, body);
    expect(removed(made)).toBeNull();
    expect(removed(`${made}mine\n`)).toBe("mine\n");
    expect(removed(withBlock("", body))).toBe("");
  });

  it("stays in its place when it is written anew, and remembers what came with it", () => {
    const text = `a${withBlock("", ["old"])}`.replace("a#", "a\n#");
    const again = withBlock(`${text}b\n`, body);
    expect(again).toMatch(/^a\n# >>>[^]*<<<\nb\n$/);
    expect(removed(again)).toBe("a\nb\n");
    expect(removed(withBlock(withBlock("no end", ["old"]), body))).toBe("no end");
    expect(removed(withBlock(withBlock(null, ["old"]), body))).toBeNull();
    expect(withBlock(withBlock("a\n", body), body)).toBe(withBlock("a\n", body));
  });

  it("leaves what was written around it since", () => {
    const added = withBlock("no end", body);
    expect(removed(`${added}below\n`)).toBe("no end\nbelow\n");
    expect(removed(`above\n${added}`)).toBe("above\nno end");
  });

  it("is known from one that somebody has changed", () => {
    const added = withBlock("a\n", body);
    expect(findBlock(added.replace("echo", "echo mine"))).toMatchObject({ kind: "block", isOurs: false, line: 2 });
    expect(findBlock(added.replaceAll("\n", "\r\n"))).toMatchObject({ kind: "block", isOurs: true });
  });

  it.each([
    ["no end", `a\n${open}\nb\n`, [2]],
    ["no beginning", `${close}\n`, [1]],
    ["the wrong way round", `${close}\n${open}\n`, [1, 2]],
    ["one in another", `${open}\n${open}\n${close}\n${close}\n`, [1, 2, 3, 4]],
    ["two of them", `${open}\n${close}\n${open}\n${close}\n`, [1, 2, 3, 4]],
  ])("is not one with markers that do not belong together: %s", (_what, text, lines) => {
    expect(findBlock(text)).toEqual({ kind: "unbalanced", lines });
  });
});
