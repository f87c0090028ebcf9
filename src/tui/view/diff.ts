/** The Diff tab: what became of the request on its way, in aligned panes; on narrow screens two of the three at a time. */
import type { StageChange } from "../../base/controls-stages.ts";
import { plainLine, styledLine, type DocumentLine } from "../body/line.ts";
import { type StageName, type StageRow, type StagesView, stageNames } from "../state/stages-view.ts";
import type { StagePair } from "../state/ui.ts";
import { fit } from "../text/cells.ts";
import { bytes } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";
import type { Style } from "../text/theme.ts";
import { ends } from "./header.ts";

const divider: Span = { text: " │ ", style: "dim" };

const marks = { same: " ", changed: "~", added: "+", dropped: "-" } as const satisfies Record<StageChange, string>;
const markStyles = {
  same: "plain",
  changed: "warn",
  added: "ok",
  dropped: "error",
} as const satisfies Record<StageChange, Style>;

const titles = { client: "CLIENT", hub: "HUB", upstream: "UPSTREAM" } as const satisfies Record<StageName, string>;

export interface DiffOptions {
  readonly width: number;
  /** Null: all three. */
  readonly pair: StagePair | null;
}

export function* diffLines(
  stages: StagesView | null,
  problem: string | null,
  options: DiffOptions,
): Generator<DocumentLine, void> {
  if (stages === null) {
    if (problem === null) yield plainLine("comparing the client's request with what went upstream…", "dim");
    else yield plainLine(`The comparison could not be loaded: ${problem}`, "error");
    return;
  }
  if (stages.problem !== null) {
    yield plainLine("Nothing to compare.", "strong");
    yield plainLine(stages.problem);
    return;
  }
  const shown = shownStages(options);
  for (const row of stages.rows) {
    if (shown.every((name) => row.cells[name] === null)) continue;
    const isChange = shown.some((name) => changeFor(row, name, options.pair) !== "same");
    const line = styledLine(rowSpans(row, options));
    yield isChange ? { ...line, isMarked: true } : line;
  }
}

/** The line above the panes: which stage each is, its dialect and its size. */
export function diffHead(stages: StagesView, options: DiffOptions): Spans {
  const shown = shownStages(options);
  const room = cellRoom(options, shown.length);
  const indent = options.pair === null ? "" : "  ";
  return [
    { text: indent },
    ...shown.flatMap((name, index): Span[] => {
      const { format, bytes: size } = stages.heads[name];
      const words = name === "hub" ? `${titles.hub}  ${bytes(size)}` : `${titles[name]}  ${format}  ${bytes(size)}`;
      return [...(index === 0 ? [] : [divider]), { text: fit(words, room), style: "strong" }];
    }),
  ];
}

/** What was lost and what came along: the point of the view, at its foot. */
export function lossesSpans(stages: StagesView, columns: number): Spans {
  const said = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
  const gains = fit(` gains: ${said(stages.gains)}`, Math.floor(columns / 2)).trimEnd();
  return ends(
    [
      { text: " losses: ", style: "dim" },
      { text: said(stages.losses), style: stages.losses.length === 0 ? "ok" : "warn" },
    ],
    [{ text: `${gains} `, style: "dim" }],
    columns,
  );
}

/** What the marks mean, and which panes are seen. */
export function diffLegend(pair: StagePair | null): string {
  return `${pair === null ? "" : `${pair[0]}<>${pair[1]} (v)   `}~ changed  + added  - dropped`;
}

function shownStages({ pair }: DiffOptions): readonly StageName[] {
  return pair ?? stageNames;
}

/** The marks have a column: before the pair, or behind each cell that is measured by another. */
function cellRoom({ width, pair }: DiffOptions, panes: number): number {
  const inside = width - divider.text.length * (panes - 1) - (pair === null ? 0 : 2);
  return Math.max(1, Math.floor(inside / panes));
}

function rowSpans(row: StageRow, options: DiffOptions): Spans {
  const { pair } = options;
  const shown = shownStages(options);
  const room = cellRoom(options, shown.length);
  const spans: Span[] = [];
  if (pair !== null) spans.push(...markSpans(changeFor(row, pair[1], pair)), { text: " " });
  for (const [index, name] of shown.entries()) {
    if (index > 0) spans.push(divider);
    const change = changeFor(row, name, pair);
    const marked = pair === null && name !== "client";
    spans.push(cellSpan(row, name, change, marked ? room - 2 : room));
    if (marked) spans.push({ text: " " }, ...markSpans(change));
  }
  return spans;
}

function cellSpan(row: StageRow, name: StageName, change: StageChange, room: number): Span {
  const indent = "  ".repeat(row.depth);
  const text = row.cells[name];
  if (text !== null) return { text: fit(indent + text, room), style: markStyles[change] };
  return {
    text: fit(change === "dropped" ? `${indent}(dropped)` : "", room),
    style: change === "dropped" ? "error" : "dim",
  };
}

function markSpans(change: StageChange): readonly Span[] {
  return [{ text: marks[change], style: markStyles[change] }];
}

/** How a stage's cell came out of the one it is measured by: of a pair, its left one. */
function changeFor(row: StageRow, name: StageName, pair: StagePair | null): StageChange {
  if (pair === null) return name === "client" ? "same" : row.change[name];
  const [left, right] = pair;
  if (name !== right) return "same";
  if (row.cells[left] === null) return row.cells[right] === null ? "same" : "added";
  if (row.cells[right] === null) return "dropped";
  const isAcross = left === "client" && right === "upstream";
  return isAcross && row.change.hub !== "same" ? "changed" : row.change[right];
}
