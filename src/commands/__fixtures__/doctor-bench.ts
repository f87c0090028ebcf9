/** One check of `doctor` at a time, on a home of its own or on a real core's. */
import { onTestFinished } from "vitest";
import type { CoreProcess } from "../../../test/support/core-process.ts";
import { clientHint } from "../../base/client-hints.ts";
import type { Clock } from "../../base/clock.ts";
import { resolvePaths } from "../../base/paths.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { type Authority, openAuthority } from "../../intercept/ca/authority.ts";
import { writeBundle, writeExtraCa } from "../../intercept/trust/bundle.ts";
import { defaultHosts } from "../../engine/providers/hosts.ts";
import type { CommandContext } from "../context.ts";
import { createDeps, type DoctorDeps } from "../doctor/facts.ts";
import { type Result, runChecks } from "../doctor/run-checks.ts";
import type { InspectTrust } from "../doctor/stores.ts";
import { checkGroups } from "../doctor/table.ts";
import { type Bench, commandBench } from "./command-bench.ts";

export interface Looking {
  readonly client?: string;
  readonly nodeVersion?: string;
  readonly inspectTrust?: InspectTrust;
}

/** What one check says, by its id as it is printed: `home.modes`. */
export async function look(context: CommandContext, id: string, looking: Looking = {}): Promise<readonly Result[]> {
  const [group = "", check = ""] = id.split(".");
  const groups = checkGroups
    .filter((one) => one.id === group)
    .map((one) => ({ ...one, checks: one.checks.filter((each) => each.id === check) }));
  if (groups[0]?.checks.length !== 1) throw new Error(`there is no check ${id}`);
  const deps: DoctorDeps = createDeps({
    context,
    client: looking.client === undefined ? null : clientHint(looking.client),
    redactor: createRedactor(),
    inspectTrust: looking.inspectTrust ?? (() => Promise.resolve([])),
    ...(looking.nodeVersion === undefined ? {} : { nodeVersion: looking.nodeVersion }),
  });
  try {
    return await runChecks(groups, deps);
  } finally {
    await deps.close();
  }
}

/** The same where one finding is expected. */
export async function lookOne(context: CommandContext, id: string, looking: Looking = {}): Promise<Result> {
  const [first, ...others] = await look(context, id, looking);
  if (first === undefined || others.length > 0)
    throw new Error(`${id} found ${others.length + Number(first !== undefined)}`);
  return first;
}

/** Ends with the test that asked for it. */
export function doctorHome(env: NodeJS.ProcessEnv = {}): Bench {
  const bench = commandBench({ env });
  onTestFinished(() => bench.close());
  return bench;
}

/** Commands of this process on the home of a real core. */
export function onHomeOf(core: Pick<CoreProcess, "home">, env: NodeJS.ProcessEnv = {}): Bench {
  const bench = doctorHome();
  const all = { PATH: process.env["PATH"], HOME: core.home, SWITCHYARD_HOME: core.home, ...env };
  return { ...bench, home: core.home, context: { ...bench.context, env: all, paths: resolvePaths(all) } };
}

/** An authority as a start makes it, at another time if wanted, with the files for clients. */
export async function withAuthority(
  context: Pick<CommandContext, "paths" | "env" | "clock">,
  clock?: Clock,
): Promise<Authority> {
  const { certsDir } = context.paths;
  const options = { dir: certsDir, scope: defaultHosts, clock: clock ?? context.clock, random: systemRandom };
  const authority = await openAuthority(options);
  const trust = { dir: certsDir, rootPem: authority.rootPem, env: context.env, random: systemRandom };
  await writeBundle(trust);
  await writeExtraCa(trust);
  return authority;
}

const dayMs = 86_400_000;

export function clockAt(days: number): Clock {
  const at = Date.now() + days * dayMs;
  return { now: () => at, monotonic: () => performance.now() };
}
