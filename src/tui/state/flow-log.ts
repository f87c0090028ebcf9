/** The lines of the log about one call: each try that failed, each other target, how it ended when it ended badly. */
import { clientName, duration, servedBy } from "../text/format.ts";
import type { AttemptView, FlowView } from "./flow-view.ts";
import { isLive } from "./flow-view.ts";
import type { Log, LogLine } from "./log.ts";

export function logFlow(log: Log, flow: FlowView, now: number): void {
  // A refusal is told by its own event; nearly all other calls go well, and cost these two looks.
  if (flow.refusal !== null) return;
  if (flow.attempts.length > 0) logAttempts(log, flow, now);
  for (const [index, { stage, text }] of flow.why.entries()) {
    if (stage === "fallback")
      log.add(about(flow, flow.endedAt ?? now, "warn", "route", text), `${flow.id}:why:${index}`);
  }
  if (!isLive(flow)) logEnd(log, flow, now);
}

function logAttempts(log: Log, flow: FlowView, now: number): void {
  for (const [index, attempt] of flow.attempts.entries()) {
    if (index > 0) {
      const text = `went on with ${nameOf(attempt)}${attempt.model === null ? "" : ` ${attempt.model}`} (attempt ${index + 1}${flow.combo === null ? "" : ` of ${flow.combo}`})`;
      log.add(about(flow, attempt.startedAt || now, "info", "route", text), `${flow.id}:next:${index}`);
    }
    if (!hasFailed(attempt)) continue;
    const answer = attempt.status === null ? "did not answer" : `answered ${attempt.status}`;
    const cooldown = attempt.cooldownMs === null ? "" : ` -> rests ${duration(attempt.cooldownMs)}`;
    const text = `${nameOf(attempt)} ${answer}${attempt.error === null ? "" : ` (${oneLine(attempt.error)})`}${cooldown}`;
    const line = about(flow, attempt.endedAt ?? now, "warn", "account", text);
    log.add({ ...line, fix: attemptFix(attempt) }, `${flow.id}:attempt:${index}`);
  }
}

function logEnd(log: Log, flow: FlowView, now: number): void {
  const broken = flow.state === "failed" || flow.state === "truncated";
  const refused = flow.status !== null && flow.status >= 400;
  // Declined sockets and blocked calls are answers of ours, and meant.
  if (!broken && (!refused || flow.action === "bypass" || flow.action === "block")) return;
  const what =
    flow.action === "tunnel" ? `tunnel to ${flow.host}` : `${clientName(flow.client)} ${flow.method} ${flow.host}`;
  const how = flow.state === "truncated" ? "broke off" : flow.status === null ? "failed" : `ended with ${flow.status}`;
  const by = flow.action === "reroute" && flow.provider !== null ? ` from ${servedBy(flow)}` : "";
  const why = flow.error === null ? "" : `: ${oneLine(flow.error)}`;
  const level = broken || (flow.status ?? 0) >= 500 ? "error" : "warn";
  log.add(about(flow, flow.endedAt ?? now, level, "flow", `${what} ${how}${by}${why}`), `${flow.id}:end`);
}

function about(flow: FlowView, at: number, level: LogLine["level"], area: string, text: string): Omit<LogLine, "id"> {
  return { at, level, area, text: `#${flow.number} ${text}`, fix: null, flowId: flow.id };
}

function hasFailed({ endedAt, error, status }: AttemptView): boolean {
  return endedAt !== null && (error !== null || (status !== null && status >= 400));
}

function attemptFix({ status, cooldownMs }: AttemptView): string | null {
  if (status === 401 || status === 403) return "switchyard accounts list says which login is needed (2 shows them)";
  return cooldownMs === null ? null : "2 shows the accounts and how long each one rests";
}

function nameOf({ provider, account }: AttemptView): string {
  return account === null ? provider : `${provider}:${account}`;
}

function oneLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
