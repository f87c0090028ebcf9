/** Two lines about the selected flow: the way it took, and what happened on it. */
import { unreachable } from "../../base/unreachable.ts";
import type { AttemptView, FlowView } from "../state/flow-view.ts";
import { isLive } from "../state/flow-view.ts";
import { count, duration, statusText, clientName } from "../text/format.ts";
import type { Span, Spans } from "../text/row.ts";

export function inspectorRows(flow: FlowView | null): readonly [Spans, Spans] {
  if (flow === null) return [[], []];
  if (flow.refusal !== null) {
    return [
      [
        { text: ` #${flow.number} `, style: "strong" },
        { text: `a client refused our certificate for ${flow.host}`, style: "error" },
        { text: `  (${flow.refusal.message}${flow.refusal.count > 1 ? `, ${flow.refusal.count} times` : ""})` },
      ],
      [{ text: "     fix: ", style: "strong" }, { text: flow.refusal.fix }],
    ];
  }
  return [wayOf(flow), happenings(flow)];
}

function wayOf(flow: FlowView): Spans {
  const spans: Span[] = [
    { text: ` #${flow.number} `, style: "strong" },
    { text: clientName(flow.client) },
    { text: " > ", style: "dim" },
  ];
  if (flow.action === "reroute") {
    spans.push(
      { text: flow.formats.client ?? "?" },
      { text: flow.formats.client === flow.formats.upstream ? " > " : " >> hub >> ", style: "dim" },
      { text: `${flow.provider ?? "?"} (${flow.formats.upstream ?? "?"})` },
    );
  } else spans.push({ text: `${flow.host}${flow.formats.client === null ? "" : ` (${flow.formats.client})`}` });
  const rule = flow.why.find((step) => step.stage === "rule");
  spans.push({ text: "   route: ", style: "dim" }, { text: rule?.text ?? actionText(flow) });
  if (flow.attempts.length > 1) {
    spans.push({ text: "   attempt ", style: "dim" }, { text: String(flow.attempts.length), style: "warn" });
  }
  return spans;
}

function happenings(flow: FlowView): Spans {
  const spans: Span[] = [{ text: "    " }];
  if (flow.error !== null) spans.push({ text: `${statusText(flow)}  `, style: "error" }, { text: `${flow.error}  ` });
  if (flow.attempts.length > 1) {
    for (const [index, attempt] of flow.attempts.entries()) spans.push(...attemptSpans(attempt, index + 1));
  }
  if (flow.losses.length > 0) spans.push({ text: "lost: ", style: "warn" }, { text: `${flow.losses.join(", ")}  ` });
  if (flow.usage !== null) {
    const { input, output, cacheRead, cacheWrite, reasoning, estimated } = flow.usage;
    const parts = [
      `in ${count(input)}`,
      cacheRead > 0 ? `(cached ${count(cacheRead)})` : null,
      cacheWrite > 0 ? `(cache write ${count(cacheWrite)})` : null,
      `out ${count(output)}`,
      reasoning > 0 ? `(thinking ${count(reasoning)})` : null,
      estimated ? "estimated" : null,
    ];
    spans.push({ text: `${parts.filter((part) => part !== null).join(" ")}  ` });
    const speed = tokensPerSecond(flow);
    if (speed !== null) spans.push({ text: `${speed} tok/s  `, style: "dim" });
  }
  if (spans.length === 1)
    spans.push({
      text: isLive(flow) ? "waiting for the answer" : `${flow.protocol}  ${flow.method} ${flow.path}`,
      style: "dim",
    });
  return spans;
}

function attemptSpans(attempt: AttemptView, number: number): Span[] {
  const who = attempt.account === null ? attempt.provider : `${attempt.provider}:${attempt.account}`;
  const result = attempt.status ?? (attempt.endedAt === null ? "running" : "failed");
  const cooldown = attempt.cooldownMs === null ? "" : ` -> cooldown ${duration(attempt.cooldownMs)}`;
  const bad = attempt.error !== null || (attempt.status !== null && attempt.status >= 400);
  return [
    { text: `${number} ${who} ` },
    { text: String(result), style: bad ? "error" : "ok" },
    { text: `${attempt.error === null ? "" : ` ${attempt.error}`}${cooldown}  ` },
  ];
}

function actionText(flow: FlowView): string {
  switch (flow.action) {
    case "passthrough":
      return "no rule, passed through untouched";
    case "tunnel":
      return "tunnelled, never decrypted";
    case "block":
      return "blocked by a rule";
    case "bypass":
      return "answered locally";
    case "reroute":
      return "rerouted";
    default:
      return unreachable(flow.action);
  }
}

function tokensPerSecond(flow: FlowView): number | null {
  const { firstTokenMs, totalMs } = flow.timings;
  if (flow.usage === null || firstTokenMs === null || totalMs === null || totalMs - firstTokenMs < 200) return null;
  return Math.round((flow.usage.output * 1_000) / (totalMs - firstTokenMs));
}
