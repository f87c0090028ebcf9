/**
 * `npm run bench -- translate`: what translation costs for each pair of the four public dialects, beside two gateways,
 * interleaved in one run. `--quick` measures fewer rounds. Exit code 0 with a verdict line even when an aim is missed.
 */
import { build } from "./contestants.ts";
import { dialects, type Dialect } from "./dialects.ts";
import { startGateway, startUpstream, type Gateway, type GatewayName } from "./gateways.ts";
import { measureFirst, measureStream, measureWhole, type StreamFigures } from "./translate-measures.ts";
import { pairsTable, translateVerdict, type PairResults } from "./translate-report.ts";

const deltas = 5_000;
const plans = { quick: { rounds: 2, wholes: 40, firsts: 10 }, full: { rounds: 8, wholes: 120, firsts: 25 } };
const peers: readonly GatewayName[] = ["switchyard", "llms", "portkey"];

export async function benchTranslate(args: readonly string[], say: (text: string) => void): Promise<void> {
  const plan = args.includes("--quick") ? plans.quick : plans.full;
  const only = args.filter((arg) => !arg.startsWith("--"));
  const chosen = peers.filter((name) => only.length === 0 || only.includes(name));
  const startedAt = performance.now();
  if (chosen.includes("switchyard")) await build();
  const upstream = await startUpstream(deltas);
  const gateways: Gateway[] = [];
  try {
    for (const name of ["direct", ...chosen] as const) gateways.push(await startGateway(name, upstream));
    // Compiled code is what is measured, not its compilation: every pair goes by a few times before any of them counts.
    for (let warm = 0; warm < warmRounds; warm += 1) {
      for (const [client, provider] of pairs) for (const gateway of gateways) await warmUp(gateway, client, provider);
    }
    say("warmed up");
    const results: PairResults[] = [];
    for (const client of dialects) {
      for (const provider of dialects) {
        results.push(await measurePair(gateways, client, provider, plan));
        say(`${client} → ${provider} measured`);
      }
    }
    say(`\n${pairsTable(results, chosen)}\n\n${translateVerdict(results)}`);
    say(
      `took ${((performance.now() - startedAt) / 1000).toFixed(0)} s; ${deltas} deltas a stream; CPU is the best of ${plan.rounds} rounds, times are medians less those of the provider asked directly`,
    );
  } finally {
    for (const gateway of gateways) await gateway.close();
    await upstream.close();
  }
}

const warmRounds = 3;
const pairs = dialects.flatMap((client) => dialects.map((provider) => [client, provider] as const));

/** A gateway that cannot do a pair has nothing to warm up; the measurement says so. */
async function warmUp(gateway: Gateway, client: Dialect, provider: Dialect): Promise<void> {
  await measureStream(gateway, client, provider, deltas).catch(() => undefined);
  await measureWhole(gateway, client, provider, 10).catch(() => undefined);
  await measureFirst(gateway, client, provider, 1).catch(() => undefined);
}

async function measurePair(
  gateways: readonly Gateway[],
  client: Dialect,
  provider: Dialect,
  plan: (typeof plans)["full"],
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
        failures.set(gateway.name, error instanceof Error ? error.message : String(error));
      });
    }
  };
  for (let round = 0; round < plan.rounds; round += 1) {
    await each(async (gateway) => {
      const figures = await measureStream(gateway, client, provider, deltas);
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
