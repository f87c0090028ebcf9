/** docs/reliability.md, written by the run that made its numbers. */
import { writeFileSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Amount, BoardCase } from "./case.ts";
import type { Result } from "./run.ts";
import type { SubjectName } from "./subjects.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = fileURLToPath(new URL("../../../docs/reliability.md", import.meta.url));
const columns: readonly SubjectName[] = ["switchyard", "http-mitm-proxy", "mockttp"];

export interface ReportOptions {
  readonly seed: number;
  readonly amount: Amount;
  readonly peersAmount: Amount;
  /** Some of it was found by runs before. */
  readonly isResumed: boolean;
}

/** Gives the page's path, from the project's folder. */
export function writeReport(cases: readonly BoardCase[], results: readonly Result[], options: ReportOptions): string {
  writeFileSync(page, reportText(cases, results, options));
  return relative(root, page);
}

export function reportText(cases: readonly BoardCase[], results: readonly Result[], options: ReportOptions): string {
  const { amount, peersAmount, seed, isResumed } = options;
  const rows = cases.map((one) => [
    one.id,
    one.title,
    one.aim,
    ...columns.map((subject) => cellOf(results.find((result) => result.id === one.id && result.subject === subject))),
  ]);
  const remarks = cases.filter(({ remark }) => remark !== undefined).map(({ id, remark }) => `- **${id}**: ${remark}`);
  return [
    "# Reliability: what breaks, and what does not",
    "",
    `Written by \`npm run test:fault -- --report --amount ${amount} --peers-amount ${peersAmount} --seed ${seed}${isResumed ? " --resume FILE" : ""}\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${platform()} ${arch()}, ${cpus().length} cores. Not edited by hand.`,
    "",
    "Each row is a promise and a run that tries to break it: the same program, the same seed, against every proxy in the table. ✓ the promise is kept, ✗ it is not, – the case is not about that program. Cases with origins and clients use real sockets, TLS and HTTP/2 on loopback.",
    ...(amount === peersAmount
      ? []
      : [
          "",
          `Switchyard did the numbers of \`${amount}\`, the others those of \`${peersAmount}\`: each cell says how many.`,
        ]),
    "",
    `| | What is counted | Promise | ${columns.join(" | ")} |`,
    `|---|---|---|${columns.map(() => "---").join("|")}|`,
    ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`),
    "",
    ...(remarks.length === 0 ? [] : ["## Remarks", "", ...remarks, ""]),
  ].join("\n");
}

function cellOf(result: Result | undefined): string {
  if (result === undefined) return "–";
  if (result.missing !== null) return `not run: ${result.missing}`;
  return `${result.finding.kept ? "✓" : "✗"} ${result.finding.figure}`;
}
