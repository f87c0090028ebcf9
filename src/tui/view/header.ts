/** The lines around the list: title and proxy address, totals, banners, the key bar, the prompt. */
import { bindingsOf, contextOf, shownKeys, type Binding, type Situation } from "../keymap.ts";
import { problemText } from "../../base/filter/index.ts";
import { safeLine } from "../../base/safe-text.ts";
import { markedFlows } from "../actions/action.ts";
import { readListFilter } from "../state/filter.ts";
import { isByTime } from "../state/flow-order.ts";
import type { FlowBook } from "../state/flow-book.ts";
import type { Line } from "../state/prompt.ts";
import type { UiState } from "../state/ui.ts";
import { cellWidth, fit, graphemes } from "../text/cells.ts";
import { clockTime, count, sparkline } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";

const rateBuckets = 12;
const rateSpanMs = 5_000;

export function totalsSpans(ui: UiState, book: FlowBook, now: number): Spans {
  const { totals } = book;
  const wide = ui.columns >= 100;
  const rates = book.rate(now, rateBuckets, rateSpanMs);
  const perMinute = rates.reduce((sum, one) => sum + one, 0) / ((rateBuckets * rateSpanMs) / 60_000);
  const left: Span[] = [
    { text: ` ${totals.flows} ${totals.flows === 1 ? "flow" : "flows"}  ` },
    { text: `${totals.live} live`, style: totals.live > 0 ? "live" : "plain" },
    { text: `  ${perMinute.toFixed(0)} req/m` },
    ...(wide ? [{ text: ` ${sparkline(rates)}`, style: "live" as const }] : []),
    { text: `  in ${count(totals.input)}  out ${count(totals.output)}` },
  ];
  if (totals.costUsd > 0) left.push({ text: `  $${totals.costUsd.toFixed(3)}` });
  const right: Span[] = [];
  // Most telling first: where there is little room, the figures at the end give way.
  if (ui.paused) right.push({ text: ` PAUSED +${book.waiting} `, style: "match" }, { text: "  " });
  else if (isByTime(ui.sort)) right.push({ text: ui.follow ? "follow ON  " : "follow off  ", style: "dim" });
  if (!isByTime(ui.sort)) right.push({ text: `${sortText(ui.sort)}, follow off  `, style: "accent" });
  const marked = markedFlows({ ui, book }).length;
  if (marked > 0) right.push({ text: `* ${marked} marked  `, style: "accent" });
  if (ui.errorsOnly) right.push({ text: "ERRORS ONLY  ", style: "warn" });
  if (ui.filter !== "" || ui.errorsOnly) {
    right.push({ text: `${book.shown.length} match ${ui.filter === "" ? "" : `"${ui.filter}"`}  `, style: "accent" });
  }
  if (totals.errors > 0)
    right.push({ text: `${totals.errors} ${totals.errors === 1 ? "error" : "errors"}  `, style: "error" });
  if (totals.tunnels > 0)
    right.push({ text: `${totals.tunnels} tunnelled${ui.showTunnels || !wide ? "" : " (t shows)"} `, style: "dim" });
  while (right.length > 1 && right.reduce((sum, span) => sum + cellWidth(span.text), 0) > ui.columns - 10) right.pop();
  return ends(left, right, ui.columns);
}

function sortText({ by, reversed }: UiState["sort"]): string {
  if (by === "time") return "oldest first";
  return `by ${by}${reversed ? " (reversed)" : ""}`;
}

/** What is wrong, most urgent first; each says what it means and what to do. */
export function bannerRows(ui: UiState, now: number): readonly Spans[] {
  const rows: Spans[] = [];
  const { connection, status, cooling, notice } = ui;
  if (connection.type === "lost") {
    const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1_000));
    const next = seconds === 0 ? "trying again now" : `next try in ${seconds}s`;
    rows.push([
      {
        text: ` ! Lost the core (${connection.why}): ${next}; data from ${clockTime(connection.since)} `,
        style: "banner-error",
      },
    ]);
  }
  if (status?.config.error) {
    rows.push([
      {
        text: ` ! ${status.config.path} is not in force: ${status.config.error.split("\n")[0] ?? ""} `,
        style: "banner-error",
      },
      { text: " The last good configuration stays active." },
    ]);
  }
  if (cooling !== null && now < cooling.endsAt && connection.type === "open") {
    const { provider, model, next } = cooling;
    const when = next === null ? "until you act" : `${next.name} is ready in ${countdown(next.at - now)}`;
    rows.push([
      { text: ` * No account of ${provider} can serve ${model}: ${when} `, style: "banner-warn" },
      { text: " 2 shows them" },
    ]);
  }
  if (notice !== null) {
    const style = notice.level === "error" ? "banner-error" : notice.level === "warn" ? "banner-warn" : "match";
    rows.push([
      { text: ` ${notice.level === "info" ? "i" : "!"} ${notice.text} `, style },
      { text: " esc closes", style: "dim" },
    ]);
  }
  if (ui.overlay === "confirm-quit") {
    rows.push([
      { text: " ? Calls are in flight, and quitting stops the proxy. ", style: "banner-warn" },
      { text: " Press again to quit, any other key to stay." },
    ]);
  }
  return rows;
}

/** `00:07`, `12:30`, `125:00`. */
function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return [Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

export function promptSpans(ui: UiState): Spans {
  if (ui.prompt === null) return [];
  const { line } = ui.prompt;
  const kind = ui.prompt.kind === "table-filter" ? "words" : ui.prompt.kind;
  const read = kind === "filter" ? readListFilter(line.text) : null;
  const hint = kind === "find" ? "enter finds  esc closes" : "enter keeps  esc undoes";
  const wrong = read === null || read.ok ? null : read.problem;
  const right: Span =
    wrong === null
      ? { text: `${hint} `, style: "dim" }
      : { text: ` ${fit(safeLine(problemText(wrong)), Math.floor(ui.columns / 2)).trimEnd()} `, style: "error" };
  return ends([{ text: ` ${kind}: `, style: "strong" }, ...lineSpans(line, wrong)], [right], ui.columns);
}

/** What was typed: the cursor inverse, what cannot be read in the colour of errors. */
export function lineSpans(line: Line, wrong: { readonly at: number; readonly length: number } | null): Spans {
  const under = graphemes(line.text.slice(line.at))[0] ?? " ";
  const to = line.at + under.length;
  const [from, until] = wrong === null ? [0, 0] : [wrong.at, wrong.at + wrong.length];
  const piece = (start: number, end: number, style: Span["style"]): Span[] =>
    start < end ? [{ text: line.text.slice(start, end), ...(style === undefined ? {} : { style }) }] : [];
  const part = (start: number, end: number): Span[] => [
    ...piece(start, Math.min(end, from), undefined),
    ...piece(Math.max(start, from), Math.min(end, until), "error"),
    ...piece(Math.max(start, until), end, undefined),
  ];
  return [...part(0, line.at), { text: under, style: "match" }, ...part(to, line.text.length)];
}

/** Keys with a word in the table, as many as fit; the ways to all others are always among them. Impossible ones are dim. */
export function keyBarSpans(situation: Situation): Spans {
  const { ui } = situation;
  const bindings = bindingsOf(contextOf(ui)).filter((binding) => binding.bar !== undefined);
  const ways: readonly Binding["command"][] = ["palette", "help"];
  const help = bindings.filter((binding) => ways.includes(binding.command));
  const others = bindings.filter((binding) => !ways.includes(binding.command));
  // The last cell of the last row stays empty: some consoles scroll when it is written.
  let room = ui.columns - 2 - help.reduce((sum, binding) => sum + barWidth(binding), 0);
  const spans: Span[] = [{ text: " " }];
  for (const binding of others) {
    if (barWidth(binding) > room) break;
    room -= barWidth(binding);
    spans.push(...barSpans(binding, situation));
  }
  for (const binding of help) spans.push(...barSpans(binding, situation));
  return spans;
}

function barSpans(binding: Binding, situation: Situation): Span[] {
  const possible = binding.possible?.(situation) ?? true;
  const keys = barKeys(binding);
  return [
    { text: keys, style: possible === true ? "strong" : "dim" },
    { text: ` ${binding.bar ?? ""}  `, style: possible === true ? "plain" : "dim" },
  ];
}

function barKeys(binding: Binding): string {
  return shownKeys(binding).split(" ")[0] ?? "";
}

function barWidth(binding: Binding): number {
  return cellWidth(barKeys(binding)) + cellWidth(binding.bar ?? "") + 3;
}

/** Left part cut so that the right part stays whole. */
export function ends(left: Spans, right: Spans, width: number): Spans {
  const rightWidth = right.reduce((sum, span) => sum + cellWidth(span.text), 0);
  const leftWidth = left.reduce((sum, span) => sum + cellWidth(span.text), 0);
  const room = width - rightWidth;
  if (leftWidth <= room) return [...left, { text: " ".repeat(room - leftWidth) }, ...right];
  if (room < 8) return left;
  const out: Span[] = [];
  let used = 0;
  for (const span of left) {
    const wide = cellWidth(span.text);
    if (used + wide <= room - 1) {
      out.push(span);
      used += wide;
    } else {
      out.push({ ...span, text: fit(span.text, room - used - 1) }, { text: " " });
      break;
    }
  }
  return [...out, ...right];
}
