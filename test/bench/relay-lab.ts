/**
 * Builds of Switchyard beside each other and beside the peers, for whoever works on the relay:
 * `tsx test/bench/relay-lab.ts NAME[+rules][+reader]=PROGRAM… [http-mitm-proxy] [mockttp] [--rounds=12] [--only=c1,c32,h2,conn]`.
 * CPU µs per unit, best … median of interleaved rounds, and the median of each round's ratio to the first one named. With
 * `+rules` each call is held against sixty rules, with `+reader` somebody follows the flows as a screen does. A step that a contestant fails is left out of that round.
 */
import { request } from "node:http";
import { resolvePaths } from "../../src/base/paths.ts";
import { startCoreProcess } from "../support/core-process.ts";
import {
  benchRules,
  freshHosts,
  mainHost,
  startOrigin,
  startOther,
  type Contestant,
  type Origin,
} from "./contestants.ts";
import { h2Posts, median, newConnections, smallPosts, type Load } from "./measures.ts";
import { residentMb } from "./process-meter.ts";

const steps: Readonly<Record<string, (who: Contestant) => Promise<Load>>> = {
  c1: (who) => smallPosts(who, 1, 300),
  c32: (who) => smallPosts(who, 32, 640),
  h2: (who) => h2Posts(who, 32, 480),
  conn: (who) => newConnections(who, 4, 30),
};

interface Subject {
  readonly label: string;
  readonly who: Contestant;
  readonly loads: Map<string, Load[]>;
  readonly idleMb: number;
}

const args = process.argv.slice(2);
const option = (name: string): string | undefined =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const rounds = Number(option("rounds") ?? 12);
const chosen = (option("only") ?? Object.keys(steps).join()).split(",");
const origin = await startOrigin();
const subjects: Subject[] = [];
try {
  for (const arg of args.filter((one) => !one.startsWith("--"))) subjects.push(await subject(arg));
  for (const { who } of subjects) {
    await smallPosts(who, 16, 3000);
    await smallPosts(who, 1, 1500);
    if (who.speaksH2 && chosen.includes("h2")) await h2Posts(who, 32, 3000);
    if (chosen.includes("conn")) await newConnections(who, 4, 60);
  }
  process.stdout.write(`${subjects.map(({ label, who }) => `${label} ${who.pid}`).join(", ")}\n`);
  for (let round = 0; round < rounds; round += 1) {
    for (const step of chosen) {
      for (let turn = 0; turn < subjects.length; turn += 1) {
        const one = subjects[(turn + round) % subjects.length];
        if (one === undefined || (step === "h2" && !one.who.speaksH2)) continue;
        const load = await (steps[step] ?? noSuchStep)(one.who).catch(() => null);
        if (load !== null) one.loads.set(step, [...(one.loads.get(step) ?? []), load]);
      }
    }
  }
  const first = subjects[0];
  for (const { label, who, loads, idleMb } of subjects) {
    const cells = chosen.map((step) => {
      const all = loads.get(step) ?? [];
      const base = first?.loads.get(step) ?? [];
      const cpus = all.map((load) => load.cpuMicrosPerUnit);
      if (cpus.length === 0) return `${step} –`;
      const p50 = median(all.map((load) => load.p50Ms));
      // A busy moment hits neighbours alike: the ratio of one round is worth more than the ratio of two medians.
      const ratio = median(
        all.map((load, round) => load.cpuMicrosPerUnit / (base[round]?.cpuMicrosPerUnit ?? Number.NaN)),
      );
      return `${step} ×${ratio.toFixed(2)} ${Math.min(...cpus).toFixed(0)}…${median(cpus).toFixed(0)} p50 ${p50.toFixed(2)}`.padEnd(
        34,
      );
    });
    const rss = who.pid === 0 ? "" : `  idle ${idleMb.toFixed(0)} MB, now ${residentMb(who.pid).toFixed(0)} MB`;
    process.stdout.write(`${label.padEnd(16)} ${cells.join("  ")}${rss}\n`);
  }
} finally {
  for (const { who } of subjects) await who.close();
  await origin.close();
}

function noSuchStep(): Promise<Load> {
  throw new Error(`no such step; there are ${Object.keys(steps).join(", ")}`);
}

async function subject(arg: string): Promise<Subject> {
  const [label = "", ...rest] = arg.split("=");
  const program = rest.length === 0 ? undefined : rest.join("=");
  const who =
    program === undefined
      ? await startOther(label as "http-mitm-proxy" | "mockttp", origin) // its own list says what there is
      : await switchyard(program, origin, label.split("+").slice(1));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  return { label, who, loads: new Map(), idleMb: who.pid === 0 ? 0 : residentMb(who.pid) };
}

/** `PROGRAM` may carry arguments of Node before it, separated by commas. */
async function switchyard(program: string, { ca, port }: Origin, more: readonly string[]): Promise<Contestant> {
  const core = await startCoreProcess({
    program: program.split(","),
    trust: ca.file,
    dial: Object.fromEntries([mainHost, ...freshHosts].map((host) => [host, port])),
    config: {
      intercept: { hosts: ["default", "*.bench.example"] },
      ...(more.includes("rules") ? { routes: benchRules } : {}),
    },
  });
  const readers: (() => void)[] = [];
  if (more.includes("reader")) {
    const asked = request({
      socketPath: resolvePaths({ SWITCHYARD_HOME: core.home }).controlSocket,
      path: "/api/events",
    });
    asked.on("response", (reply) => reply.resume()).on("error", () => {});
    asked.end();
    readers.push(() => asked.destroy());
  }
  return {
    name: "switchyard",
    proxyUrl: core.url,
    ca: core.ca,
    pid: core.pid,
    speaksH2: true,
    targetPort: 443,
    async close() {
      for (const end of readers) end();
      await core.close();
    },
  };
}
