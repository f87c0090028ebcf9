/** The command line and the suggestions above it. */
import type { Suggestion } from "../palette/match.ts";
import type { PaletteState } from "../state/palette.ts";
import { cellWidth, fit } from "../text/cells.ts";
import type { Spans } from "../text/row.ts";
import { ends, lineSpans } from "./header.ts";

const mostRows = 10;

/** Suggestions leave the list two thirds of the screen. */
export function paletteHeight(rows: number): number {
  return Math.min(mostRows, Math.max(3, Math.floor(rows / 3)));
}

export function paletteLine({ line, problem }: PaletteState, columns: number): Spans {
  const right =
    problem === null
      ? { text: "enter runs  tab completes  esc closes ", style: "dim" as const }
      : { text: ` ${fit(problem, Math.min(cellWidth(problem), Math.floor(columns * 0.6)))} `, style: "error" as const };
  return ends([{ text: " :", style: "strong" }, ...lineSpans(line, null)], [right], columns);
}

/** What cannot be done now says so in words as well: dim alone would be colour alone. */
export function paletteRows(
  suggestions: readonly Suggestion[],
  { at, byHand, line }: PaletteState,
  height: number,
  columns: number,
): readonly Spans[] {
  if (suggestions.length === 0) return [[{ text: " no command is called that", style: "dim" }]];
  const top = Math.max(0, at - height + 1);
  const width = Math.min(34, Math.floor(columns * 0.4));
  const chosen = byHand || line.text !== "" ? at : -1;
  return suggestions.slice(top, top + height).map(({ label, title, key, possible }, index): Spans => {
    const isChosen = top + index === chosen;
    const style = possible === true ? "plain" : "dim";
    return ends(
      [
        { text: isChosen ? "> " : "  ", style: "strong" },
        { text: fit(label, width), style: isChosen ? "selected" : style },
        { text: possible === true ? `  ${title}` : `  o not now: ${possible}`, style: "dim" },
      ],
      key === "" ? [] : [{ text: `  ${key} `, style }],
      columns,
    );
  });
}
