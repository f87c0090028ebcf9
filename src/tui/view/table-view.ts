/** A table as rows: its line of figures, its head, what is in sight of it, and what is said of the selected row. */
import { selectedAt, topOf, variantOf } from "../state/table-state.ts";
import type { TableState, UiState } from "../state/ui.ts";
import { headRow, place } from "../table/columns.ts";
import type { AnyRow, Local, Table } from "../table/table.ts";
import { fit } from "../text/cells.ts";
import { renderRow, type Span, type Spans } from "../text/row.ts";
import type { Theme } from "../text/theme.ts";
import { ends } from "./header.ts";

export interface TableScene {
  readonly table: Table;
  readonly state: TableState;
  readonly rows: readonly AnyRow[];
  readonly local: Local;
}

export function tableHead({ table, state }: TableScene, columns: number): Spans {
  return headRow(place(table.columns(variantOf(table, state)), columns));
}

/** How it is looked at on the left, the figures of the screen on the right. */
export function tableTotals({ table, state, rows, local }: TableScene, columns: number, now: number): Spans {
  const left: Span[] = [{ text: ` ${rows.length} ` }];
  const variant = variantOf(table, state);
  if (variant !== "") left.push({ text: ` ${variant}`, style: "strong" });
  if (state.filter !== "") left.push({ text: `  match "${state.filter}"`, style: "accent" });
  const sort = table.sorts[state.sort];
  if (sort !== undefined && (state.sort > 0 || state.reversed)) {
    left.push({ text: `  by ${sort.title}${state.reversed ? " (reversed)" : ""}`, style: "dim" });
  }
  if (table.follows === true && !state.reversed) {
    left.push({ text: state.selectedId === null ? "  follow ON" : "  follow off (g)", style: "dim" });
  }
  if (state.problem !== null) left.push({ text: `  ! ${state.problem}`, style: "error" });
  return ends(left, [...table.summary(rows, now, local), { text: " " }], columns);
}

export function tableRows(scene: TableScene, columns: number, height: number, now: number, theme: Theme): string[] {
  const { table, state, rows, local } = scene;
  if (rows.length === 0) {
    return emptyText(scene, local)
      .slice(0, height)
      .map((spans) => renderRow(spans, columns, theme));
  }
  const placed = place(table.columns(variantOf(table, state)), columns);
  const selected = selectedAt(state, rows);
  const top = topOf(state, rows, height);
  return rows.slice(top, top + height).map((row, index) => {
    const isSelected = top + index === selected;
    const spans: Span[] = [];
    for (const { column, width } of placed) {
      const { text, style } = column.cell(row, now, width);
      spans.push({ text: isSelected && spans.length === 0 ? ">" : " " });
      spans.push({ text: fit(text, width, column.align), ...(style === undefined ? {} : { style }) });
    }
    return renderRow(spans, columns, theme, isSelected ? "selected" : undefined);
  });
}

function emptyText({ table, state }: TableScene, local: Local): readonly Spans[] {
  const waits = state.answers === null && table.loads(variantOf(table, state)).length > 0;
  if (waits && state.problem === null) return [[], [{ text: "   asking the core …", style: "dim" }]];
  if (waits) return [[], [{ text: `   The core did not answer: ${state.problem ?? ""}`, style: "error" }]];
  if (state.filter !== "") {
    return [
      [],
      [
        { text: `   nothing matches "${state.filter}"`, style: "strong" },
        { text: "  esc shows all", style: "dim" },
      ],
    ];
  }
  return table.empty(local, variantOf(table, state));
}

export function tableInspector(scene: TableScene, columns: number, now: number, height: number): readonly Spans[] {
  const { table, state, rows, local } = scene;
  const row = rows[selectedAt(state, rows)];
  return row === undefined ? [] : table.inspect(row, columns, now, local, height);
}

/** The table that a state looks at, or null. */
export function selectedRow(ui: UiState, scene: TableScene | null): AnyRow | null {
  return scene === null ? null : (scene.rows[selectedAt(ui.tables[scene.table.id], scene.rows)] ?? null);
}
