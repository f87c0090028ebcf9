/**
 * What a screen consists of, top to bottom, before anything is drawn: lines that change rarely (chrome, laid out
 * by Ink) and panes whose rows are painted directly. A frame always has exactly the terminal's height.
 */
import type { Spans } from "../text/row.ts";

export type PaneId = "totals" | "title" | "main" | "inspector" | "banner" | "palette" | "prompt";

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
