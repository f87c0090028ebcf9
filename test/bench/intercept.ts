/**
 * What interception costs, against no proxy, a TLS splice, http-mitm-proxy and mockttp, interleaved in one run. Switchyard
 * has everything on: capture, sixty rules that each call is held against, and an open screen's reader on its events.
 */
import { abortsH1, abortsH2 } from "./abort-measures.ts";
import type { Outcome } from "./board.ts";
import { freshHosts, names, start, startOrigin, type Contestant, type Name, type Surroundings } from "./contestants.ts";
import { startUpstream } from "./gateways.ts";
import { interceptAims, interceptTable, noResults, type Results } from "./intercept-report.ts";
import { h2Posts, longestGap, memory, newConnections, smallPosts } from "./measures.ts";
import { errorText, type Bench, type Size } from "./part.ts";
import { providerCalls, reroutedCalls } from "./reroute-measures.ts";
import { liveStream } from "./stream-measures.ts";

/** Counts are for one round; rounds of all contestants alternate, so that a busy moment hits everybody. */
interface Plan {
  readonly rounds: number;
  readonly single: number;
  readonly parallel: number;
  readonly h2: number;
  readonly connections: number;
  /** Events of a live stream. */
  readonly events: number;
  /** Of Switchyard and of no proxy; the others do `peerAborts`, for those who never notice cost two seconds each time. */
  readonly aborts: number;
  readonly peerAborts: number;
  readonly rerouted: number;
  /** Before anything counts: posts on HTTP/1.1, half of that on HTTP/2. */
  readonly warmUp: number;
  readonly megabytes: number;
}

const plans: Readonly<Record<Size, Plan>> = {
  tiny: {
    rounds: 1,
    single: 40,
    parallel: 64,
    h2: 64,
    connections: 8,
    events: 40,
    aborts: 5,
    peerAborts: 3,
    rerouted: 10,
    warmUp: 50,
    megabytes: 4,
  },
  quick: {
    rounds: 2,
    single: 800,
    parallel: 1200,
    h2: 800,
    connections: 60,
    events: 150,
    aborts: 60,
    peerAborts: 20,
    rerouted: 100,
    warmUp: 4_000,
    megabytes: 200,
  },
  full: {
    rounds: 5,
    single: 1500,
    parallel: 2400,
    h2: 1600,
    connections: 100,
    events: 250,
    aborts: 100,
    peerAborts: 20,
    rerouted: 200,
    warmUp: 4_000,
    megabytes: 200,
  },
};

const hostsPerGap = 3;
/** On a machine so busy that rounds take longer than this, fewer of them have to do. */
const maxLoadMs = 240_000;
const leastRounds = 3;

export async function benchIntercept(bench: Bench): Promise<Outcome> {
  const { say } = bench;
  const plan = plans[bench.size];
  const chosen = names.filter((name) => bench.only.length === 0 || name === "direct" || bench.only.includes(name));
  const startedAt = performance.now();
  const origin = await startOrigin();
  const results = new Map<Name, Results>(chosen.map((name) => [name, noResults()]));
  let rounds = 0;
  try {
    const provider = await startUpstream(1);
    try {
      const around = { bench, origin, providerPort: provider.port };
      await memoryRound(chosen, around, results, plan);
      rounds = await loadRounds(chosen, around, results, plan);
    } finally {
      await provider.close();
    }
  } finally {
    await origin.close();
  }
  say(`interception took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  const aborts = plan.aborts * rounds;
  return {
    part: "intercept",
    about:
      "Small Claude calls (2 KB up, 1 KB down), live streams, aborts and large bodies through each proxy, all to one origin over TLS. " +
      "Switchyard with everything on: capture, 61 routing rules that each call is held against, and a reader on its events stream as an open screen is one. " +
      "The floor is a TLS splice: TLS ended on both sides, bytes copied, no HTTP read, no certificate made.",
    tables: [interceptTable(results)],
    aims: interceptAims(results),
    notes: [
      `CPU is the best of ${rounds} interleaved rounds, times are medians; memory is of a fresh process each.`,
      `Aborts: ${aborts} over HTTP/1.1 and ${aborts} over HTTP/2 for Switchyard and for no proxy, ${plan.peerAborts * rounds} each for the others.`,
      "A rerouted call is translated from Claude's dialect to OpenAI's and back; what it adds is counted from the provider asked directly in its own.",
    ],
  };
}

/** Memory first, on processes that have done nothing else, one at a time. */
async function memoryRound(
  chosen: readonly Name[],
  around: Surroundings,
  results: Map<Name, Results>,
  plan: Plan,
): Promise<void> {
  for (const name of chosen) {
    // Each takes some ten seconds to settle.
    if (name === "direct" || (around.bench.size === "tiny" && name !== "switchyard")) continue;
    const who = await start(name, around);
    try {
      const figures = await memory(who, plan.megabytes);
      const row = results.get(name);
      if (row !== undefined) row.memory = figures;
    } finally {
      await who.close();
    }
    around.bench.say(`memory of ${name} measured`);
  }
}

/** Gives how many rounds there was time for. */
async function loadRounds(
  chosen: readonly Name[],
  around: Surroundings,
  results: Map<Name, Results>,
  plan: Plan,
): Promise<number> {
  const { say } = around.bench;
  const running: Contestant[] = [];
  const startedAt = performance.now();
  try {
    for (const name of chosen) running.push(await start(name, around));
    for (const who of running) await warmUp(who, plan);
    for (let round = 0; round < plan.rounds; round += 1) {
      if (round >= leastRounds && performance.now() - startedAt > maxLoadMs) {
        say(`no time for more than ${round} of ${plan.rounds} rounds`);
        return round;
      }
      // Each round begins with another contestant.
      const order = running.flatMap((_, index) => running[(index + round) % running.length] ?? []);
      for (const step of stepsOf(plan, round, around)) {
        for (const who of order) {
          const row = results.get(who.name);
          if (row === undefined) continue;
          // mockttp now and then takes an outgoing connection whose port was used before for a loop, and answers 500.
          await step(who, row)
            .catch((error: unknown) => {
              say(`${who.name}: once more (${errorText(error)})`);
              return step(who, row);
            })
            .catch((error: unknown) => {
              throw new Error(`${who.name} broke twice in round ${round + 1}`, { cause: error });
            });
        }
      }
      say(`round ${round + 1} of ${plan.rounds} done`);
    }
    return plan.rounds;
  } finally {
    for (const who of running) await who.close();
  }
}

/** A proxy runs for hours: what is measured is the compiled code, not its compilation. */
async function warmUp(who: Contestant, plan: Plan): Promise<void> {
  await smallPosts(who, 16, plan.warmUp);
  if (who.speaksH2) await h2Posts(who, 32, plan.warmUp / 2);
  await newConnections(who, 4, Math.ceil(plan.warmUp / 70));
  if (who.name === "switchyard") await reroutedCalls(who, Math.ceil(plan.warmUp / 10));
}

type Step = (who: Contestant, row: Results) => Promise<void>;

function stepsOf(plan: Plan, round: number, { origin, providerPort = 0 }: Surroundings): readonly Step[] {
  const hosts = freshHosts.slice(round * hostsPerGap, (round + 1) * hostsPerGap);
  const label = String(round);
  const aborts = ({ name }: Contestant): number =>
    name === "direct" || name === "switchyard" ? plan.aborts : plan.peerAborts;
  return [
    async (who, row) => void row.single.push(await smallPosts(who, 1, plan.single)),
    async (who, row) => void row.parallel.push(await smallPosts(who, 32, plan.parallel)),
    async (who, row) => {
      if (who.speaksH2) row.h2.push(await h2Posts(who, 32, plan.h2));
    },
    async (who, row) => void row.connections.push(await newConnections(who, 4, plan.connections)),
    async (who, row) => void row.gaps.push(await longestGap(who, hosts)),
    async (who, row) => void row.streams.push(await liveStream(who, plan.events)),
    async (who, row) => void row.abortsH1.push(await abortsH1(who, origin, label, aborts(who))),
    async (who, row) => {
      if (who.speaksH2) row.abortsH2.push(await abortsH2(who, origin, label, aborts(who)));
    },
    async (who, row) => {
      if (who.name === "direct") row.rerouted.push(await providerCalls(who, providerPort, plan.rerouted));
      if (who.name === "switchyard") row.rerouted.push(await reroutedCalls(who, plan.rerouted));
    },
  ];
}
