/** Usage: what calls used and cost, by day or by whatever it is asked for; figures as `switchyard usage` writes them. */
import { countText, dollarText, shortCount } from "../../base/figure-text.ts";
import { exactly } from "../state/call-filter.ts";
import { type Effect, textDialog } from "../state/effect.ts";
import type { Column, Table } from "../table/table.ts";
import { cellWidth } from "../text/cells.ts";
import { sparkline } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import { percent, shareBar } from "../text/share-bar.ts";
import {
  type UsageFigures,
  type UsageGroup,
  usageGroups,
  type UsageRow,
  type UsageWhole,
  readUsage,
} from "./usage-rows.ts";

export const usage: Table<UsageRow> = {
  id: "usage",
  title: "Usage",
  short: "Use",
  variants: usageGroups.map((group) => `by ${group}`),
  loads: (variant) => [`/usage?group=${groupOf(variant)}`],
  // The core reads the ledger's files anew for each answer.
  everyMs: 15_000,
  read: ([answer], variant) => readUsage(answer, groupOf(variant)),
  columns: (variant) => [
    { id: "key", title: groupOf(variant), width: 16, widest: 26, grows: true, cell: ({ key }) => ({ text: key }) },
    ...figureColumns,
  ],
  sorts: [
    { title: "usual", compare: null },
    { title: "cost", compare: (one, other) => (other.costUsd ?? -1) - (one.costUsd ?? -1) },
    { title: "tokens", compare: (one, other) => tokens(other) - tokens(one) },
    { title: "calls", compare: (one, other) => other.calls - one.calls },
    { title: "failures", compare: (one, other) => other.failures - one.failures },
    { title: "name", compare: (one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0) },
  ],
  search: ({ key }) => key,
  summary: ([first]) => (first === undefined ? [] : totalSpans(first.whole)),
  inspectorHeight: (rows) => (rows >= 30 ? 4 : 2),
  inspect: (row, width, _now, _local, height) => inspected(row, width).slice(0, height),
  open: (row) => opened(row),
  empty: () => [
    [],
    [{ text: "   No call has used a model yet.", style: "strong" }],
    [{ text: "   Start a client:  switchyard run -- claude" }],
  ],
  actions: [
    {
      name: "usage-row",
      keys: ["i"],
      title: "all figures of the row",
      bar: "figures",
      run: (row) => (row === null ? { type: "hint", text: "nothing is selected" } : figuresDialog(row)),
    },
  ],
};

function groupOf(variant: string): UsageGroup {
  return usageGroups.find((group) => variant === `by ${group}`) ?? "day";
}

const figureColumns: readonly Column<UsageRow>[] = [
  {
    id: "share",
    title: "share",
    width: 12,
    widest: 26,
    leavesAt: 5,
    cell: ({ share }, _now, width) => ({
      text: `${shareBar(share, Math.max(1, width - 5))} ${percent(share).padStart(4)}`,
      style: "live",
    }),
  },
  figure("calls", "calls", 6, 8, undefined, ({ calls }) => ({ value: calls })),
  {
    ...figure("failed", "failed", 6, 7, 4, ({ failures }) => ({ value: failures })),
    cell: ({ failures }, _now, width) =>
      failures === 0 ? { text: "0", style: "dim" } : { text: fitted(failures, width), style: "error" },
  },
  figure("input", "input", 8, 13, undefined, ({ input, estimated }) => ({ value: input, estimated })),
  figure("output", "output", 8, 11, undefined, ({ output, estimated }) => ({ value: output, estimated })),
  figure("cache-read", "cache read", 10, 13, 2, ({ cacheRead }) => ({ value: cacheRead })),
  figure("cache-write", "cache write", 11, 12, 1, ({ cacheWrite }) => ({ value: cacheWrite })),
  {
    id: "cost",
    title: "cost",
    width: 10,
    align: "right",
    cell: (row) => ({ text: costText(row), style: row.costUsd === null ? "dim" : "plain" }),
  },
  {
    id: "saved",
    title: "cache saved",
    width: 11,
    align: "right",
    leavesAt: 3,
    cell: ({ cacheSavedUsd }) => dollars(cacheSavedUsd),
  },
];

function figure(
  id: string,
  title: string,
  width: number,
  widest: number,
  leavesAt: number | undefined,
  read: (row: UsageRow) => { readonly value: number; readonly estimated?: boolean },
): Column<UsageRow> {
  return {
    id,
    title,
    width,
    widest,
    align: "right",
    ...(leavesAt === undefined ? {} : { leavesAt }),
    cell(row, _now, room) {
      const { value, estimated = false } = read(row);
      const mark = marked(estimated);
      return { text: `${mark}${fitted(value, room - mark.length)}` };
    },
  };
}

/** Every digit where there is room for them. */
function fitted(value: number, width: number): string {
  const whole = countText(value);
  return cellWidth(whole) <= width ? whole : shortCount(value);
}

function marked(estimated: boolean): string {
  return estimated ? "~" : "";
}

function costText({ costUsd, estimated }: UsageFigures): string {
  return costUsd === null ? "unpriced" : `${marked(estimated)}${dollarText(costUsd)}`;
}

function dollars(value: number | null): Span {
  if (value === null) return { text: "-", style: "dim" };
  return { text: dollarText(value), style: value < 0 ? "warn" : "plain" };
}

function tokens({ input, output }: UsageFigures): number {
  return input + output;
}

function totalSpans({ total }: UsageWhole): Spans {
  const failed = total.failures > 0 ? `  ${shortCount(total.failures)} failed` : "";
  return [
    { text: `${shortCount(total.calls)} calls` },
    { text: failed, style: "error" },
    { text: `  in ${shortCount(total.input)}  out ${shortCount(total.output)}  ` },
    { text: costText(total), style: "strong" },
  ];
}

function inspected(row: UsageRow, width: number): readonly Spans[] {
  const { whole } = row;
  const notes: Span[] = noteLines(whole).flatMap((text): Span[] => [{ text: ` ${text} `, style: "dim" }]);
  return [
    [
      { text: ` ${row.key}  `, style: "strong" },
      { text: figuresText(row) },
      { text: `  ${percent(row.share)} of the ${whole.sharesOf}` },
    ],
    [{ text: " total  ", style: "strong" }, { text: figuresText(whole.total) }],
    whole.days.length > 1
      ? [
          { text: ` ${whole.sharesOf} by day, oldest first  ` },
          { text: sparkline(whole.days.slice(-Math.max(8, width - 34))), style: "live" },
        ]
      : notes,
    whole.days.length > 1 ? notes : [],
  ];
}

function figuresText(figures: UsageFigures): string {
  return [
    `${countText(figures.calls)} ${figures.calls === 1 ? "call" : "calls"}`,
    ...(figures.failures === 0 ? [] : [`${countText(figures.failures)} failed`]),
    costText(figures),
    `in ${shortCount(figures.input)} (cached ${shortCount(figures.cacheRead)}, written ${shortCount(figures.cacheWrite)})`,
    `out ${shortCount(figures.output)}`,
    ...(figures.cacheSavedUsd === null ? [] : [`cache saved ${dollarText(figures.cacheSavedUsd)}`]),
    ...(figures.unpriced === 0 ? [] : [`${countText(figures.unpriced)} unpriced`]),
  ].join("  ");
}

/** What the marks mean, where there are any. */
function noteLines({ total, dropped }: UsageWhole): readonly string[] {
  return [
    ...(total.estimated ? ["~ partly estimated"] : []),
    ...(total.unpriced > 0
      ? [
          `${countText(total.unpriced)} ${total.unpriced === 1 ? "call has" : "calls have"} no known price (config.yaml: prices)`,
        ]
      : []),
    ...(dropped > 0 ? [`! ${countText(dropped)} calls could not be recorded and are missing here`] : []),
    "at list prices, US dollars",
  ];
}

/** The calls of the row where the filter can name them; a day it cannot. */
function opened(row: UsageRow): Effect {
  const { key, group } = row;
  switch (group) {
    case "model":
    case "client":
      return { type: "filter", text: exactly(group, key) };
    case "provider":
      // Calls that were passed through are kept under the host where it belongs to no provider we know.
      return { type: "filter", text: `${exactly("prov", key)} | ${exactly("host", key)}` };
    case "account":
      return { type: "filter", text: key === "none" ? "-has:account has:usage" : exactly("acct", key) };
    case "session":
      if (key === "others") return figuresDialog(row);
      return { type: "filter", text: key === "none" ? "-has:session has:usage" : exactly("session", key) };
    case "day":
      return figuresDialog(row);
  }
}

function figuresDialog(row: UsageRow): Effect {
  const lines: readonly (readonly [name: string, value: string])[] = [
    ["calls", countText(row.calls)],
    ["failed", countText(row.failures)],
    ["input", `${marked(row.estimated)}${countText(row.input)}`],
    ["  from a cache", countText(row.cacheRead)],
    ["  into a cache", countText(row.cacheWrite)],
    ["output", `${marked(row.estimated)}${countText(row.output)}`],
    ["  thinking", countText(row.reasoning)],
    ["cost", costText(row)],
    ["cache saved", dollars(row.cacheSavedUsd).text],
    ["no price", countText(row.unpriced)],
    ["share", `${percent(row.share)} of the ${row.whole.sharesOf}`],
  ];
  return textDialog(`${row.group} ${row.key}`, [
    [],
    ...lines.map(
      ([name, value]): Spans => [{ text: `   ${name.padEnd(16)}`, style: "dim" }, { text: value.padStart(14) }],
    ),
    [],
    ...noteLines(row.whole).map((note): Spans => [{ text: `   ${note}`, style: "dim" }]),
  ]);
}
