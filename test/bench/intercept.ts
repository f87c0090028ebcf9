/** What interception costs, against no proxy, http-mitm-proxy and mockttp, interleaved in one run. */
import { build, freshHosts, start, startOrigin, type Contestant, type Name, type Origin } from "./contestants.ts";
import { h2Posts, longestGap, memory, newConnections, smallPosts } from "./measures.ts";
import { table, verdict, type Results } from "./intercept-report.ts";

const names: readonly Name[] = ["direct", "switchyard", "http-mitm-proxy", "mockttp"];

/** Counts are for one round; rounds of all contestants alternate, so that a busy moment hits everybody. */
const plans = {
  quick: { rounds: 2, single: 800, parallel: 1200, h2: 800, connections: 60 },
  full: { rounds: 5, single: 1500, parallel: 2400, h2: 1600, connections: 100 },
};

const hostsPerGap = 3;

export async function benchIntercept(args: readonly string[], say: (text: string) => void): Promise<void> {
  const plan = args.includes("--quick") ? plans.quick : plans.full;
  const only = args.filter((arg) => !arg.startsWith("--"));
  const chosen = names.filter((name) => only.length === 0 || name === "direct" || only.includes(name));
  const startedAt = performance.now();
  if (chosen.includes("switchyard")) await build();

  const origin = await startOrigin();
  const results = new Map<Name, Results>(
    chosen.map((name) => [name, { single: [], parallel: [], h2: [], connections: [], gaps: [], memory: null }]),
  );
  try {
    await memoryRound(chosen, origin, results, say);
    await loadRounds(chosen, origin, results, plan, say);
  } finally {
    await origin.close();
  }
  say(`\n${table(results)}\n\n${verdict(results)}`);
  say(
    `took ${((performance.now() - startedAt) / 1000).toFixed(0)} s; CPU is the best of ${plan.rounds} rounds, times are medians`,
  );
}

/** Memory first, on processes that have done nothing else, one at a time. */
async function memoryRound(
  chosen: readonly Name[],
  origin: Origin,
  results: Map<Name, Results>,
  say: (text: string) => void,
): Promise<void> {
  for (const name of chosen) {
    if (name === "direct") continue;
    const who = await start(name, origin);
    try {
      const figures = await memory(who);
      const row = results.get(name);
      if (row !== undefined) row.memory = figures;
    } finally {
      await who.close();
    }
    say(`memory of ${name} measured`);
  }
}

async function loadRounds(
  chosen: readonly Name[],
  origin: Origin,
  results: Map<Name, Results>,
  plan: (typeof plans)["full"],
  say: (text: string) => void,
): Promise<void> {
  const running: Contestant[] = [];
  try {
    for (const name of chosen) running.push(await start(name, origin));
    for (const who of running) {
      // A proxy runs for hours: what is measured is the compiled code, not its compilation.
      await smallPosts(who, 16, 4_000);
      if (who.speaksH2) await h2Posts(who, 32, 2_000);
      await newConnections(who, 4, 60);
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      // Each round begins with another contestant.
      const order = running.map((_, index) => running[(index + round) % running.length]);
      const each = async (step: (who: Contestant, row: Results) => Promise<void>): Promise<void> => {
        for (const who of order) {
          const row = who && results.get(who.name);
          if (who === undefined || row === undefined) continue;
          // mockttp now and then takes an outgoing connection whose port was used before for a loop, and answers 500.
          await step(who, row)
            .catch((error: unknown) => {
              say(`${who.name}: once more (${error instanceof Error ? error.message.split("\n")[0] : String(error)})`);
              return step(who, row);
            })
            .catch((error: unknown) => {
              throw new Error(`${who.name} broke twice in round ${round + 1}`, { cause: error });
            });
        }
      };
      await each(async (who, row) => void row.single.push(await smallPosts(who, 1, plan.single)));
      await each(async (who, row) => void row.parallel.push(await smallPosts(who, 32, plan.parallel)));
      await each(async (who, row) => {
        if (who.speaksH2) row.h2.push(await h2Posts(who, 32, plan.h2));
      });
      await each(async (who, row) => void row.connections.push(await newConnections(who, 4, plan.connections)));
      const hosts = freshHosts.slice(round * hostsPerGap, (round + 1) * hostsPerGap);
      await each(async (who, row) => void row.gaps.push(await longestGap(who, hosts)));
      say(`round ${round + 1} of ${plan.rounds} done`);
    }
  } finally {
    for (const who of running) await who.close();
  }
}
