/** Flows as the core publishes them, varied enough to exercise every column, state and tab. */
import type { FakeFlow } from "./fake-core.ts";

const startOfDay = Date.parse("2026-11-21T12:00:00.000Z");

interface Overrides {
  readonly startedAt?: number;
  readonly [field: string]: unknown;
}

export function sampleFlow(id: string, overrides: Overrides = {}): FakeFlow {
  const { startedAt: startedMs = startOfDay, ...rest } = overrides;
  return {
    id,
    startedAt: new Date(startedMs).toISOString(),
    endedAt: new Date(startedMs + 2_400).toISOString(),
    client: "claude-code",
    host: "api.anthropic.com",
    method: "POST",
    path: "/v1/messages?beta=true",
    protocol: "http/1.1",
    status: 200,
    state: "done",
    action: "passthrough",
    formats: { client: "claude", upstream: null },
    model: { asked: "claude-sonnet-4-5-20250929", served: null },
    provider: null,
    account: null,
    attempts: [],
    why: [],
    usage: { input: 18_000, output: 640, cacheRead: 12_000, cacheWrite: 0, reasoning: 0, estimated: false },
    costUsd: 0.031,
    timings: { connectMs: 21, tlsMs: 38, translateMs: null, ttfbMs: 620, firstTokenMs: 700, totalMs: 2_400 },
    losses: [],
    ...rest,
  };
}

const requestBody = {
  model: "claude-sonnet-4-5-20250929",
  max_tokens: 32_000,
  stream: true,
  temperature: 1,
  system: [
    { type: "text", text: "You are a coding assistant.\nBe brief. ".repeat(12), cache_control: { type: "ephemeral" } },
  ],
  messages: [
    { role: "user", content: [{ type: "text", text: "Füge 日本語 Tests hinzu 🎉 please" }] },
    { role: "assistant", content: [{ type: "tool_use", id: "toolu_01", name: "Read", input: { path: "src/a.ts" } }] },
  ],
  tools: Array.from({ length: 8 }, (_, index) => ({
    name: `Tool${index}`,
    input_schema: { type: "object", properties: {} },
  })),
};

const replyEvents: readonly (readonly [name: string, data: object])[] = [
  [
    "message_start",
    { type: "message_start", message: { id: "msg_01", model: "claude-sonnet-4-5", usage: { input_tokens: 18_000 } } },
  ],
  ["content_block_start", { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }],
  ...Array.from({ length: 40 }, (_, index): readonly [string, object] => [
    "content_block_delta",
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: `word ${index} of the answer ` } },
  ]),
  ["message_stop", { type: "message_stop" }],
];

function body(text: string, contentType: string): object {
  return { bytes: text.length, captured: text.length, truncated: false, contentType, encoding: null, text };
}

export function sampleSides(translated: boolean): object {
  const sse = replyEvents.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join("");
  const client = {
    "client-request": {
      line: "POST /v1/messages?beta=true",
      headers: [
        ["Host", "api.anthropic.com"],
        ["x-api-key", "•••4f2a"],
        ["anthropic-version", "2023-06-01"],
        ["content-type", "application/json"],
      ],
      body: body(JSON.stringify(requestBody), "application/json"),
    },
    "client-reply": {
      line: "200",
      headers: [["content-type", "text/event-stream; charset=utf-8"]],
      body: body(sse, "text/event-stream; charset=utf-8"),
      timeline: [
        [1_100, 600],
        [2_300, sse.length - 600],
      ],
    },
  };
  if (!translated) return client;
  return {
    ...client,
    "upstream-request": {
      line: "POST /v1/chat/completions",
      headers: [["authorization", "Bearer •••9c1d"]],
      body: body(JSON.stringify({ model: "qwen3-coder", stream: true, messages: [] }), "application/json"),
    },
    "upstream-reply": {
      line: "200",
      headers: [["content-type", "text/event-stream"]],
      body: body('data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n', "text/event-stream"),
    },
  };
}

/** A comparison as the core sends it, with wide characters and long cells. */
export function sampleStages(rows = 0): object {
  const row = (depth: number, cells: readonly (string | null)[], hub: string, upstream: string): object => ({
    label: cells.find((cell) => cell !== null) ?? "",
    depth,
    client: cells[0],
    hub: cells[1],
    upstream: cells[2],
    change: { hub, upstream },
  });
  const asked = 'model "claude-sonnet-4-5-20250929"';
  const text = `text 31 chars "Füge 日本語 Tests hinzu 🎉 please ${"und noch mehr ".repeat(8)}"`;
  return {
    client: { format: "claude", bytes: 86_118 },
    hub: { format: "hub", bytes: 81_510 },
    upstream: { format: "openai-chat", bytes: 79_001 },
    rows: [
      row(0, [asked, asked, 'model "qwen3-coder"'], "same", "changed"),
      row(0, ["max_tokens 32000", "maxTokens 32000", "max_tokens 32000"], "same", "same"),
      row(0, ["temperature 1", "temperature 1", null], "same", "dropped"),
      row(0, [null, null, "stream_options {}"], "same", "added"),
      row(0, ["container c", null, null], "dropped", "dropped"),
      row(0, ["messages[0] user", "messages[1] user", "messages[1] user"], "same", "same"),
      row(1, [text, text, text], "same", "same"),
      ...Array.from({ length: rows }, (_, index) =>
        row(0, [`line ${index}`, `line ${index}`, `line ${index}`], "same", "same"),
      ),
      row(0, ["the last one", "the last one", null], "same", "dropped"),
    ],
    losses: ["temperature", "container"],
    gains: ["stream_options"],
    problem: null,
  };
}

export function rerouted(id: string, overrides: Overrides = {}): FakeFlow {
  const startedAt = overrides.startedAt ?? startOfDay;
  const at = (ms: number): string => new Date(startedAt + ms).toISOString();
  return sampleFlow(id, {
    action: "reroute",
    formats: { client: "claude", upstream: "openai-chat" },
    model: { asked: "claude-sonnet-4-5-20250929", served: "qwen3-coder" },
    provider: "local",
    account: "main",
    combo: "deep",
    attempts: [
      {
        provider: "claude",
        account: "work",
        model: "claude-sonnet-4-5",
        status: 529,
        error: "overloaded_error",
        startedAt: at(30),
        endedAt: at(800),
        cooldownMs: 8_000,
      },
      { provider: "local", account: "main", model: "qwen3-coder", status: 200, startedAt: at(801), endedAt: at(2_400) },
    ],
    why: [
      { stage: "detect", text: "claude messages by host and path" },
      { stage: "rule", text: "rule 1: claude-* to combo/deep" },
      { stage: "target", text: "combo/deep: claude/claude-sonnet-4-5, then local/qwen3-coder" },
      { stage: "fallback", text: "claude:work answered 529, cooling down for 8s" },
    ],
    losses: ["thinking signature", "cache_control x4"],
    timings: { connectMs: 2, tlsMs: null, translateMs: 1.4, ttfbMs: 1_100, firstTokenMs: 1_250, totalMs: 2_400 },
    sides: sampleSides(true),
    ...overrides,
  });
}

/** A day's worth of different calls, oldest first. */
export function variedFlows(count: number, endAt: number): FakeFlow[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `f${String(index + 1).padStart(4, "0")}`;
    const startedAt = endAt - (count - index) * 1_700;
    switch (index % 10) {
      case 0:
        return rerouted(id, { startedAt });
      case 1:
        return sampleFlow(id, {
          startedAt,
          client: "codex",
          host: "api.openai.com",
          path: "/v1/responses",
          model: { asked: "gpt-5.1-codex", served: null },
          sides: sampleSides(false),
        });
      case 2:
        return sampleFlow(id, {
          startedAt,
          client: "gemini-cli",
          host: "cloudcode-pa.googleapis.com",
          path: "/v1internal:streamGenerateContent?alt=sse",
          model: { asked: "gemini-3-pro", served: null },
        });
      case 3:
        return sampleFlow(id, {
          startedAt,
          status: 529,
          costUsd: undefined,
          usage: null,
          error: "overloaded_error: Overloaded",
        });
      case 4:
        return sampleFlow(id, {
          startedAt,
          client: "unknown",
          method: "CONNECT",
          host: "github.com",
          path: "",
          action: "tunnel",
          status: null,
          usage: null,
          model: { asked: null, served: null },
          costUsd: undefined,
        });
      case 5:
        return sampleFlow(id, {
          startedAt,
          client: "cursor",
          protocol: "h2",
          host: "api2.cursor.sh",
          path: "/aiserver.v1.ChatService/StreamUnifiedChatWithTools",
          model: { asked: "auto", served: null },
          usage: null,
          costUsd: undefined,
          formats: { client: null, upstream: null },
        });
      case 6:
        return sampleFlow(id, {
          startedAt,
          state: "failed",
          status: null,
          usage: null,
          costUsd: undefined,
          error: "the name api.example.test did not resolve (ENOTFOUND)",
          host: "api.example.test",
        });
      case 7:
        return sampleFlow(id, {
          startedAt,
          state: "truncated",
          error: "upstream closed the connection in the middle of the reply",
        });
      case 8:
        return sampleFlow(id, {
          startedAt,
          client: "python",
          path: "/v1/messages/日本語/モデル🎉",
          model: { asked: "モデル-日本語-非常に長い名前", served: null },
        });
      default:
        return sampleFlow(id, {
          startedAt,
          endedAt: undefined,
          state: "streaming",
          timings: { connectMs: 20, tlsMs: 30, translateMs: null, ttfbMs: 900, firstTokenMs: 950, totalMs: null },
          sides: sampleSides(false),
        });
    }
  });
}
