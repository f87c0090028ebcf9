/** Columns of a list: which of them a width has room for, and how wide each is. */
import type { Spans, Span } from "../text/row.ts";
import { fit } from "../text/cells.ts";

export interface ColumnSize {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly align?: "left" | "right";
  /** Columns with the lowest figure go first when the terminal is narrow; none means it stays. */
  readonly leavesAt?: number;
  /** Cells that are left over go to the columns in order, up to this width. */
  readonly widest?: number;
  /** It takes all that is left after that. */
  readonly grows?: boolean;
}

export interface Placed<Column extends ColumnSize> {
  readonly column: Column;
  readonly width: number;
}

/** Drops columns in their order until the rest fits, then shares out what is left. */
export function place<Column extends ColumnSize>(columns: readonly Column[], width: number): readonly Placed<Column>[] {
  const order = columns.filter((column) => column.leavesAt !== undefined);
  order.sort((one, other) => (one.leavesAt ?? 0) - (other.leavesAt ?? 0));
  let kept = columns;
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
  const last = placed.find((one) => one.column.grows === true);
  return placed.map((one) => (one === last ? { ...one, width: one.width + spare } : one));
}

export function headRow(placed: readonly Placed<ColumnSize>[]): Spans {
  return placed.flatMap(({ column, width }): Span[] => [
    { text: " " },
    { text: fit(column.title, width, column.align), style: "dim" },
  ]);
}

function needed(kept: readonly ColumnSize[]): number {
  // The mark, or a blank, stands before each column.
  return kept.reduce((sum, column) => sum + column.width + 1, 0);
}
