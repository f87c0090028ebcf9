/**
 * What a screen consists of, top to bottom, before anything is drawn: rules, single lines, and panes of many rows. Ink
 * lays out where they stand; lines and rows are painted directly. A frame always has exactly the terminal's height.
 */
import { renderRow, type Spans } from "../text/row.ts";
import type { Theme } from "../text/theme.ts";

/** `lines` are the frame's own lines and rules, wherever they stand. */
export type PaneId = "lines" | "totals" | "title" | "heads" | "main" | "inspector" | "banner" | "palette" | "prompt";

export type FramePart =
  | { readonly type: "line"; readonly spans: Spans }
  | { readonly type: "rule" }
  | { readonly type: "pane"; readonly id: PaneId; readonly height: number };

export interface Frame {
  readonly columns: number;
  readonly rows: number;
  readonly parts: readonly FramePart[];
}

/** The rows of every pane, each an ANSI row of exactly the frame's width. Missing rows are drawn blank. */
export type PaneRows = Readonly<Partial<Record<PaneId, readonly string[]>>>;

/** All parts but `main` are given; `main` gets what is left. */
export function stackFrame(
  columns: number,
  rows: number,
  above: readonly FramePart[],
  below: readonly FramePart[],
): Frame {
  const height = (parts: readonly FramePart[]): number =>
    parts.reduce((sum, part) => sum + (part.type === "pane" ? part.height : 1), 0);
  const main = Math.max(1, rows - height(above) - height(below));
  return { columns, rows, parts: [...above, { type: "pane", id: "main", height: main }, ...below] };
}

export function paneHeight(frame: Frame, id: PaneId): number {
  for (const part of frame.parts) if (part.type === "pane" && part.id === id) return part.height;
  return 0;
}

/** What the layout depends on: two frames of one shape differ in their words only. */
export function frameShape({ columns, rows, parts }: Frame): string {
  const places = parts.map((part) => (part.type === "pane" ? `${part.id}:${part.height}` : part.type));
  return `${columns}x${rows} ${places.join(" ")}`;
}

/** The rows of the `lines` pane. */
export function lineRows({ columns, parts }: Frame, theme: Theme): readonly string[] {
  const rule: Spans = [{ text: "─".repeat(columns), style: "dim" }];
  return parts.flatMap((part) =>
    part.type === "pane" ? [] : [renderRow(part.type === "rule" ? rule : part.spans, columns, theme)],
  );
}
