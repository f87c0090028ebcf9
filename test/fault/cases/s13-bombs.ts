/** S13: what decoder bombs cost, each at the door where it would arrive, in a process of its own. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BoardCase } from "../board/case.ts";
import type { BombCost, Lit } from "../bombs/child.ts";
import { type Bomb, bombs } from "../bombs/bombs.ts";
import { tempFolder } from "../../support/temp.ts";
import { within } from "../../support/wait.ts";

const maxPeakMb = 64;
const maxCpuMs = 200;

export const bombCase: BoardCase = {
  id: "S13",
  title: "decoder bombs: highest memory above the start, and CPU time until each is refused or read",
  aim: `≤ ${maxPeakMb} MB, ≤ ${maxCpuMs} ms each`,
  peers: [],
  remark:
    "the proxies of the other columns forward bodies and decode none; their decompression is the program's that is built on them, without a bound",
  async run({ amount, random, say }) {
    const costs: BombCost[] = [];
    // A third of them, another each time, in the short form.
    const third = random.below(3);
    const chosen = bombs.flatMap((_, index) => (amount !== "short" || index % 3 === third ? [index] : []));
    for (const one of await explode(chosen, amount === "short" ? 1 : 3)) {
      say(`${one.name}: ${one.bytes} bytes, ${one.said}, +${one.peakMb.toFixed(1)} MB, ${one.cpuMs.toFixed(0)} ms`);
      costs.push(one);
    }
    const broken = costs.filter((one) => !one.isExpected || one.peakMb > maxPeakMb || one.cpuMs > maxCpuMs);
    const most = (pick: (one: BombCost) => number): number => Math.max(...costs.map(pick));
    return {
      figure: `${costs.length} bombs: ≤ ${most(({ peakMb }) => peakMb).toFixed(0)} MB, ≤ ${most(({ cpuMs }) => cpuMs).toFixed(0)} ms`,
      kept: broken.length === 0 && costs.length === chosen.length,
      details: broken.map(
        ({ name, said, peakMb, cpuMs }) => `${name}: said ${said}, +${peakMb.toFixed(1)} MB, ${cpuMs.toFixed(0)} ms`,
      ),
    };
  },
};

/** The cheapest of some goes each: a machine that is busy makes them dearer, never cheaper. */
async function explode(chosen: readonly number[], goes: number): Promise<readonly BombCost[]> {
  const child = fork(fileURLToPath(new URL("../bombs/child.ts", import.meta.url)), [], {
    execArgv: ["--expose-gc", "--import", import.meta.resolve("tsx")],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const folder = tempFolder("bombs");
  const next = (what: string): Promise<unknown> =>
    within(
      what,
      new Promise((resolve, reject) => {
        child.once("message", resolve);
        child.once("exit", (code) => reject(new Error(`the process died with ${code}: ${what}`)));
      }),
      60_000,
    );
  try {
    await next("the process to be ready");
    const costs: BombCost[] = [];
    for (const index of chosen) {
      const { name, bytes } = bombAt(index);
      const lit: Lit = { index, file: folder.file("bomb", bytes()) };
      let best: BombCost | null = null;
      for (let go = 0; go < goes || (best !== null && go < 3 && isOver(best)); go += 1) {
        child.removeAllListeners("exit");
        const answer = next(name);
        child.send(lit);
        const cost = (await answer) as BombCost; // what child.ts sends
        best = best === null ? cost : cheaper(best, cost);
      }
      if (best !== null) costs.push(best);
    }
    return costs;
  } finally {
    child.removeAllListeners("exit");
    child.disconnect();
    child.kill("SIGKILL");
    folder.close();
  }
}

function bombAt(index: number): Bomb {
  const bomb = bombs[index];
  if (bomb === undefined) throw new Error(`there is no bomb ${index}`);
  return bomb;
}

const isOver = (one: BombCost): boolean => one.peakMb > maxPeakMb || one.cpuMs > maxCpuMs;

function cheaper(one: BombCost, other: BombCost): BombCost {
  return { ...other, peakMb: Math.min(one.peakMb, other.peakMb), cpuMs: Math.min(one.cpuMs, other.cpuMs) };
}
