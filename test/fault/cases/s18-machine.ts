/** S18: kill -9 while the machine itself is being changed: roots in its stores, hooks in start files, a core of `run`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import { installJournalPath, openInstallJournal } from "../../../src/base/install-journal.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { makeChain } from "../../../src/intercept/ca/chain.ts";
import { type Layout, scratchMachine } from "../../../src/intercept/trust/stores/__fixtures__/scratch-machine.ts";
import { planRemoval, remove } from "../../../src/intercept/trust/stores/change.ts";
import { examineStores } from "../../../src/intercept/trust/stores/index.ts";
import { ownRoot } from "../../../src/intercept/trust/stores/own-root.ts";
import { tempFolder } from "../../support/temp.ts";
import { waitFor, within } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import type { Random } from "../board/random.ts";
import { builtCli } from "../board/subjects.ts";
import { bundled } from "../process/bundled.ts";
import { createHome } from "../process/core-home.ts";
import type { Change } from "../process/machine-changer.ts";
import { processesOf } from "../process/traces.ts";

const layouts: readonly Layout[] = ["debian", "fedora", "arch", "opensuse"];
/** An install in all stores and its removal take about this long. */
const maxChangeMs = 500;
/** The command's own start included. */
const maxHookMs = 900;

export const machineCase: BoardCase = {
  id: "S18",
  title:
    "machines left changed after kill -9 during a change (trust stores, a browser's database, start files, `run`) and the next uninstall",
  aim: "0 of 100, byte for byte",
  peers: [],
  remark:
    "the peers change nothing outside their own folders. Scratch machines of four kinds of Linux; what is installed here is not touched.",
  missing: () => (process.platform === "linux" ? null : "scratch machines are Linux machines"),
  async run(context) {
    const { random, say } = context;
    const kills = context.of({ short: 5, usual: 40, full: 100 });
    // Most of them in the stores; every fifth in a start file.
    const hookKills = Math.max(1, Math.round(kills / 5));
    const details = [
      ...(await storesKilled(kills - hookKills, random.fork("stores"), say)),
      ...(await hookKilled(hookKills, random.fork("hook"))),
      ...(await runKilled()),
    ];
    return { figure: `${details.length} of ${kills}`, kept: details.length === 0, details };
  },
};

async function storesKilled(kills: number, random: Random, say: (text: string) => void): Promise<readonly string[]> {
  const program = await bundled("./machine-changer.ts");
  const root = ownRoot(makeChain(["localhost"], Date.now(), systemRandom).rootPem);
  if (root === null) throw new Error("no root");
  const isOurs = ({ fingerprint }: { readonly fingerprint: string }): boolean => fingerprint === root.fingerprint;
  const details: string[] = [];
  let unfinished = 0;
  const benches = layouts.map((layout) => {
    const folder = tempFolder("machine");
    const scratch = scratchMachine(folder.path, { layout });
    scratch.database(".pki/nssdb");
    const path = installJournalPath({ dataDir: join(folder.path, "install") });
    const journal = openInstallJournal({ path, clock: systemClock, random: systemRandom });
    const change: Change = {
      root: scratch.root,
      home: scratch.home,
      journal: path,
      pem: root.pem,
      file: folder.file("install/certs/root.pem", root.pem),
    };
    return { layout, folder, scratch, journal, change, before: JSON.stringify(scratch.snapshot()) };
  });
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const bench = benches[kill % benches.length];
      if (bench === undefined) break;
      const { scratch, journal, layout, change } = bench;
      const child = spawn(process.execPath, [program.path, JSON.stringify(change)], {
        env: { ...scratch.machine.env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const closed = once(child, "close");
      await within("the changes to begin", once(child.stdout, "data"), 20_000);
      // Most kills come when something is written in the journal already; a few at the very beginning.
      if (random.below(5) > 0) {
        await waitFor("a change to be written down", async () => (await journal.standing()).length > 0, 20_000);
      }
      await delay(random.next() * maxChangeMs);
      child.kill("SIGKILL");
      await closed;
      // A command that it had started goes on; what comes after it does not.
      await waitFor("its commands to end", () => (processesOf(scratch.root)?.length ?? 0) === 0);
      if ((await journal.standing()).length > 0) unfinished += 1;
      const deps = { machine: scratch.machine, journal, tell: () => {} };
      for (const examined of await examineStores(scratch.machine)) {
        const plan = await planRemoval(scratch.machine, examined, isOurs, await journal.standing());
        if (plan.kind === "steps") await remove(deps, plan, isOurs);
      }
      if (JSON.stringify(scratch.snapshot()) !== bench.before) details.push(`${layout}, kill ${kill}: changed`);
      const standing = await journal.standing();
      if (standing.length > 0) details.push(`${layout}, kill ${kill}: ${standing.length} changes still stand`);
    }
    say(`${kills} kills in stores, ${unfinished} of them in the middle of a change`);
  } finally {
    program.close();
    for (const { folder } of benches) folder.close();
  }
  return details;
}

/** The real command, killed anywhere between its start and its end; then the real uninstall. */
async function hookKilled(kills: number, random: Random): Promise<readonly string[]> {
  const details: string[] = [];
  const home = await createHome();
  const cli = await builtCli();
  const rc = join(home.path, ".bashrc");
  const text = "# mine\nexport MINE=1";
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      writeFileSync(rc, text);
      for (const args of [
        ["env", "--install-hook", "--shell", "bash"],
        ["uninstall", "--yes"],
      ]) {
        const child = spawn(process.execPath, [cli, ...args], { env: home.env, cwd: home.path, stdio: "ignore" });
        const closed = once(child, "close");
        await Promise.race([closed, delay(random.next() * maxHookMs)]);
        child.kill("SIGKILL");
        await closed;
      }
      const done = await home.cli("uninstall", "--yes");
      if (done.code !== 0) details.push(`start file, kill ${kill}: uninstall says ${done.stderr}`);
      if (readFileSync(rc, "utf8") !== text) details.push(`start file, kill ${kill}: it is changed`);
    }
  } finally {
    await home.close();
  }
  return details;
}

/** The core of a `run` that is killed is nobody's: it ends by itself, and the next one starts as if nothing were. */
async function runKilled(): Promise<readonly string[]> {
  const home = await createHome();
  const cli = await builtCli();
  try {
    const line = [cli, "run", "--", process.execPath, "-e", "console.log(process.pid); setTimeout(() => {}, 60_000)"];
    const child = spawn(process.execPath, line, {
      env: home.env,
      cwd: home.path,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [told] = (await within("the command to run", once(child.stdout, "data"), 60_000)) as [Buffer]; // no encoding is set
    const command = Number(told.toString());
    child.kill("SIGKILL");
    process.kill(command, "SIGKILL");
    await waitFor("its core to end", () => (processesOf(home.path)?.length ?? 0) === 0, 40_000);
    const next = await home.start();
    const faults = next.stderr() === "" ? [] : [`the next start warns: ${next.stderr()}`];
    next.signal("SIGTERM");
    await next.exited;
    return faults;
  } finally {
    await home.close();
  }
}
