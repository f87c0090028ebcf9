/** What was found, for people: grouped, in words as well as marks, in eighty columns, with a verdict at the end. */
import { type CheckState, counted } from "./check.ts";
import type { Result } from "./run-checks.ts";

const width = 80;

/** All of one length; the words say it without colour and without the mark. */
const marks: Readonly<Record<CheckState, string>> = {
  ok: "✓ ok  ",
  warn: "! warn",
  fail: "✗ FAIL",
  skip: "- skip",
};
const indent = " ".repeat(2 + marks.ok.length + 2);

export function reportLines(results: readonly Result[]): readonly string[] {
  const lines: string[] = [];
  let group: string | null = null;
  for (const result of results) {
    if (result.group !== group) lines.push(...(group === null ? [] : [""]), result.group);
    group = result.group;
    lines.push(...resultLines(result));
  }
  return lines;
}

function resultLines({ state, title, text, why, fix }: Result): readonly string[] {
  const [first = "", ...rest] = wrapped(`${title}: ${text}`, width - indent.length);
  return [
    `  ${marks[state]}  ${first}`,
    ...rest.map((line) => indent + line),
    ...(why === null ? [] : labelled("why", why)),
    ...(fix === null ? [] : labelled("next", fix)),
  ];
}

function labelled(label: string, text: string): readonly string[] {
  const [first = "", ...rest] = wrapped(text, width - indent.length - label.length - 2);
  return [`${indent}${label}: ${first}`, ...rest.map((line) => `${indent}${" ".repeat(label.length + 2)}${line}`)];
}

/** At spaces; a word that is longer than a line (a path) is cut where the line ends, as a terminal would. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (joined.length <= columns) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = line.slice(columns);
    }
  }
  return [...lines, line];
}

/** One line, the last. */
export function verdict(results: readonly Result[]): string {
  const count = (state: CheckState): number => results.filter((result) => result.state === state).length;
  const [fails, warns, skips] = [count("fail"), count("warn"), count("skip")];
  const rest = [`${count("ok")} ok`, ...(skips > 0 ? [`${skips} skipped`] : [])].join(", ");
  if (fails > 0) return `${counted(fails, "problem")}, ${counted(warns, "warning")} (${rest})`;
  return warns > 0 ? `no problem, ${counted(warns, "warning")} (${rest})` : `all is well (${rest})`;
}

export function isWell(results: readonly Result[]): boolean {
  return results.every(({ state }) => state !== "fail");
}
