/** Moving about in a table: which rows it has now, which one is selected, what a key does to that. */
import type { AnyRow, Local, Table } from "../table/table.ts";
import type { TableId, TableState, UiState } from "./ui.ts";

/** The rows as they are shown: read, filtered and sorted. */
export function rowsOf(table: Table, state: TableState, local: Local): readonly AnyRow[] {
  if (state.answers === null && table.loads(variantOf(table, state)).length > 0) return [];
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const all = table.read(state.answers ?? [], variantOf(table, state), local);
  const fitting =
    words.length === 0
      ? all
      : all.filter((row) => {
          const text = table.search(row).toLowerCase();
          return words.every((word) => (word.startsWith("!") ? !text.includes(word.slice(1)) : text.includes(word)));
        });
  const compare = table.sorts[state.sort]?.compare ?? null;
  const sorted = compare === null ? fitting : fitting.toSorted(compare);
  return state.reversed ? sorted.toReversed() : sorted;
}

export function variantOf(table: Table, state: TableState): string {
  return table.variants[state.variant] ?? "";
}

/** -1 without rows. A row that is gone gives way to the one in its place. */
export function selectedAt(state: TableState, rows: readonly AnyRow[]): number {
  if (rows.length === 0) return -1;
  const at = rows.findIndex((row) => row.id === state.selectedId);
  return at === -1 ? Math.min(state.top, rows.length - 1) : at;
}

/** First row to show so that the selected one is visible. */
export function topOf(state: TableState, rows: readonly AnyRow[], height: number): number {
  const selected = selectedAt(state, rows);
  const lowest = Math.max(0, rows.length - height);
  return Math.max(0, Math.min(Math.max(Math.min(state.top, selected), selected - height + 1), lowest));
}

export type TableMove = { readonly by: number } | { readonly to: "top" | "bottom" };

/** @param follows no row is selected but the first, whichever that is */
export function moveInTable(
  state: TableState,
  rows: readonly AnyRow[],
  height: number,
  move: TableMove,
  follows = false,
): TableState {
  if (rows.length === 0) return state;
  const at = selectedAt(state, rows);
  const wanted = "by" in move ? at + move.by : move.to === "top" ? 0 : rows.length - 1;
  const next = Math.max(0, Math.min(wanted, rows.length - 1));
  const moved = { ...state, top: topOf(state, rows, height), selectedId: rows[next]?.id ?? null };
  if (follows && next === 0) return { ...state, top: 0, selectedId: null };
  return { ...moved, top: topOf(moved, rows, height) };
}

/** The next order, and the same one the other way round in between. */
export function sortedNext(table: Table, state: TableState): TableState {
  if (!state.reversed) return { ...state, reversed: true };
  return { ...state, reversed: false, sort: (state.sort + 1) % Math.max(1, table.sorts.length) };
}

/** Another way to look at it is another question: what was answered before is not shown under its name. */
export function nextVariant(table: Table, state: TableState): TableState {
  if (table.variants.length < 2) return state;
  const variant = (state.variant + 1) % table.variants.length;
  return { ...state, variant, answers: null, problem: null, selectedId: null, top: 0 };
}

export function withTable(ui: UiState, id: TableId, change: (state: TableState) => TableState): UiState {
  const before = ui.tables[id];
  const after = change(before);
  return after === before ? ui : { ...ui, tables: { ...ui.tables, [id]: after } };
}
