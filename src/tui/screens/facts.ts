/** Building stones of panels: headings, named facts and paragraphs, as wide as the terminal is now. */
import { cellWidth, cutTo, wrapRanges } from "../text/cells.ts";
import type { Span, Spans } from "../text/row.ts";
import type { Style } from "../text/theme.ts";

const nameWidth = 14;

export function heading(text: string): readonly Spans[] {
  return [[], [{ text: ` ${text}`, style: "accent" }]];
}

/** On as many rows as it takes, its name before the first; the first span's style is that of all. */
export function fact(name: string, value: readonly Span[], width: number): readonly Spans[] {
  const isLong = cellWidth(name) > nameWidth - 2;
  const text = `${isLong ? `${name}  ` : ""}${value.map((span) => span.text).join("")}`;
  const style = value[0]?.style;
  return wordRows(text, width - 3 - nameWidth).map(
    (row, index): Spans => [
      { text: `  ${(index === 0 && !isLong ? name : "").padEnd(nameWidth)}`, style: "dim" },
      { text: row, ...(style === undefined ? {} : { style }) },
    ],
  );
}

export function paragraph(text: string, width: number, style: Style = "plain"): readonly Spans[] {
  return wordRows(text, width - 6).map((row): Spans => [{ text: "   " }, { text: row, style }]);
}

/** For what is copied from the screen by hand: broken where the row ends and nowhere else. */
export function unbroken(text: string, width: number, style: Style): readonly Spans[] {
  return [...wrapRanges(text, Math.max(1, width - 6))].map(
    ([start, end]): Spans => [{ text: "   " }, { text: text.slice(start, end), style }],
  );
}

function wordRows(text: string, width: number): readonly string[] {
  const room = Math.max(10, width);
  const rows: string[] = [];
  let row = "";
  for (const word of text.replaceAll("\n", " ").split(" ")) {
    const longer = row === "" ? word : `${row} ${word}`;
    if (cellWidth(longer) <= room) {
      row = longer;
      continue;
    }
    if (row !== "") rows.push(row);
    row = word;
    while (cellWidth(row) > room) {
      const piece = cutTo(row, room);
      rows.push(piece);
      row = row.slice(piece.length);
    }
  }
  return [...rows, row];
}
