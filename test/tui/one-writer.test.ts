/**
 * One way to the terminal, read from the sources: text becomes a row in `text/row.ts`, rows become bytes in
 * `frame/screen.ts`, and `terminal/terminal.ts` writes them. Whoever goes around that brings back what the sanitiser keeps out.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { strippedOfComments } from "../support/imports.ts";

interface Rule {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: readonly string[];
}

const rules: readonly Rule[] = [
  {
    what: "names the process's output: to ask whether it is a terminal, and to hand it to the one that writes",
    pattern: /process\s*\.\s*stdout|process\s*\[|["'](?:node:)?tty["']|\/dev\/tty/,
    allowed: ["main.ts", "run-tui.ts"],
  },
  {
    what: "writes to it",
    pattern: /\bstdout\s*(?:\?\.|\.|\[)\s*["']?(?:write|end|cork|pipe)\b/,
    allowed: ["terminal/terminal.ts"],
  },
  {
    what: "writes to stderr: before the screen is taken, or after it was given back",
    pattern: /\bstderr\s*\.\s*write\b/,
    allowed: ["main.ts", "run-tui.ts"],
  },
  { what: "prints", pattern: /\bconsole\b|\bwriteSync\b|\buseStdout\b|\buseStderr\b|<Static\b/, allowed: [] },
  { what: "writes to the terminal", pattern: /\bterminal\s*\.\s*write\b/, allowed: ["app.ts"] },
  {
    what: "spells an escape or another control character",
    pattern:
      // oxlint-disable-next-line no-control-regex -- a control character in a source would be the worst spelling of all
      /\\u001b|\\u\{1b\}|\\x1b|\\033|\\u00[89][0-9a-f]|\\x[89][0-9a-f]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|fromCharCode\((?:0x1b|27)\)/i,
    allowed: ["terminal/keys.ts", "terminal/terminal.ts", "frame/screen.ts", "text/row.ts"],
  },
  { what: "asks what a style looks like", pattern: /\bsgr\b/, allowed: ["text/row.ts", "text/theme.ts"] },
  { what: "lets Ink draw", pattern: /\bfrom\s+["']ink["']|import\(\s*["']ink["']/, allowed: ["frame/chrome.tsx"] },
];

describe("the way to the terminal", () => {
  const files = sources();

  it("sees the sources", () => {
    expect(files).toContain("frame/screen.ts");
    expect(files.length).toBeGreaterThan(25);
  });

  it.each(rules)("$what: only where it must", ({ pattern, allowed }) => {
    // Both ways: a file that no longer does it loses the permission.
    expect(files.filter((file) => pattern.test(codeOf(file)))).toEqual([...allowed].sort());
  });

  it("gives Ink places and no text", () => {
    const chrome = codeOf("frame/chrome.tsx");
    expect(chrome).not.toMatch(/\bspans\b|\bspan\.text\b|renderRow/);
  });

  it.each([
    ["process.stdout.columns", 0],
    ["stdout.write(text)", 1],
    ["console.log(1)", 3],
    ["terminal.write(text)", 4],
    ['"\\u001b[2J"', 5],
    ['"\\x1b[2J"', 5],
    ['"\\u009b2J"', 5],
    ["theme.sgr(style)", 6],
    ['import { Text } from "ink";', 7],
  ])("would catch %s", (code, rule) => {
    expect(rules[rule]?.pattern.test(code)).toBe(true);
  });
});

function codeOf(file: string): string {
  return strippedOfComments(readFileSync(join(root, file), "utf8"));
}

const root = join(import.meta.dirname, "../../src/tui");

function sources(): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => /\.tsx?$/.test(file) && !file.includes(".test."))
    .sort();
}
