/**
 * `npm run bench [-- intercept | routing | translate | startup | tui] [--quick] [--report] [--events N]`: all parts, or those
 * that are named; other words choose contestants of a part. Each part ends with a scoreboard, the last line of the run is
 * the verdict over all of them, and the exit code is 1 when an aim is missed. `--report` writes docs/performance.md from
 * the run.
 */
import { parseArgs } from "node:util";
import { scoreboard, verdictOf, type Outcome } from "./board.ts";
import { benchIntercept } from "./intercept.ts";
import { machineOf } from "./machine.ts";
import { openBench, type Bench } from "./part.ts";
import { writeReport } from "./report.ts";
import { benchRouting } from "./routing.ts";
import { benchStartup } from "./startup.ts";
import { benchTranslate } from "./translate.ts";
import { benchTui } from "./tui.ts";

const parts: Readonly<Record<string, (bench: Bench) => Promise<Outcome>>> = {
  intercept: benchIntercept,
  routing: benchRouting,
  translate: benchTranslate,
  startup: benchStartup,
  tui: benchTui,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    events: { type: "string" },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const machine = machineOf();
say(`${machine.node}, ${machine.system}, ${machine.cpu}, busy with ${machine.load} when this began`);
const named = Object.keys(parts).filter((name) => positionals.includes(name));
const bench = openBench({
  size: values.quick ? "quick" : "full",
  only: positionals.filter((word) => !Object.hasOwn(parts, word)),
  events: values.events === undefined ? null : Number(values.events),
  say,
});
const startedAt = performance.now();
const outcomes: Outcome[] = [];
try {
  for (const [name, part] of Object.entries(parts)) {
    if (named.length > 0 && !named.includes(name)) continue;
    const outcome = await part(bench);
    outcomes.push(outcome);
    say(`\n${scoreboard(outcome)}\n`);
  }
} finally {
  await bench.close();
}
const command = ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ");
const minutes = (performance.now() - startedAt) / 60_000;
const others = Object.keys(parts).filter((name) => !outcomes.some(({ part }) => part === name));
if (values.report) say(`written: ${writeReport(outcomes, { machine, command, minutes, others })}`);
const { text, ok } = verdictOf(outcomes);
say(text);
process.exitCode = ok ? 0 : 1;
