/**
 * What there is to see of the state: the table that is open with its rows, the call that an action is about, the opened
 * call's text. Rows and texts are made anew only when something they are made of has changed.
 */
import type { Clock } from "../base/clock.ts";
import { createDocument, type TextDocument } from "./body/document.ts";
import { commandsAt } from "./palette/commands.ts";
import { suggest } from "./palette/match.ts";
import { tables } from "./screens/index.ts";
import type { FlowBook } from "./state/flow-book.ts";
import { isLive, type FlowView } from "./state/flow-view.ts";
import type { Log } from "./state/log.ts";
import type { Surroundings } from "./state/reduce.ts";
import { selectedIndex } from "./state/selection.ts";
import { rowsOf, variantOf } from "./state/table-state.ts";
import type { UiState } from "./state/ui.ts";
import type { AnyRow, Local } from "./table/table.ts";
import { detailLines } from "./view/detail.ts";
import { helpRowCount, mainHeight, type Scene } from "./view/screen-view.ts";
import { selectedRow, type TableScene } from "./view/table-view.ts";

export interface LookoutOptions {
  readonly ui: () => UiState;
  readonly book: FlowBook;
  readonly log: Log;
  readonly clock: Clock;
}

export interface Lookout {
  readonly scene: () => Scene;
  /** The flow that an action is about: the open one, or the selected one of the list. */
  readonly subject: () => FlowView | null;
  /** The selected one of the list, whatever screen is open. */
  readonly selectedCall: () => FlowView | null;
  readonly surroundings: () => Surroundings;
}

export function createLookout({ ui: current, book, log, clock }: LookoutOptions): Lookout {
  let document: OpenDocument | null = null;
  let shownRows: { readonly key: readonly unknown[]; readonly rows: readonly AnyRow[] } = { key: [], rows: [] };

  function tableScene(ui: UiState): TableScene | null {
    const table = tables.find(({ id }) => id === ui.screen);
    if (table === undefined) return null;
    const state = ui.tables[table.id];
    const local: Local = { book, log: log.lines, status: ui.status };
    // Tables of what is known anyway change with it; the others only with an answer.
    const moving = table.loads(variantOf(table, state)).length === 0 ? [log.lines, book.totals] : [];
    const key = [table, state.answers, state.filter, state.sort, state.reversed, state.variant, ...moving];
    if (key.length !== shownRows.key.length || key.some((part, index) => part !== shownRows.key[index])) {
      shownRows = { key, rows: rowsOf(table, state, local) };
    }
    return { table, state, rows: shownRows.rows, local };
  }

  function documentOf(ui: UiState): TextDocument | null {
    const { detail } = ui;
    if (detail?.data == null) return null;
    const live = detail.tab === "timing" && isLive(detail.data.flow);
    const key: OpenDocument["key"] = [
      detail.data,
      detail.tab,
      ui.raw,
      ui.wrap,
      ui.columns,
      live ? clock.now() : 0,
      detail.stages,
      detail.stagesProblem,
      ui.pair,
      ui.eventSide,
    ];
    if (document === null || document.key.some((part, index) => part !== key[index])) {
      const lines = detailLines({ ...detail, data: detail.data }, ui, clock.now());
      document = { key, text: createDocument(lines, ui.columns - 2, ui.wrap) };
    }
    return document.text;
  }

  const lookout: Lookout = {
    scene() {
      const ui = current();
      const table = tableScene(ui);
      const place = { ui, book, now: clock.now(), flow: lookout.subject(), row: selectedRow(ui, table) };
      const suggestions = ui.palette === null ? [] : suggest(ui.palette.line.text, commandsAt(place));
      return { ...place, suggestions, document: documentOf(ui), table };
    },
    subject() {
      const ui = current();
      if (ui.screen === "detail") return ui.detail === null ? null : (ui.detail.data?.flow ?? book.get(ui.detail.id));
      return ui.screen === "traffic" ? lookout.selectedCall() : null;
    },
    selectedCall() {
      const { shown } = book;
      const id = shown[shown.length - 1 - selectedIndex(current(), shown)];
      return id === undefined ? null : book.get(id);
    },
    surroundings() {
      const now = lookout.scene();
      const height = mainHeight(now);
      return { shown: book.shown, height, document: now.document, helpRows: helpRowCount(now.ui), table: now.table };
    },
  };
  return lookout;
}

interface OpenDocument {
  /** The document is made anew when any of these changes. */
  readonly key: readonly unknown[];
  readonly text: TextDocument;
}
