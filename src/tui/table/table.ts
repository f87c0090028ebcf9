/**
 * What a screen with a table is: where its rows come from, how they look, what can be done with one. A new screen is a
 * value of this shape in `screens/`; moving, sorting, filtering, loading, painting and its keys come with it.
 */
import type { FlowBook } from "../state/flow-book.ts";
import type { FlowView, StatusView } from "../state/flow-view.ts";
import type { Effect } from "../state/effect.ts";
import type { LogLine } from "../state/log.ts";
import type { TableId } from "../state/ui.ts";
import type { Span, Spans } from "../text/row.ts";
import type { ColumnSize } from "./columns.ts";

export interface AnyRow {
  /** Unique among the rows, and the same for the same thing in the next answer: the selection hangs on it. */
  readonly id: string;
}

export interface Column<Row extends AnyRow> extends ColumnSize {
  /** Text is sanitised where it is read; it is cut and padded here. */
  cell(row: Row, now: number, width: number): Span;
}

/** What the UI knows without asking. */
export interface Local {
  readonly book: Pick<FlowBook, "shown" | "all" | "get" | "totals">;
  readonly log: readonly LogLine[];
  readonly status: StatusView | null;
}

/** What an action can look at besides its row. */
export interface Around extends Local {
  /** The call that is selected in the traffic list. */
  readonly flow: FlowView | null;
  /** Width of the terminal. */
  readonly columns: number;
}

/** Methods, not properties: a table of accounts is a table, whatever its rows are. */
export interface Table<Row extends AnyRow = AnyRow> {
  readonly id: TableId;
  readonly title: string;
  /** The word in the line of tabs where there is little room. */
  readonly short: string;
  /** Ways to look at it, in the order in which `v` goes through them; the first one is the usual one. */
  readonly variants: readonly string[];
  /** What is asked of the control API, as `/accounts`; nothing for tables of what is known anyway. */
  loads(variant: string): readonly string[];
  /** Its first row is the newest: while it is the selected one, the selection stays with whatever comes first. */
  readonly follows?: boolean;
  /** How often, while it is looked at. */
  readonly everyMs: number;
  /** Rows of the answers, in the order of `loads`. Unknown JSON: believe nothing, sanitise every text. */
  read(answers: readonly unknown[], variant: string, local: Local): readonly Row[];
  columns(variant: string): readonly Column<Row>[];
  /** Orders that `s` goes through; the first one is the usual one, and null keeps the order of `read`. */
  readonly sorts: readonly { readonly title: string; readonly compare: Compare<Row> | null }[];
  /** What `/` looks into. */
  search(row: Row): string;
  /** What stands at the right of the line under the tabs. */
  summary(rows: readonly Row[], now: number, local: Local): Spans;
  /** Lines under the table about the selected row, given the height of the terminal. */
  inspectorHeight(rows: number): number;
  inspect(row: Row, width: number, now: number, local: Local, height: number): readonly Spans[];
  /** What enter does. */
  open(row: Row, width: number, now: number, local: Local): Effect | null;
  /** Instead of rows, when there are none: what that means, and what to do. */
  empty(local: Local, variant: string): readonly Spans[];
  readonly actions: readonly TableAction<Row>[];
}

/** Taken from a method, for the same reason. */
type Compare<Row> = { compare(one: Row, other: Row): number }["compare"];

export interface TableAction<Row extends AnyRow = AnyRow> {
  /** Names it in the palette, as `account-disable`. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly title: string;
  /** Word in the key bar. */
  readonly bar?: string;
  /** Works without a row, as adding one does. */
  readonly always?: boolean;
  /** True, or why not. */
  possible?(row: Row): true | string;
  run(row: Row | null, rows: readonly Row[], around: Around): Effect;
}
