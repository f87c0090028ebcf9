/** The figures of interception as a table with ratios, and the aims of the project beside them. */
import type { Aim, Table } from "./board.ts";
import { shown } from "./board.ts";
import type { Aborts } from "./abort-measures.ts";
import { names, type Name } from "./contestants.ts";
import { median, percentile, type Load, type Memory } from "./measures.ts";
import type { Streamed } from "./stream-measures.ts";

/** Everything measured of one contestant; one entry per round. */
export interface Results {
  readonly single: Load[];
  readonly parallel: Load[];
  readonly h2: Load[];
  readonly connections: Load[];
  readonly gaps: number[];
  readonly streams: Streamed[];
  readonly abortsH1: Aborts[];
  readonly abortsH2: Aborts[];
  /** Translated calls; of `direct` the provider itself, asked in its own dialect. */
  readonly rerouted: Load[];
  memory: Memory | null;
}

export type AllResults = ReadonlyMap<Name, Results>;

export function noResults(): Results {
  return {
    single: [],
    parallel: [],
    h2: [],
    connections: [],
    gaps: [],
    streams: [],
    abortsH1: [],
    abortsH2: [],
    rerouted: [],
    memory: null,
  };
}

/** A row of the table. `ratio`: a figure that can be divided by another's. */
interface Measure {
  readonly text: string;
  readonly digits: number;
  readonly ratio: boolean;
  /** NaN: not measured. */
  of(results: Results, all: AllResults): number;
}

const measures = {
  singleCpu: cpu("CPU per small request, HTTP/1.1, one at a time, µs", "single"),
  parallelCpu: cpu("CPU per small request, HTTP/1.1, 32 at a time, µs", "parallel"),
  h2Cpu: cpu("CPU per small request, HTTP/2, 32 streams, µs", "h2"),
  connectionCpu: cpu("CPU per new connection (CONNECT, TLS, one request), µs", "connections"),
  singleRate: rate("requests per second, HTTP/1.1, one at a time", "single"),
  parallelRate: rate("requests per second, HTTP/1.1, 32 at a time", "parallel"),
  h2Rate: rate("requests per second, HTTP/2, 32 streams", "h2"),
  addedMs: {
    text: "added to a small request, p50, ms",
    digits: 2,
    ratio: true,
    of: (results, all) => addedMs(results.single, all.get("direct")?.single),
  },
  gapMs: {
    text: "longest gap of a live stream while certificates of new hosts are made, ms",
    digits: 1,
    ratio: false,
    of: ({ gaps }) => median(gaps),
  },
  eventMs: {
    text: "added to an event of a live stream, p50, ms",
    digits: 2,
    ratio: true,
    of: (results, all) => {
      const direct = all.get("direct")?.streams ?? [];
      const p50 = (one: Streamed | undefined): number => median(one?.delaysMs ?? []);
      return median(results.streams.map((one, round) => p50(one) - p50(direct[round])));
    },
  },
  joinedPercent: {
    text: "events that came joined to the one before, %",
    digits: 2,
    ratio: false,
    of: ({ streams }) => {
      const events = streams.reduce((sum, one) => sum + one.delaysMs.length, 0);
      return (streams.reduce((sum, one) => sum + one.joined, 0) * 100) / events;
    },
  },
  abortH1P50: abort("client leaves, HTTP/1.1: origin closed after, p50, ms", "abortsH1", 0.5),
  abortH1P99: abort("client leaves, HTTP/1.1: origin closed after, p99, ms", "abortsH1", 0.99),
  abortH1Never: neverClosed("client leaves, HTTP/1.1: origin never closed, %", "abortsH1"),
  abortH2P50: abort("client leaves, HTTP/2: origin closed after, p50, ms", "abortsH2", 0.5),
  abortH2P99: abort("client leaves, HTTP/2: origin closed after, p99, ms", "abortsH2", 0.99),
  abortH2Never: neverClosed("client leaves, HTTP/2: origin never closed, %", "abortsH2"),
  reroutedCpu: cpu("CPU per rerouted and translated call, µs", "rerouted"),
  reroutedMs: {
    text: "added to a rerouted and translated call, p50, ms",
    digits: 2,
    ratio: false,
    of: (results, all) => addedMs(results.rerouted, all.get("direct")?.rerouted),
  },
  idleMb: memoryOf("memory of an idle process, MB", "idleMb"),
  stalledMb: memoryOf("memory grown by a stalled reader of 100 MB, MB", "stalledMb"),
  downMb: memoryOf("memory grown by a 200 MB download, MB", "downMb"),
  upMb: memoryOf("memory grown by a 200 MB upload, MB", "upMb"),
} satisfies Readonly<Record<string, Measure>>;

export function interceptTable(all: AllResults): Table {
  const columns = names.filter((name) => all.has(name));
  const others = columns.filter((name) => name !== "direct" && name !== "switchyard");
  const ours = all.get("switchyard");
  const rows = Object.values<Measure>(measures).map((measure) => {
    const cell = (name: Name): number => {
      const results = all.get(name);
      return results === undefined ? Number.NaN : measure.of(results, all);
    };
    const ratio = (name: Name): string => {
      if (!measure.ratio || ours === undefined) return "";
      // What a busy machine makes less than nothing is no yardstick.
      const theirs = cell(name);
      return shown(theirs > 0 ? measure.of(ours, all) / theirs : Number.NaN, 2);
    };
    return [measure.text, ...columns.map((name) => shown(cell(name), measure.digits)), ...others.map(ratio)];
  });
  return {
    title: "Interception, and Switchyard's ratio to the others",
    rows: [["", ...columns, ...(ours === undefined ? [] : others.map((name) => `÷ ${name}`))], ...rows],
  };
}

/** Those whose figures can exist with the contestants that were measured. */
export function interceptAims(all: AllResults): readonly Aim[] {
  const ours = all.get("switchyard");
  if (ours === undefined) return [];
  const figure = (measure: Measure): number => measure.of(ours, all);
  const ratios = (name: Name, limits: readonly (readonly [Measure, number])[]): readonly Aim[] => {
    const theirs = all.get(name);
    if (theirs === undefined) return [];
    return limits.map(([measure, limit]) => ({
      text: `${measure.text.replace(/, µs$/, "")}, of ${name}`,
      figure: figure(measure) / measure.of(theirs, all),
      limit,
      unit: "",
    }));
  };
  const floor = all.get("floor");
  const floorOf = (measure: Measure): number => (floor === undefined ? Number.NaN : measure.of(floor, all));
  const level = (measure: Measure, limit: number, unit: Aim["unit"]): Aim => {
    const beside = floorOf(measure);
    return {
      text: measure.text.replace(/, (ms|MB|%)$/, ""),
      figure: figure(measure),
      limit,
      unit,
      ...(Number.isFinite(beside) ? { beside: `the floor: ${shown(beside, 2)}${unit}` } : {}),
    };
  };
  const { singleCpu, parallelCpu, h2Cpu, connectionCpu } = measures;
  return [
    ...ratios("http-mitm-proxy", [
      [singleCpu, 0.5],
      [parallelCpu, 0.5],
      [connectionCpu, 0.6],
    ]),
    ...ratios("mockttp", [
      [singleCpu, 0.38],
      [parallelCpu, 0.38],
      [h2Cpu, 0.33],
    ]),
    level(measures.addedMs, 0.45, " ms"),
    level(measures.gapMs, 25, " ms"),
    level(measures.eventMs, 0.4, " ms"),
    // Where the machine is late, a plain splice joins them as well.
    level(measures.joinedPercent, Math.max(1, Math.ceil(floorOf(measures.joinedPercent) || 0)), " %"),
    level(measures.abortH1P99, 50, " ms"),
    level(measures.abortH1Never, 0, " %"),
    level(measures.abortH2P99, 50, " ms"),
    level(measures.abortH2Never, 0, " %"),
    level(measures.reroutedMs, 1.5, " ms"),
    level(measures.idleMb, 80, " MB"),
    level(measures.stalledMb, 16, " MB"),
    level(measures.downMb, 48, " MB"),
    level(measures.upMb, 48, " MB"),
  ];
}

type LoadKey = "single" | "parallel" | "h2" | "connections" | "rerouted";

/** The least of all rounds: noise only ever adds. */
function cpu(text: string, key: LoadKey): Measure {
  const least = (loads: readonly Load[]): number => {
    const known = loads.map((load) => load.cpuMicrosPerUnit).filter((micros) => !Number.isNaN(micros));
    return known.length === 0 ? Number.NaN : Math.min(...known);
  };
  return { text, digits: 0, ratio: true, of: (results) => least(results[key]) };
}

function rate(text: string, key: LoadKey): Measure {
  const most = (loads: readonly Load[]): number =>
    loads.length === 0 ? Number.NaN : Math.max(...loads.map((load) => load.perSecond));
  return { text, digits: 0, ratio: true, of: (results) => most(results[key]) };
}

/** Of all rounds together. */
function abort(text: string, key: "abortsH1" | "abortsH2", part: number): Measure {
  return {
    text,
    digits: 1,
    ratio: false,
    of: (results) =>
      percentile(
        results[key].flatMap(({ tookMs }) => tookMs),
        part,
      ),
  };
}

function neverClosed(text: string, key: "abortsH1" | "abortsH2"): Measure {
  return {
    text,
    digits: 1,
    ratio: false,
    of: (results) => {
      const never = results[key].reduce((sum, one) => sum + one.never, 0);
      return (never * 100) / (never + results[key].reduce((sum, one) => sum + one.tookMs.length, 0));
    },
  };
}

function memoryOf(text: string, key: keyof Memory): Measure {
  return { text, digits: 0, ratio: false, of: ({ memory }) => memory?.[key] ?? Number.NaN };
}

/** Median over the rounds of p50 minus the direct p50 of the same round. */
function addedMs(loads: readonly Load[], direct: readonly Load[] = []): number {
  return median(loads.map((load, round) => load.p50Ms - (direct[round]?.p50Ms ?? Number.NaN)));
}
