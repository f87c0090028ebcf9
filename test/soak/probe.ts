/**
 * Looks inside a process of ours that says nothing of itself: a module that the command line of the test loads into it (the
 * product has no such door) writes a line on SIGUSR2, with the heap after a collection.
 */
import { readFileSync } from "node:fs";
import { waitFor } from "../support/wait.ts";

export interface Inside {
  readonly heapMb: number;
  /** Buffers and the like: memory that the heap only refers to. */
  readonly externalMb: number;
  /** What keeps the loop going, by kind: sockets, timers, servers. */
  readonly resources: Readonly<Record<string, number>>;
  /** p99 of how late the loop was since the probe was asked last, ms; its own collections do not count. */
  readonly lateP99Ms: number;
  /** Worst of the listener lists of `process`. */
  readonly listeners: number;
}

const module = `
  import { appendFileSync } from "node:fs";
  import { monitorEventLoopDelay } from "node:perf_hooks";
  const resolution = 10;
  const late = monitorEventLoopDelay({ resolution });
  late.enable();
  process.on("SIGUSR2", () => {
    const lateP99Ms = Math.max(0, late.percentile(99) / 1e6 - resolution);
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    const resources = {};
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
    const listeners = Math.max(0, ...process.eventNames().map((name) => process.listenerCount(name)));
    const line = { heapMb: heapUsed / 2 ** 20, externalMb: external / 2 ** 20, resources, lateP99Ms, listeners };
    appendFileSync(process.env.SOAK_PROBE, JSON.stringify(line) + "\\n");
    late.reset();
  });`;

/** For the command line of Node, before the program. */
export const probeFlags: readonly string[] = [
  "--expose-gc",
  "--import",
  `data:text/javascript,${encodeURIComponent(module)}`,
];

export interface Probe {
  ask(): Promise<Inside>;
}

/** @param file that `SOAK_PROBE` names in the environment of the process */
export function createProbe(pid: number, file: string): Probe {
  let seen = 0;
  return {
    async ask() {
      process.kill(pid, "SIGUSR2");
      const line = await waitFor("the probe to answer", () => linesOf(file)[seen], 30_000);
      seen += 1;
      return JSON.parse(line) as Inside; // written by the module above
    },
  };
}

function linesOf(file: string): readonly string[] {
  try {
    // The last piece is empty, or a line that is still being written.
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
