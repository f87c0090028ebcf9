/** Adds usage lines up into rows by day, model, account, session, client or provider. No files here. */
import { unreachable } from "../../base/unreachable.ts";
import type { UsageGroup, UsageLine, UsageRow } from "./ledger.ts";
import { localDay } from "./local-day.ts";

/** Sessions are the only group that grows without end; those beyond are added up under one key. */
const maxGroups = 50_000;

/** Stands for a null account (the client's own credential) or session. */
const noKey = "none";
const beyondKey = "others";

export interface Tally {
  add(line: UsageLine): void;
  /** Days in their order; everything else by cost, then by tokens. */
  rows(): readonly UsageRow[];
}

export function createTally(group: UsageGroup): Tally {
  const sums = new Map<string, UsageRow>();
  return {
    add(line) {
      const wanted = keyOf(group, line);
      const key = sums.has(wanted) || sums.size < maxGroups ? wanted : beyondKey;
      const sum = sums.get(key);
      const row = rowOf(key, line);
      sums.set(key, sum === undefined ? row : plus(sum, row));
    },
    rows: () => [...sums.values()].sort(group === "day" ? byKey : byWeight),
  };
}

/** One row of all rows: a total under any grouping of the same lines is the same. */
export function totalOf(rows: readonly UsageRow[]): UsageRow {
  return rows.reduce((sum, row) => plus(sum, row), { ...emptyRow, key: "total" });
}

const emptyRow: UsageRow = {
  key: "",
  calls: 0,
  failures: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  costUsd: null,
  cacheSavedUsd: null,
  estimated: false,
  unpriced: 0,
};

function keyOf(group: UsageGroup, line: UsageLine): string {
  switch (group) {
    case "day":
      return localDay(line.at);
    case "model":
      return line.model;
    case "account":
      return line.account ?? noKey;
    case "session":
      return line.session ?? noKey;
    case "client":
      return line.client;
    case "provider":
      return line.provider;
    default:
      return unreachable(group);
  }
}

function rowOf(key: string, line: UsageLine): UsageRow {
  const { estimated, ...tokens } = line.usage;
  // A call that failed before it used a token has nothing to price.
  const unpriced = line.costUsd === null && (line.ok || tokens.input + tokens.output > 0);
  return {
    key,
    calls: 1,
    failures: line.ok ? 0 : 1,
    ...tokens,
    costUsd: line.costUsd,
    cacheSavedUsd: line.cacheSavedUsd,
    estimated: estimated || unpriced || line.costEstimated === true,
    unpriced: unpriced ? 1 : 0,
  };
}

function plus(a: UsageRow, b: UsageRow): UsageRow {
  return {
    key: a.key,
    calls: a.calls + b.calls,
    failures: a.failures + b.failures,
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    reasoning: a.reasoning + b.reasoning,
    costUsd: plusKnown(a.costUsd, b.costUsd),
    cacheSavedUsd: plusKnown(a.cacheSavedUsd, b.cacheSavedUsd),
    estimated: a.estimated || b.estimated,
    unpriced: a.unpriced + b.unpriced,
  };
}

/** What is known of a sum of which parts may not be. */
function plusKnown(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b;
}

function byKey(a: UsageRow, b: UsageRow): number {
  return a.key === b.key ? 0 : a.key < b.key ? -1 : 1;
}

function byWeight(a: UsageRow, b: UsageRow): number {
  return (b.costUsd ?? 0) - (a.costUsd ?? 0) || b.input + b.output - (a.input + a.output) || byKey(a, b);
}
