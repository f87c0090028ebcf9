/** The first line of every list screen: which screens there are, which one this is, and how the core is. */
import { tables } from "../screens/index.ts";
import type { UiState } from "../state/ui.ts";
import type { Span, Spans } from "../text/row.ts";
import { ends } from "./header.ts";

/** From this width on the names of the screens are written out. */
const wideColumns = 110;

export function tabLine(ui: UiState): Spans {
  const wide = ui.columns >= wideColumns;
  const names = [
    { id: "traffic", title: "Traffic", short: "Traffic" },
    ...tables.map(({ id, title, short }) => ({ id, title, short })),
  ];
  const left: Span[] = wide ? [{ text: " switchyard ", style: "accent" }] : [];
  for (const [index, { id, title, short }] of names.entries()) {
    const text = wide ? `${index + 1} ${title}` : `${index + 1}${short}`;
    // The brackets say it where colour does not.
    if (id === ui.screen) left.push({ text: `[${text}]`, style: "strong" });
    else left.push({ text: wide ? ` ${text} ` : ` ${text}`, style: "dim" });
  }
  return ends(left, [{ text: `${coreText(ui, wide)} ` }], ui.columns);
}

function coreText(ui: UiState, wide: boolean): string {
  const { status } = ui;
  if (ui.connection.type === "connecting") return "connecting…";
  if (ui.connection.type === "lost") return "no core";
  if (status === null) return "";
  return wide ? `${status.host}:${status.port ?? "?"}` : `:${status.port ?? "?"}`;
}
