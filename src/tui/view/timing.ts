/** The Timing tab: where the time of a flow went, as a waterfall. */
import { plainLine, styledLine, type DocumentLine } from "../body/line.ts";
import type { FlowView } from "../state/flow-view.ts";
import { isLive } from "../state/flow-view.ts";
import { clockTime, duration } from "../text/format.ts";
import type { Style } from "../text/theme.ts";

interface Phase {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly style: Style;
}

const nameWidth = 22;
const figureWidth = 9;

export function* timingLines(flow: FlowView, width: number, now: number): Generator<DocumentLine, void> {
  const phases = phasesOf(flow, now);
  const total = Math.max(1, ...phases.map((phase) => phase.endMs));
  const barWidth = Math.max(10, width - nameWidth - figureWidth - 2);
  const ended =
    flow.endedAt === null ? (isLive(flow) ? "still running" : "end not recorded") : `ended ${clockTime(flow.endedAt)}`;
  yield styledLine([
    { text: `started ${clockTime(flow.startedAt)}, ${ended}` },
    { text: `   total ${duration(total)}${isLive(flow) ? "~" : ""}`, style: "strong" },
  ]);
  yield plainLine("");
  for (const phase of phases) yield bar(phase, total, barWidth);
  yield plainLine("");
  const axis = `0${" ".repeat(Math.max(1, barWidth - duration(total).length - 1))}${duration(total)}`;
  yield plainLine(" ".repeat(nameWidth) + axis, "dim");
  const { timings } = flow;
  yield plainLine("");
  yield plainLine(`first byte   ${duration(timings.ttfbMs)} after the start`);
  yield plainLine(`first token  ${duration(timings.firstTokenMs)} after the start`);
  yield plainLine(
    `translation  ${timings.translateMs === null ? "none" : `${timings.translateMs.toFixed(1)}ms of our own time`}`,
  );
  if (timings.connectMs === null) yield plainLine("connection   one that was already open was used", "dim");
}

function phasesOf(flow: FlowView, now: number): readonly Phase[] {
  const { connectMs, tlsMs, ttfbMs, firstTokenMs, totalMs } = flow.timings;
  const end = totalMs ?? Math.max(0, (flow.endedAt ?? now) - flow.startedAt);
  const phases: Phase[] = [];
  const connected = (connectMs ?? 0) + (tlsMs ?? 0);
  if (connectMs !== null) phases.push({ name: "connect", startMs: 0, endMs: connectMs, style: "tag-5" });
  if (tlsMs !== null) phases.push({ name: "TLS", startMs: connectMs ?? 0, endMs: connected, style: "tag-4" });
  const first = ttfbMs ?? end;
  phases.push({ name: "waiting", startMs: Math.min(connected, first), endMs: first, style: "warn" });
  if (ttfbMs !== null && firstTokenMs !== null && firstTokenMs > ttfbMs) {
    phases.push({ name: "until first token", startMs: ttfbMs, endMs: firstTokenMs, style: "live" });
  }
  if (ttfbMs !== null) {
    phases.push({ name: "answer", startMs: Math.max(ttfbMs, firstTokenMs ?? ttfbMs), endMs: end, style: "ok" });
  }
  for (const [index, attempt] of flow.attempts.entries()) {
    const startMs = Math.max(0, attempt.startedAt - flow.startedAt);
    const endMs = Math.max(startMs, (attempt.endedAt ?? now) - flow.startedAt);
    const bad = attempt.error !== null || (attempt.status !== null && attempt.status >= 400);
    phases.push({ name: `try ${index + 1} ${attempt.provider}`, startMs, endMs, style: bad ? "error" : "dim" });
  }
  return phases;
}

function bar(phase: Phase, total: number, width: number): DocumentLine {
  const from = Math.min(width - 1, Math.floor((phase.startMs / total) * width));
  const to = Math.max(from + 1, Math.min(width, Math.round((phase.endMs / total) * width)));
  return styledLine([
    { text: phase.name.slice(0, nameWidth - 1).padEnd(nameWidth), style: "plain" },
    { text: " ".repeat(from) },
    { text: "█".repeat(to - from), style: phase.style },
    { text: " ".repeat(width - to) },
    { text: duration(phase.endMs - phase.startMs).padStart(figureWidth) },
  ]);
}
