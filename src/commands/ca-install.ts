/**
 * `switchyard ca install`: makes stores of this machine trust our root, on request only; `run` and `env` need none of it.
 * Without a flag the stores that take no sudo. Every command is shown first, and sudo talks to the terminal itself.
 */
import { install, type Outcome, type Plan, planInstall } from "../intercept/trust/stores/change.ts";
import { examineStores } from "../intercept/trust/stores/index.ts";
import { ownRoot } from "../intercept/trust/stores/own-root.ts";
import { openExisting } from "./ca.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import {
  agreed,
  blockedLines,
  type ChangeFlags,
  isNamed,
  journalOf,
  machineOf,
  namesStores,
  planLines,
  question,
  resultLines,
  rootText,
  type StoreFlags,
  storeJson,
} from "./trust-stores.ts";
import { inHome } from "./unwritable.ts";

export async function caInstall(context: CommandContext, flags: ChangeFlags): Promise<number> {
  const authority = await openExisting(context);
  const root = ownRoot(authority.rootPem);
  if (root === null) throw new Error("the authority's root is no certificate");
  const machine = machineOf(context);
  const wanted: StoreFlags = namesStores(flags) ? flags : { ...flags, user: true };
  const stores = (await examineStores(machine, { java: flags.java })).filter(({ store }) => isNamed(wanted, store));
  if (stores.length === 0) throw nothingToInstallInto(wanted);
  const plans = await Promise.all(stores.map((store) => planInstall(machine, store, root, authority.files.root)));
  const todo = plans.filter(({ kind }) => kind === "steps");
  if (flags.dryRun) {
    tellPlanned(context, flags, root.fingerprint, plans);
    return exitCodes.ok;
  }
  const outcomes = new Map<Plan, Outcome>();
  if (todo.length > 0) {
    const plan = [`to trust ${rootText(root.fingerprint)}:`, ...planLines(todo)];
    const command = ["switchyard ca install", ...typed(flags)].join(" ");
    if (!(await agreed(context, { plan, yes: flags.yes, question: question(todo), command }))) return exitCodes.failure;
    const tell = (line: string): void => void context.stderr.write(`$ ${shown(line)}\n`);
    const deps = { machine, journal: journalOf(context), tell };
    for (const one of todo) outcomes.set(one, await inHome(context.paths, () => install(deps, one, root)));
  }
  tellDone(context, flags, root.fingerprint, plans, outcomes);
  const isTrusted = (plan: Plan): boolean => plan.kind === "none" || outcomes.get(plan)?.ok === true;
  const hasFailed = [...outcomes.values()].some(({ ok }) => !ok);
  return hasFailed || !plans.some(isTrusted) ? exitCodes.trust : exitCodes.ok;
}

function tellPlanned(context: CommandContext, flags: ChangeFlags, fingerprint: string, plans: readonly Plan[]): void {
  if (flags.json) {
    const stores = plans.map((plan) => storeJson(plan, plannedState[plan.kind]));
    return printJson(context, { dryRun: true, fingerprint, stores });
  }
  const already = plans.filter(({ kind }) => kind === "none");
  printLines(context.stdout, [
    ...already.map(({ store, detail }) => `${shown(store.label)}: ${detail}`),
    ...planLines(plans.filter(({ kind }) => kind === "steps")),
    ...blockedLines(plans),
  ]);
}

const plannedState = { none: "already-trusted", steps: "planned", blocked: "unavailable" } as const;

function tellDone(
  context: CommandContext,
  flags: ChangeFlags,
  fingerprint: string,
  plans: readonly Plan[],
  outcomes: ReadonlyMap<Plan, Outcome>,
): void {
  if (flags.json) {
    const stores = plans.map((plan) => {
      const outcome = outcomes.get(plan);
      if (outcome === undefined) return storeJson(plan, plannedState[plan.kind]);
      return storeJson(plan, outcome.ok ? "trusted" : "failed", outcome);
    });
    return printJson(context, { dryRun: false, fingerprint, stores });
  }
  printLines(
    context.stdout,
    plans.flatMap((plan) => {
      if (plan.kind === "blocked") return blockedLines([plan]);
      const { detail, fix } = outcomes.get(plan) ?? plan;
      return resultLines(shown(plan.store.label), detail, fix);
    }),
  );
}

function nothingToInstallInto(wanted: StoreFlags): CommandFailure {
  const why = wanted.system
    ? "this system has no store for all users that is known here"
    : "no browser of yours has made its certificate database yet";
  return new CommandFailure(exitCodes.trust, "there is no store to install into", {
    why,
    next: "switchyard ca install --system   (tools started with switchyard run need neither)",
  });
}

function typed(flags: StoreFlags): readonly string[] {
  return (["user", "system", "nss", "java"] as const).flatMap((name) => (flags[name] ? [`--${name}`] : []));
}
