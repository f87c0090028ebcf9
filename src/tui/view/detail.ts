/** The flow detail: its two head lines and the lines of each tab. */
import { bodyLines } from "../body/body-lines.ts";
import { plainLine, styledLine, type DocumentLine } from "../body/line.ts";
import type { FlowSide } from "../../base/flow.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { FlowDetail, FlowView, SideView } from "../state/flow-view.ts";
import { type DetailState, detailTabs, type DetailTab, type UiState, wideDiffColumns } from "../state/ui.ts";
import { cost, count, statusStyle, statusText, totalTime } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import { type DiffOptions, diffLines } from "./diff.ts";
import { replyEventLines } from "./events.ts";
import { ends } from "./header.ts";
import { overviewLines } from "./overview.ts";
import { timingLines } from "./timing.ts";

export function detailTitle(flow: FlowView, columns: number, now: number): Spans {
  const right: Span[] = [
    { text: "  " },
    { text: statusText(flow), style: statusStyle(flow) },
    { text: `  ${totalTime(flow, now)}` },
  ];
  if (flow.usage !== null) right.push({ text: `  in ${count(flow.usage.input)}  out ${count(flow.usage.output)}` });
  if (flow.costUsd !== null) right.push({ text: `  $${cost(flow.costUsd)}` });
  right.push({ text: " " });
  return ends(
    [{ text: ` #${flow.number} `, style: "strong" }, { text: `${flow.method} ${flow.host}${flow.path}` }],
    right,
    columns,
  );
}

const tabNames: Readonly<Record<DetailTab, readonly [wide: string, narrow: string]>> = {
  overview: ["Overview", "Why"],
  request: ["Request", "Req"],
  "upstream-request": ["Upstream request", "UpReq"],
  response: ["Response", "Resp"],
  "upstream-response": ["Upstream response", "UpResp"],
  timing: ["Timing", "Time"],
  diff: ["Diff", "Diff"],
  events: ["Events", "Events"],
};

/** The open tab stands in brackets, so that it reads without colour. Where names have no room, numbers stand for them. */
export function tabSpans(open: DetailTab, columns: number): Spans {
  const forms = [0, 1].map((form) => tabRow(open, (tab, number) => `${number} ${tabNames[tab][form] ?? ""}`));
  const numbers = tabRow(open, (tab, number) => (tab === open ? `${number} ${tabNames[tab][0]}` : String(number)));
  const fits = (spans: Spans): boolean => spans.reduce((sum, span) => sum + span.text.length, 0) <= columns;
  return forms.find(fits) ?? numbers;
}

function tabRow(open: DetailTab, nameOf: (tab: DetailTab, number: number) => string): Spans {
  const spans: Span[] = [{ text: " " }];
  for (const [index, tab] of detailTabs.entries()) {
    const name = nameOf(tab, index + 1);
    spans.push(tab === open ? { text: `[${name}]`, style: "accent" } : { text: ` ${name} ` }, { text: " " });
  }
  return spans;
}

type Open = Pick<DetailState, "tab" | "stages" | "stagesProblem"> & { readonly data: FlowDetail };

export function detailLines(
  open: Open,
  ui: Pick<UiState, "columns" | "raw" | "pair" | "eventSide">,
  now: number,
): Iterator<DocumentLine> {
  const { data: detail, tab } = open;
  const width = ui.columns - 2;
  switch (tab) {
    case "overview":
      return overviewLines(detail.flow);
    case "request":
      return sideLines(detail, "client-request", ui.raw);
    case "upstream-request":
      return sideLines(detail, "upstream-request", ui.raw);
    case "response":
      return sideLines(detail, "client-reply", ui.raw);
    case "upstream-response":
      return sideLines(detail, "upstream-reply", ui.raw);
    case "timing":
      return timingLines(detail.flow, width, now);
    case "diff":
      return detail.flow.refusal === null
        ? diffLines(open.stages, open.stagesProblem, diffOptions(ui))
        : absentSide(detail.flow, "client-request");
    case "events":
      return eventTabLines(detail, ui.eventSide, width);
    default:
      return unreachable(tab);
  }
}

/** Rows of a document have one column to their left. */
export function diffOptions(ui: Pick<UiState, "columns" | "pair">): DiffOptions {
  return { width: ui.columns - 2, pair: ui.columns >= wideDiffColumns ? null : ui.pair };
}

function* eventTabLines(detail: FlowDetail, of: UiState["eventSide"], width: number): Generator<DocumentLine, void> {
  const side = of === "client" ? "client-reply" : "upstream-reply";
  const seen = detail.sides[side];
  yield plainLine(
    of === "client" ? "The client's reply (v: the upstream's)" : "The upstream's reply (v: the client's)",
    "dim",
  );
  if (seen === undefined) yield* absentSide(detail.flow, side);
  else yield* replyEventLines(seen, width);
}

function* sideLines(detail: FlowDetail, side: FlowSide, raw: boolean): Generator<DocumentLine, void> {
  const seen = detail.sides[side];
  if (seen === undefined) {
    yield* absentSide(detail.flow, side);
    return;
  }
  yield* headLines(seen);
  yield plainLine("");
  yield* bodyLines(seen.body, raw);
}

function* headLines(side: SideView): Generator<DocumentLine, void> {
  yield plainLine(side.line, "strong", 2);
  for (const [name, value] of side.headers) {
    yield styledLine([{ text: `${name}: `, style: "key" }, { text: value }], Math.min(24, name.length + 2));
  }
}

function* absentSide(flow: FlowView, side: FlowSide): Generator<DocumentLine, void> {
  const upstream = side === "upstream-request" || side === "upstream-reply";
  const twin = side === "upstream-request" ? "2 Request" : "4 Response";
  if (flow.refusal !== null) yield plainLine("The client hung up before it sent anything.", "dim");
  else if (flow.action === "tunnel")
    yield plainLine("Tunnelled: encrypted between the client and the host, and not ours to read.", "dim");
  else if (upstream && flow.action === "passthrough") {
    yield plainLine("The same bytes.", "strong");
    yield plainLine(`Passed through untouched, so there is nothing translated to show: see ${twin}.`);
  } else if (upstream && (flow.action === "bypass" || flow.action === "block")) {
    yield plainLine("Nothing was sent upstream: this call was answered here.", "dim");
  } else if (flow.endedAt === null) yield plainLine("Nothing yet.", "dim");
  else yield plainLine(`Nothing was captured${flow.error === null ? "." : `: ${flow.error}`}`, "dim");
}

/** The line under a scrolled document: where one is in it. */
export function positionText(
  top: number,
  height: number,
  known: { readonly rows: number; readonly complete: boolean },
): string {
  if (known.complete && known.rows <= height) return "all";
  const last = Math.min(known.rows, top + height);
  return known.complete ? `${top + 1}-${last} of ${known.rows}` : `${top + 1}-${last} of ${known.rows}+`;
}
