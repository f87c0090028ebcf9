/**
 * How long a command takes from Enter to its end, against a Node that does nothing, turn by turn in the same run. The aim
 * is 250 ms; on a busy machine only the ratio says something, and so does the processor's time.
 */
import { spawnSync } from "node:child_process";
import { tempFolder } from "../support/temp.ts";
import { shown, type Outcome } from "./board.ts";
import { median } from "./measures.ts";
import type { Bench, Size } from "./part.ts";

const lines = [
  "--version",
  "--help",
  "config path",
  "status",
  "flows list",
  "env",
  "__complete providers",
  "routes list",
  "config get listen.port",
  "accounts list",
  "routes explain --model x",
];
const aimMs = 250;

const plans: Readonly<Record<Size, { readonly rounds: number; readonly lines: number }>> = {
  tiny: { rounds: 1, lines: 2 },
  quick: { rounds: 5, lines: lines.length },
  full: { rounds: 15, lines: lines.length },
};

export async function benchStartup(bench: Bench): Promise<Outcome> {
  const plan = plans[bench.size];
  const { cli } = await bench.program();
  const folder = tempFolder("startup");
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path, SWITCHYARD_HOME: folder.path };
  const ms = (words: readonly string[]): number => {
    const startedAt = performance.now();
    spawnSync(process.execPath, words, { env, stdio: "ignore" });
    return performance.now() - startedAt;
  };
  const figures = lines.slice(0, plan.lines).map((line) => {
    const own: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < plan.rounds; round += 1) {
      bare.push(ms(["-e", "0"]));
      own.push(ms([cli, ...line.split(" ")]));
    }
    return { line, took: median(own), node: median(bare) };
  });
  folder.close();
  const rows = figures.map(({ line, took, node }) => [line, shown(took, 0), shown(node, 0), shown(took / node, 2)]);
  return {
    part: "startup",
    about: `From Enter to the end of a command, no core running, median of ${plan.rounds} rounds, a bare \`node -e 0\` in turn with it.`,
    tables: [{ title: "Start of commands", rows: [["", "ms", "bare Node, ms", "ratio"], ...rows] }],
    aims: figures.map(({ line, took, node }) => ({
      text: `switchyard ${line}`,
      figure: took,
      limit: aimMs,
      unit: " ms",
      beside: `bare Node ${shown(node, 0)} ms`,
    })),
    notes: [],
  };
}
