/**
 * `npm run bench:tui [-- --quick] [--events N]`: the screen as it is shipped, in a real terminal of 120x40, attached over
 * a real control socket to a core that holds ten thousand flows and tells of two hundred changes a second. Loopback only.
 */
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { tempFolder } from "../support/temp.ts";
import { startFakeCore, type FakeCore } from "../tui/fake-core.ts";
import type { Aim, Outcome } from "./board.ts";
import { percentile } from "./measures.ts";
import type { Bench, Size } from "./part.ts";
import { cpuMicros } from "./process-meter.ts";
import { startPty, type Pty } from "./pty.ts";
import { measureAddedLatency } from "./tui-core.ts";
import { keyLatencies, keyScript } from "./tui-keys.ts";
import { createFlowStream, fillCore, pace } from "./tui-load.ts";
import { measureMemory } from "./tui-memory.ts";
import { screenProgram, terminalSize, yardstickProgram } from "./tui-programs.ts";

interface Plan {
  /** That the core holds. */
  readonly flows: number;
  readonly eventsPerSecond: number;
  /** Each of `windowMs`. Of CPU time the best counts, for a busy machine only ever adds; of bytes the worst. */
  readonly windows: number;
  readonly windowMs: number;
  /** Code that runs for days is compiled; its compilation is not what is measured. */
  readonly warmUpMs: number;
  readonly keys: number;
  readonly events: number;
  readonly calls: number;
}

const busy = { flows: 10_000, eventsPerSecond: 200 };
const plans: Readonly<Record<Size, Plan>> = {
  tiny: {
    flows: 300,
    eventsPerSecond: 20,
    windows: 1,
    windowMs: 1_000,
    warmUpMs: 200,
    keys: 12,
    events: 2_000,
    calls: 40,
  },
  quick: { ...busy, windows: 2, windowMs: 8_000, warmUpMs: 3_000, keys: 112, events: 60_000, calls: 240 },
  full: { ...busy, windows: 3, windowMs: 8_000, warmUpMs: 3_000, keys: 320, events: 1_000_000, calls: 1_200 },
};
const yardstickMs = 3_000;
const yardstickKeys = 40;

export async function benchTui(bench: Bench): Promise<Outcome> {
  const { say } = bench;
  const plan = plans[bench.size];
  const { flows, eventsPerSecond } = plan;
  const events = bench.events ?? plan.events;
  if (!(events >= 1_000)) throw new Error("--events takes a number, at least 1000");
  const startedAt = performance.now();
  say(`\nthe screen at 120x40: ${flows} flows, ${eventsPerSecond} events/s, one in ten a new flow, follow on`);
  say(`the machine was busy with ${loadavg()[0]?.toFixed(1)} processes on ${cpus().length} cores when this began`);
  const folder = tempFolder("bench-tui");
  const core = await startFakeCore(join(folder.path, "core"));
  const aims: Aim[] = [];
  try {
    fillCore(core, flows);
    aims.push(...(await measureLoad(core, folder.path, plan, bench)));
    aims.push(...(await measureMemory(core, folder.path, events, bench)));
  } finally {
    await core.close();
    folder.close();
  }
  aims.push(...(await measureAddedLatency(plan.calls, bench)));
  say(`the screen took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  return {
    part: "tui",
    about: `The screen as it is shipped, in a real terminal of 120x40, attached to a core that holds ${flows} flows and tells of ${eventsPerSecond} changes a second; then ${events} events as fast as it takes them.`,
    tables: [],
    aims,
    notes: [],
  };
}

async function measureLoad(core: FakeCore, home: string, plan: Plan, bench: Bench): Promise<readonly Aim[]> {
  const { say } = bench;
  const built = await bench.program();
  const load = pace(core, createFlowStream(), plan.eventsPerSecond);
  try {
    const yardstick = await withPty(yardstickProgram(core.socketPath), home, async (pty) => {
      await pty.until("the yardstick to listen", (drawn) => drawn.includes("ready"));
      await pause(yardstickMs / 4);
      const first = await steady(pty, yardstickMs);
      const cpuPercent = Math.min(first.cpuPercent, (await steady(pty, yardstickMs)).cpuPercent);
      const echo = { keys: "x", what: "an echo", seen: (drawn: string) => drawn.includes("seen:x") };
      return { cpuPercent, keys: await keyLatencies(pty, [echo], yardstickKeys) };
    });
    const bare = `bare Node on the same events ${yardstick.cpuPercent.toFixed(1)} %`;
    const echoed = (part: number): string => `bare Node's echo ${percentile(yardstick.keys, part).toFixed(1)} ms`;
    return await withPty(screenProgram(built, core.socketPath), home, async (pty) => {
      await pty.until("the list", (drawn) => drawn.includes("follow ON"));
      await pause(plan.warmUpMs);
      const rounds: Steady[] = [];
      for (let round = 0; round < plan.windows; round += 1) rounds.push(await steady(pty, plan.windowMs));
      say(`steady load measured: ${rounds.map((one) => `${one.cpuPercent.toFixed(1)} %`).join(", ")}`);
      const keys = await keyLatencies(pty, keyScript(), plan.keys);
      say(`${keys.length} keys measured`);
      return [
        {
          text: "CPU of one core",
          figure: Math.min(...rounds.map((one) => one.cpuPercent)),
          limit: 15,
          unit: " %",
          beside: bare,
        },
        {
          text: "written to the terminal",
          figure: Math.max(...rounds.map((one) => one.kilobytesPerSecond)),
          limit: 120,
          unit: " KB/s",
        },
        { text: "key to paint, p50", figure: percentile(keys, 0.5), limit: 20, unit: " ms", beside: echoed(0.5) },
        { text: "key to paint, p99", figure: percentile(keys, 0.99), limit: 60, unit: " ms", beside: echoed(0.99) },
      ];
    });
  } finally {
    load.stop();
  }
}

async function withPty<Value>(
  program: readonly string[],
  home: string,
  work: (pty: Pty) => Promise<Value>,
): Promise<Value> {
  const pty = await startPty(program, { ...terminalSize, env: { HOME: home } });
  try {
    return await work(pty);
  } finally {
    await pty.close();
  }
}

interface Steady {
  readonly cpuPercent: number;
  readonly kilobytesPerSecond: number;
}

async function steady(pty: Pty, ms: number): Promise<Steady> {
  const before = { at: performance.now(), cpu: cpuMicros(pty.pid), bytes: pty.bytes };
  await pause(ms);
  const elapsedMs = performance.now() - before.at;
  return {
    cpuPercent: (cpuMicros(pty.pid) - before.cpu) / 10 / elapsedMs,
    kilobytesPerSecond: (pty.bytes - before.bytes) / elapsedMs,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
