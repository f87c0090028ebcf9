/**
 * Stores changed and changed back: a plan that can be shown, and its execution. The journal has every change before it is
 * made; what fails half way is taken back at once, and what cannot be is left standing in the journal for the next try.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { InstallJournal, JournalEntry, Recorded, TrustChange } from "../../../base/install-journal.ts";
import type { ExaminedStore } from "./index.ts";
import { type Command, type TrustMachine } from "./machine.ts";
import { nameInStores, type OwnRoot, ownRoot } from "./own-root.ts";
import { commandOf, shownCommand, type Step } from "./step.ts";
import type { Holding, Store } from "./store.ts";

export interface ChangeDeps {
  readonly machine: TrustMachine;
  readonly journal: InstallJournal;
  /** Told of each command right before it is run. */
  readonly tell: (command: string) => void;
}

export interface Plan {
  readonly store: Store;
  /** `none`: nothing to do; `blocked`: something to do that cannot be done here. */
  readonly kind: "steps" | "none" | "blocked";
  readonly steps: readonly Step[];
  /** What it takes, as a person would type it. */
  readonly commands: readonly string[];
  readonly detail: string;
  readonly fix: string | null;
}

export interface Outcome {
  readonly store: Store;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string | null;
}

type TrustEntry = Recorded<TrustChange>;

export async function planInstall(
  machine: TrustMachine,
  { store, holdings }: ExaminedStore,
  root: OwnRoot,
  file: string,
): Promise<Plan> {
  if (holdings.some((holding) => holding.root.fingerprint === root.fingerprint && holding.trusted)) {
    return { store, kind: "none", steps: [], commands: [], detail: "already trusted", fix: null };
  }
  if (store.obstacle !== null) return blocked(store, store.obstacle.detail, store.obstacle.fix);
  return planOf(machine, store, await store.install(root, file));
}

export async function install(deps: ChangeDeps, plan: Plan, root: OwnRoot): Promise<Outcome> {
  const { machine, journal } = deps;
  const { store, steps } = plan;
  const before = (await store.find()).map(({ place }) => place);
  const entry = await journal.record({
    act: "trust",
    store: store.id,
    fingerprint: root.fingerprint,
    name: nameInStores(machine, root),
    pem: root.pem,
    files: steps.flatMap((step) => (step.kind === "write-file" ? [step.path] : [])),
    folders: steps.flatMap((step) => (step.kind === "make-folder" ? [step.path] : [])),
  });
  const failed = await perform(deps, steps);
  const found = (await store.find()).filter((holding) => holding.root.fingerprint === root.fingerprint);
  if (failed === null && found.some(({ trusted }) => trusted)) {
    return { store, ok: true, detail: "trusted now", fix: null };
  }
  const why = failed === null ? "the commands ran, and the store still does not trust it" : failed.why;
  const news = found.filter(({ place }) => !before.includes(place));
  const isBack = (failed?.done === 0 && news.length === 0) || (await takeBack(deps, store, news, [entry]));
  if (isBack) await journal.undone(entry);
  const state = isBack ? "nothing was changed" : "it could not be taken back; the next uninstall will try again";
  return {
    store,
    ok: false,
    detail: `${why}; ${state}`,
    fix: isBack ? (store.whenRefused ?? null) : "switchyard ca uninstall",
  };
}

/** What takes roots out of one store; `standing` is all that the journal has. */
export async function planRemoval(
  machine: TrustMachine,
  { store, holdings }: ExaminedStore,
  isWanted: (root: Pick<OwnRoot, "fingerprint" | "sha1">) => boolean,
  standing: readonly JournalEntry[],
): Promise<Plan> {
  const wanted = holdings.filter(({ root }) => isWanted(root));
  const entries = entriesOf(store, standing, isWanted);
  if (wanted.length === 0 && entries.length === 0) {
    return { store, kind: "none", steps: [], commands: [], detail: "not there", fix: null };
  }
  const kept = wanted.find(({ keeper }) => keeper !== null);
  if (kept !== undefined && wanted.every(({ keeper }) => keeper !== null)) {
    return blocked(store, `root ${kept.root.commonName} stays there`, kept.keeper);
  }
  if (store.obstacle !== null) return blocked(store, store.obstacle.detail, store.obstacle.fix);
  return planOf(machine, store, removalSteps(store, wanted, entries));
}

/** Only what was shown: names in stores can come to stand for something else while somebody thinks about his yes. */
export async function remove(
  deps: ChangeDeps,
  { store, steps, commands }: Plan,
  isWanted: (root: Pick<OwnRoot, "fingerprint" | "sha1">) => boolean,
): Promise<Outcome> {
  const examined = { store, holdings: await store.find() };
  const now = await planRemoval(deps.machine, examined, isWanted, await deps.journal.standing());
  if (now.commands.join("\n") !== commands.join("\n")) {
    const detail = "it has changed since its commands were shown; nothing was done";
    return { store, ok: false, detail, fix: "switchyard ca uninstall" };
  }
  const failed = await perform(deps, steps);
  if (failed !== null) {
    return { store, ok: false, detail: failed.why, fix: store.whenRefused ?? "switchyard ca uninstall" };
  }
  const [left] = (await store.find()).filter(({ root }) => isWanted(root));
  if (left !== undefined) {
    const detail = `${left.root.commonName} is still there, in ${left.place}`;
    return { store, ok: false, detail, fix: left.keeper };
  }
  for (const entry of entriesOf(store, await deps.journal.standing(), isWanted)) await deps.journal.undone(entry);
  return { store, ok: true, detail: "not trusted any more", fix: null };
}

function planOf(machine: TrustMachine, store: Store, steps: readonly Step[]): Plan {
  const commands = steps.map((step) => shownCommand(commandOf(step, machine), machine.platform));
  return { store, kind: "steps", steps, commands, detail: "", fix: null };
}

function blocked(store: Store, detail: string, fix: string | null): Plan {
  return { store, kind: "blocked", steps: [], commands: [], detail, fix };
}

interface Failed {
  readonly why: string;
  /** Steps that had been done before. */
  readonly done: number;
}

async function perform({ machine, tell }: ChangeDeps, steps: readonly Step[]): Promise<Failed | null> {
  for (const [done, step] of steps.entries()) {
    const command: Command = commandOf(step, machine);
    const shown = shownCommand(command, machine.platform);
    tell(shown);
    const code = await machine.act(command);
    // A folder that is not empty any more is somebody's now.
    if (code === 0 || step.kind === "remove-folder") continue;
    const how = code === null ? "could not be run" : `ended with code ${code}`;
    return { why: `${shown} ${how}`, done };
  }
  return null;
}

async function takeBack(
  deps: ChangeDeps,
  store: Store,
  news: readonly Holding[],
  entries: readonly TrustEntry[],
): Promise<boolean> {
  if ((await perform(deps, removalSteps(store, news, entries))) !== null) return false;
  const places = news.map(({ place }) => place);
  return (await store.find()).every(({ place }) => !places.includes(place));
}

function removalSteps(store: Store, wanted: readonly Holding[], entries: readonly TrustEntry[]): readonly Step[] {
  const elevated = store.scope === "system";
  const remnants = entries.flatMap((entry) => entry.files.filter((path) => isRemnant(path, entry.pem)));
  const files: readonly Step[] = remnants
    .filter((path) => !wanted.some(({ place }) => place === path))
    .map((path) => ({ kind: "remove-file", path, elevated }));
  const steps = [...files, ...store.remove(wanted, entries.length > 0)];
  return [...steps, ...folderSteps(entries, steps, elevated)];
}

/** A copy of ours that was cut off: it is not yet the certificate by which everything else is recognised. */
function isRemnant(path: string, pem: string): boolean {
  try {
    return pem.startsWith(readFileSync(path, "latin1"));
  } catch {
    return false; // never written, or gone again
  }
}

/** The folders that were made for it, innermost first, as far as nothing else will be in them. */
function folderSteps(entries: readonly TrustEntry[], before: readonly Step[], elevated: boolean): readonly Step[] {
  const gone = new Set(before.flatMap((step) => (step.kind === "remove-file" ? [step.path] : [])));
  const steps: Step[] = [];
  for (const path of entries.flatMap(({ folders }) => folders).toReversed()) {
    if (gone.has(path) || !existsSync(path)) continue;
    if (readdirSync(path).some((name) => !gone.has(join(path, name)))) continue;
    gone.add(path);
    steps.push({ kind: "remove-folder", path, elevated });
  }
  return steps;
}

function entriesOf(
  store: Store,
  standing: readonly JournalEntry[],
  isWanted: (root: Pick<OwnRoot, "fingerprint" | "sha1">) => boolean,
): readonly TrustEntry[] {
  return standing.flatMap((entry) =>
    entry.act === "trust" && entry.store === store.id && isWanted(rootOf(entry)) ? [entry] : [],
  );
}

export function rootOf(entry: TrustChange): Pick<OwnRoot, "fingerprint" | "sha1"> {
  return ownRoot(entry.pem) ?? { fingerprint: entry.fingerprint, sha1: "" };
}
