/**
 * Where the selection is in a list that grows at its top. The list shows the newest flow first; `shown` is given
 * oldest first, as the book keeps it. While following, the newest flow is selected; otherwise the selected flow
 * keeps its place on screen and newer ones pile up above it.
 */
import type { UiState } from "./ui.ts";

export interface ListWindow {
  /** Ids of the visible rows, top to bottom. */
  readonly ids: readonly string[];
  /** Index of the selected flow counted from the newest, -1 when the list is empty. */
  readonly selected: number;
  /** Index of the first visible row counted from the newest. */
  readonly top: number;
}

type Selection = Pick<UiState, "selectedId" | "anchor" | "follow">;

export function listWindow(ui: Selection, shown: readonly string[], height: number): ListWindow {
  const total = shown.length;
  if (total === 0) return { ids: [], selected: -1, top: 0 };
  const selected = selectedIndex(ui, shown);
  const anchor = clamp(ui.anchor, 0, Math.max(0, height - 1));
  const top = clamp(selected - anchor, Math.max(0, selected - height + 1), Math.max(0, total - height));
  const first = Math.min(top, selected);
  const ids: string[] = [];
  for (let index = first; index < Math.min(total, first + height); index += 1) {
    const id = shown[total - 1 - index];
    if (id !== undefined) ids.push(id);
  }
  return { ids, selected, top: first };
}

/** Index from the newest. A selected flow that is no longer shown gives way to the newest. */
export function selectedIndex(ui: Selection, shown: readonly string[]): number {
  if (shown.length === 0) return -1;
  if (ui.follow || ui.selectedId === null) return 0;
  const at = shown.lastIndexOf(ui.selectedId);
  return at === -1 ? 0 : shown.length - 1 - at;
}

/** Moves by rows, down is positive. Leaving the newest flow ends following; the first row starts no following. */
export function moveSelection<State extends Selection>(
  ui: State,
  shown: readonly string[],
  height: number,
  by: number,
): State {
  const window = listWindow(ui, shown, height);
  if (window.selected === -1) return ui;
  return select(ui, shown, height, window, clamp(window.selected + by, 0, shown.length - 1));
}

/** To an index counted from the newest; negative counts from the oldest. */
export function jumpSelection<State extends Selection>(
  ui: State,
  shown: readonly string[],
  height: number,
  index: number,
): State {
  if (shown.length === 0) return ui;
  const window = listWindow(ui, shown, height);
  return select(ui, shown, height, window, index < 0 ? shown.length + index : Math.min(index, shown.length - 1));
}

function select<State extends Selection>(
  ui: State,
  shown: readonly string[],
  height: number,
  window: ListWindow,
  index: number,
): State {
  const id = shown[shown.length - 1 - index] ?? null;
  const anchor = clamp(index - window.top, 0, Math.max(0, height - 1));
  return { ...ui, selectedId: id, anchor, follow: ui.follow && index === 0 };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
