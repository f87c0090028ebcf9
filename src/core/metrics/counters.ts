/**
 * What the core did since it started, in counters that only grow: calls, attempts, failures, tokens, cost, how long it
 * took. Told on the relay path, so each telling is a few additions; who wants to know reads a copy. How many rows there
 * can be is bounded: names of models are whatever clients ask for.
 */
import type { LatencyJson, MetricsJson } from "../../base/controls.ts";
import type { FlowRecord, Usage } from "../../base/flow.ts";
import type { CallObserver } from "../../engine/observer.ts";

export interface Counters {
  attempted(event: Pick<Parameters<CallObserver["attempted"]>[0], "provider" | "error">): void;
  /** A call that was answered, by us or (passed through) by its own provider. */
  used(event: {
    readonly provider: string;
    readonly model: string;
    readonly usage: Usage;
    readonly costUsd: number | null;
  }): void;
  /** `provider`: of a passed-through call, by its host; null: not one we know. */
  ended(
    record: Pick<FlowRecord, "action" | "protocol" | "provider" | "state" | "status" | "timings">,
    provider: string | null,
  ): void;
  figures(): CountedFigures;
}

/** Rows are in the order in which they were first told. */
export type CountedFigures = Pick<
  MetricsJson,
  "requests" | "attempts" | "failures" | "usage" | "durations" | "firstTokens"
>;

type Outcome = MetricsJson["requests"][number]["outcome"];

const durationBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];
const firstTokenBounds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** Nobody has more of them; what comes later counts as `other`. */
const maxProviders = 100;
const maxModels = 200;
const maxNameLength = 120;
/** Of a call that went to no provider at all: refused, answered here. */
const nobody = "none";
const other = "other";

export function createCounters(): Counters {
  const providers = createNames(maxProviders);
  const models = createNames(maxModels);
  const requests = createRows<{ action: string; provider: string; outcome: Outcome; count: number }>();
  const attempts = createRows<{ provider: string; outcome: "ok" | "failed"; count: number }>();
  const failures = createRows<{ provider: string; kind: string; count: number }>();
  const usage = createRows<Writable<MetricsJson["usage"][number]>>();
  const durations = createRows<Latency>();
  const firstTokens = createRows<Latency>();
  /** Nearly every call is like the one before; to look for its rows is to make their keys. */
  let last: LastEnded | null = null;

  return {
    attempted({ provider: named, error }) {
      const provider = providers.bounded(named);
      const outcome = error === null ? "ok" : "failed";
      attempts.at(`${provider}\n${outcome}`, () => ({ provider, outcome, count: 0 })).count += 1;
      if (error !== null) failures.at(`${provider}\n${error}`, () => ({ provider, kind: error, count: 0 })).count += 1;
    },
    used({ provider: named, model: asked, usage: used, costUsd }) {
      const provider = providers.bounded(named);
      const bounded = models.bounded(`${provider}\n${asked.slice(0, maxNameLength)}`);
      const model = bounded === other ? other : bounded.slice(provider.length + 1);
      const row = usage.at(`${provider}\n${model}`, () => ({ provider, model, ...noUsage }));
      row.calls += 1;
      row.input += used.input;
      row.output += used.output;
      row.cacheRead += used.cacheRead;
      row.cacheWrite += used.cacheWrite;
      row.reasoning += used.reasoning;
      row.costUsd += costUsd ?? 0;
    },
    ended(record, byHost) {
      const { action, timings, protocol } = record;
      const isOurs = action === "reroute" || action === "bypass" || action === "block";
      const provider = providers.bounded(record.provider ?? byHost ?? (isOurs ? nobody : other));
      const outcome = outcomeOf(record);
      if (last?.action !== action || last.provider !== provider || last.outcome !== outcome) {
        const row = requests.at(`${action}\n${provider}\n${outcome}`, () => ({ action, provider, outcome, count: 0 }));
        last = { action, provider, outcome, row, duration: null };
      }
      last.row.count += 1;
      // How long a tunnel is open says nothing about anybody's speed.
      if (outcome !== "ok" || action === "tunnel" || protocol === "websocket") return;
      const rowOf = (rows: Rows<Latency>, bounds: readonly number[]): Latency =>
        rows.at(`${action}\n${provider}`, () => newLatency(action, provider, bounds));
      if (timings.totalMs !== null) {
        last.duration ??= rowOf(durations, durationBounds);
        observe(last.duration, timings.totalMs, durationBounds);
      }
      if (timings.firstTokenMs !== null)
        observe(rowOf(firstTokens, firstTokenBounds), timings.firstTokenMs, firstTokenBounds);
    },
    figures: () => ({
      requests: requests.copies(),
      attempts: attempts.copies(),
      failures: failures.copies(),
      usage: usage.copies(),
      durations: durations.copies().map((row) => shown(row, durationBounds)),
      firstTokens: firstTokens.copies().map((row) => shown(row, firstTokenBounds)),
    }),
  };
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const noUsage = { calls: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, costUsd: 0 };

function outcomeOf({ state, status }: Pick<FlowRecord, "state" | "status">): Outcome {
  if (state === "truncated") return "truncated";
  if (state !== "done") return "failed";
  return status !== null && status >= 400 ? "error" : "ok";
}

interface LastEnded {
  readonly action: string;
  readonly provider: string;
  readonly outcome: Outcome;
  readonly row: { count: number };
  /** Null: none was needed yet. */
  duration: Latency | null;
}

/** Each bound's own share; they are summed up when somebody looks. */
interface Latency {
  readonly action: string;
  readonly provider: string;
  count: number;
  sumMs: number;
  readonly within: number[];
}

function newLatency(action: string, provider: string, bounds: readonly number[]): Latency {
  return { action, provider, count: 0, sumMs: 0, within: bounds.map(() => 0) };
}

function observe(row: Latency, ms: number, bounds: readonly number[]): void {
  row.count += 1;
  row.sumMs += ms;
  const place = bounds.findIndex((bound) => ms <= bound * 1_000);
  if (place >= 0) row.within[place] = (row.within[place] ?? 0) + 1;
}

function shown({ action, provider, count, sumMs, within }: Latency, bounds: readonly number[]): LatencyJson {
  let sum = 0;
  const buckets = bounds.map((le, place) => {
    sum += within[place] ?? 0;
    return { le, count: sum };
  });
  return { action, provider, count, sumSeconds: sumMs / 1_000, buckets };
}

interface Rows<Row> {
  at(key: string, make: () => Row): Row;
  copies(): readonly Row[];
}

function createRows<Row extends object>(): Rows<Row> {
  const rows = new Map<string, Row>();
  return {
    at(key, make) {
      const found = rows.get(key);
      if (found !== undefined) return found;
      const made = make();
      rows.set(key, made);
      return made;
    },
    copies: () => [...rows.values()].map((row) => ({ ...row })),
  };
}

interface Names {
  /** The name itself, or the word for all that came when there were enough. */
  bounded(name: string): string;
}

function createNames(most: number): Names {
  const known = new Set([nobody, other]);
  return {
    bounded(name) {
      if (known.has(name)) return name;
      if (known.size >= most) return other;
      known.add(name);
      return name;
    },
  };
}
