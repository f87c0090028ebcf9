/** What stands in the list while it is empty: a checklist that ticks itself, and only commands that exist. */
import type { FlowBook } from "../state/flow-book.ts";
import type { UiState } from "../state/ui.ts";
import type { Span, Spans } from "../text/row.ts";

/** The command that the checklist leads to, and that `y` copies while it is shown. */
export const firstCommand = "switchyard run -- claude";

/** No call was ever seen: the list shows the way to the first one. */
export function showsWelcome(ui: UiState, book: Pick<FlowBook, "totals" | "shown">): boolean {
  return ui.screen === "traffic" && ui.overlay === "none" && book.totals.flows === 0 && book.shown.length === 0;
}

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
  const { status, connection, accounts } = ui;
  const up = connection.type === "open" && status !== null;
  const rules = status?.config.routes ?? 0;
  const rows: Spans[] = [
    [],
    [{ text: "   Nothing has come through yet.", style: "strong" }],
    [],
    step(up, "The proxy is running", up ? `${status.host}:${status.port ?? "?"}` : waiting(ui)),
    step(up && status.ca !== null, "Its certificate authority exists", status?.ca?.path ?? ""),
    step(false, "Start a client, in another terminal:", ""),
    [],
    command(firstCommand, "one client, nothing else changes", true),
    command('eval "$(switchyard env)"', "everything in that shell"),
    command("switchyard ca install", "IDEs; asks first, and ca uninstall undoes it"),
    [],
    [{ text: "   Calls show up here as they happen and are passed through untouched. To send them" }],
    [{ text: "   elsewhere:" }],
    step(
      (accounts ?? 0) > 0,
      "Add an account",
      accounts === null || accounts === 0 ? "2, then a" : accountsText(accounts),
    ),
    step(
      rules > 0,
      "Add a rule under routes:",
      `${rules === 0 ? "in" : `${rules === 1 ? "1 rule" : `${rules} rules`} in`} ${status?.config.path ?? "config.yaml"}${status?.config.exists === false ? " (not there yet)" : ""}`,
    ),
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
  rows.push(
    [],
    [
      { text: "   y", style: "strong" },
      { text: " copies the marked command.", style: "dim" },
    ],
  );
  return rows;
}

function command(text: string, meaning: string, marked = false): Spans {
  return [
    { text: `       ${marked ? "> " : "  "}`, style: "strong" },
    { text: text.padEnd(26), style: marked ? "selected" : "accent" },
    { text: `   ${meaning}`, style: "dim" },
  ];
}

function accountsText(accounts: number): string {
  return accounts === 1 ? "1 account" : `${accounts} accounts`;
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
