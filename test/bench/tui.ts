/**
 * `npm run bench:tui [-- --quick] [-- --events N]`: the screen as it is shipped, in a real terminal of 120x40, attached over
 * a real control socket to a core that holds ten thousand flows and tells of two hundred changes a second. Loopback only.
 */
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tempFolder } from "../support/temp.ts";
import { startFakeCore, type FakeCore } from "../tui/fake-core.ts";
import { build } from "./contestants.ts";
import { cpuMicros } from "./process-meter.ts";
import { startPty, type Pty } from "./pty.ts";
import { measureAddedLatency } from "./tui-core.ts";
import { keyLatencies, keyScript, percentile } from "./tui-keys.ts";
import { createFlowStream, fillCore, pace } from "./tui-load.ts";
import { measureMemory } from "./tui-memory.ts";
import { screenProgram, terminalSize, yardstickProgram } from "./tui-programs.ts";
import { verdict, type Aim } from "./tui-report.ts";

const flows = 10_000;
const eventsPerSecond = 200;

interface Plan {
  /** Each of `windowMs`. Of CPU time the best counts, for a busy machine only ever adds; of bytes the worst. */
  readonly windows: number;
  readonly keys: number;
  readonly events: number;
  readonly calls: number;
}

const plans = {
  quick: { windows: 2, keys: 112, events: 60_000, calls: 240 },
  full: { windows: 3, keys: 320, events: 1_000_000, calls: 1_200 },
} satisfies Record<string, Plan>;

const windowMs = 8_000;
/** Code that runs for days is compiled; its compilation is not what is measured. */
const warmUpMs = 3_000;
const yardstickMs = 3_000;
const yardstickKeys = 40;

/** Whether all promises are kept. */
export async function benchTui(args: readonly string[], say: (text: string) => void): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: "boolean" }, events: { type: "string" } },
    strict: false,
  });
  const plan: Plan = values.quick === true ? plans.quick : plans.full;
  const events = values.events === undefined ? plan.events : Number(values.events);
  if (!(events >= 1_000)) throw new Error("--events takes a number, at least 1000");
  const startedAt = performance.now();
  await build();
  say(`\nthe screen at 120x40: ${flows} flows, ${eventsPerSecond} events/s, one in ten a new flow, follow on`);
  say(`the machine was busy with ${loadavg()[0]?.toFixed(1)} processes on ${cpus().length} cores when this began`);
  const folder = tempFolder("bench-tui");
  const core = await startFakeCore(join(folder.path, "core"));
  const aims: Aim[] = [];
  try {
    fillCore(core, flows);
    aims.push(...(await measureLoad(core, folder.path, plan, say)));
    aims.push(...(await measureMemory(core, folder.path, events, say)));
  } finally {
    await core.close();
    folder.close();
  }
  aims.push(...(await measureAddedLatency(plan.calls, say)));
  const { text, kept } = verdict(aims);
  say(`\n${text}\ntook ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  return kept;
}

async function measureLoad(
  core: FakeCore,
  home: string,
  plan: Plan,
  say: (text: string) => void,
): Promise<readonly Aim[]> {
  const load = pace(core, createFlowStream(), eventsPerSecond);
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
    return await withPty(screenProgram(core.socketPath), home, async (pty) => {
      await pty.until("the list", (drawn) => drawn.includes("follow ON"));
      await pause(warmUpMs);
      const rounds: Steady[] = [];
      for (let round = 0; round < plan.windows; round += 1) rounds.push(await steady(pty, windowMs));
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
