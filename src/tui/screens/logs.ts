/**
 * Logs: what the core reported and what became of calls, newest first as in the list of calls. While the first row is
 * the selected one it stays with the newest line.
 */
import { textDialog } from "../state/effect.ts";
import type { LogLine } from "../state/log.ts";
import type { Table } from "../table/table.ts";
import { clockTime } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import type { Style } from "../text/theme.ts";
import { wrapWords } from "../text/wrap.ts";

const levels: Readonly<Record<LogLine["level"], { readonly mark: string; readonly style: Style }>> = {
  info: { mark: " ", style: "plain" },
  warn: { mark: "*", style: "warn" },
  error: { mark: "!", style: "error" },
};

const everything = "all levels";
const variants = [everything, "warnings and errors", "errors"] as const;

export const logs: Table<LogLine> = {
  id: "logs",
  title: "Logs",
  short: "Log",
  variants,
  loads: () => [],
  everyMs: 2_000,
  follows: true,
  read: (_answers, variant, { log }) =>
    log
      .filter(({ level }) => variant === everything || level === "error" || (level === "warn" && variant !== "errors"))
      .toSorted((one, other) => other.at - one.at || Number(other.id) - Number(one.id)),
  columns: () => [
    { id: "time", title: "time", width: 12, cell: ({ at }): Span => ({ text: preciseTime(at), style: "dim" }) },
    {
      id: "level",
      title: "level",
      width: 7,
      cell: ({ level }): Span => ({ text: levelText(level), style: levels[level].style }),
    },
    { id: "area", title: "area", width: 9, leavesAt: 1, cell: ({ area }): Span => ({ text: area }) },
    {
      id: "text",
      title: "what happened",
      width: 36,
      grows: true,
      cell: ({ text, level }): Span => ({ text, style: level === "error" ? "error" : "plain" }),
    },
  ],
  sorts: [{ title: "time", compare: null }],
  search: ({ level, area, text, fix }) => `${level} ${area} ${text} ${fix ?? ""}`,
  summary(rows) {
    const count = (level: LogLine["level"]): number => rows.filter((row) => row.level === level).length;
    const [errors, warnings] = [count("error"), count("warn")];
    const spans: Span[] = [];
    if (errors > 0) spans.push({ text: `! ${errors} ${errors === 1 ? "error" : "errors"}  `, style: "error" });
    if (warnings > 0) spans.push({ text: `* ${warnings} ${warnings === 1 ? "warning" : "warnings"}  `, style: "warn" });
    return spans;
  },
  inspectorHeight: (rows) => (rows >= 30 ? 4 : 2),
  inspect(line, width) {
    const text = wrapWords(`${line.area}: ${line.text}`, Math.max(1, width - 2)).map(plainRow);
    return [...fixRows(line, width), ...text];
  },
  open: (line, width) =>
    line.flowId === null
      ? textDialog(`${clockTime(line.at)} ${line.level} ${line.area}`, wholeLine(line, width), lineText(line))
      : { type: "open-flow", id: line.flowId },
  empty: (_local, variant) =>
    variant === everything
      ? [
          [],
          [{ text: "   Nothing has been reported yet.", style: "strong" }],
          [],
          [{ text: "   What the core reports stands here, newest first: tries that failed and where the" }],
          [{ text: "   call went instead, rests of accounts, refused certificates, a changed configuration." }],
        ]
      : [
          [],
          [
            { text: `   No ${variant} so far.`, style: "strong" },
            { text: "  v shows all levels", style: "dim" },
          ],
        ],
  actions: [
    {
      name: "log-copy",
      keys: ["y"],
      title: "copy the line",
      bar: "copy",
      run: (line) =>
        line === null
          ? { type: "hint", text: "no line is selected" }
          : { type: "copy", text: lineText(line), what: "the line" },
    },
  ],
};

function levelText(level: LogLine["level"]): string {
  return `${levels[level].mark} ${level}`;
}

/** Local wall clock `12:04:31.204`. */
function preciseTime(at: number): string {
  return `${clockTime(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;
}

function lineText({ at, level, area, text, fix }: LogLine): string {
  return `${preciseTime(at)} ${level} ${area} ${text}${fix === null ? "" : `  fix: ${fix}`}`;
}

function wholeLine(line: LogLine, width: number): readonly Spans[] {
  return [[], ...wrapWords(line.text, Math.max(1, width - 2)).map(plainRow), [], ...fixRows(line, width)];
}

/** First, because it is what somebody who reads on wants. */
function fixRows({ fix }: LogLine, width: number): readonly Spans[] {
  if (fix === null) return [];
  return wrapWords(fix, Math.max(1, width - 7)).map((row, index) => [
    { text: index === 0 ? " fix: " : "      ", style: "strong" },
    { text: row, style: "accent" },
  ]);
}

function plainRow(text: string): Spans {
  return [{ text: ` ${text}` }];
}
