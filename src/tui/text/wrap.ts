/** Texts for people over several rows, broken between words where there is one to break at. */
import { cellWidth, wrapRanges } from "./cells.ts";

/** At least one row; none is wider than `width` cells. */
export function wrapWords(text: string, width: number): readonly string[] {
  const rows: string[] = [];
  for (const line of text.split("\n")) {
    let row = "";
    for (const word of line.split(" ")) {
      if (row !== "" && cellWidth(row) + 1 + cellWidth(word) <= width) row += ` ${word}`;
      else {
        if (row !== "") rows.push(row);
        const pieces = [...wrapRanges(word, width)].map(([start, end]) => word.slice(start, end));
        rows.push(...pieces.slice(0, -1));
        row = pieces.at(-1) ?? "";
      }
    }
    rows.push(row);
  }
  return rows;
}
