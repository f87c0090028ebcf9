/** The Overview tab: what this flow was, why it went where it went, each try, what was lost, what it used. */
import { plainLine, styledLine, type DocumentLine } from "../body/line.ts";
import type { FlowView } from "../state/flow-view.ts";
import { isLive } from "../state/flow-view.ts";
import { clockTime, count, duration, servedBy, statusStyle, statusText } from "../text/format.ts";
import type { Style } from "../text/theme.ts";

export function* overviewLines(flow: FlowView): Generator<DocumentLine, void> {
  if (flow.refusal !== null) {
    yield* refusalLines(flow);
    return;
  }
  yield plainLine(`${flow.method} ${flow.host}${flow.path}`, "strong");
  yield plainLine("");
  yield field("status", statusText(flow), statusStyle(flow));
  if (flow.error !== null) for (const line of flow.error.split("\n")) yield field("error", line, "error");
  yield field("client", `${flow.client}   ${flow.protocol}   ${clockTime(flow.startedAt)}   ${flow.id}`);
  yield field("action", flow.action);
  yield field("model", modelText(flow));
  yield field("served by", servedBy(flow) + (flow.combo === null ? "" : `   combo ${flow.combo}`));
  yield field("formats", formatsText(flow));
  yield* section("Why");
  if (flow.why.length === 0) yield plainLine("  no rule applied: the bytes were passed through untouched", "dim");
  for (const step of flow.why) {
    const [first = "", ...rest] = step.text.split("\n");
    yield styledLine([{ text: `  ${step.stage.padEnd(10)}`, style: "accent" }, { text: first }], 12);
    for (const line of rest) yield plainLine(`            ${line}`, "plain", 12);
  }
  if (flow.action === "reroute" || flow.attempts.length > 0) {
    yield* attemptLines(flow);
    yield* section("Lost in translation");
    if (flow.losses.length === 0) yield plainLine("  nothing", "dim");
    for (const loss of flow.losses) yield styledLine([{ text: "  - ", style: "warn" }, { text: loss }], 4);
  }
  yield* section("Usage");
  yield* usageLines(flow);
}

function* attemptLines(flow: FlowView): Generator<DocumentLine, void> {
  yield* section("Attempts");
  if (flow.attempts.length === 0) yield plainLine("  none yet", "dim");
  for (const [index, attempt] of flow.attempts.entries()) {
    const who = attempt.account === null ? attempt.provider : `${attempt.provider}:${attempt.account}`;
    const ended = attempt.endedAt === null ? "running" : duration(attempt.endedAt - attempt.startedAt);
    const bad = attempt.error !== null || (attempt.status !== null && attempt.status >= 400);
    yield styledLine(
      [
        { text: `  ${index + 1} ` },
        { text: String(attempt.status ?? (attempt.endedAt === null ? "…" : "fail")), style: bad ? "error" : "ok" },
        { text: `  ${who}  ${attempt.model ?? ""}  ${ended}` },
        { text: attempt.error === null ? "" : `  ${attempt.error}`, style: "error" },
        { text: attempt.cooldownMs === null ? "" : `  cooldown ${duration(attempt.cooldownMs)}`, style: "warn" },
      ],
      6,
    );
  }
}

function* refusalLines(flow: FlowView): Generator<DocumentLine, void> {
  if (flow.refusal === null) return;
  yield plainLine(`A client refused our certificate for ${flow.host}`, "error");
  yield plainLine("");
  yield field(
    "seen",
    `${flow.refusal.count} ${flow.refusal.count === 1 ? "time" : "times"}, last at ${clockTime(flow.startedAt)}`,
  );
  yield field("said", flow.refusal.message);
  yield field("means", "the client does not trust our certificate authority, so this call did not happen");
  yield plainLine("");
  for (const [index, line] of flow.refusal.fix.split("\n").entries()) {
    yield field(index === 0 ? "fix" : "", line, "accent");
  }
}

function* usageLines(flow: FlowView): Generator<DocumentLine, void> {
  const { usage } = flow;
  if (usage === null) {
    yield plainLine(isLive(flow) ? "  not known yet" : "  none reported", "dim");
    return;
  }
  const figures: readonly (readonly [string, number])[] = [
    ["input", usage.input],
    ["  from cache", usage.cacheRead],
    ["  to cache", usage.cacheWrite],
    ["output", usage.output],
    ["  thinking", usage.reasoning],
  ];
  for (const [name, value] of figures)
    yield plainLine(`  ${name.padEnd(14)}${String(value).padStart(9)}  ${count(value)}`);
  if (flow.costUsd !== null) yield plainLine(`  ${"cost".padEnd(14)}${`$${flow.costUsd.toFixed(4)}`.padStart(9)}`);
  if (usage.estimated) yield plainLine("  estimated by us, not reported by the provider", "dim");
}

function* section(title: string): Generator<DocumentLine, void> {
  yield plainLine("");
  yield plainLine(title, "accent");
}

function field(name: string, value: string, style: Style = "plain"): DocumentLine {
  return styledLine(
    [
      { text: name.padEnd(11), style: "dim" },
      { text: value, style },
    ],
    11,
  );
}

function modelText(flow: FlowView): string {
  const { asked, served } = flow.model;
  if (served === null || served === asked) return asked ?? "not known";
  return `${asked ?? "not known"} → ${served}`;
}

function formatsText(flow: FlowView): string {
  const { client, upstream } = flow.formats;
  if (client === null) return "not recognised";
  if (upstream === null || upstream === client) return `${client}, the same on both sides`;
  return `${client} → hub → ${upstream}`;
}
