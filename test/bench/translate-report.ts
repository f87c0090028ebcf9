/** The figures of the translation benchmark as one table, and the aims beside them. */
import { shown, type Aim, type Table } from "./board.ts";
import type { Dialect } from "./dialects.ts";
import type { GatewayName } from "./gateways.ts";
import { median } from "./measures.ts";
import type { StreamFigures } from "./translate-measures.ts";

export interface PairResults {
  readonly client: Dialect;
  readonly provider: Dialect;
  readonly streams: ReadonlyMap<GatewayName, readonly StreamFigures[]>;
  /** Times of whole calls, ms. */
  readonly wholes: ReadonlyMap<GatewayName, readonly number[]>;
  /** Times until the first word, ms. */
  readonly firsts: ReadonlyMap<GatewayName, readonly number[]>;
  /** What a gateway said instead of an answer. */
  readonly failures: ReadonlyMap<GatewayName, string>;
}

/** The least CPU of all rounds: noise only ever adds. */
function cpuOf(pair: PairResults, name: GatewayName): number {
  const rounds = pair.streams.get(name) ?? [];
  return rounds.length === 0 || pair.failures.has(name)
    ? Number.NaN
    : Math.min(...rounds.map(({ cpuMsPerThousand }) => cpuMsPerThousand));
}

function addedMs(pair: PairResults, name: GatewayName): number {
  return median(pair.wholes.get(name) ?? []) - median(pair.wholes.get("direct") ?? []);
}

function firstMs(pair: PairResults, name: GatewayName): number {
  const delay = median(pair.firsts.get(name) ?? []) - median(pair.firsts.get("direct") ?? []);
  // Earlier than the provider itself: a gateway that lost the token limit on the way got another answer.
  return delay < -1 && name !== "switchyard" ? Number.NaN : delay;
}

export function pairsTable(pairs: readonly PairResults[], gateways: readonly GatewayName[]): Table {
  const head = [
    "client → provider",
    ...gateways.flatMap((name) => [`${name}: CPU ms/1000`, "added p50 ms", "first ms"]),
  ];
  const rows = pairs.map((pair) => [
    `${pair.client} → ${pair.provider}`,
    ...gateways.flatMap((name) => [
      shown(cpuOf(pair, name), 1),
      shown(addedMs(pair, name), 2),
      shown(firstMs(pair, name), 2),
    ]),
  ]);
  return { title: "Translation, pair by pair", rows: [head, ...rows] };
}

/** Worst pair against each aim; the aims stand beside the best that gateways reached in late 2026 (14.5 ms, 1.8 ms, 3 ms). */
export function translateAims(pairs: readonly PairResults[]): readonly Aim[] {
  const worst = (of: readonly PairResults[], figure: (pair: PairResults) => number): number =>
    Math.max(...of.map(figure));
  const same = pairs.filter(({ client, provider }) => client === provider);
  const cross = pairs.filter(({ client, provider }) => client !== provider);
  const aim = (text: string, figure: number, limit: number): Aim => ({
    text: `${text}, worst pair`,
    figure,
    limit,
    unit: " ms",
  });
  return [
    aim(
      "CPU per 1,000 deltas, translated",
      worst(cross, (pair) => cpuOf(pair, "switchyard")),
      10,
    ),
    aim(
      "CPU per 1,000 deltas, same dialect",
      worst(same, (pair) => cpuOf(pair, "switchyard")),
      3,
    ),
    aim(
      "added p50 of a whole call",
      worst(pairs, (pair) => addedMs(pair, "switchyard")),
      1.5,
    ),
    aim(
      "first token delayed",
      worst(pairs, (pair) => firstMs(pair, "switchyard")),
      1,
    ),
  ];
}
