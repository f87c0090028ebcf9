/**
 * `switchyard ca uninstall`: takes trust back from every store that has it, found by fingerprint and never by name. Works
 * without a valid authority, and with `--fingerprint` when nothing of this home is left.
 */
import type { JournalEntry } from "../base/install-journal.ts";
import { type Outcome, type Plan, planRemoval, remove } from "../intercept/trust/stores/change.ts";
import { type ExaminedStore, examineStores } from "../intercept/trust/stores/index.ts";
import { type HomeRoots, homeRoots } from "../intercept/trust/stores/known-roots.ts";
import type { TrustMachine } from "../intercept/trust/stores/machine.ts";
import {
  fitsFingerprint,
  isFingerprint,
  type OwnRoot,
  ownRoot,
  shortFingerprint,
} from "../intercept/trust/stores/own-root.ts";
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
  storeJson,
} from "./trust-stores.ts";

export interface CaUninstallOptions extends ChangeFlags {
  readonly fingerprint: string | undefined;
  /** The former roots as well. */
  readonly all: boolean;
}

export async function caUninstall(context: CommandContext, options: CaUninstallOptions): Promise<number> {
  checkFlags(options);
  const machine = machineOf(context);
  const journal = journalOf(context);
  const search = await searchStores(context, options.java);
  const isWanted = wantedRoots(search, options);
  const named = search.stores.filter(({ store }) => !namesStores(options) || isNamed(options, store));
  const plans = await planRemovals(machine, named, isWanted, search.standing);
  const todo = plans.filter(({ kind }) => kind === "steps");
  if (options.dryRun) {
    tellPlanned(context, options, plans);
    return exitCodes.ok;
  }
  const outcomes = new Map<Plan, Outcome>();
  if (todo.length > 0) {
    const command = ["switchyard ca uninstall", ...typed(options)].join(" ");
    const lines = ["to take trust back:", ...planLines(todo)];
    if (!(await agreed(context, { plan: lines, yes: options.yes, question: question(todo), command }))) {
      return exitCodes.failure;
    }
    const tell = (line: string): void => void context.stderr.write(`$ ${shown(line)}\n`);
    for (const one of todo) outcomes.set(one, await remove({ machine, journal, tell }, one, isWanted));
  }
  tellDone(context, options, plans, outcomes);
  if (!options.json) printLines(context.stderr, otherLines(search, named, isWanted));
  const isLeft = (one: Plan): boolean => one.kind === "blocked" || outcomes.get(one)?.ok === false;
  return plans.some(isLeft) ? exitCodes.trust : exitCodes.ok;
}

export interface Search {
  readonly roots: HomeRoots;
  /** What the journal has of stores. */
  readonly standing: readonly JournalEntry[];
  readonly stores: readonly ExaminedStore[];
}

export type IsWanted = (root: Pick<OwnRoot, "fingerprint" | "sha1">) => boolean;

/** Everything of ours in every store: those that are there, and those that the journal names. */
export async function searchStores(context: CommandContext, java: boolean): Promise<Search> {
  const roots = await homeRoots(context.paths.certsDir);
  for (const warning of roots.warnings) context.stderr.write(`warning: ${shown(warning)}\n`);
  const standing = await journalOf(context).standing();
  const also = standing.flatMap((entry) => (entry.act === "trust" ? [entry.store] : []));
  return { roots, standing, stores: await examineStores(machineOf(context), { java, also }) };
}

/** The roots that this home made, as far as its files and its journal know them. */
export function rootsOfHome({ roots, standing }: Search): readonly OwnRoot[] {
  const journalled = standing.flatMap((entry) => (entry.act === "trust" ? (ownRoot(entry.pem) ?? []) : []));
  return [...(roots.current === null ? [] : [roots.current]), ...roots.former, ...journalled];
}

export async function planRemovals(
  machine: TrustMachine,
  stores: readonly ExaminedStore[],
  isWanted: IsWanted,
  standing: readonly JournalEntry[],
): Promise<readonly Plan[]> {
  const plans = await Promise.all(stores.map((store) => planRemoval(machine, store, isWanted, standing)));
  return plans.filter(({ kind }) => kind !== "none");
}

/** @throws CommandFailure when it is not clear which root is meant */
function wantedRoots(search: Search, { fingerprint, all }: CaUninstallOptions): IsWanted {
  if (fingerprint !== undefined) return byFingerprint(search, fingerprint);
  const ours = rootsOfHome(search);
  const { current } = search.roots;
  const chosen = all || current === null ? ours : [current];
  if (chosen.length > 0) return (root) => chosen.some((one) => one.fingerprint === root.fingerprint);
  const found = search.stores.flatMap(({ holdings }) => holdings.map(({ root }) => root.fingerprint));
  const [first] = found;
  throw new CommandFailure(exitCodes.trust, "this home knows of no root that could be taken back", {
    why:
      first === undefined
        ? "no certificate authority has been made here, and no store holds a root of any install"
        : `stores hold roots of other installs: ${[...new Set(found.map(shortFingerprint))].join(", ")}`,
    next: `switchyard ca uninstall --fingerprint ${first === undefined ? "FINGERPRINT" : shortFingerprint(first)}`,
  });
}

function byFingerprint(search: Search, typed: string): IsWanted {
  const known = [...rootsOfHome(search), ...search.stores.flatMap(({ holdings }) => holdings.map(({ root }) => root))];
  const fitting = new Set(known.filter((root) => fitsFingerprint(typed, root)).map(({ fingerprint }) => fingerprint));
  if (fitting.size > 1) {
    throw new CommandFailure(exitCodes.usage, `several roots begin with ${shown(typed)}`, {
      why: [...fitting].join("\n       "),
      next: "type more of the fingerprint",
    });
  }
  return (root) => fitting.has(root.fingerprint);
}

function checkFlags({ fingerprint, all }: CaUninstallOptions): void {
  if (fingerprint === undefined) return;
  if (all) {
    throw new CommandFailure(exitCodes.usage, "--fingerprint names one root and --all means all: use one of them");
  }
  if (isFingerprint(fingerprint)) return;
  throw new CommandFailure(exitCodes.usage, `"${shown(fingerprint)}" is not a fingerprint`, {
    why: "it is eight hex digits or more of a SHA-256, or a whole SHA-1; colons may be left out",
    next: "switchyard ca status",
  });
}

function tellPlanned(context: CommandContext, options: CaUninstallOptions, plans: readonly Plan[]): void {
  if (options.json) {
    const stores = plans.map((plan) => storeJson(plan, plan.kind === "blocked" ? "unavailable" : "planned"));
    return printJson(context, { dryRun: true, stores });
  }
  const lines = [...planLines(plans.filter(({ kind }) => kind === "steps")), ...blockedLines(plans)];
  if (lines.length === 0) context.stderr.write("no store holds it: nothing to do\n");
  printLines(context.stdout, lines);
}

function tellDone(
  context: CommandContext,
  options: CaUninstallOptions,
  plans: readonly Plan[],
  outcomes: ReadonlyMap<Plan, Outcome>,
): void {
  if (options.json) {
    const stores = plans.map((plan) => {
      const outcome = outcomes.get(plan);
      return storeJson(plan, outcome === undefined ? "unavailable" : outcome.ok ? "removed" : "failed", outcome);
    });
    return printJson(context, { dryRun: false, stores });
  }
  if (plans.length === 0) context.stderr.write("no store holds it: nothing to do\n");
  printLines(context.stdout, removalLines(plans, outcomes));
}

export function removalLines(plans: readonly Plan[], outcomes: ReadonlyMap<Plan, Outcome>): readonly string[] {
  return plans.flatMap((plan) => {
    if (plan.kind === "blocked") return blockedLines([plan]);
    const { detail, fix } = outcomes.get(plan) ?? plan;
    return resultLines(shown(plan.store.label), detail, fix);
  });
}

/** Roots that are there as well and were not meant. */
function otherLines(search: Search, named: readonly ExaminedStore[], isWanted: IsWanted): readonly string[] {
  const ours = new Set(rootsOfHome(search).map(({ fingerprint }) => fingerprint));
  return named.flatMap(({ store, holdings }) =>
    holdings
      .filter(({ root }) => !isWanted(root))
      .map(({ root: { fingerprint } }) => {
        const whose = ours.has(fingerprint) ? "a former root" : "a root of another install";
        const short = shortFingerprint(fingerprint);
        return `${shown(store.label)} also holds ${whose}: switchyard ca uninstall --fingerprint ${short}`;
      }),
  );
}

function typed(options: CaUninstallOptions): readonly string[] {
  const { fingerprint } = options;
  return [
    ...(fingerprint === undefined ? [] : ["--fingerprint", shown(fingerprint)]),
    ...(["all", "user", "system", "nss", "java"] as const).flatMap((name) => (options[name] ? [`--${name}`] : [])),
  ];
}
