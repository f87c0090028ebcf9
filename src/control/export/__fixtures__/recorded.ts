/** A log with flows of every kind, and its exports. */
import { gzipSync } from "node:zlib";
import type { Clock } from "../../../base/clock.ts";
import type { ExportFormat } from "../../../base/controls-flows.ts";
import type { CoreStatus } from "../../../base/controls.ts";
import type { FlowRecorder, FlowSide, FlowStart, FlowTap } from "../../../base/flow.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import { systemRandom } from "../../../base/random.ts";
import { createRedactor } from "../../../base/redact.ts";
import { createFlowLog, type FlowLog } from "../../flow-log.ts";
import { exportFlows, type ExportOrder } from "../export.ts";

export const registeredSecret = "live-secret-0123456789";
/** What the clients' headers and addresses hold: in no export. */
export const canaries = [
  "canary-0123456789-abcdef",
  registeredSecret,
  "sk-ant-api03-abcdefghijklmnop",
  "hunter22hunter22",
];

export interface Recorded {
  readonly log: FlowLog;
  /** Moved by hand. */
  readonly time: { at: number };
  open(start?: Partial<FlowStart>): FlowTap;
  export(order: { format: ExportFormat } & Partial<ExportOrder>, ids?: readonly string[]): Promise<ExportText>;
}

interface ExportText {
  readonly text: string;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly flows: number;
}

export const status = {
  port: 8317,
  host: "127.0.0.1",
  url: "http://127.0.0.1:8317",
  version: "9.9.9",
  proxyAuth: "reroute",
  ca: { path: "/home/o'brien/ca.pem", fingerprint: "", expiresAt: "", scope: [] },
} as unknown as CoreStatus; // what exports read of it

export function recorded(): Recorded {
  const time = { at: 1_764_000_000_000 };
  const clock: Clock = { now: () => time.at, monotonic: () => time.at };
  const log = createFlowLog({ clock, random: systemRandom });
  const redactor = createRedactor();
  redactor.register(registeredSecret);
  return {
    log,
    time,
    open: (start = {}) =>
      log.open({
        client: "claude-code",
        host: "api.anthropic.com",
        method: "POST",
        path: "/v1/messages?beta=true",
        protocol: "http/1.1",
        action: "passthrough",
        ...start,
      }),
    async export(order, ids) {
      const chosen = (log.newest() ?? []).toReversed().filter(({ id }) => ids === undefined || ids.includes(id));
      const made = exportFlows(
        chosen,
        { side: order.format === "curl" ? "client" : "both", via: "direct", ...order },
        { redactor, status },
      );
      let text = "";
      for await (const piece of made.text) text += piece;
      return { text, leftOut: made.leftOut, flows: made.flows };
    },
  };
}

/** A head and a body of one side. */
export function speak(
  tap: FlowTap,
  side: FlowSide,
  line: string,
  headers: HeaderPairs,
  body: string | Uint8Array,
): void {
  tap.head(side, { line, headers });
  tap.chunk(side, Buffer.from(body));
}

const json = ["content-type", "application/json"] as const;
const stream = ["content-type", "text/event-stream; charset=utf-8"] as const;

/** One flow of each kind, by its name. */
export function everyKind(bench: Recorded): Readonly<Record<string, FlowTap>> {
  const { time } = bench;
  const open = (start?: Partial<FlowStart>): FlowTap => bench.open(start);
  const [canary = "", known = "", issued = "", named = ""] = canaries;

  const passthrough = open({ path: `/v1/messages?beta=true&key=${canary}&x=a%20b&x=%F0` });
  speak(
    passthrough,
    "client-request",
    `POST /v1/messages?beta=true&key=${canary}&x=a%20b&x=%F0`,
    [
      ["Host", "api.anthropic.com"],
      ["Authorization", `Bearer ${canary}`],
      ["Cookie", `session=${canary}; theme=${canary}`],
      json,
      ["Content-Encoding", "gzip"],
    ],
    gzipSync(JSON.stringify({ model: "claude-sonnet-4-5", note: known, other: issued, password: named })),
  );
  time.at += 700;
  speak(
    passthrough,
    "client-reply",
    "200",
    [stream, ["Set-Cookie", `a=${canary}; Path=/; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT`]],
    `event: ping\ndata: {"x":"${known}"}\n\n`,
  );
  passthrough.tell({ type: "reply-started", status: 200 });
  time.at += 1_300;
  passthrough.tell({ type: "ended", state: "done" });

  const rerouted = open({ action: "reroute" });
  speak(
    rerouted,
    "client-request",
    "POST /v1/messages?beta=true",
    [["host", "api.anthropic.com"], json, ["x-api-key", canary]],
    '{"model":"m"}',
  );
  time.at += 5;
  rerouted.tell({ type: "attempt-started", provider: "kiro", account: "work", model: "k" });
  time.at += 100;
  rerouted.tell({ type: "attempt-ended", status: 429, error: `rate-limit: ${known}` });
  rerouted.tell({ type: "attempt-started", provider: "openrouter", account: "main", model: "x" });
  speak(
    rerouted,
    "upstream-request",
    "POST https://openrouter.ai:8443/api/v1/chat/completions",
    [["host", "openrouter.ai:8443"], ["authorization", `Bearer ${canary}`], json],
    '{"model":"x"}',
  );
  rerouted.tell({ type: "connected", connectMs: 12.5, tlsMs: 20.25 });
  time.at += 400;
  speak(rerouted, "upstream-reply", "200", [stream], "data: {}\n\n");
  speak(rerouted, "client-reply", "200", [stream], "event: message_start\ndata: {}\n\n");
  rerouted.tell({ type: "reply-started", status: 200 });
  rerouted.tell({
    type: "described",
    provider: "openrouter",
    account: "main",
    combo: "deep",
    formats: { client: "claude", upstream: "openai-chat" },
  });
  time.at += 1_000;
  rerouted.tell({ type: "attempt-ended", status: 200 });
  rerouted.tell({ type: "losses", losses: [`thinking ${known}`] });
  rerouted.tell({
    type: "usage",
    usage: { input: 10, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
  });
  rerouted.tell({ type: "ended", state: "done" });

  const tunnel = open({
    action: "tunnel",
    method: "CONNECT",
    path: "github.com:443",
    host: "github.com",
    client: "unknown",
  });
  tunnel.tell({ type: "reply-started", status: 200 });
  tunnel.tell({ type: "ended", state: "done" });

  const failed = open();
  speak(failed, "client-request", "POST /v1/messages?beta=true", [json], "{}");
  time.at += 33;
  failed.tell({ type: "ended", state: "failed", error: `dns: ${known}` });

  const truncated = open();
  speak(truncated, "client-request", "POST /v1/messages?beta=true", [json], "{}");
  speak(
    truncated,
    "client-reply",
    "200",
    [stream, ["content-encoding", "gzip"]],
    gzipSync("data: {}\n\n".repeat(500)).subarray(0, 40),
  );
  truncated.tell({ type: "reply-started", status: 200 });
  truncated.tell({ type: "ended", state: "truncated", error: "the upstream broke off" });

  const binary = open({ host: "q.us-east-1.amazonaws.com", client: "kiro", path: "/" });
  speak(
    binary,
    "client-request",
    "POST /",
    [["content-type", "application/x-amz-json-1.0"]],
    Buffer.from([0, 1, 2, 255, 254]),
  );
  speak(
    binary,
    "client-reply",
    "200",
    [["content-type", "application/vnd.amazon.eventstream"]],
    Buffer.from([0, 0, 0, 16, 200, 201]),
  );
  binary.tell({ type: "reply-started", status: 200 });
  binary.tell({ type: "ended", state: "done" });

  const h2 = open({ protocol: "h2", path: '/v1/messages?q={a}|[b]\\^"<x>é' });
  speak(h2, "client-request", 'POST https://api.anthropic.com:9443/v1/messages?q={a}|[b]\\^"<x>é', [json], "{}");
  speak(h2, "client-reply", "302", [["location", "/elsewhere"]], "");
  h2.tell({ type: "reply-started", status: 302 });
  h2.tell({ type: "ended", state: "done" });

  const huge = open();
  tapHuge(huge);
  const noType = open({ method: "GET", path: "/v1/models" });
  speak(noType, "client-request", "GET /v1/models", [], "");
  speak(noType, "client-reply", "204", [], "");
  noType.tell({ type: "reply-started", status: 204 });
  noType.tell({ type: "ended", state: "done" });

  const websocket = open({ protocol: "websocket", method: "GET" });
  speak(
    websocket,
    "client-request",
    "GET /v1/messages?beta=true",
    [["upgrade", "websocket"]],
    Buffer.from([0x81, 2, 0x68, 0x69]),
  );
  speak(websocket, "client-reply", "101", [["upgrade", "websocket"]], Buffer.from([0x81, 2, 0x68, 0x69]));
  websocket.tell({ type: "reply-started", status: 101 });
  websocket.tell({ type: "ended", state: "done" });

  const bypass = open({ action: "bypass" });
  speak(bypass, "client-request", "POST /v1/messages?beta=true", [json], "{}");
  speak(bypass, "client-reply", "200", [json], "{}");
  bypass.tell({ type: "reply-started", status: 200 });
  bypass.tell({ type: "ended", state: "done" });

  const invalid = open({ client: "curl" });
  speak(
    invalid,
    "client-request",
    "POST /v1/messages?beta=true",
    [["content-type", "text/plain; charset=latin1"]],
    Buffer.from([0x63, 0x61, 0x66, 0xe9, 0xed, 0xa0, 0x80]),
  );
  invalid.tell({ type: "ended", state: "failed", error: "the client went away" });

  const live = open({ method: "POST" });
  speak(live, "client-request", "POST /v1/messages?beta=true", [json], '{"stream":true}');
  const gone = open();
  gone.tell({ type: "ended", state: "failed", error: "the client went away" });
  return {
    passthrough,
    rerouted,
    tunnel,
    failed,
    truncated,
    binary,
    h2,
    huge,
    noType,
    websocket,
    bypass,
    invalid,
    live,
    gone,
  };
}

function tapHuge(tap: ReturnType<FlowRecorder["open"]>): void {
  tap.head("client-request", { line: "POST /v1/messages?beta=true", headers: [json] });
  for (let index = 0; index < 40; index += 1) tap.chunk("client-request", Buffer.alloc(64 * 1024, 0x61));
  speak(tap, "client-reply", "200", [["content-type", "text/plain"]], "x\n".repeat(1_500_000));
  tap.tell({ type: "reply-started", status: 200 });
  tap.tell({ type: "ended", state: "done" });
}
