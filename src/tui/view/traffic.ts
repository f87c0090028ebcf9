/** The rows of the traffic list: which columns a width has room for, and what stands in them. */
import type { FlowView } from "../state/flow-view.ts";
import { isLive } from "../state/flow-view.ts";
import { cellWidth, ellipsizeMiddle, fit } from "../text/cells.ts";
import {
  clientName,
  clientStyle,
  clockTime,
  cost,
  count,
  duration,
  modelName,
  servedBy,
  statusStyle,
  statusText,
  totalTime,
} from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import type { Style } from "../text/theme.ts";

interface Column {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly align: "left" | "right";
  /** Columns with the lowest figure go first when the terminal is narrow; none means it stays. */
  readonly leavesAt?: number;
  /** Cells that are left over go to the columns in order, up to this width; the rest to the request. */
  readonly widest?: number;
  readonly text: (flow: FlowView, now: number, width: number, marked: boolean) => string;
  readonly style?: (flow: FlowView) => Style;
}

const columns: readonly Column[] = [
  // Only there while something is marked.
  { id: "mark", title: "", width: 1, align: "left", text: (_flow, _now, _width, marked) => (marked ? "*" : "") },
  { id: "time", title: "time", width: 8, align: "left", text: (flow) => clockTime(flow.startedAt) },
  {
    id: "client",
    title: "client",
    width: 8,
    align: "left",
    text: (flow) => (flow.refusal === null ? clientName(flow.client) : "-"),
    style: (flow) => clientStyle(flow.client),
  },
  {
    id: "request",
    title: "request",
    width: 22,
    align: "left",
    leavesAt: 3,
    widest: 48,
    text: (flow, _now, width) => requestText(flow, width),
  },
  {
    id: "model",
    title: "model",
    width: 14,
    align: "left",
    widest: 28,
    text: (flow, _now, width) => modelText(flow, width),
  },
  {
    id: "account",
    title: "account",
    width: 11,
    align: "left",
    leavesAt: 5,
    widest: 22,
    text: servedBy,
    style: (flow) => (flow.action === "reroute" ? "plain" : "dim"),
  },
  { id: "status", title: "status", width: 7, align: "left", text: statusText, style: statusStyle },
  { id: "in", title: "in", width: 6, align: "right", leavesAt: 4, text: (flow) => count(flow.usage?.input ?? null) },
  { id: "out", title: "out", width: 6, align: "right", text: (flow) => count(flow.usage?.output ?? null) },
  { id: "cost", title: "$", width: 6, align: "right", leavesAt: 1, text: (flow) => cost(flow.costUsd) },
  {
    id: "ttft",
    title: "ttft",
    width: 5,
    align: "right",
    leavesAt: 2,
    text: (flow) => duration(flow.timings.firstTokenMs ?? flow.timings.ttfbMs),
  },
  { id: "total", title: "total", width: 6, align: "right", text: totalTime },
];

/** A column with the width it has now. */
export interface PlacedColumn {
  readonly column: Column;
  readonly width: number;
}

/** Drops columns in their order until the rest fits, then shares out what is left. */
export function placeColumns(width: number, marks: boolean): readonly PlacedColumn[] {
  const wanted = marks ? columns : columns.filter((column) => column.id !== "mark");
  const order = wanted.filter((column) => column.leavesAt !== undefined);
  order.sort((one, other) => (one.leavesAt ?? 0) - (other.leavesAt ?? 0));
  let kept = wanted;
  while (order.length > 0 && needed(kept) > width) {
    const leaving = order.shift();
    kept = kept.filter((column) => column !== leaving);
  }
  let spare = Math.max(0, width - needed(kept));
  const placed = kept.map((column) => {
    const extra = Math.min(spare, Math.max(0, (column.widest ?? 0) - column.width));
    spare -= extra;
    return { column, width: column.width + extra };
  });
  const last = placed.findLast((one) => one.column.id === "request") ?? placed.find((one) => one.column.id === "model");
  return placed.map((one) => (one === last ? { ...one, width: one.width + spare } : one));
}

export function headSpans(placed: readonly PlacedColumn[]): Spans {
  const spans: Span[] = [];
  for (const { column, width } of placed) {
    spans.push({ text: " " }, { text: fit(column.title, width, column.align), style: "dim" });
  }
  return spans;
}

/** One flow; the selected row also carries a `>`, and a marked one a `*`, so that they stand out without colour. */
export function flowSpans(
  flow: FlowView,
  placed: readonly PlacedColumn[],
  now: number,
  { selected, marked }: { readonly selected: boolean; readonly marked: boolean },
): Spans {
  const spans: Span[] = [];
  for (const { column, width } of placed) {
    const text = fit(column.text(flow, now, width, marked), width, column.align);
    const style = column.style?.(flow) ?? (flow.action === "tunnel" ? "dim" : "plain");
    spans.push({ text: selected && spans.length === 0 ? ">" : " " }, { text, style });
  }
  return spans;
}

function needed(kept: readonly Column[]): number {
  // The mark, or a blank, stands before each column.
  return kept.reduce((sum, column) => sum + column.width + 1, 0);
}

/** The host stays whole as long as it can; of the path, beginning and end tell more than the middle. */
function requestText(flow: FlowView, width: number): string {
  const query = flow.path.indexOf("?");
  const path = query === -1 ? flow.path : flow.path.slice(0, query);
  const address = flow.host + path;
  // Nearly every call is a POST: its name gives way first.
  const method = flow.method === "POST" && cellWidth(address) + 5 > width ? "" : `${flow.method} `;
  const room = width - method.length;
  const pathRoom = room - cellWidth(flow.host);
  if (pathRoom < 6) return method + ellipsizeMiddle(address, room, Math.min(12, Math.floor(room / 2)));
  return method.trimStart() + flow.host + ellipsizeMiddle(path, pathRoom, Math.floor(pathRoom / 2));
}

/** The model that was asked for, and the one that answered where there is room and they differ. */
function modelText(flow: FlowView, width: number): string {
  const asked = modelName(flow.model.asked);
  const served = modelName(flow.model.served);
  if (flow.action !== "reroute" || served === "-" || served === asked) return asked;
  const both = `${asked}→${served}`;
  if (cellWidth(both) <= width) return both;
  // What answers is the news; the request side is in the inspector.
  return isLive(flow) || flow.state === "done" ? `→${served}` : asked;
}
