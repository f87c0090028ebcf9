/**
 * Sets off one bomb after the other, in a process of its own, and says what each cost: the highest resident memory above
 * what there was before it, and CPU time of all threads. Run with `--expose-gc`; Linux tells peaks apart, elsewhere the
 * highest so far is taken, which says too much rather than too little.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { bombs } from "./bombs.ts";

export interface BombCost {
  readonly name: string;
  readonly said: string;
  readonly isExpected: boolean;
  readonly bytes: number;
  readonly peakMb: number;
  readonly cpuMs: number;
}

/** Made by another process: what making it takes must not hide what reading it does. */
export interface Lit {
  readonly index: number;
  readonly file: string;
}

const isLinux = process.platform === "linux";

function peakKb(): number {
  if (!isLinux) return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

/** Forgets what the process needed before. */
function resetPeak(): void {
  globalThis.gc?.();
  if (isLinux) writeFileSync("/proc/self/clear_refs", "5");
}

async function cost({ index, file }: Lit): Promise<BombCost | null> {
  const bomb = bombs[index];
  if (bomb === undefined) return null;
  await bomb.door(bomb.honest());
  const bytes = readFileSync(file);
  resetPeak();
  const rssBefore = process.memoryUsage.rss() / 1024;
  const before = process.cpuUsage();
  const said = await bomb.door(bytes);
  const { user, system } = process.cpuUsage(before);
  return {
    name: bomb.name,
    said,
    isExpected: bomb.says.test(said),
    bytes: bytes.byteLength,
    peakMb: Math.max(0, peakKb() - rssBefore) / 1024,
    cpuMs: (user + system) / 1_000,
  };
}

process.on("message", (lit) => {
  void cost(lit as Lit).then((one) => process.send?.(one)); // what s13-bombs.ts sends
});
process.send?.("ready");
