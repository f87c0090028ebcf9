/**
 * How long a command takes from Enter to its end, against a Node that does nothing, turn by turn in the same run. The aim
 * is 250 ms; on a busy machine only the ratio says something, and so does the processor's time.
 */
import { spawnSync } from "node:child_process";
import { buildProgram } from "../support/built.ts";
import { tempFolder } from "../support/temp.ts";
import { median } from "./measures.ts";

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

export async function benchStartup(args: readonly string[], say: (text: string) => void): Promise<void> {
  const rounds = args.includes("--quick") ? 5 : 15;
  const built = await buildProgram();
  const folder = tempFolder("startup");
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path, SWITCHYARD_HOME: folder.path };
  const ms = (words: readonly string[]): number => {
    const startedAt = performance.now();
    spawnSync(process.execPath, words, { env, stdio: "ignore" });
    return performance.now() - startedAt;
  };
  say(`\nstart-up, ${rounds} rounds, no core running (median ms, and times \`node -e 0\` beside it)`);
  for (const line of lines) {
    const own: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(ms(["-e", "0"]));
      own.push(ms([built.cli, ...line.split(" ")]));
    }
    const [took, node] = [median(own), median(bare)];
    const verdict = took <= aimMs ? "" : `   over ${aimMs} ms`;
    say(`  ${line.padEnd(26)} ${took.toFixed(0).padStart(5)} ms   ×${(took / node).toFixed(2)}${verdict}`);
  }
  folder.close();
  built.close();
}
