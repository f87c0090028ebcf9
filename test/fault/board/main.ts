/**
 * `npm run test:fault [-- CASE…] [--amount short|usual|full] [--seed N] [--peers] [--report] [--resume FILE]`: the
 * scoreboard of faults. The last line is the verdict, and the exit code is not 0 when a promise broke. `--peers` runs
 * http-mitm-proxy and mockttp on the same cases with the same seed (`--peers-amount` of them, for some of them take hours);
 * `--report` does that and writes docs/reliability.md. `--resume` keeps what was found in FILE and does not find it again;
 * `--without ID` leaves a case out, and the page says so.
 */
import { parseArgs } from "node:util";
import { boardCases } from "./all.ts";
import type { Amount } from "./case.ts";
import { createFindings } from "./findings.ts";
import { someSeed } from "./random.ts";
import { writeReport } from "./report.ts";
import { lineOf, runCase, verdictOf, type Result } from "./run.ts";
import { removeBuilt } from "./subjects.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    amount: { type: "string", default: "usual" },
    seed: { type: "string" },
    peers: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
    "peers-amount": { type: "string" },
    resume: { type: "string" },
    without: { type: "string", multiple: true, default: [] },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const fail = (text: string): never => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

const amounts: readonly Amount[] = ["short", "usual", "full"];
const amountOf = (word: string): Amount =>
  amounts.find((one) => one === word) ?? fail(`an amount is one of ${amounts.join(", ")}`);
const amount = amountOf(values.amount);
const peersAmount = amountOf(values["peers-amount"] ?? values.amount);
const seed = values.seed === undefined ? someSeed() : Number(values.seed);
if (!Number.isInteger(seed)) fail("--seed is a whole number");
const wanted = positionals.map((word) => word.toLowerCase());
const without = values.without.map((word) => word.toLowerCase());
const unknown = [...wanted, ...without].filter((word) => !boardCases.some(({ id }) => id.toLowerCase() === word));
if (unknown.length > 0)
  fail(`no such case: ${unknown.join(", ")}; there are ${boardCases.map(({ id }) => id).join(", ")}`);
const chosen = boardCases.filter(({ id }) => wanted.length === 0 || wanted.includes(id.toLowerCase()));
if (values.report && wanted.length > 0) fail("--report is about all cases");

say(`seed ${seed}, ${amount}\n`);
const results: Result[] = [];
const found = createFindings(values.resume ?? null);
try {
  for (const one of chosen) {
    for (const subject of ["switchyard", ...(values.peers || values.report ? one.peers : [])] as const) {
      const how = { amount: subject === "switchyard" ? amount : peersAmount, seed };
      if (without.includes(one.id.toLowerCase())) {
        const finding = { figure: "not run", kept: false };
        results.push({ id: one.id, subject, finding, missing: "left out of this run", ms: 0 });
        continue;
      }
      const known = found.of(one.id, subject, how);
      const result = known ?? (await runCase(one, subject, { ...how, say: (text) => say(`        ${text}`) }));
      if (known === null) found.keep(result, how);
      results.push(result);
      say(lineOf(one, result));
    }
  }
} finally {
  await removeBuilt();
}
if (values.report)
  say(
    `\nwritten: ${writeReport(boardCases, results, { seed, amount, peersAmount, isResumed: values.resume !== undefined })}`,
  );
const { text, ok } = verdictOf(results, seed);
say(`\n${text}`);
process.exitCode = ok ? 0 : 1;
