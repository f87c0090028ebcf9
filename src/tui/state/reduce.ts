/** What a command does to the UI's state. Pure: what the list and the open document look like is passed in. */
import { unreachable } from "../../base/unreachable.ts";
import type { Command } from "../keymap.ts";
import type { Key } from "../terminal/keys.ts";
import type { Match } from "../body/document.ts";
import { readListFilter } from "./filter.ts";
import { isByTime, nextSort } from "./flow-order.ts";
import { openedPalette } from "./palette.ts";
import { editLine, emptyLine } from "./prompt.ts";
import { jumpSelection, moveSelection, selectedIndex } from "./selection.ts";
import type { AnyRow, Table } from "../table/table.ts";
import { moveInTable, nextVariant, sortedNext, withTable } from "./table-state.ts";
import {
  type DetailState,
  detailTabs,
  type DetailTab,
  isTable,
  type ScreenId,
  screenIds,
  stagePairs,
  type UiState,
} from "./ui.ts";

/** What the reducer needs to know of what is on screen. */
export interface Surroundings {
  /** Ids of the list, the one at its top last. */
  readonly shown: readonly string[];
  /** Rows of the main pane. */
  readonly height: number;
  readonly document: {
    clamp(top: number, height: number): number;
    marked(from: number | null, direction: 1 | -1): number | null;
    find(text: string, from: Match | null, direction: 1 | -1): Match | null;
    rowOf(match: Match): number;
    lineOf(row: number): number;
  } | null;
  readonly helpRows: number;
  /** The table that is looked at, and its rows as they are shown. */
  readonly table: { readonly table: Table; readonly rows: readonly AnyRow[] } | null;
}

export function reduceCommand(ui: UiState, command: Command, key: string, around: Surroundings): UiState {
  switch (command) {
    case "down":
    case "up":
    case "half-down":
    case "half-up":
    case "page-down":
    case "page-up":
    case "top":
    case "bottom":
      return scroll(ui, moves[command](around.height), around);
    case "open":
      return openDetail(ui, around);
    case "filter":
      return { ...ui, prompt: { kind: "filter", line: { text: ui.filter, at: ui.filter.length }, before: ui.filter } };
    case "find":
      return { ...ui, prompt: { kind: "find", line: emptyLine, before: ui.detail?.find ?? "" } };
    case "follow":
      return { ...ui, follow: !ui.follow, selectedId: around.shown.at(-1) ?? null, anchor: 0 };
    case "pause":
      return { ...ui, paused: !ui.paused };
    case "errors":
      return { ...ui, errorsOnly: !ui.errorsOnly };
    case "tunnels":
      return { ...ui, showTunnels: !ui.showTunnels };
    case "tab":
      return withTab(ui, detailTabs[Number(key) - 1]);
    case "next-tab":
      return withTab(ui, neighbourTab(ui, 1));
    case "previous-tab":
      return withTab(ui, neighbourTab(ui, -1));
    case "older":
      return stepDetail(ui, around, 1);
    case "newer":
      return stepDetail(ui, around, -1);
    case "find-next":
      return goOn(ui, around, 1);
    case "find-previous":
      return goOn(ui, around, -1);
    case "panes":
      return otherPanes(ui);
    case "wrap":
      return { ...ui, wrap: !ui.wrap };
    case "raw":
      return { ...ui, raw: !ui.raw };
    case "help":
      return { ...ui, overlay: "help", helpTop: 0 };
    case "escape":
      return escape(ui);
    case "back":
      if (ui.overlay !== "none") return { ...ui, overlay: "none" };
      if (isTable(ui.screen)) return showScreen(ui, "traffic");
      return ui.screen === "detail" ? closeDetail(ui) : ui;
    case "screen":
      return showScreen(ui, screenIds[Number(key) - 1]);
    case "next-screen":
      return showScreen(ui, neighbourScreen(ui, 1));
    case "previous-screen":
      return showScreen(ui, neighbourScreen(ui, -1));
    case "sort":
      return ui.screen === "traffic" ? sortTraffic(ui, around) : inTable(ui, around, sortedNext);
    case "palette":
      return { ...ui, overlay: "none", palette: openedPalette };
    case "variant":
      return inTable(ui, around, nextVariant);
    case "table-filter": {
      if (!isTable(ui.screen)) return ui;
      const { filter } = ui.tables[ui.screen];
      return { ...ui, prompt: { kind: "table-filter", line: { text: filter, at: filter.length }, before: filter } };
    }
    case "describe":
    case "reload":
    case "act":
    case "quit":
    case "interrupt":
    case "repaint":
    case "suspend":
      // Not about the state: the app acts on these.
      return ui;
    default:
      return unreachable(command);
  }
}

/**
 * A key while a prompt is open. The filter works as it is typed, as long as it can be read: one that cannot leaves the
 * last good one in force and the prompt open. A search starts with enter.
 */
export function reducePrompt(ui: UiState, key: Key, around: Surroundings): UiState {
  const { prompt } = ui;
  if (prompt === null) return ui;
  const name = key.type === "key" ? key.name : null;
  if (prompt.kind === "table-filter") return reduceTableFilter(ui, prompt, key);
  if (name === "esc") {
    return prompt.kind === "filter" ? { ...ui, prompt: null, filter: prompt.before } : { ...ui, prompt: null };
  }
  if (name === "enter") {
    if (prompt.kind === "filter") return readListFilter(prompt.line.text).ok ? { ...ui, prompt: null } : ui;
    return startFind({ ...ui, prompt: null }, prompt.line.text, around);
  }
  const line = editLine(prompt.line, key);
  const edited = { ...ui, prompt: { ...prompt, line } };
  return prompt.kind === "filter" && readListFilter(line.text).ok ? { ...edited, filter: line.text } : edited;
}

/** Words cannot be wrong, so they hold as they are typed. */
function reduceTableFilter(ui: UiState, prompt: NonNullable<UiState["prompt"]>, key: Key): UiState {
  if (!isTable(ui.screen)) return { ...ui, prompt: null };
  const name = key.type === "key" ? key.name : null;
  if (name === "enter") return { ...ui, prompt: null };
  const line = name === "esc" ? { text: prompt.before, at: 0 } : editLine(prompt.line, key);
  const filtered = withTable(ui, ui.screen, (state) => ({ ...state, filter: line.text }));
  return { ...filtered, prompt: name === "esc" ? null : { ...prompt, line } };
}

/** The screens one after the other, in the order of their digits. */
function neighbourScreen(ui: UiState, by: 1 | -1): ScreenId | undefined {
  const at = screenIds.findIndex((id) => id === ui.screen) + by;
  return screenIds[(at + screenIds.length) % screenIds.length];
}

export function showScreen(ui: UiState, screen: ScreenId | undefined): UiState {
  return screen === undefined ? ui : { ...ui, screen, detail: null, overlay: "none" };
}

function inTable(
  ui: UiState,
  { table }: Surroundings,
  change: (table: Table, state: UiState["tables"]["accounts"]) => UiState["tables"]["accounts"],
): UiState {
  return table === null ? ui : withTable(ui, table.table.id, (state) => change(table.table, state));
}

/** Only the newest at the top can be followed: in any other order the selected flow stays the selected one. */
function sortTraffic(ui: UiState, { shown }: Surroundings): UiState {
  const sort = nextSort(ui.sort);
  const selectedId = shown[shown.length - 1 - selectedIndex(ui, shown)] ?? null;
  return { ...ui, sort, selectedId, follow: ui.follow && isByTime(sort) };
}

type Move = { readonly by: number } | { readonly to: "top" | "bottom" };

const moves = {
  down: () => ({ by: 1 }),
  up: () => ({ by: -1 }),
  "half-down": (height) => ({ by: Math.max(1, Math.floor(height / 2)) }),
  "half-up": (height) => ({ by: -Math.max(1, Math.floor(height / 2)) }),
  "page-down": (height) => ({ by: Math.max(1, height - 1) }),
  "page-up": (height) => ({ by: -Math.max(1, height - 1) }),
  top: () => ({ to: "top" }),
  bottom: () => ({ to: "bottom" }),
} satisfies Partial<Record<Command, (height: number) => Move>>;

function scroll(ui: UiState, move: Move, around: Surroundings): UiState {
  const { height, shown, document } = around;
  if (ui.overlay === "help") {
    const wanted = "by" in move ? ui.helpTop + move.by : move.to === "top" ? 0 : around.helpRows;
    return { ...ui, helpTop: Math.max(0, Math.min(wanted, around.helpRows - height)) };
  }
  if (around.table !== null) {
    const { table, rows } = around.table;
    return withTable(ui, table.id, (state) => moveInTable(state, rows, height, move, table.follows));
  }
  if (ui.screen === "traffic") {
    if ("by" in move) return moveSelection(ui, shown, height, move.by);
    return jumpSelection(ui, shown, height, move.to === "top" ? 0 : -1);
  }
  const { detail } = ui;
  if (detail === null || document === null) return ui;
  const top = detail.tops[detail.tab] ?? 0;
  const wanted = "by" in move ? top + move.by : move.to === "top" ? 0 : Number.POSITIVE_INFINITY;
  return withTop(ui, detail, document.clamp(Math.max(0, wanted), height));
}

function openDetail(ui: UiState, around: Surroundings): UiState {
  const index = selectedIndex(ui, around.shown);
  const id = around.shown[around.shown.length - 1 - index];
  return id === undefined ? ui : showDetail({ ...ui, selectedId: id, follow: false }, id, "overview");
}

/** The next flow of the list in the same tab, without going back to the list. */
function stepDetail(ui: UiState, around: Surroundings, by: 1 | -1): UiState {
  const { detail } = ui;
  if (detail === null) return ui;
  const moved = moveSelection({ ...ui, selectedId: detail.id, follow: false }, around.shown, around.height, by);
  if (moved.selectedId === null || moved.selectedId === detail.id) return ui;
  return showDetail(moved, moved.selectedId, detail.tab);
}

export function showDetail(ui: UiState, id: string, tab: DetailTab): UiState {
  const detail: DetailState = {
    id,
    data: null,
    problem: null,
    stages: null,
    stagesProblem: null,
    tab,
    tops: {},
    find: ui.detail?.find ?? "",
    match: null,
  };
  const cameFrom = ui.screen === "detail" ? ui.cameFrom : ui.screen;
  return { ...ui, screen: "detail", detail, cameFrom };
}

function closeDetail(ui: UiState): UiState {
  return { ...ui, screen: ui.cameFrom, detail: null };
}

function escape(ui: UiState): UiState {
  if (ui.notice !== null) return { ...ui, notice: null };
  if (ui.screen === "detail") {
    if (ui.detail !== null && ui.detail.find !== "") return { ...ui, detail: { ...ui.detail, find: "", match: null } };
    return closeDetail(ui);
  }
  if (isTable(ui.screen)) {
    if (ui.tables[ui.screen].filter === "") return showScreen(ui, "traffic");
    return withTable(ui, ui.screen, (state) => ({ ...state, filter: "" }));
  }
  if (ui.filter !== "") return { ...ui, filter: "" };
  return ui.errorsOnly ? { ...ui, errorsOnly: false } : ui;
}

function withTab(ui: UiState, tab: DetailTab | undefined): UiState {
  if (ui.detail === null || tab === undefined) return ui;
  return { ...ui, detail: { ...ui.detail, tab, match: null } };
}

function neighbourTab(ui: UiState, by: 1 | -1): DetailTab | undefined {
  if (ui.detail === null) return undefined;
  const at = detailTabs.indexOf(ui.detail.tab) + by;
  return detailTabs[(at + detailTabs.length) % detailTabs.length];
}

function startFind(ui: UiState, text: string, around: Surroundings): UiState {
  const { detail } = ui;
  if (detail === null || around.document === null || text === "") return ui;
  const line = around.document.lineOf(detail.tops[detail.tab] ?? 0);
  return goToMatch({ ...ui, detail: { ...detail, find: text } }, { line, start: -1 }, around, 1);
}

/** To the next place of the text that is searched, or, where none is, of the next change. */
function goOn(ui: UiState, around: Surroundings, direction: 1 | -1): UiState {
  const { detail } = ui;
  if (detail === null) return ui;
  return detail.find === ""
    ? goToChange(ui, detail, around, direction)
    : goToMatch(ui, detail.match, around, direction);
}

function goToChange(ui: UiState, detail: DetailState, around: Surroundings, direction: 1 | -1): UiState {
  const line = around.document?.marked(detail.match?.line ?? null, direction) ?? null;
  return line === null ? { ...ui, hint: "nothing changed on the way" } : show(ui, detail, { line, start: 0 }, around);
}

/** The next two of the three stages, or the other reply's events. */
function otherPanes(ui: UiState): UiState {
  const { detail } = ui;
  if (detail === null) return ui;
  const moved = { ...ui, detail: { ...detail, match: null } };
  if (detail.tab === "events") return { ...moved, eventSide: ui.eventSide === "client" ? "upstream" : "client" };
  return { ...moved, pair: stagePairs[(stagePairs.indexOf(ui.pair) + 1) % stagePairs.length] ?? ui.pair };
}

function goToMatch(ui: UiState, from: Match | null, around: Surroundings, direction: 1 | -1): UiState {
  const { detail } = ui;
  const { document } = around;
  if (detail === null || document === null) return ui;
  const match = document.find(detail.find, from, direction);
  if (match === null) return { ...ui, hint: `"${detail.find}" is not in this tab` };
  return show(ui, detail, match, around);
}

function show(ui: UiState, detail: DetailState, match: Match, { document, height }: Surroundings): UiState {
  if (document === null) return ui;
  const row = document.rowOf(match);
  const top = detail.tops[detail.tab] ?? 0;
  const visible = row >= top && row < top + height;
  // A third from the top: what comes before a match is read too.
  const wanted = visible ? top : document.clamp(Math.max(0, row - Math.floor(height / 3)), height);
  return withTop({ ...ui, detail: { ...detail, match } }, { ...detail, match }, wanted);
}

function withTop(ui: UiState, detail: DetailState, top: number): UiState {
  return { ...ui, detail: { ...detail, tops: { ...detail.tops, [detail.tab]: top } } };
}
