/** Installs a root into every store of a scratch machine and takes it out again, over and over, until it is killed. */
import { systemClock } from "../../../src/base/clock.ts";
import { openInstallJournal } from "../../../src/base/install-journal.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { install, planInstall, planRemoval, remove } from "../../../src/intercept/trust/stores/change.ts";
import { examineStores } from "../../../src/intercept/trust/stores/index.ts";
import { systemMachine } from "../../../src/intercept/trust/stores/machine.ts";
import { ownRoot } from "../../../src/intercept/trust/stores/own-root.ts";

export interface Change {
  readonly root: string;
  readonly home: string;
  readonly journal: string;
  readonly pem: string;
  readonly file: string;
}

const change = JSON.parse(process.argv[2] ?? "{}") as Change; // written by the case that starts it
const machine = systemMachine(process.env, "linux", { ...change, owner: "Ann@box", isSuperuser: false });
const journal = openInstallJournal({ path: change.journal, clock: systemClock, random: systemRandom });
const deps = { machine, journal, tell: () => {} };
const root = ownRoot(change.pem);
if (root === null) throw new Error("no root");
const isOurs = ({ fingerprint }: { readonly fingerprint: string }): boolean => fingerprint === root.fingerprint;
process.stdout.write("ready\n");
for (;;) {
  for (const examined of await examineStores(machine)) {
    const plan = await planInstall(machine, examined, root, change.file);
    if (plan.kind === "steps") await install(deps, plan, root);
  }
  for (const examined of await examineStores(machine)) {
    const plan = await planRemoval(machine, examined, isOurs, await journal.standing());
    if (plan.kind === "steps") await remove(deps, plan, isOurs);
  }
}
