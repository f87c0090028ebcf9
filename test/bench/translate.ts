/**
 * `npm run bench -- translate`: what translation costs for each pair of the four public dialects, beside two gateways,
 * interleaved in one run. `--quick` measures fewer rounds.
 */
import type { Outcome } from "./board.ts";
import { dialects, type Dialect } from "./dialects.ts";
import { startGateway, startUpstream, type Gateway, type GatewayName } from "./gateways.ts";
import { errorText, type Bench, type Size } from "./part.ts";
import { measureFirst, measureStream, measureWhole, type StreamFigures } from "./translate-measures.ts";
import { pairsTable, translateAims, type PairResults } from "./translate-report.ts";

interface Plan {
  readonly deltas: number;
  readonly rounds: number;
  readonly wholes: number;
  readonly firsts: number;
  readonly warmRounds: number;
}

const plans: Readonly<Record<Size, Plan>> = {
  tiny: { deltas: 50, rounds: 1, wholes: 2, firsts: 2, warmRounds: 0 },
  quick: { deltas: 5_000, rounds: 2, wholes: 40, firsts: 10, warmRounds: 3 },
  full: { deltas: 5_000, rounds: 8, wholes: 120, firsts: 25, warmRounds: 3 },
};
const peers: readonly GatewayName[] = ["switchyard", "llms", "portkey"];

export async function benchTranslate(bench: Bench): Promise<Outcome> {
  const { say } = bench;
  const plan = plans[bench.size];
  const chosen = peers.filter((name) => bench.only.length === 0 || bench.only.includes(name));
  const startedAt = performance.now();
  const upstream = await startUpstream(plan.deltas);
  const gateways: Gateway[] = [];
  try {
    for (const name of ["direct", ...chosen] as const) gateways.push(await startGateway(name, upstream, bench));
    // Compiled code is what is measured, not its compilation: every pair goes by a few times before any of them counts.
    for (let warm = 0; warm < plan.warmRounds; warm += 1) {
      for (const [client, provider] of pairs)
        for (const gateway of gateways) await warmUp(gateway, client, provider, plan);
    }
    say("warmed up");
    const results: PairResults[] = [];
    for (const client of dialects) {
      for (const provider of dialects) {
        results.push(await measurePair(gateways, client, provider, plan));
        say(`${client} → ${provider} measured`);
      }
    }
    say(`translation took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    return {
      part: "translate",
      about: `A streamed answer of ${plan.deltas} deltas and small whole answers for each pair of dialects, plain HTTP, beside two gateways that translate.`,
      tables: [pairsTable(results, chosen)],
      aims: chosen.includes("switchyard") ? translateAims(results) : [],
      notes: [
        `CPU is the best of ${plan.rounds} rounds, ms per 1,000 deltas; times are medians less those of the provider asked directly. – stands where a gateway has no such pair or answered without the words.`,
      ],
    };
  } finally {
    for (const gateway of gateways) await gateway.close();
    await upstream.close();
  }
}

const pairs = dialects.flatMap((client) => dialects.map((provider) => [client, provider] as const));

/** A gateway that cannot do a pair has nothing to warm up; the measurement says so. */
async function warmUp(gateway: Gateway, client: Dialect, provider: Dialect, { deltas }: Plan): Promise<void> {
  await measureStream(gateway, client, provider, deltas).catch(() => undefined);
  await measureWhole(gateway, client, provider, 10).catch(() => undefined);
  await measureFirst(gateway, client, provider, 1).catch(() => undefined);
}

async function measurePair(
  gateways: readonly Gateway[],
  client: Dialect,
  provider: Dialect,
  plan: Plan,
): Promise<PairResults> {
  const streams = new Map<GatewayName, StreamFigures[]>();
  const wholes = new Map<GatewayName, number[]>();
  const firsts = new Map<GatewayName, number[]>();
  const failures = new Map<GatewayName, string>();
  const each = async (step: (gateway: Gateway) => Promise<void>): Promise<void> => {
    for (const gateway of gateways) {
      if (failures.has(gateway.name)) continue;
      // A gateway that cannot do a pair is told of in the table; Switchyard must do all of them.
      await step(gateway).catch((error: unknown) => {
        failures.set(gateway.name, errorText(error));
      });
    }
  };
  for (let round = 0; round < plan.rounds; round += 1) {
    await each(async (gateway) => {
      const figures = await measureStream(gateway, client, provider, plan.deltas);
      streams.set(gateway.name, [...(streams.get(gateway.name) ?? []), figures]);
    });
  }
  await each(
    async (gateway) => void wholes.set(gateway.name, await measureWhole(gateway, client, provider, plan.wholes)),
  );
  await each(
    async (gateway) => void firsts.set(gateway.name, await measureFirst(gateway, client, provider, plan.firsts)),
  );
  const failure = failures.get("switchyard");
  if (failure !== undefined) throw new Error(`switchyard cannot do ${client} → ${provider}: ${failure}`);
  return { client, provider, streams, wholes, firsts, failures };
}
