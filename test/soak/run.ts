/**
 * A soak: a real core with everything on under connections of every sort, then the flow log alone under as many flows as no
 * run of minutes brings. What may not grow is measured before and after, from outside and by a probe; what came of it is an
 * outcome with aims, as the bench's parts have.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Aim, Outcome } from "../bench/board.ts";
import { shown } from "../bench/board.ts";
import { median } from "../bench/measures.ts";
import { residentMb } from "../bench/process-meter.ts";
import { createRandom } from "../fault/board/random.ts";
import { waitFor } from "../support/wait.ts";
import { descriptorsOf, leftOver, listed, total, type Descriptors } from "./descriptors.ts";
import { soakLoad, type Load, type Sample } from "./load.ts";
import { soakLog } from "./log.ts";
import type { LogReport } from "./log-child.ts";
import type { SoakPlan } from "./plan.ts";
import type { Inside } from "./probe.ts";
import { certainly, slopeOf, type Slope } from "./slope.ts";
import { openSoakStage, type SoakStage } from "./stage.ts";
import { connection, kinds } from "./traffic.ts";

export interface SoakOptions {
  readonly plan: SoakPlan;
  readonly seed: number;
  /** The built program. */
  readonly cli: string;
  readonly say: (text: string) => void;
}

/** What came of it; `failures` are named, for whoever mends them. */
export interface Soaked extends Outcome {
  readonly failures: readonly string[];
  readonly figure: string;
}

/** Upstream connections are kept for ten seconds at most, and the log publishes ten times a second. */
const settleMs = 25_000;
const million = 1_000_000;
/** Of the samples: rings fill, code is compiled, the heap finds its size, which takes a core some ten thousand calls. */
const warmUpShare = 0.4;
/** Growth of the core that a run of minutes cannot tell from code that is still being compiled, MB. */
const leastGrowthMb = 1;

export async function soak({ plan, seed, cli, say }: SoakOptions): Promise<Soaked> {
  const random = createRandom(seed).fork("soak");
  const stage = await openSoakStage(cli, plan.hosts);
  try {
    // Each sort once: what is opened at its first use is no leak.
    for (const kind of kinds) await connection(kind, stage, random.fork("warm-up"));
    await stage.api.socket("/api/reload", { body: {} });
    const before = await settled(stage, null);
    say(`before: ${listed(before.descriptors)}; heap ${before.inside.heapMb.toFixed(1)} MB`);
    const own = monitorEventLoopDelay({ resolution: 10 });
    own.enable();
    const load = await soakLoad(stage, plan, random, say);
    own.disable();
    const events = await stage.events();
    const after = await settled(stage, before.descriptors);
    say(`after: ${listed(after.descriptors)}; heap ${after.inside.heapMb.toFixed(1)} MB`);
    say(`the flow log alone: ${plan.logFlows} flows`);
    const log = await soakLog(plan.logFlows, seed);
    const residentAfterMb = residentMb(stage.core.pid);
    const ownLateMs = Math.max(0, own.percentile(99) / 1e6 - 10);
    const measured = { plan, load, log, events, before, after, ownLateMs, residentAfterMb };
    return outcomeOf({ ...measured, isAlive: stage.core.isAlive(), stderr: stage.core.stderr() });
  } finally {
    await stage.close();
  }
}

interface State {
  readonly descriptors: Descriptors;
  readonly inside: Inside;
}

/** When nothing is under way any more: as many descriptors as `wanted`, or as few as there will be. */
async function settled(stage: SoakStage, wanted: Descriptors | null): Promise<State> {
  const { pid } = stage.core;
  const isQuiet = (): boolean => {
    const now = descriptorsOf(pid);
    // The reader that stays speaks over a unix socket.
    return wanted === null ? (now["tcp established"] ?? 0) === 0 : total(leftOver(wanted, now)) === 0;
  };
  await waitFor("the core to be quiet", isQuiet, settleMs).catch(() => undefined);
  const inside = await stage.probe.ask();
  return { descriptors: descriptorsOf(pid), inside };
}

interface Measured {
  readonly plan: SoakPlan;
  readonly load: Load;
  readonly log: LogReport;
  readonly events: number;
  readonly before: State;
  readonly after: State;
  readonly ownLateMs: number;
  readonly residentAfterMb: number;
  readonly isAlive: boolean;
  readonly stderr: string;
}

function outcomeOf(measured: Measured): Soaked {
  const { plan, load, log, events, before, after, ownLateMs, isAlive, stderr } = measured;
  const steady = load.samples.slice(Math.floor(load.samples.length * warmUpShare));
  const core = slopeOf(steady.map(({ calls, heapMb }) => ({ x: calls / million, y: heapMb })));
  const lateMs = median(steady.map(({ lateP99Ms }) => lateP99Ms));
  const spanMillions = ((steady.at(-1)?.calls ?? 0) - (steady[0]?.calls ?? 0)) / million;
  const steadyLog = log.samples.slice(Math.floor(log.samples.length * warmUpShare));
  const alone = slopeOf(steadyLog.map(({ flows, heapMb }) => ({ x: flows / million, y: heapMb })));
  const drift = driftMb(steady);
  const left = leftOver(before.descriptors, after.descriptors);
  const handles = leftOver(before.inside.resources, after.inside.resources);
  const made = Object.values(load.made).reduce((sum, count) => sum + count, 0);
  const allEvents = events + log.events;
  const wantedEvents = Math.min(plan.logFlows * 2, million);
  const growth = plan.judgesGrowth
    ? `heap ${slopeText(core)} for 10⁶ calls, ${slopeText(alone)} for 10⁶ flows of the log, resident ${shown(drift, 1)} MB`
    : "too short to say what grows";
  const failures = [
    ...load.failures,
    ...(load.isLate ? ["given up: this machine did not manage so many connections in three times their time"] : []),
    ...(isAlive ? [] : ["the core is gone"]),
    ...(stderr.includes("Warning") ? [`the core warned: ${stderr.slice(0, 300)}`] : []),
  ];
  const rows: readonly (readonly [string, string, string])[] = [
    ["connections", String(made), kinds.map((kind) => `${load.made[kind]} ${kind}`).join(", ")],
    [
      "calls on them",
      String(load.calls),
      `${plan.hosts} hosts, ${load.freshHosts} more never seen before, ${load.reloads} reloads`,
    ],
    ["events published by the core", String(events), "read from its events stream by a reader that stayed"],
    [
      "events published by the flow log alone",
      String(log.events),
      `${plan.logFlows} flows, each when it opens and when it ends`,
    ],
    [
      "descriptors at the end",
      String(total(after.descriptors)),
      `of ${total(before.descriptors)}; more: ${listed(left)}`,
    ],
    ["handles that keep the loop going", String(total(after.inside.resources)), `more: ${listed(handles)}`],
    ["heap of the core, MB", shown(after.inside.heapMb, 1), `${slopeText(core)} for a million calls, after warm-up`],
    [
      "heap of the flow log, MB",
      shown(log.samples.at(-1)?.heapMb ?? Number.NaN, 1),
      `${slopeText(alone)} for a million flows`,
    ],
    [
      "resident memory of the core, MB",
      shown(measured.residentAfterMb, 0),
      `${shown(drift, 1)} more than after warm-up`,
    ],
    [
      "event loop late, p99 (median of the samples), ms",
      shown(lateMs, 0),
      `the driver of the load on this machine: ${shown(ownLateMs, 0)}`,
    ],
  ];
  const aim = (text: string, figure: number, limit: number, unit: Aim["unit"] = ""): Aim => ({
    text,
    figure,
    limit,
    unit,
  });
  return {
    part: "soak",
    about: "A core with everything on under connections of every sort.",
    tables: [],
    aims: [
      aim("connections not made", plan.connections - made, 0),
      aim("calls, edits and questions that failed", failures.length, 0),
      aim(`events missing of ${wantedEvents}`, Math.max(0, wantedEvents - allEvents), 0),
      aim("descriptors left over", total(left), 0),
      aim("connections still open", after.descriptors["tcp established"] ?? 0, 0),
      aim("handles left over", total(handles), 0),
      aim("listeners grown", Math.max(0, after.inside.listeners - before.inside.listeners), 0),
      // A log that forgets nothing grows by thousands; in a short run code is still being compiled.
      aim(
        "heap of the flow log, certain growth for a million flows",
        certainly(alone),
        plan.judgesGrowth ? 10 : 300,
        " MB",
      ),
      ...(plan.judgesGrowth
        ? [
            aim(
              `heap of the core, certain growth in ${Math.round(spanMillions * million)} calls`,
              certainly(core) * spanMillions,
              Math.max(leastGrowthMb, 10 * spanMillions),
              " MB",
            ),
            aim("resident memory grown after warm-up", drift, 20, " MB"),
            // A machine that is busy with others is late by itself.
            aim("event loop late, p99", lateMs, Math.max(100, Math.ceil(ownLateMs)), " ms"),
          ]
        : []),
    ],
    notes: [...rows.map(([what, figure, more]) => `${what}: ${figure} (${more})`), ...failures.slice(0, 10)],
    failures,
    figure: `${made} connections, ${allEvents} events: ${total(left)} descriptors left, ${growth}`,
  };
}

function slopeText({ perUnit, error }: Slope): string {
  return `${shown(perUnit, 2)} ± ${shown(error, 2)} MB`;
}

/** The last fifth against the first, each by its median: one sample is no level. */
function driftMb(samples: readonly Sample[]): number {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const level = (some: readonly Sample[]): number => median(some.map(({ residentMb: mb }) => mb));
  return level(samples.slice(-fifth)) - level(samples.slice(0, fifth));
}
