/** The load of a soak: connections at an even pace, and beside them what a day brings: edits, readers, new hosts. */
import { request } from "node:http";
import { resolvePaths } from "../../src/base/paths.ts";
import { residentMb } from "../bench/process-meter.ts";
import { open, post } from "../bench/wire.ts";
import type { Random } from "../fault/board/random.ts";
import { within } from "../support/wait.ts";
import type { SoakPlan } from "./plan.ts";
import type { SoakStage } from "./stage.ts";
import { connection, kinds, type Kind } from "./traffic.ts";

export interface Sample {
  /** Calls made by then. */
  readonly calls: number;
  readonly heapMb: number;
  readonly residentMb: number;
  /** p99 of how late the loop was since the sample before, ms. */
  readonly lateP99Ms: number;
}

export interface Load {
  /** Made, by kind. */
  readonly made: Readonly<Record<Kind, number>>;
  readonly calls: number;
  readonly freshHosts: number;
  readonly reloads: number;
  readonly failures: readonly string[];
  readonly samples: readonly Sample[];
  /** The run was given up: the machine did not manage so much in three times the time. */
  readonly isLate: boolean;
}

const shares: Readonly<Record<Kind, number>> = {
  "kept alive": 6,
  new: 4,
  aborted: 2,
  h2: 3,
  "h2 aborted": 1,
  tunnel: 3,
  rerouted: 2,
  gateway: 1,
};
const draw = kinds.flatMap((kind) => Array.from({ length: shares[kind] }, () => kind));
const lateness = 3;
/** Of everything that happens beside the connections. */
const beatMs = 1_000;

export async function soakLoad(
  stage: SoakStage,
  plan: SoakPlan,
  random: Random,
  say: (text: string) => void,
): Promise<Load> {
  const startedAt = performance.now();
  const made: Record<Kind, number> = {
    "kept alive": 0,
    new: 0,
    aborted: 0,
    h2: 0,
    "h2 aborted": 0,
    tunnel: 0,
    rerouted: 0,
    gateway: 0,
  };
  const failures: string[] = [];
  const samples: Sample[] = [];
  const state = { calls: 0, next: 0, over: false, freshHosts: 0, reloads: 0 };
  const isLate = (): boolean => performance.now() - startedAt > plan.loadMs * lateness + 30_000;

  async function lane(): Promise<void> {
    while (state.next < plan.connections && !isLate()) {
      const dueAt = startedAt + (state.next * plan.loadMs) / plan.connections;
      const kind = random.pick(draw);
      state.next += 1;
      await pause(Math.max(0, dueAt - performance.now()));
      try {
        const calls = await connection(kind, stage, random);
        state.calls += calls;
        made[kind] += 1;
      } catch (error) {
        failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** Gives what it failed at; a beat that takes long delays the next. */
  async function beside(): Promise<void> {
    const sampleMs = plan.loadMs / plan.samples;
    for (let beat = 0; !state.over; beat += 1) {
      try {
        await newHost(stage);
        state.freshHosts += 1;
        if (beat % 5 === 0) {
          if (beat % 10 === 0) stage.editConfig();
          else await stage.api.socket("/api/reload", { body: {} });
          state.reloads += 1;
        }
        await lookOn(stage, beat);
        if (performance.now() - startedAt >= samples.length * sampleMs) {
          const { heapMb, lateP99Ms } = await stage.probe.ask();
          samples.push({ calls: state.calls, heapMb, residentMb: residentMb(stage.core.pid), lateP99Ms });
          if (samples.length % 10 === 0)
            say(`${state.next} connections, ${state.calls} calls, heap ${heapMb.toFixed(1)} MB`);
        }
      } catch (error) {
        failures.push(`beside the load: ${error instanceof Error ? error.message : String(error)}`);
      }
      await pause(Math.min(beatMs, sampleMs));
    }
  }

  const others = beside();
  await Promise.all(Array.from({ length: plan.lanes }, () => lane()));
  state.over = true;
  await others;
  const { calls, freshHosts, reloads } = state;
  return { made, calls, freshHosts, reloads, failures, samples, isLate: state.next < plan.connections };
}

/** Its certificate is made for it. */
async function newHost(stage: SoakStage): Promise<void> {
  const { who } = stage;
  const host = stage.freshHost();
  const socket = await open(who, host);
  await post(socket, who, host);
  socket.destroy();
}

/** What screens and scripts ask: a list, one call with its bodies, the figures; and a reader that comes and goes. */
async function lookOn({ api, core }: SoakStage, beat: number): Promise<void> {
  const { flows } = (await api.get("/api/flows?limit=20")) as { flows: readonly { id: string }[] }; // the route's contract
  const [some] = flows;
  // It may have left the log meanwhile.
  if (some !== undefined) await api.socket(`/api/flows/${some.id}`);
  if (beat % 4 === 0) await api.socket("/api/metrics");
  await passingReader(core.home);
}

/** Follows the events for a moment, filtered, and leaves without a word. */
async function passingReader(home: string): Promise<void> {
  const socketPath = resolvePaths({ SWITCHYARD_HOME: home }).controlSocket;
  const path = `/api/events?filter=${encodeURIComponent("status:>=400")}`;
  const ask = request({ socketPath, path, headers: { host: "switchyard" }, agent: false });
  const begun = new Promise<void>((resolve, reject) => {
    ask.on("error", reject);
    ask.on("response", (reply) => {
      if (reply.statusCode !== 200) reject(new Error(`a reader on the events was answered ${reply.statusCode ?? 0}`));
      reply.on("error", () => {});
      reply.once("data", () => resolve());
    });
  });
  ask.end();
  try {
    await within("the events to begin", begun);
  } finally {
    ask.destroy();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
