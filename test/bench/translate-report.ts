/** The figures of the translation benchmark as one table, and the aims beside them. */
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
  return delay < -1 ? Number.NaN : delay;
}

export function pairsTable(pairs: readonly PairResults[], names: readonly GatewayName[]): string {
  const head = ["client → provider", ...names.flatMap((name) => [`${name}: CPU ms/1000`, "added p50 ms", "first ms"])];
  const rows = pairs.map((pair) => [
    `${pair.client} → ${pair.provider}`,
    ...names.flatMap((name) => [
      shown(cpuOf(pair, name), 1),
      shown(addedMs(pair, name), 2),
      shown(firstMs(pair, name), 2),
    ]),
  ]);
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

/** Worst pair against each aim; the aims stand beside the best that gateways reached in late 2026 (14.5 ms, 1.8 ms, 3 ms). */
export function translateVerdict(pairs: readonly PairResults[]): string {
  const worst = (of: readonly PairResults[], figure: (pair: PairResults) => number): number =>
    Math.max(...of.map(figure));
  const same = pairs.filter(({ client, provider }) => client === provider);
  const cross = pairs.filter(({ client, provider }) => client !== provider);
  const aims = [
    ["CPU per 1,000 deltas, translated", worst(cross, (pair) => cpuOf(pair, "switchyard")), 10],
    ["CPU per 1,000 deltas, same dialect", worst(same, (pair) => cpuOf(pair, "switchyard")), 3],
    ["added p50 of a whole call", worst(pairs, (pair) => addedMs(pair, "switchyard")), 1.5],
    ["first token delayed", worst(pairs, (pair) => firstMs(pair, "switchyard")), 1],
  ] as const;
  const lines = aims.map(
    ([text, figure, limit]) =>
      `${figure <= limit ? "ok  " : "miss"}  ${text}, worst pair: ${shown(figure, 2)} ms (aim ≤ ${limit} ms)`,
  );
  const misses = aims.filter(([, figure, limit]) => !(figure <= limit)).map(([text]) => text);
  const verdict =
    misses.length === 0 ? "verdict: all aims met" : `verdict: ${misses.length} misses: ${misses.join("; ")}`;
  return [...lines, "", verdict].join("\n");
}

function shown(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}
