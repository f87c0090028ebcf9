/**
 * Believing what the core sent: unknown JSON in, views out. Lenient (a newer core may add or omit fields), and
 * the one door through which wire text enters the UI's state: every string is sanitised here, bodies excepted.
 */
import type { FlowAction, FlowSide, FlowState, Timings, Usage } from "../../base/flow.ts";
import { isRecord, own } from "../../base/json.ts";
import type { Notice } from "./ui.ts";
import { finite, instant, list, oneOf, prose, text } from "./read-json.ts";
import type { AttemptView, BodyView, DecodedView, FlowDetail, FlowView, SideView, StatusView } from "./flow-view.ts";

const actions: readonly FlowAction[] = ["tunnel", "passthrough", "reroute", "bypass", "block"];
const states: readonly FlowState[] = ["open", "streaming", "done", "failed", "truncated"];
const sides: readonly FlowSide[] = ["client-request", "upstream-request", "upstream-reply", "client-reply"];

/** Null when it has no id: there is nothing a row could be about. */
export function readFlow(value: unknown, number: number): FlowView | null {
  const id = text(own(value, "id"));
  if (id === null || id === "") return null;
  const model = own(value, "model");
  const formats = own(value, "formats");
  return {
    id,
    number,
    startedAt: instant(own(value, "startedAt")) ?? 0,
    endedAt: instant(own(value, "endedAt")),
    client: text(own(value, "client")) ?? "unknown",
    host: text(own(value, "host")) ?? "",
    method: text(own(value, "method")) ?? "",
    path: text(own(value, "path")) ?? "",
    protocol: text(own(value, "protocol")) ?? "",
    status: finite(own(value, "status")),
    state: oneOf(states, own(value, "state"), "open"),
    action: oneOf(actions, own(value, "action"), "passthrough"),
    formats: { client: text(own(formats, "client")), upstream: text(own(formats, "upstream")) },
    model: { asked: text(own(model, "asked")), served: text(own(model, "served")) },
    provider: text(own(value, "provider")),
    account: text(own(value, "account")),
    combo: text(own(value, "combo")),
    session: text(own(value, "session")),
    attempts: list(own(value, "attempts")).map(readAttempt),
    why: list(own(value, "why")).map((step) => ({
      stage: text(own(step, "stage")) ?? "",
      text: prose(own(step, "text")) ?? "",
    })),
    usage: readUsage(own(value, "usage")),
    costUsd: finite(own(value, "costUsd")),
    timings: readTimings(own(value, "timings")),
    losses: list(own(value, "losses")).flatMap((loss) => text(loss) ?? []),
    error: prose(own(value, "error")),
    refusal: null,
  };
}

export function readDetail(value: unknown, number: number): FlowDetail | null {
  const flow = readFlow(value, number);
  if (flow === null) return null;
  const captured = own(value, "sides");
  const read: Partial<Record<FlowSide, SideView>> = {};
  for (const side of sides) {
    const one = readSide(own(captured, side));
    if (one !== null) read[side] = one;
  }
  return { flow, sides: read };
}

export function readStatus(value: unknown): StatusView {
  const ca = own(value, "ca");
  const config = own(value, "config");
  const counts = own(value, "counts");
  return {
    pid: finite(own(value, "pid")),
    host: text(own(value, "host")) ?? "127.0.0.1",
    port: finite(own(value, "port")),
    version: text(own(value, "version")) ?? "",
    ca: isRecord(ca)
      ? {
          path: text(ca["path"]) ?? "",
          fingerprint: text(ca["fingerprint"]) ?? "",
          expiresAt: text(ca["expiresAt"]) ?? "",
          scope: list(ca["scope"]).flatMap((name) => text(name) ?? []),
        }
      : null,
    config: {
      path: text(own(config, "path")) ?? "config.yaml",
      exists: own(config, "exists") === true,
      error: prose(own(config, "error")),
      warnings: list(own(config, "warnings")).flatMap((warning) => text(warning) ?? []),
      routes: finite(own(config, "routes")) ?? list(own(config, "routes")).length,
    },
    tunnels: finite(own(counts, "tunnels")) ?? 0,
    dropped: finite(own(counts, "dropped")) ?? 0,
    proxyAuth: text(own(value, "proxyAuth")) ?? "",
  };
}

/** The newest of the warnings that a status carries, null when there is none. */
export function readNewestNotice(status: unknown): Notice | null {
  const newest = list(own(status, "notices")).at(-1);
  const at = instant(own(newest, "at"));
  return at === null ? null : { ...readNotice(newest), at };
}

/** All warnings that a status carries, oldest first. */
export function readNotices(status: unknown): readonly (Notice & { readonly area: string })[] {
  return list(own(status, "notices")).flatMap((notice) => {
    const at = instant(own(notice, "at"));
    const { level } = readNotice(notice);
    return at === null ? [] : [{ at, level, area: readText(notice, "area"), text: readText(notice, "text") }];
  });
}

export function readNotice(value: unknown): Omit<Notice, "at"> {
  const level = own(value, "level");
  return {
    level: level === "error" || level === "warn" ? level : "info",
    text: [readText(value, "area"), readText(value, "text")].filter(Boolean).join(": "),
  };
}

/** A text field of an event whose shape the caller does not know yet. */
export function readText(value: unknown, key: string): string {
  return prose(own(value, key)) ?? "";
}

function readAttempt(value: unknown): AttemptView {
  return {
    provider: text(own(value, "provider")) ?? "",
    account: text(own(value, "account")),
    model: text(own(value, "model")),
    status: finite(own(value, "status")),
    error: prose(own(value, "error")),
    startedAt: instant(own(value, "startedAt")) ?? 0,
    endedAt: instant(own(value, "endedAt")),
    cooldownMs: finite(own(value, "cooldownMs")),
  };
}

function readUsage(value: unknown): Usage | null {
  if (!isRecord(value)) return null;
  const count = (key: string): number => finite(value[key]) ?? 0;
  return {
    input: count("input"),
    output: count("output"),
    cacheRead: count("cacheRead"),
    cacheWrite: count("cacheWrite"),
    reasoning: count("reasoning"),
    estimated: value["estimated"] === true,
  };
}

function readTimings(value: unknown): Timings {
  const duration = (key: string): number | null => finite(own(value, key));
  return {
    connectMs: duration("connectMs"),
    tlsMs: duration("tlsMs"),
    translateMs: duration("translateMs"),
    ttfbMs: duration("ttfbMs"),
    firstTokenMs: duration("firstTokenMs"),
    totalMs: duration("totalMs"),
  };
}

function readSide(value: unknown): SideView | null {
  if (!isRecord(value)) return null;
  const headers = list(value["headers"]).flatMap((pair): [string, string][] => {
    const name = text(list(pair)[0]);
    return name === null ? [] : [[name, text(list(pair)[1]) ?? ""]];
  });
  const timeline = list(value["timeline"]).flatMap((piece): [number, number][] => {
    const [atMs, bytes] = list(piece).map(finite);
    return typeof atMs === "number" && typeof bytes === "number" ? [[atMs, bytes]] : [];
  });
  return { line: text(value["line"]) ?? "", headers, body: readBody(value["body"]), timeline };
}

function readDecoded(value: unknown): DecodedView | null {
  if (!isRecord(value) || typeof value["text"] !== "string") return null;
  const ends = Array.isArray(value["ends"]) ? value["ends"].map((end) => finite(end) ?? 0) : [];
  return { as: value["as"] === "json" ? "json" : "events", text: value["text"], ends };
}

function readBody(value: unknown): BodyView | null {
  if (!isRecord(value)) return null;
  const raw = (key: string): string | null => (typeof value[key] === "string" ? value[key] : null);
  const bytes = finite(value["bytes"]) ?? 0;
  return {
    bytes,
    captured: finite(value["captured"]) ?? bytes,
    truncated: value["truncated"] === true,
    contentType: text(value["contentType"]),
    encoding: text(value["encoding"]),
    text: raw("text"),
    base64: raw("base64"),
    decoded: readDecoded(value["decoded"]),
    decodeError: prose(value["decodeError"]),
  };
}
