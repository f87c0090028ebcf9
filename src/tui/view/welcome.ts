/** What stands in the list while it is empty: a checklist that ticks itself, and only commands that exist. */
import type { FlowBook } from "../state/flow-book.ts";
import type { UiState } from "../state/ui.ts";
import type { Span, Spans } from "../text/row.ts";

export function emptyRows(ui: UiState, book: Pick<FlowBook, "totals">): readonly Spans[] {
  const { totals } = book;
  if (totals.flows > 0) {
    const what = [ui.filter === "" ? null : `"${ui.filter}"`, ui.errorsOnly ? "errors only" : null]
      .filter(Boolean)
      .join(", ");
    return [
      [],
      [
        { text: `   0 of ${totals.flows} match ${what}`, style: "strong" },
        { text: "  esc shows them all", style: "dim" },
      ],
    ];
  }
  return welcomeRows(ui, totals.tunnels);
}

function welcomeRows(ui: UiState, tunnels: number): readonly Spans[] {
  const { status, connection } = ui;
  const up = connection.type === "open" && status !== null;
  const rows: Spans[] = [
    [],
    [{ text: "   Nothing has come through yet.", style: "strong" }],
    [],
    step(up, "The proxy is running", up ? `${status.host}:${status.port ?? "?"}` : waiting(ui)),
    step(up && status.ca !== null, "Its certificate authority exists", status?.ca?.path ?? ""),
    step(false, "Start a client, in another terminal:", ""),
    [],
    [
      { text: "            switchyard run -- claude", style: "accent" },
      { text: "      one client, nothing else changes", style: "dim" },
    ],
    [
      { text: '            eval "$(switchyard env)"', style: "accent" },
      { text: "      everything in that shell", style: "dim" },
    ],
    [],
    [{ text: "   Calls show up here as they happen and are passed through untouched." }],
    status === null || status.config.routes === 0
      ? [
          { text: "   To send them elsewhere, add a rule under " },
          { text: "routes:", style: "accent" },
          { text: " in" },
        ]
      : [
          {
            text: `   ${status.config.routes} ${status.config.routes === 1 ? "rule" : "rules"} can send them elsewhere, from`,
          },
        ],
    [
      { text: `     ${status?.config.path ?? "config.yaml"}` },
      { text: status?.config.exists === false ? "   (not there yet)" : "", style: "dim" },
    ],
  ];
  if (tunnels > 0) {
    rows.push(
      [],
      [
        {
          text: `   ${tunnels} ${tunnels === 1 ? "connection" : "connections"} to other hosts went through a tunnel, not decrypted; `,
        },
        { text: "t", style: "strong" },
        { text: " shows them." },
      ],
    );
  }
  return rows;
}

/** Ticks are characters, so that they read without colour. */
function step(done: boolean, title: string, detail: string): Spans {
  const spans: Span[] = [
    { text: `   [${done ? "x" : " "}] `, style: done ? "ok" : "plain" },
    { text: title, style: done ? "plain" : "strong" },
  ];
  if (detail !== "") spans.push({ text: `   ${detail}`, style: "dim" });
  return spans;
}

function waiting(ui: UiState): string {
  return ui.connection.type === "lost" ? "not reachable" : "connecting…";
}
