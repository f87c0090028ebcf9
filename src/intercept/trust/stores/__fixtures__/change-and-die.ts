/**
 * A process that installs or uninstalls on a scratch machine and is killed, really killed, right before or right after its
 * n-th command. Arguments, as JSON: see `Doom`.
 */
import { systemClock } from "../../../../base/clock.ts";
import { openInstallJournal } from "../../../../base/install-journal.ts";
import { systemRandom } from "../../../../base/random.ts";
import { install, planInstall, planRemoval, remove } from "../change.ts";
import { examineStores } from "../index.ts";
import { systemMachine, type TrustMachine } from "../machine.ts";
import { ownRoot } from "../own-root.ts";

export interface Doom {
  readonly verb: "install" | "uninstall";
  readonly family: string;
  readonly root: string;
  readonly home: string;
  readonly journal: string;
  readonly pem: string;
  readonly file: string;
  /** Counted from 1. */
  readonly command: number;
  readonly moment: "before" | "after";
}

const doom = JSON.parse(process.argv[2] ?? "{}") as Doom; // written by the test beside
const real = systemMachine(process.env, "linux", { ...doom, owner: "Ann@box", isSuperuser: false });
let count = 0;
const machine: TrustMachine = {
  ...real,
  async act(argv) {
    count += 1;
    if (count === doom.command && doom.moment === "before") await die();
    const code = await real.act(argv);
    if (count === doom.command) await die();
    return code;
  },
};
const journal = openInstallJournal({ path: doom.journal, clock: systemClock, random: systemRandom });
const deps = { machine, journal, tell: () => {} };
const root = ownRoot(doom.pem);
if (root === null) throw new Error("no root");
for (const examined of await examineStores(machine)) {
  if (examined.store.family !== doom.family) continue;
  if (doom.verb === "install") {
    await install(deps, await planInstall(machine, examined, root, doom.file), root);
  } else {
    const isWanted = ({ fingerprint }: { readonly fingerprint: string }): boolean => fingerprint === root.fingerprint;
    await remove(deps, await planRemoval(machine, examined, isWanted, await journal.standing()), isWanted);
  }
}

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}
