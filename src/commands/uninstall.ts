/**
 * `switchyard uninstall`: everything that this install changed on the machine, changed back, in the reverse order of how
 * it came about: the core, the blocks in start files, trust, the certificate files, and with `--purge` its own folders.
 * What others have made of it since stays theirs, and is named. Running it again does no harm.
 */
import { rm } from "node:fs/promises";
import { readInstance } from "../control/instance.ts";
import { findCore, type RunningCore } from "../control/process.ts";
import { type Plan, remove } from "../intercept/trust/stores/change.ts";
import { shortFingerprint } from "../intercept/trust/stores/own-root.ts";
import { type IsWanted, planRemovals, rootsOfHome, type Search, searchStores } from "./ca-uninstall.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { findHooks, type Hook, removeHooks } from "./env-hook.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { accountsOfHome, type HomeParts, homeParts, removeParts, trustFiles } from "./home-files.ts";
import { hookedShells } from "./hook-text.ts";
import { stop } from "./stop.ts";
import { agreed, journalOf, machineOf, sudoNote } from "./trust-stores.ts";
import { reasonOf } from "./unwritable.ts";

export interface UninstallOptions {
  /** The data, state and configuration folders as well. */
  readonly purge: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

type Kind = "core" | "hook" | "store" | "file" | "folder";

/** One entry in `--json`. */
interface Action {
  readonly kind: Kind;
  readonly target: string;
  readonly state: "planned" | "done" | "failed" | "kept";
  readonly commands: readonly string[];
  readonly detail: string;
  readonly fix: string | null;
}

interface Work {
  readonly core: RunningCore | null;
  readonly hooks: readonly Hook[];
  readonly search: Search;
  readonly isWanted: IsWanted;
  readonly plans: readonly Plan[];
  readonly files: readonly string[];
  readonly parts: HomeParts | null;
}

export async function uninstall(context: CommandContext, options: UninstallOptions): Promise<number> {
  const work = await workOf(context, options);
  const planned = plannedActions(work);
  if (options.dryRun) return tell(context, options, planned, leftAfter(context, options, work, planned));
  const hasWork = planned.some(({ state }) => state === "planned");
  if (hasWork && !(await isAgreed(context, options, work, planned))) return exitCodes.failure;
  const done = hasWork ? await perform(context, work) : planned;
  return tell(context, options, done, leftAfter(context, options, work, done));
}

async function workOf(context: CommandContext, { purge }: UninstallOptions): Promise<Work> {
  const { paths } = context;
  const core = await findCore(paths);
  const starting = core === null ? await readInstance(paths) : null;
  if (starting !== null) {
    throw new CommandFailure(exitCodes.failure, `a core of this home is starting or stopping (pid ${starting.pid})`, {
      why: "it would write its files anew",
      next: "wait a moment, then: switchyard uninstall",
    });
  }
  const search = await searchStores(context, false);
  const ours = new Set(rootsOfHome(search).map(({ fingerprint }) => fingerprint));
  const isWanted: IsWanted = ({ fingerprint }) => ours.has(fingerprint);
  return {
    core,
    hooks: await findHooks(context, hookedShells),
    search,
    isWanted,
    plans: await planRemovals(machineOf(context), search.stores, isWanted, search.standing),
    files: trustFiles(paths),
    parts: purge ? homeParts(paths) : null,
  };
}

function plannedActions({ core, hooks, plans, files, parts }: Work): readonly Action[] {
  const planned = (kind: Kind, target: string, detail: string): Action => {
    return { kind, target, state: "planned", commands: [], detail, fix: null };
  };
  return [
    ...(core === null ? [] : [planned("core", core.status.url, `stop the core (pid ${core.status.pid})`)]),
    ...hooks.map((hook) =>
      hook.obstacle === null
        ? planned(
            "hook",
            hook.path,
            hook.block === null ? "clean up after an interrupted change" : "take the block out",
          )
        : keptAction("hook", hook.path, hook.obstacle, "take the lines between the markers out by hand"),
    ),
    ...plans.map((plan) =>
      plan.kind === "blocked"
        ? keptAction("store", plan.store.label, plan.detail, plan.fix)
        : { ...planned("store", plan.store.label, "take trust back"), commands: plan.commands },
    ),
    ...files.map((path) => planned("file", path, "delete")),
    ...(parts?.gone ?? []).map((path) => planned("folder", path, "delete")),
  ];
}

function keptAction(kind: Kind, target: string, detail: string, fix: string | null): Action {
  return { kind, target, state: "kept", commands: [], detail, fix };
}

async function isAgreed(
  context: CommandContext,
  options: UninstallOptions,
  work: Work,
  planned: readonly Action[],
): Promise<boolean> {
  const accounts = work.parts === null ? [] : accountsOfHome(context);
  const lost =
    accounts.length === 0 ? [] : ["these accounts are lost with it:", ...accounts.map((id) => `  ${shown(id)}`)];
  return agreed(context, {
    plan: [...actionLines(planned), ...lost],
    yes: options.yes,
    question: `${work.parts === null ? "Do this?" : "Do this, and delete all that is listed?"}${sudoNote(work.plans)}`,
    command: `switchyard uninstall${options.purge ? " --purge" : ""}`,
  });
}

async function perform(context: CommandContext, work: Work): Promise<readonly Action[]> {
  const planned = plannedActions(work);
  const of = (kind: Kind): readonly Action[] => planned.filter((action) => action.kind === kind);
  const actions: Action[] = [];
  // Everything else waits for it: a core that runs would write its files anew.
  for (const action of of("core")) {
    await stop(context);
    actions.push({ ...action, state: "done", detail: "stopped" });
  }
  actions.push(...(await performHooks(context, work, of("hook"))));
  actions.push(...(await performStores(context, work, of("store"))));
  for (const action of of("file")) actions.push(await deleted(action));
  if (work.parts === null) return actions;
  const isStuck = actions.some(({ kind, state }) => kind !== "file" && (state === "failed" || state === "kept"));
  // The journal and the list of roots are what the rest can be found with.
  if (isStuck) {
    const detail = "kept, because not everything outside could be taken back";
    return [...actions, ...of("folder").map((action) => ({ ...action, state: "kept" as const, detail }))];
  }
  return [...actions, ...(await performPurge(work.parts, of("folder")))];
}

async function performHooks(
  context: CommandContext,
  work: Work,
  actions: readonly Action[],
): Promise<readonly Action[]> {
  const removed = await removeHooks(context, work.hooks);
  return actions.map((action) => {
    if (action.state === "kept") return action;
    const found = removed.find(({ path }) => path === action.target);
    const state = found?.ok === false ? "failed" : "done";
    return { ...action, state, detail: found?.detail ?? "cleaned up" };
  });
}

async function performStores(
  context: CommandContext,
  work: Work,
  actions: readonly Action[],
): Promise<readonly Action[]> {
  const say = (line: string): void => void context.stderr.write(`$ ${shown(line)}\n`);
  const deps = { machine: machineOf(context), journal: journalOf(context), tell: say };
  const done: Action[] = [];
  for (const [index, plan] of work.plans.entries()) {
    const action = actions[index];
    if (action === undefined) continue;
    if (plan.kind === "blocked") {
      done.push(action);
      continue;
    }
    const { ok, detail, fix } = await remove(deps, plan, work.isWanted);
    done.push({ ...action, state: ok ? "done" : "failed", detail, fix });
  }
  return done;
}

async function performPurge(parts: HomeParts, actions: readonly Action[]): Promise<readonly Action[]> {
  try {
    await removeParts(parts);
    return actions.map((action) => ({ ...action, state: "done" as const, detail: "deleted" }));
  } catch (error) {
    return actions.map((action) => ({ ...action, state: "failed" as const, detail: reasonOf(error) }));
  }
}

async function deleted(action: Action): Promise<Action> {
  try {
    await rm(action.target, { force: true });
    return { ...action, state: "done", detail: "deleted" };
  } catch (error) {
    return { ...action, state: "failed", detail: reasonOf(error) };
  }
}

/** What is still there afterwards, and what to do about it. */
function leftAfter(
  context: CommandContext,
  options: UninstallOptions,
  { search, isWanted }: Work,
  actions: readonly Action[],
): readonly string[] {
  const parts = homeParts(context.paths);
  const isGone = (path: string): boolean =>
    actions.some((action) => action.target === path && (action.state === "done" || action.state === "planned"));
  const folders = parts.gone.filter((path) => !isGone(path));
  const others = search.stores.flatMap(({ store, holdings }) =>
    holdings
      .filter(({ root }) => !isWanted(root))
      .map(({ root }) => {
        const short = shortFingerprint(root.fingerprint);
        return `a root of another install in ${shown(store.label)}: switchyard ca uninstall --fingerprint ${short}`;
      }),
  );
  const isOpen = context.env["SWITCHYARD_ACTIVE"] !== undefined;
  return [
    ...folders.map((path) =>
      options.purge ? shown(path) : `${shown(path)}   (to delete it too: switchyard uninstall --purge)`,
    ),
    ...parts.strange.map((path) => `${shown(path)}, which is not Switchyard's`),
    ...others,
    ...(isOpen ? ['the variables in this shell: eval "$(switchyard env --unset)"'] : []),
    `the program itself: ${shown(context.program.cliPath)}`,
  ];
}

function tell(
  context: CommandContext,
  options: UninstallOptions,
  actions: readonly Action[],
  left: readonly string[],
): number {
  if (options.json) printJson(context, { dryRun: options.dryRun, purge: options.purge, actions, left });
  else {
    const nothing = actions.length === 0 ? ["nothing was changed on this machine that is still to be taken back"] : [];
    printLines(context.stdout, [...nothing, ...actionLines(actions), "left:", ...left.map((line) => `  ${line}`)]);
  }
  if (options.dryRun) return exitCodes.ok;
  const stuck = actions.filter(({ state }) => state === "failed" || state === "kept");
  if (stuck.some(({ kind }) => kind === "store")) return exitCodes.trust;
  return stuck.length > 0 ? exitCodes.failure : exitCodes.ok;
}

function actionLines(actions: readonly Action[]): readonly string[] {
  return actions.flatMap(({ target, state, detail, fix, commands }) => [
    `${shown(target)}: ${state === "failed" || state === "kept" ? "NOT undone: " : ""}${shown(detail)}`,
    ...(state === "planned" ? commands.map((command) => `  ${shown(command)}`) : []),
    ...(fix === null ? [] : fix.split("\n").map((line) => `  next: ${shown(line)}`)),
  ]);
}
