/**
 * The marks by which the screen layer finds a pane inside what Ink drew: one private-use character at the start of
 * each of its rows, blanks behind it. Only one, because Ink's cost is per character and jumps outside ASCII.
 */
import { cellWidth } from "../text/cells.ts";
import type { PaneId } from "./frame.ts";

const firstMark = 0xe000;
const panes: readonly PaneId[] = [
  "lines",
  "totals",
  "title",
  "heads",
  "main",
  "inspector",
  "banner",
  "palette",
  "prompt",
];
const marks = /[\ue000-\ue0ff]/g;

export function paneMark(id: PaneId): string {
  return String.fromCharCode(firstMark + panes.indexOf(id));
}

/** A drawn line cut into fixed text and holes. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "hole"; readonly pane: PaneId; readonly row: number; readonly width: number };

/**
 * Finds the holes and pads every line to the full width (Ink trims trailing blanks), for every row of the screen.
 * A hole is as wide as its pane; the blanks that Ink left behind its mark are dropped.
 */
export function cutFrame(
  output: string,
  columns: number,
  rows: number,
  paneWidth: (id: PaneId) => number = () => columns,
): readonly (readonly Piece[])[] {
  const lines = output.split("\n");
  const seen = new Map<PaneId, number>();
  return Array.from({ length: rows }, (_, index) => {
    const line = lines[index] ?? "";
    const pieces: Piece[] = [];
    let at = 0;
    let used = 0;
    for (const found of line.matchAll(marks)) {
      const pane = panes[found[0].charCodeAt(0) - firstMark];
      if (pane === undefined) continue;
      const before = line.slice(at, found.index);
      if (before !== "") pieces.push({ type: "text", text: before });
      const row = seen.get(pane) ?? 0;
      seen.set(pane, row + 1);
      const start = used + cellWidth(before);
      const width = Math.min(paneWidth(pane), columns - start);
      pieces.push({ type: "hole", pane, row, width });
      used = start + width;
      at = Math.min(line.length, found.index + width);
    }
    const rest = line.slice(at);
    used += cellWidth(rest);
    const padding = " ".repeat(Math.max(0, columns - used));
    if (rest + padding !== "") pieces.push({ type: "text", text: rest + padding });
    return pieces;
  });
}
