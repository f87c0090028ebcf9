/** Stores of a scratch machine, changed and changed back with a journal, for two roots of ours: the current one and a former. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { tempFolder } from "../../../../../test/support/temp.ts";
import { systemClock } from "../../../../base/clock.ts";
import { type InstallJournal, installJournalPath, openInstallJournal } from "../../../../base/install-journal.ts";
import { systemRandom } from "../../../../base/random.ts";
import { makeChain } from "../../../ca/chain.ts";
import { install, type Outcome, type Plan, planInstall, planRemoval, remove } from "../change.ts";
import { examineStores, inspectStores, type StoreReport } from "../index.ts";
import type { TrustMachine } from "../machine.ts";
import { type OwnRoot, ownRoot, shortFingerprint } from "../own-root.ts";
import { type ScratchMachine, scratchMachine, type ScratchOptions } from "./scratch-machine.ts";

export function newRoot(): OwnRoot {
  const root = ownRoot(makeChain(["localhost"], Date.now(), systemRandom).rootPem);
  if (root === null) throw new Error("no root");
  return root;
}

export const ours = newRoot();
export const former = newRoot();
export const short = (root: OwnRoot): string => shortFingerprint(root.fingerprint);

export interface StoreBench extends ScratchMachine {
  readonly journal: InstallJournal;
  readonly rootFile: (root?: OwnRoot) => string;
  readonly standing: () => Promise<number>;
  readonly install: (family?: string, root?: OwnRoot) => Promise<readonly Outcome[]>;
  readonly plans: (root?: OwnRoot) => Promise<readonly Plan[]>;
  readonly uninstall: (...roots: readonly OwnRoot[]) => Promise<readonly Outcome[]>;
  readonly removals: (...roots: readonly OwnRoot[]) => Promise<readonly Plan[]>;
  readonly inspect: () => Promise<readonly StoreReport[]>;
}

export interface StoreBenchOptions extends ScratchOptions {
  /** Another machine around the same folder. */
  readonly as?: (machine: TrustMachine) => TrustMachine;
}

/** Ends with the test that asked for it. */
export function storeBench(options: StoreBenchOptions): StoreBench {
  const folder = tempFolder("stores");
  onTestFinished(() => folder.close());
  const scratch = scratchMachine(folder.path, options);
  const machine = options.as?.(scratch.machine) ?? scratch.machine;
  const path = installJournalPath({ dataDir: join(folder.path, "install") });
  const journal = openInstallJournal({ path, clock: systemClock, random: systemRandom });
  const deps = { machine, journal, tell: () => {} };
  const rootFile = (root = ours): string => folder.file(`install/certs/${short(root)}.pem`, root.pem);
  const wantedOf = (roots: readonly OwnRoot[]) => {
    const wanted = roots.length === 0 ? [ours] : roots;
    return (root: Pick<OwnRoot, "fingerprint">): boolean =>
      wanted.some(({ fingerprint }) => fingerprint === root.fingerprint);
  };
  const plans = async (root = ours): Promise<readonly Plan[]> => {
    const examined = await examineStores(machine, { java: true });
    return Promise.all(examined.map((one) => planInstall(machine, one, root, rootFile(root))));
  };
  const removals = async (...roots: readonly OwnRoot[]): Promise<readonly Plan[]> => {
    const standing = await journal.standing();
    const also = standing.flatMap((entry) => (entry.act === "trust" ? [entry.store] : []));
    const examined = await examineStores(machine, { java: true, also });
    return Promise.all(examined.map((one) => planRemoval(machine, one, wantedOf(roots), standing)));
  };
  return {
    ...scratch,
    machine,
    journal,
    rootFile,
    standing: async () => (await journal.standing()).length,
    plans,
    async install(family = "system", root = ours) {
      const outcomes: Outcome[] = [];
      for (const plan of await plans(root)) {
        if (plan.store.family === family && plan.kind === "steps") outcomes.push(await install(deps, plan, root));
      }
      return outcomes;
    },
    removals,
    async uninstall(...roots) {
      const outcomes: Outcome[] = [];
      for (const plan of await removals(...roots)) {
        if (plan.kind === "steps") outcomes.push(await remove(deps, plan, wantedOf(roots)));
      }
      return outcomes;
    },
    inspect: () => inspectStores(machine, { current: ours.pem, former: [former.pem] }),
  };
}
