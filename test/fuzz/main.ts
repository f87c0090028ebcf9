/**
 * `npm run fuzz [-- TARGET…] [--runs N] [--seconds N] [--seed N] [--path P]`: a scoreboard of promises; the last line is
 * the verdict, and the exit code is not 0 when a promise broke.
 */
import { parseArgs } from "node:util";
import { fuzzTargets } from "./all.ts";
import { fuzz } from "./target.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5000" },
    /** For each target. */
    seconds: { type: "string", default: "20" },
    seed: { type: "string" },
    path: { type: "string" },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const unknown = positionals.filter((name) => !fuzzTargets.some((target) => target.name === name));
if (unknown.length > 0) {
  say(`no such target: ${unknown.join(", ")}; there are ${fuzzTargets.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const chosen = positionals.length === 0 ? fuzzTargets : fuzzTargets.filter(({ name }) => positionals.includes(name));
say(`seed ${seed}\n`);
let broken = 0;
let runs = 0;
for (const target of chosen) {
  const result = await fuzz(target, {
    runs: Number(values.runs),
    seed,
    maxMs: Number(values.seconds) * 1_000,
    ...(values.path === undefined ? {} : { path: values.path }),
  });
  runs += result.runs;
  const verdict = result.broken === null ? "kept  " : "BROKEN";
  say(`${verdict} ${result.name.padEnd(18)} ${String(result.runs).padStart(7)} runs  ${result.promise}`);
  if (result.broken === null) continue;
  broken += 1;
  say(`       ${result.broken.error}\n       with ${result.broken.counterexample}`);
  say(`       again: npm run fuzz -- ${result.name} --seed ${result.seed} --path ${result.broken.path ?? ""}`);
}
say(
  `\n${broken === 0 ? "all promises kept" : `${broken} of ${chosen.length} promises BROKEN`}: ${runs} runs, seed ${seed}`,
);
process.exitCode = broken === 0 ? 0 : 1;
