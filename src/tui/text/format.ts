/** Numbers, times and names in the few cells a column has. Absent is `-`, never an invented zero. */
import { unreachable } from "../../base/unreachable.ts";
import { isLive, type FlowView } from "../state/flow-view.ts";
import type { Style } from "./theme.ts";

/** `640`, `9.4k`, `41k`, `1.2M`. */
export function count(value: number | null): string {
  if (value === null) return "-";
  if (value < 1_000) return String(Math.round(value));
  if (value < 99_950) return `${(value / 1_000).toFixed(1)}k`;
  if (value < 999_500) return `${Math.round(value / 1_000)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

/** `0.3s`, `14.2s`, `3m07`, `2h05`; below a tenth of a second in ms. */
export function duration(ms: number | null): string {
  if (ms === null) return "-";
  if (ms < 100) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 99_950) return `${(ms / 1_000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}`;
  return `${Math.floor(seconds / 3_600)}h${String(Math.floor((seconds % 3_600) / 60)).padStart(2, "0")}`;
}

/** Dollars without the sign; the column says `$`. */
export function cost(value: number | null): string {
  if (value === null) return "-";
  return value < 9.9995 ? value.toFixed(3) : value.toFixed(2);
}

export function bytes(value: number): string {
  if (value < 1_024) return `${value} B`;
  if (value < 1_024 * 1_024) return `${(value / 1_024).toFixed(1)} KB`;
  return `${(value / (1_024 * 1_024)).toFixed(1)} MB`;
}

/** Local wall clock `12:04:31`. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

const clientNames: ReadonlyMap<string, string> = new Map([
  ["claude-code", "claude"],
  ["gemini-cli", "gemini"],
  ["copilot-cli", "copilot"],
  ["antigravity", "antigrav"],
  ["qwen-code", "qwen"],
  ["unknown", "?"],
]);

export function clientName(client: string): string {
  return clientNames.get(client) ?? client;
}

const tags: readonly Style[] = ["tag-1", "tag-2", "tag-3", "tag-4", "tag-5", "tag-6"];

/** The same client has the same colour in every run. */
export function clientStyle(client: string): Style {
  let hash = 7;
  for (let at = 0; at < client.length; at += 1) hash = (hash * 31 + client.charCodeAt(at)) % 9_973;
  return tags[hash % tags.length] ?? "plain";
}

/** `claude-sonnet-4-5-20250929` → `sonnet-4-5`; a vendor prefix and a date tell nothing in a narrow column. */
export function modelName(model: string | null): string {
  if (model === null) return "-";
  const last = model.slice(model.lastIndexOf("/") + 1);
  return last.replace(/^claude-(?=[a-z0-9])/, "").replace(/-20\d{6}$/, "") || model;
}

/** Who answers: `kiro:work`, or what happens instead. */
export function servedBy(flow: FlowView): string {
  if (flow.refusal !== null) return "-";
  switch (flow.action) {
    case "passthrough":
      return "(passthru)";
    case "tunnel":
      return "(tunnel)";
    case "block":
      return "(blocked)";
    case "bypass":
      return "(local)";
    case "reroute":
      if (flow.provider === null) return isLive(flow) ? "…" : "-";
      return flow.account === null ? flow.provider : `${flow.provider}:${flow.account}`;
    default:
      return unreachable(flow.action);
  }
}

/** The status column: a word or a code, with `429>2` when a later attempt answered. Never colour alone. */
export function statusText(flow: FlowView): string {
  if (flow.refusal !== null) return flow.refusal.count > 1 ? `tls! x${flow.refusal.count}` : "tls!";
  const first = flow.attempts[0]?.status;
  if (flow.attempts.length > 1 && typeof first === "number" && first >= 400) return `${first}>${flow.attempts.length}`;
  if (flow.state === "truncated") return "cut!";
  if (flow.state === "streaming") return "stream";
  if (flow.state === "open") return flow.status === null ? "wait" : String(flow.status);
  if (flow.state === "failed" && (flow.status === null || flow.status < 400)) return failureWord(flow.error);
  if (flow.status === null) return "-";
  return flow.error === null || flow.status >= 400 ? String(flow.status) : `${flow.status}!`;
}

export function statusStyle(flow: FlowView): Style {
  if (flow.refusal !== null || flow.state === "failed" || flow.state === "truncated") return "error";
  if (isLive(flow)) return "live";
  if (flow.error !== null || (flow.status !== null && flow.status >= 400)) return "error";
  if (flow.attempts.length > 1) return "warn";
  return flow.action === "reroute" ? "ok" : "plain";
}

const failureWords: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/\bdns\b|not resolve|enotfound|getaddrinfo/i, "dns!"],
  [/\btls\b|certificate|handshake/i, "tls!"],
  [/abort|hung up|went away|client closed/i, "abort"],
  [/time(d)?[- ]?out/i, "time!"],
  [/refused/i, "refus!"],
  [/reset|broke|closed/i, "reset!"],
];

function failureWord(error: string | null): string {
  return failureWords.find(([pattern]) => error !== null && pattern.test(error))?.[1] ?? "fail!";
}

/** Total so far for a live call (marked `~`), else the final figure. */
export function totalTime(flow: FlowView, now: number): string {
  if (flow.refusal !== null) return "-";
  if (isLive(flow)) return `${duration(Math.max(0, now - flow.startedAt))}~`;
  const ms = flow.timings.totalMs ?? (flow.endedAt === null ? null : flow.endedAt - flow.startedAt);
  return duration(ms);
}

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** One bar per bucket; an empty bucket is a blank, so that silence looks like silence. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values
    .map((value) => (value <= 0 ? " " : (bars[Math.min(7, Math.ceil((value / most) * 8) - 1)] ?? " ")))
    .join("");
}
