/** docs/performance.md, written by the run that made its numbers. */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isMet, reachedText, shown, verdictOf, type Aim, type Outcome, type Table } from "./board.ts";
import type { Machine } from "./machine.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));

export interface ReportOptions {
  readonly machine: Machine;
  /** What was typed. */
  readonly command: string;
  readonly minutes: number;
  /** Parts that this run left out. */
  readonly others: readonly string[];
}

/** Gives the page's path, from the project's folder. */
export function writeReport(outcomes: readonly Outcome[], options: ReportOptions): string {
  writeFileSync(page, reportText(outcomes, options));
  return relative(root, page);
}

const titles: Readonly<Record<string, string>> = {
  intercept: "Interception",
  routing: "Choosing rules and accounts",
  translate: "Translation",
  startup: "Start of commands",
  tui: "The screen",
};

export function reportText(outcomes: readonly Outcome[], options: ReportOptions): string {
  const { machine, command, minutes, others } = options;
  const day = new Date().toISOString().slice(0, 10);
  return [
    "# Performance: what Switchyard costs",
    "",
    `Written by \`${command}\` on ${day} in ${minutes.toFixed(0)} minutes. Not edited by hand: run the command again for other numbers.`,
    "",
    summary(outcomes),
    "",
    "| | |",
    "|---|---|",
    `| Machine | ${machine.cpu} |`,
    `| System | ${machine.system} |`,
    `| Node | ${machine.node} |`,
    `| Measured | ${machine.versions.join(", ")} |`,
    `| Busy with, when it began | ${machine.load} processes |`,
    "",
    "All of it runs on loopback, each program in a process of its own, warmed up, in turns within one run. Figures in µs and ms belong to this machine; ratios and differences travel better. CPU is the process's own time, all threads, as the system counts it.",
    "",
    ...outcomes.flatMap(section),
    "## How to repeat it",
    "",
    "```bash",
    "npm ci",
    "npm run bench -- --report                # all parts, and this page",
    "npm run bench -- intercept --report      # one part, about five minutes; the page then holds that part alone",
    "npm run bench -- intercept --quick       # fewer rounds, nothing written",
    "npm run bench -- intercept switchyard floor   # some contestants",
    "```",
    "",
    "The last line is the verdict, and the exit code is 1 when an aim is missed. On a machine that is busy with other things the ratios hold better than the times; run it again before believing a miss. mockttp and the gateways are fetched from npm once, into a cache folder; the screen's part needs Python for its terminal.",
    ...(others.length === 0 ? [] : ["", `Not in this run: ${others.join(", ")}.`]),
    "",
  ].join("\n");
}

function summary(outcomes: readonly Outcome[]): string {
  const all = outcomes.flatMap(({ aims }) => aims);
  const missed = all.filter((aim) => !isMet(aim));
  if (all.length === 0) return "**Nothing that has an aim was measured.**";
  if (missed.length === 0) return `**All ${all.length} aims met.**`;
  return [
    `**${missed.length} of ${all.length} aims missed, ${all.length - missed.length} met.** Missed:`,
    "",
    ...missed.map((aim) => `- ${aim.text}: ${missText(aim)}`),
  ].join("\n");
}

/** By how much, for whoever weighs it. */
function missText(aim: Aim): string {
  const { figure, limit } = aim;
  if (!Number.isFinite(figure)) return `not measured (aim ≤ ${limit}${aim.unit}), which counts as a miss`;
  if (limit === 0) return reachedText(aim);
  return `${reachedText(aim)}, ${shown((figure / limit - 1) * 100, 0)} % over`;
}

function section(outcome: Outcome): readonly string[] {
  const { part, about, tables, aims, notes } = outcome;
  const aimRows = aims.map((aim) => {
    const { text, figure, limit, unit, beside = "" } = aim;
    return [isMet(aim) ? "met" : "**missed**", text, `${shown(figure, 2)}${unit}`, `≤ ${limit}${unit}`, beside];
  });
  const aimTable = { title: "Aims", rows: [["", "Aim", "Reached", "Limit", "Beside it"], ...aimRows] };
  return [
    `## ${titles[part] ?? part}`,
    "",
    about,
    "",
    ...[...tables, ...(aims.length === 0 ? [] : [aimTable])].flatMap(markdownTable),
    ...notes.flatMap((note) => [note, ""]),
    `${verdictOf([outcome]).text}.`,
    "",
  ];
}

function markdownTable({ title, rows }: Table): readonly string[] {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `**${title}**`,
    "",
    line(head),
    `|${head.map((_, index) => (index === 0 ? "---" : "---:")).join("|")}|`,
    ...body.map(line),
    "",
  ];
}
