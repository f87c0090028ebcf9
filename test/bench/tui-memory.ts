/**
 * Memory of the screen while events pour in as fast as it takes them. The heap is read after a collection, by a probe that
 * is loaded into the screen's process, so that what grows is what is kept; resident memory is what a person sees.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FakeCore } from "../tui/fake-core.ts";
import { waitFor, within } from "../support/wait.ts";
import type { Aim } from "./board.ts";
import type { Bench } from "./part.ts";
import { residentMb } from "./process-meter.ts";
import { startPty } from "./pty.ts";
import { createFlowStream } from "./tui-load.ts";
import { screenProgram, terminalSize } from "./tui-programs.ts";

const samples = 20;
/** Of the samples: the book fills, code is compiled, the heap finds its size. */
const warmUpSamples = 8;
const batch = 50;
const maxMinutes = 6;

interface Sample {
  readonly events: number;
  readonly heapMb: number;
  readonly residentMb: number;
}

/** Writes a line on each SIGUSR2: the heap after a collection, and how many measurements React has left behind. */
const probe = `
  import { appendFileSync } from "node:fs";
  process.on("SIGUSR2", () => {
    globalThis.gc();
    const measures = performance.getEntriesByType("measure").length;
    appendFileSync(process.env.BENCH_PROBE, JSON.stringify({ heap: process.memoryUsage().heapUsed, measures }) + "\\n");
  });`;

export async function measureMemory(
  core: FakeCore,
  home: string,
  events: number,
  bench: Bench,
): Promise<readonly Aim[]> {
  const { say } = bench;
  const built = await bench.program();
  const report = join(home, "probe");
  const flags = ["--expose-gc", "--import", `data:text/javascript,${encodeURIComponent(probe)}`];
  const pty = await startPty(screenProgram(built, core.socketPath, flags), {
    ...terminalSize,
    env: { HOME: home, BENCH_PROBE: report },
  });
  try {
    await pty.until("the list", (drawn) => drawn.includes("follow ON"));
    const taken: Sample[] = [];
    let measures = 0;
    const stream = createFlowStream();
    for (let index = 0; index < samples; index += 1) {
      await within("the screen to take the events", pour(core, stream, events / samples), maxMinutes * 60_000);
      const probed = await readProbe(pty.pid, report, index);
      taken.push({
        events: ((index + 1) * events) / samples,
        heapMb: probed.heapMb,
        residentMb: residentMb(pty.pid),
      });
      measures = probed.measures;
    }
    const steady = taken.slice(warmUpSamples);
    const [heap, resident] = [slope(steady, (one) => one.heapMb), slope(steady, (one) => one.residentMb)];
    const last = taken.at(-1);
    say(
      `memory over ${events} events measured: heap ${last?.heapMb.toFixed(1)} MB, resident ${last?.residentMb.toFixed(0)} MB; ` +
        `slope after warm-up ${(heap * 1e6).toFixed(2)} and ${(resident * 1e6).toFixed(2)} MB per million events`,
    );
    const span = events * (1 - warmUpSamples / samples);
    return [
      { text: "heap grown after warm-up", figure: Math.max(0, heap * span), limit: 4, unit: " MB" },
      { text: "resident memory grown after warm-up", figure: Math.max(0, resident * span), limit: 24, unit: " MB" },
      { text: "measurements left by React", figure: measures, limit: 0, unit: "" },
    ];
  } finally {
    await pty.close();
  }
}

async function pour(core: FakeCore, stream: ReturnType<typeof createFlowStream>, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    core.flow(stream.next());
    if (sent % batch === 0) await core.drained();
  }
  await core.drained();
}

async function readProbe(pid: number, file: string, seen: number): Promise<{ heapMb: number; measures: number }> {
  const lines = (): string[] => {
    try {
      return readFileSync(file, "utf8").trimEnd().split("\n");
    } catch (error) {
      // The first line makes the file.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  };
  process.kill(pid, "SIGUSR2");
  const line = await waitFor("the probe to answer", () => lines()[seen]);
  const { heap, measures } = JSON.parse(line) as { heap: number; measures: number }; // written by the probe above
  return { heapMb: heap / 1024 / 1024, measures };
}

/** Least squares, MB per event. */
function slope(taken: readonly Sample[], figure: (one: Sample) => number): number {
  const mean = (of: (one: Sample) => number): number => taken.reduce((sum, one) => sum + of(one), 0) / taken.length;
  const [x, y] = [mean((one) => one.events), mean(figure)];
  const spread = taken.reduce((sum, one) => sum + (one.events - x) ** 2, 0);
  return taken.reduce((sum, one) => sum + (one.events - x) * (figure(one) - y), 0) / spread;
}
