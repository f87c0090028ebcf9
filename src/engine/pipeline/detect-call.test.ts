/** Which requests the engine wants to see at all, and in which dialect it answers those that it had to guess at. */
import { describe, expect, it } from "vitest";
import type { ExchangeHead } from "../../base/exchange.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { callOf, clientOf } from "./__fixtures__/clients.ts";
import { createRig, streamed, json, type Asked, type Play } from "./__fixtures__/rig.ts";
import { chatStream, chatText, claudeEvents, claudeStream, claudeWhole } from "./__fixtures__/wire.ts";

const local = "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\n";
const toAll = `${local}routes: [{ to: local/m }]`;
const toCorp = `${local}routes: [{ match: { host: "llm.corp.example" }, to: local/m }]`;
const jsonHeader: HeaderPairs = [["content-type", "application/json"]];
const unknownHost = { host: "llm.corp.example", target: "/api/v2/ask" };

const good: Play = () => streamed(chatStream(chatText));
const neverAsked: Play = () => {
  throw new Error("no upstream should have been asked");
};

function head(asked: Asked, more: Partial<ExchangeHead> = {}): ExchangeHead {
  return {
    method: asked.method ?? "POST",
    scheme: "https",
    host: asked.host ?? "api.anthropic.com",
    port: 443,
    target: asked.target ?? "/v1/messages",
    headers: asked.headers ?? jsonHeader,
    client: "unknown",
    protocol: "http/1.1",
    authorized: true,
    ...more,
  };
}
const wants = (yaml: string, one: ExchangeHead): boolean => createRig(yaml, neverAsked).engine.wants(one);

describe("a host that only its owner knows, named by a rule", () => {
  it.each(["claude", "openai-chat", "openai-responses"] as const)(
    "has its calls told by their bodies: %s",
    async (id) => {
      const told = id === "claude" ? { system: "You are helpful." } : {};
      const asked = { ...unknownHost, headers: jsonHeader, body: { ...clientOf(id).body(true), ...told } };
      expect(wants(toCorp, head(asked))).toBe(true);
      const rig = createRig(toCorp, good);
      const answer = await rig.ask(asked);
      expect(answer.status).toBe(200);
      expect(rig.fact("described")[0]).toMatchObject({ formats: { client: id } });
      expect(rig.why("detect")[0]).toMatch(new RegExp(`^${id}: the body: `));
    },
  );

  it("has its calls told by their headers, whatever the body looks like", async () => {
    const headers: HeaderPairs = [...jsonHeader, ["anthropic-version", "2023-06-01"]];
    const asked = { ...unknownHost, headers, body: clientOf("openai-chat").body(true) };
    expect(wants(toCorp, head(asked))).toBe(true);
    const rig = createRig(toCorp, good);
    expect((await rig.ask(asked)).text).toContain("message_start");
    expect(rig.why("detect")).toEqual(["claude: the header anthropic-version"]);
  });

  it.each(["gemini", "gemini-cli", "antigravity"] as const)(
    "keeps the calls of %s, whose bodies do not say what is asked",
    async (id) => {
      const asked = { ...unknownHost, headers: jsonHeader, body: clientOf(id).body(true) };
      expect((await createRig(toCorp, neverAsked).ask(asked)).passed).toBe(true);
    },
  );

  it("keeps what carries a dialect's header and is no call: a file for Gemini", async () => {
    const headers: HeaderPairs = [...jsonHeader, ["x-goog-api-key", "k"]];
    const asked = { host: unknownHost.host, target: "/upload/v1beta/files", headers, body: { file: {} } };
    expect((await createRig(toCorp, neverAsked).ask(asked)).passed).toBe(true);
  });

  it("keeps what is no call: the body is handed back untouched", async () => {
    const asked = { ...unknownHost, headers: jsonHeader, body: { event: "clicked", at: 1 } };
    expect(wants(toCorp, head(asked))).toBe(true);
    const rig = createRig(toCorp, neverAsked);
    expect((await rig.ask(asked)).passed).toBe(true);
    expect(rig.why("detect")).toEqual(["not a model call that is known here: passed through"]);
  });

  it.each([
    ["a body that is broken", Buffer.from("{")],
    ["a body beyond every bound", Buffer.alloc(33 * 1024 * 1024, 0x20)],
  ])("keeps %s, too", async (_, raw) => {
    expect((await createRig(toCorp, neverAsked).ask({ ...unknownHost, headers: jsonHeader, raw })).passed).toBe(true);
  });

  it.each([
    ["not JSON by its own word", { headers: [["content-type", "application/x-protobuf"]] }],
    ["without a word on what it is", { headers: [] }],
    ["a GET", { method: "GET", headers: jsonHeader }],
  ] as const)("has requests that are %s left alone", (_, asked) => {
    expect(wants(toCorp, head({ ...unknownHost, ...asked }))).toBe(false);
  });
});

describe("a host that no rule names", () => {
  it.each<[string, HeaderPairs]>([
    ["JSON", jsonHeader],
    ["JSON with a header that one dialect has", [...jsonHeader, ["anthropic-version", "2023-06-01"]]],
    ["JSON of a program that makes model calls", [...jsonHeader, ["user-agent", "claude-cli/2.1.170 (external, cli)"]]],
  ])("keeps its %s, though a rule is for every host", (_, headers) => {
    const request = head({ ...unknownHost, headers });
    for (const yaml of [toAll, `${local}routes: [{ match: { host: "*" }, to: local/m }]`]) {
      expect(wants(yaml, request)).toBe(false);
    }
  });

  it("still gives what its path tells", () => {
    for (const target of ["/v1/messages", "/proxy/v1/chat/completions", "/openai/v1/embeddings"]) {
      expect(wants(toAll, head({ host: "llm.corp.example", target }))).toBe(true);
    }
  });
});

describe("telemetry and settings on hosts that are known", () => {
  it.each([
    ["api.anthropic.com", "/api/event_logging/v2/batch", "anthropic-version", "2023-06-01"],
    ["api.anthropic.com", "/api/eval/sdk-1", "user-agent", "claude-cli/2.1.170"],
    ["chatgpt.com", "/backend-api/codex/analytics-events/events", "originator", "codex_cli_rs"],
    ["api.openai.com", "/v1/traces/ingest", "authorization", "Bearer sk-x"],
    ["cloudcode-pa.googleapis.com", "/v1internal:recordCodeAssistMetrics", "user-agent", "GeminiCLI/0.61.0"],
    ["generativelanguage.googleapis.com", "/upload/v1beta/files", "x-goog-api-key", "k"],
    ["api.githubcopilot.com", "/mcp/readonly", "openai-intent", "conversation-agent"],
  ])("are never read: %s%s", async (host, target, name, value) => {
    const asked = { host, target, headers: [...jsonHeader, [name, value]] as const };
    for (const yaml of [toAll, `${local}routes: [{ match: { host: "${host}" }, to: local/m }]`]) {
      expect(wants(yaml, head(asked))).toBe(false);
    }
    // Even handed to it they are not: not one byte is pulled.
    const rig = createRig(`${local}routes: [{ match: { host: "${host}" }, to: local/m }]`, neverAsked);
    const raw = (async function* (): AsyncGenerator<Uint8Array> {
      yield* [];
      throw new Error("the body was read");
    })();
    expect((await rig.ask({ ...asked, raw })).passed).toBe(true);
  });
});

describe("Cursor's Responses body at a Chat address", () => {
  const input = [
    { role: "system", content: "You are helpful." },
    { role: "user", content: [{ type: "input_text", text: "Hi" }] },
  ];
  const tools = [{ type: "function", name: "read_file", parameters: { type: "object", properties: {} } }];
  const cursor: Asked = { ...callOf("openai-chat", true), body: { model: "gpt-5", stream: true, input, tools } };

  it("is read as what it is and answered in Chat chunks", async () => {
    const rig = createRig(
      'accounts: [{ provider: claude, api_key: "${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]',
      () => streamed(claudeStream(claudeEvents)),
    );
    const answer = await rig.ask(cursor);
    expect(rig.sent[0]?.json).toMatchObject({
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
      tools: [{ name: "read_file" }],
    });
    expect(rig.sent[0]?.text).toContain("You are helpful.");
    expect(answer.text).toContain('"object":"chat.completion.chunk"');
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(rig.why("detect")[0]).toContain("the body is a Responses one");
  });

  it("is no body for a Chat provider: it is written anew", async () => {
    const rig = createRig(toAll, good);
    const answer = await rig.ask(cursor);
    expect(rig.sent[0]?.json).toMatchObject({ model: "m", messages: [{ role: "system" }, { role: "user" }] });
    expect(rig.sent[0]?.json["input"]).toBeUndefined();
    expect(answer.text).toContain("world");
  });

  it("gets its whole reply and its errors in Chat's shape, too", async () => {
    const yaml = 'accounts: [{ provider: claude, api_key: "${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]';
    const asked = { ...cursor, body: { model: "gpt-5", input } };
    const whole = await createRig(yaml, () => json(200, claudeWhole)).ask(asked);
    expect(JSON.parse(whole.text)).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { content: "Hello" } }],
    });
    const failed = await createRig(yaml, () =>
      json(529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    ).ask(asked);
    expect(clientOf("openai-chat").errorIn(failed.text)).toBe("Overloaded");
  });
});
