/** Sessions: the conversations that went by, the account each one stays with, and what they used. */
import { dollarText } from "../../base/figure-text.ts";
import { own } from "../../base/json.ts";
import { exactly } from "../state/call-filter.ts";
import type { Effect } from "../state/effect.ts";
import { isLive } from "../state/flow-view.ts";
import { finite, instant, list, text } from "../state/read-json.ts";
import type { AnyRow, Local, Table } from "../table/table.ts";
import { ellipsize } from "../text/cells.ts";
import { clientName, clientStyle, clockTime, cost, count, modelName } from "../text/format.ts";
import type { Spans } from "../text/row.ts";
import { ago } from "../text/times.ts";

export interface SessionRow extends AnyRow {
  readonly client: string;
  /** The one that served it last comes first. */
  readonly models: readonly string[];
  readonly account: string;
  readonly calls: number;
  readonly startedAt: number | null;
  readonly lastAt: number | null;
  /** What the provider's cache held of it at the last call. */
  readonly cachedTokens: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly switchCostUsd: number | null;
  readonly seen: Seen;
}

/** What the calls say that this screen knows: the core's list of conversations has no cost. */
interface Seen {
  readonly calls: number;
  readonly live: number;
  /** Null: none of them has a price. */
  readonly costUsd: number | null;
  readonly estimated: boolean;
  readonly models: readonly string[];
}

export const sessions: Table<SessionRow> = {
  id: "sessions",
  title: "Sessions",
  short: "Sess",
  variants: [""],
  loads: () => ["/sessions"],
  everyMs: 2_000,
  read: ([answer], _variant, { book }) => readSessions(answer, book),
  columns: () => [
    { id: "live", title: "", width: 1, cell: ({ seen }) => ({ text: seen.live > 0 ? "~" : " ", style: "live" }) },
    {
      id: "client",
      title: "client",
      width: 8,
      widest: 12,
      cell: (row) => ({ text: clientName(row.client), style: clientStyle(row.client) }),
    },
    { id: "session", title: "session", width: 8, widest: 17, leavesAt: 2, cell: ({ id }) => ({ text: id }) },
    {
      id: "model",
      title: "model",
      width: 12,
      widest: 24,
      cell: (row, _now, width) => ({ text: modelsText(row, width) }),
    },
    { id: "account", title: "stays with", width: 12, grows: true, cell: ({ account }) => ({ text: account }) },
    {
      id: "calls",
      title: "calls",
      width: 5,
      align: "right",
      leavesAt: 5,
      cell: ({ calls }) => ({ text: String(calls) }),
    },
    { id: "in", title: "in", width: 6, align: "right", leavesAt: 7, cell: ({ input }) => ({ text: count(input) }) },
    { id: "out", title: "out", width: 6, align: "right", leavesAt: 6, cell: ({ output }) => ({ text: count(output) }) },
    {
      id: "cached",
      title: "cached",
      width: 6,
      align: "right",
      leavesAt: 3,
      cell: ({ cacheRead }) => ({ text: count(cacheRead) }),
    },
    { id: "cost", title: "$", width: 7, align: "right", cell: (row) => ({ text: costText(row) }) },
    {
      id: "first",
      title: "first",
      width: 6,
      align: "right",
      leavesAt: 1,
      cell: ({ startedAt }, now) => ({ text: agoText(startedAt, now) }),
    },
    {
      id: "last",
      title: "last",
      width: 6,
      align: "right",
      cell: ({ lastAt, seen }, now) =>
        seen.live > 0 ? { text: "now", style: "live" } : { text: agoText(lastAt, now) },
    },
  ],
  sorts: [
    { title: "last call", compare: (one, other) => (other.lastAt ?? 0) - (one.lastAt ?? 0) },
    { title: "cost", compare: (one, other) => (other.seen.costUsd ?? -1) - (one.seen.costUsd ?? -1) },
    { title: "tokens", compare: (one, other) => other.input + other.output - (one.input + one.output) },
    { title: "calls", compare: (one, other) => other.calls - one.calls },
  ],
  search: ({ id, client, models, account }) => [id, client, ...models, account].join(" "),
  summary: (rows) => {
    const live = rows.filter(({ seen }) => seen.live > 0).length;
    return [
      { text: `${live} live`, style: live > 0 ? "live" : "plain" },
      {
        text: `  in ${count(sum(rows, "input"))}  out ${count(sum(rows, "output"))}  cached ${count(sum(rows, "cacheRead"))}`,
      },
    ];
  },
  inspectorHeight: () => 2,
  inspect: (row, _width, now) => inspected(row, now),
  open: (row) => callsOf(row),
  empty: () => [
    [],
    [{ text: "   No conversation has been rerouted yet.", style: "strong" }],
    [{ text: "   One begins with the first call that a rule sends to a provider: 4 shows the rules, 1 the calls." }],
  ],
  actions: [
    {
      name: "session-calls",
      keys: ["f"],
      title: "its calls in the traffic",
      bar: "calls",
      run: (row) => (row === null ? { type: "hint", text: "nothing is selected" } : callsOf(row)),
    },
    {
      name: "session-copy",
      keys: ["y"],
      title: "copy its id",
      bar: "copy",
      run: (row) =>
        row === null
          ? { type: "hint", text: "nothing is selected" }
          : { type: "copy", text: row.id, what: `the session's id ${row.id}` },
    },
  ],
};

export function readSessions(answer: unknown, book: Local["book"]): readonly SessionRow[] {
  const seen = seenSessions(book);
  return list(own(answer, "sessions")).flatMap((value) => {
    const id = text(own(value, "id"));
    if (id === null || id === "") return [];
    const known = seen.get(id) ?? { calls: 0, live: 0, costUsd: null, estimated: false, models: [] };
    const model = text(own(value, "model")) ?? "";
    const figure = (key: string): number => Math.max(0, finite(own(value, key)) ?? 0);
    return [
      {
        id,
        client: text(own(value, "client")) ?? "unknown",
        models: [...new Set([model, ...known.models])].filter((name) => name !== ""),
        account: text(own(value, "account")) ?? "-",
        calls: figure("calls"),
        startedAt: instant(own(value, "startedAt")),
        lastAt: instant(own(value, "lastAt")),
        cachedTokens: figure("cachedTokens"),
        input: figure("input"),
        output: figure("output"),
        cacheRead: figure("cacheRead"),
        cacheWrite: figure("cacheWrite"),
        switchCostUsd: finite(own(value, "switchCostUsd")),
        seen: known,
      },
    ];
  });
}

function seenSessions(book: Local["book"]): ReadonlyMap<string, Seen> {
  const seen = new Map<string, Seen>();
  for (const flow of book.all()) {
    if (flow.session === null) continue;
    const before = seen.get(flow.session);
    const models = before?.models ?? [];
    const { served } = flow.model;
    seen.set(flow.session, {
      calls: (before?.calls ?? 0) + 1,
      live: (before?.live ?? 0) + (isLive(flow) ? 1 : 0),
      costUsd: flow.costUsd === null ? (before?.costUsd ?? null) : (before?.costUsd ?? 0) + flow.costUsd,
      estimated: (before?.estimated ?? false) || flow.usage?.estimated === true,
      models: served === null || models.includes(served) ? models : [...models, served],
    });
  }
  return seen;
}

function modelsText({ models }: SessionRow, width: number): string {
  const more = models.length > 1 ? ` +${models.length - 1}` : "";
  return ellipsize(modelName(models[0] ?? null), width - more.length) + more;
}

/** With a plus where calls of it have left the list, so that it cost more than that. */
function costText({ seen, calls }: SessionRow): string {
  if (seen.costUsd === null) return "-";
  return `${seen.estimated ? "~" : ""}${cost(seen.costUsd)}${seen.calls < calls ? "+" : ""}`;
}

function agoText(at: number | null, now: number): string {
  return at === null ? "-" : ago(now - at);
}

function sum(rows: readonly SessionRow[], key: "input" | "output" | "cacheRead"): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

function inspected(row: SessionRow, now: number): readonly Spans[] {
  const first =
    row.startedAt === null ? "" : `   first ${clockTime(row.startedAt)}, ${agoText(row.startedAt, now)} ago`;
  const last = row.lastAt === null ? "" : `   last ${clockTime(row.lastAt)}`;
  const dear =
    row.switchCostUsd === null
      ? ""
      : `   moving it to another account now would bill ${dollarText(row.switchCostUsd)} again`;
  const left =
    row.seen.costUsd !== null && row.seen.calls < row.calls
      ? `   + ${row.calls - row.seen.calls} calls are no longer in the list`
      : "";
  return [
    [
      { text: ` ${row.id} `, style: "strong" },
      { text: ` ${row.client}  ${row.models.join(", ")}  ${row.account}` },
      { text: `${first}${last}`, style: "dim" },
    ],
    [
      {
        text: `    cache holds ${count(row.cachedTokens)}   read ${count(row.cacheRead)}  written ${count(row.cacheWrite)}`,
      },
      { text: dear, style: "warn" },
      { text: left, style: "dim" },
    ],
  ];
}

function callsOf(row: SessionRow): Effect {
  return { type: "filter", text: exactly("session", row.id) };
}
