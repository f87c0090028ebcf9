/**
 * `npm run soak [-- --minutes N | --hours N] [--seed N] [--amount short|usual|full]`: some five minutes unless more is asked
 * for. The last line is the verdict, and the exit code is 1 when a promise broke.
 */
import { parseArgs } from "node:util";
import { scoreboard, verdictOf } from "../bench/board.ts";
import { someSeed } from "../fault/board/random.ts";
import { buildProgram } from "../support/built.ts";
import { planFor, plans, type SoakPlan } from "./plan.ts";
import { soak } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    hours: { type: "string" },
    seed: { type: "string" },
    amount: { type: "string", default: "usual" },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const startedAt = performance.now();
const seed = numberOf("seed", values.seed) ?? someSeed();
const plan = chosenPlan();
const minutes = (plan.loadMs / 60_000).toFixed(1);
say(
  `seed ${seed}; ${plan.connections} connections to ${plan.hosts} hosts over ${minutes} minutes, then ${plan.logFlows} flows`,
);
const built = await buildProgram();
try {
  const outcome = await soak({ plan, seed, cli: built.cli, say });
  const { ok } = verdictOf([outcome]);
  const took = ((performance.now() - startedAt) / 60_000).toFixed(1);
  say(`\n${scoreboard(outcome)}; seed ${seed}, ${took} minutes`);
  process.exitCode = ok ? 0 : 1;
} finally {
  built.close();
}

function chosenPlan(): SoakPlan {
  const asked = numberOf("minutes", values.minutes) ?? (numberOf("hours", values.hours) ?? 0) * 60;
  if (asked > 0) return planFor(asked);
  const known: Readonly<Record<string, SoakPlan>> = plans;
  return known[values.amount] ?? fail(`--amount is one of ${Object.keys(plans).join(", ")}`);
}

function numberOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  return Number.isFinite(number) && number > 0 ? number : fail(`--${name} is a number`);
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}
