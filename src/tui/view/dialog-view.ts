/** How a dialog looks: questions and lines to type take the last row, lists and texts take the room of the screen. */
import type { Dialog } from "../state/effect.ts";
import type { Line } from "../state/prompt.ts";
import { cellWidth, ellipsize, graphemes } from "../text/cells.ts";
import type { Span, Spans } from "../text/row.ts";
import { ends, lineSpans } from "./header.ts";

type Large = Extract<Dialog, { type: "choose" | "text" | "panel" }>;

export function takesScreen(dialog: Dialog | null): dialog is Large {
  return dialog?.type === "choose" || dialog?.type === "text" || dialog?.type === "panel";
}

/** The last row while one is open; null where it takes the screen. */
export function dialogRow(dialog: Dialog, columns: number): Spans {
  switch (dialog.type) {
    case "confirm":
      return ends(
        [{ text: ` ${dialog.text} `, style: "banner-warn" }],
        [{ text: "y yes  any other key no " }],
        columns,
      );
    case "line": {
      const problem = dialog.check(dialog.line.text);
      const { line } = dialog;
      const dots = (text: string): string => "•".repeat(graphemes(text).length);
      const drawn = dialog.secret ? { text: dots(line.text), at: dots(line.text.slice(0, line.at)).length } : line;
      const keys = "enter goes on  esc closes ";
      const half = Math.floor(columns / 2);
      // What was typed is worth more than a reminder of two keys; why it will not do is cut, and stays.
      const isTight = columns - cellWidth(dialog.title) - cellWidth(keys) < half;
      const hint: Span =
        problem === null
          ? { text: isTight ? "" : keys, style: "dim" }
          : { text: ` ${ellipsize(problem, half - 2)} `, style: "error" };
      const room = columns - cellWidth(dialog.title) - cellWidth(hint.text) - 5;
      const shown = lineSpans(inSight(drawn, Math.max(room, minTyped)), null);
      return ends([{ text: ` ${dialog.title}: `, style: "strong" }, ...shown], [hint], columns);
    }
    case "choose":
      return [{ text: " enter takes it   j k move   esc closes", style: "dim" }];
    case "text":
      return [{ text: ` esc closes   j k scroll${dialog.copies === undefined ? "" : "   y copies"}`, style: "dim" }];
    case "panel": {
      const keys = dialog.keys.flatMap(({ key, word }): Span[] => [
        { text: ` ${key}`, style: "strong" },
        { text: ` ${word} ` },
      ]);
      // The way out first: it is what must not be cut off.
      return [{ text: ` esc ${dialog.left?.word ?? "closes"} ` }, ...keys, { text: "  j k scroll", style: "dim" }];
    }
  }
}

/** Cells of what was typed that are shown at least. */
const minTyped = 8;

/** A line that is longer than its place is shown from where it was typed last. */
function inSight(line: Line, room: number): Line {
  if (cellWidth(line.text) <= room) return line;
  const before = graphemes(line.text.slice(0, line.at));
  let kept = "";
  for (let at = before.length - 1; at >= 0 && cellWidth(kept) < room - 2; at -= 1) kept = `${before[at] ?? ""}${kept}`;
  const isCut = kept.length < line.at;
  return { text: `${isCut ? "…" : ""}${kept}${line.text.slice(line.at)}`, at: kept.length + (isCut ? 1 : 0) };
}

/** What stands in the main pane while one of the large dialogs is open. */
export function dialogRows(dialog: Large, height: number, now: number, columns: number): readonly Spans[] {
  if (dialog.type === "panel") {
    const lines = dialog.lines(now, columns);
    const top = Math.min(dialog.top, Math.max(0, lines.length - height));
    return lines.slice(top, top + height);
  }
  if (dialog.type === "text") return dialog.lines.slice(dialog.top, dialog.top + height);
  const top = Math.max(0, Math.min(dialog.at - height + 1, dialog.options.length - height));
  return dialog.options.slice(top, top + height).map(({ label, detail }, index): Spans => {
    const chosen = top + index === dialog.at;
    const number = top + index < 9 ? `${top + index + 1}` : " ";
    return [
      { text: `${chosen ? ">" : " "} ${number} `, style: chosen ? "strong" : "dim" },
      { text: label, style: chosen ? "selected" : "plain" },
      { text: detail === undefined ? "" : `   ${detail}`, style: "dim" },
    ];
  });
}
