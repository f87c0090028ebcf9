import { describe, expect, it } from "vitest";
import { editConfigList } from "./edit.ts";
import type { ListChange } from "./edit-node.ts";

const file = `# head
listen: { port: 8317 } # about the port
routes:
  # about the first
  - match: { client: codex } # beside the first
    to: passthrough
  # about the second
  - { to: block }

  # about the third
  - match: { model: "gpt-*" }
    to: passthrough
settings:
  bypass: true
`;

function edit(change: ListChange, text = file): string {
  const result = editConfigList(text, ["routes"], change, { path: "/c.yaml", env: {} });
  return result.ok ? result.text : `refused: ${result.message}`;
}

describe("entries of a list", () => {
  it("move with what is written about them", () => {
    const after = edit({ type: "move", from: 2, to: 1 });
    expect(after).toMatch(
      /about the third\n {2}- match: \{ model: "gpt-\*" \}\n {4}to: passthrough\n {2}# about the second/,
    );
    expect(after).toContain("listen: { port: 8317 } # about the port");
    expect(edit({ type: "move", from: 1, to: 2 })).toMatch(
      /gpt-[^]*about the second\n {2}- \{ to: block \}\nsettings:/,
    );
  });

  it("are put in before others, which keep theirs", () => {
    const after = edit({ type: "insert", at: 1, value: { to: "block" } });
    expect(after).toMatch(/beside the first\n {4}to: passthrough\n {2}- to: block\n {2}# about the second\n/);
  });

  it("begin a list where there is none", () => {
    expect(edit({ type: "insert", at: 0, value: { to: "block" } }, "# mine\n")).toBe(
      "# mine\n\nroutes:\n  - to: block\n",
    );
  });

  it.each([
    [{ type: "move", from: 3, to: 0 }, "list of 3"],
    [{ type: "move", from: 0, to: 3 }, "list of 3"],
    [{ type: "insert", at: 4, value: { to: "block" } }, "list of 3"],
    [{ type: "insert", at: 0, value: { to: "nowhere/x" } }, "no provider"],
  ] as const)("are refused where there is no such place, or the file would not be valid: %j", (change, why) => {
    expect(edit(change)).toMatch(new RegExp(`^refused: .*${why}`));
  });
});
