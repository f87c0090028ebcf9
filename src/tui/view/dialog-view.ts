/** How a dialog looks: questions and lines to type take the last row, lists and texts take the room of the screen. */
import type { Dialog } from "../state/effect.ts";
import { graphemes } from "../text/cells.ts";
import type { Spans } from "../text/row.ts";
import { ends, lineSpans } from "./header.ts";

export function takesScreen(dialog: Dialog | null): dialog is Extract<Dialog, { type: "choose" | "text" }> {
  return dialog?.type === "choose" || dialog?.type === "text";
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
      const hint =
        problem === null
          ? { text: "enter goes on  esc closes ", style: "dim" as const }
          : { text: `${problem} `, style: "error" as const };
      return ends([{ text: ` ${dialog.title}: `, style: "strong" }, ...lineSpans(drawn, null)], [hint], columns);
    }
    case "choose":
      return [{ text: " enter takes it   j k move   esc closes", style: "dim" }];
    case "text":
      return [{ text: ` esc closes   j k scroll${dialog.copies === undefined ? "" : "   y copies"}`, style: "dim" }];
  }
}

/** What stands in the main pane while a list or a text is open. */
export function dialogRows(dialog: Extract<Dialog, { type: "choose" | "text" }>, height: number): readonly Spans[] {
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
