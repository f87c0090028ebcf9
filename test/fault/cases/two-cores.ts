/** Several starts on one home at the same moment, over everything that a core before them may have left there. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processStart } from "../../../src/base/process-table.ts";
import { within } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import { type CoreHome, createHome, type Life } from "../process/core-home.ts";
import { processesOf, strays } from "../process/traces.ts";

/** What the last core left: its exit code says that the home is taken (`portInUse`). */
const takenCode = 4;

/** How the home is made ready for the next two. The record of the last core is there, and so is its socket. */
const beforehand: Readonly<Record<string, (pidFile: string) => void>> = {
  "after kill -9": () => {},
  "its number given to another process": (pidFile) => rewrite(pidFile, { pid: process.pid }),
  "from before a restart of the machine": (pidFile) =>
    rewrite(pidFile, { pid: process.pid, processStart: processStart(process.pid), bootId: "another-boot" }),
  "its record cut off": (pidFile) => writeFileSync(pidFile, readFileSync(pidFile, "utf8").slice(0, 20)),
  "its record gone": (pidFile) => rmSync(pidFile),
};

export const twoCoresCase: BoardCase = {
  id: "two-cores",
  title: "rounds in which not exactly one of several starts on one home serves, or another does not say why it ends",
  aim: "0: one serves, the others end with code 4, stale records are taken over, the store is whole",
  peers: [],
  remark: "neither peer has a home to share: two of them are two proxies.",
  async run(context) {
    const { random, say } = context;
    const rounds = context.of({ short: 3, usual: 20, full: 60 });
    const details: string[] = [];
    const home = await createHome();
    try {
      const ways = Object.entries(beforehand);
      let way = "a home that was never used";
      let token: string | null = null;
      for (let round = 0; round < rounds; round += 1) {
        const label = `round ${round} (${way})`;
        const lives = Array.from({ length: 2 + random.below(2) }, () => home.spawn());
        const wrong = await faultsOf(home, lives);
        const now = tokenOf(home);
        if (token !== null && now !== token) wrong.push("its secrets are others than before");
        token = now;
        details.push(...wrong.map((fault) => `${label}: ${fault}`));
        for (const life of lives) life.signal("SIGKILL");
        await Promise.all(lives.map(({ exited }) => exited));
        const [name, prepare] = ways[round % ways.length] ?? ["", () => {}];
        way = name;
        prepare(join(home.path, "core.json"));
        if (round % 10 === 9) say(`${round + 1} of ${rounds}`);
      }
    } finally {
      await home.close();
    }
    return { figure: `${details.length} in ${rounds} rounds`, kept: details.length === 0, details };
  },
};

async function faultsOf(home: CoreHome, lives: readonly Life[]): Promise<string[]> {
  const faults: string[] = [];
  const urls = await within("all starts to serve or to end", Promise.all(lives.map((life) => life.listening)), 60_000);
  const serving = urls.filter((url) => url !== null);
  if (serving.length !== 1) faults.push(`${serving.length} serve: ${lives.map((life) => life.stderr()).join(" | ")}`);
  const [url] = serving;
  if (url !== undefined) {
    const reply = await fetch(`${url}/healthz`).catch((error: unknown) => error);
    if (!(reply instanceof Response) || !reply.ok) faults.push(`the one that serves does not answer: ${String(reply)}`);
    const status = await home.cli("status", "--json");
    if (status.code !== 0 || !status.stdout.includes(url)) faults.push(`status does not find it: ${status.stderr}`);
  }
  for (const [index, life] of lives.entries()) {
    if (urls[index] !== null) continue;
    const { code } = await life.exited;
    if (code !== takenCode) faults.push(`one ended with ${code}: ${life.stderr()}`);
    if (!/a core of this home already (?:is starting|runs at) /.test(life.stderr())) {
      faults.push(`one did not say who has it: ${life.stderr()}`);
    }
  }
  const left = strays(home.path);
  if (left.length > 0) faults.push(`files of nobody: ${left.join(", ")}`);
  const running = processesOf(home.path);
  if (running !== null && running.length !== 1) faults.push(`${running.length} processes of this home run`);
  return faults;
}

function tokenOf(home: CoreHome): string {
  const parsed = JSON.parse(readFileSync(join(home.path, "state.json"), "utf8")) as { readonly proxyToken: string }; // as state.ts writes it
  return parsed.proxyToken;
}

function rewrite(pidFile: string, change: object): void {
  writeFileSync(pidFile, JSON.stringify(Object.assign({}, JSON.parse(readFileSync(pidFile, "utf8")), change)));
}
