/** The figures as one table, and the aims beside them. */
import type { Name } from "./contestants.ts";
import { median, type Load, type Memory } from "./measures.ts";

/** Everything measured of one contestant; one entry per round. */
export interface Results {
  readonly single: Load[];
  readonly parallel: Load[];
  readonly h2: Load[];
  readonly connections: Load[];
  readonly gaps: number[];
  memory: Memory | null;
}

export type AllResults = ReadonlyMap<Name, Results>;

interface Aim {
  readonly text: string;
  readonly figure: number;
  readonly limit: number;
  readonly unit: "" | " ms" | " MB";
}

export function table(all: AllResults): string {
  const rows = [
    [
      "",
      "c=1 rps",
      "CPU µs",
      "added ms",
      "c=32 rps",
      "CPU µs",
      "h2 rps",
      "CPU µs",
      "new conn CPU ms",
      "SSE gap ms",
      "idle MB",
      "stalled +MB",
      "200 down +MB",
      "200 up +MB",
    ],
  ];
  for (const [name, results] of all) {
    const { memory } = results;
    const cpu = (loads: readonly Load[]): string => (name === "direct" ? "" : shown(bestCpu(loads), 0));
    rows.push([
      name,
      shown(bestRate(results.single), 0),
      cpu(results.single),
      name === "direct" ? "" : shown(addedMs(all, name), 2),
      shown(bestRate(results.parallel), 0),
      cpu(results.parallel),
      shown(bestRate(results.h2), 0),
      cpu(results.h2),
      name === "direct" ? "" : shown(bestCpu(results.connections) / 1000, 2),
      shown(median(results.gaps), 1),
      ...(memory === null
        ? ["", "", "", ""]
        : [memory.idleMb, memory.stalledMb, memory.downMb, memory.upMb].map((mb) => shown(mb, 0))),
    ]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

/** The aims with what was reached, and a verdict line. */
export function verdict(all: AllResults): string {
  const aims = aimsFor(all);
  if (aims.length === 0) return "verdict: none, Switchyard was not measured";
  const lines = aims.map(({ text, figure, limit, unit }) => {
    const isMet = figure <= limit;
    return `${isMet ? "ok  " : "miss"}  ${text}: ${shown(figure, 2)}${unit} (aim ≤ ${limit}${unit})`;
  });
  const misses = aims.filter(({ figure, limit }) => !(figure <= limit)).map(({ text }) => text);
  return [
    ...lines,
    "",
    misses.length === 0 ? "verdict: all aims met" : `verdict: ${misses.length} misses: ${misses.join("; ")}`,
  ].join("\n");
}

function aimsFor(all: AllResults): Aim[] {
  const ours = all.get("switchyard");
  const mitm = all.get("http-mitm-proxy");
  const mock = all.get("mockttp");
  if (ours === undefined) return [];
  const ratio = (mine: readonly Load[], other: readonly Load[] | undefined): number =>
    bestCpu(mine) / bestCpu(other ?? []);
  const memory = ours.memory ?? { idleMb: Number.NaN, stalledMb: Number.NaN, downMb: Number.NaN, upMb: Number.NaN };
  return [
    {
      text: "CPU per small request, c=1, of http-mitm-proxy",
      figure: ratio(ours.single, mitm?.single),
      limit: 0.6,
      unit: "",
    },
    {
      text: "CPU per small request, c=32, of http-mitm-proxy",
      figure: ratio(ours.parallel, mitm?.parallel),
      limit: 0.6,
      unit: "",
    },
    { text: "CPU per small request, c=1, of mockttp", figure: ratio(ours.single, mock?.single), limit: 0.38, unit: "" },
    {
      text: "CPU per small request, c=32, of mockttp",
      figure: ratio(ours.parallel, mock?.parallel),
      limit: 0.38,
      unit: "",
    },
    { text: "CPU per HTTP/2 request, of mockttp", figure: ratio(ours.h2, mock?.h2), limit: 0.38, unit: "" },
    {
      text: "CPU per new connection, of http-mitm-proxy",
      figure: ratio(ours.connections, mitm?.connections),
      limit: 0.6,
      unit: "",
    },
    { text: "added p50 at c=1", figure: addedMs(all, "switchyard"), limit: 0.45, unit: " ms" },
    {
      text: "longest gap of a live stream while a new host's certificate is made",
      figure: median(ours.gaps),
      limit: 25,
      unit: " ms",
    },
    { text: "memory grown by a stalled reader of 100 MB", figure: memory.stalledMb, limit: 16, unit: " MB" },
    { text: "memory grown by a 200 MB download", figure: memory.downMb, limit: 48, unit: " MB" },
    { text: "memory grown by a 200 MB upload", figure: memory.upMb, limit: 48, unit: " MB" },
    { text: "memory of an idle core", figure: memory.idleMb, limit: 80, unit: " MB" },
  ];
}

/** The least CPU of all rounds: noise only ever adds. NaN when it was not measured, which no aim accepts. */
function bestCpu(loads: readonly Load[]): number {
  return loads.length === 0 ? Number.NaN : Math.min(...loads.map((load) => load.cpuMicrosPerUnit));
}

function bestRate(loads: readonly Load[]): number {
  return loads.length === 0 ? Number.NaN : Math.max(...loads.map((load) => load.perSecond));
}

/** Median over the rounds of p50 minus the direct p50 of the same round. */
function addedMs(all: AllResults, name: Name): number {
  const direct = all.get("direct")?.single ?? [];
  return median((all.get(name)?.single ?? []).map((load, round) => load.p50Ms - (direct[round]?.p50Ms ?? Number.NaN)));
}

function shown(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}
