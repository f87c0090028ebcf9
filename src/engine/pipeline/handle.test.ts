import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import { bodyOf } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { keys } from "./__fixtures__/config.ts";
import { createRig, json, streamed, type Play } from "./__fixtures__/rig.ts";
import {
  chatRequest,
  chatStream,
  chatText,
  chatTool,
  chatWhole,
  claudeEvents,
  claudeRequest,
  claudeStream,
  claudeWhole,
} from "./__fixtures__/wire.ts";
import { defaultLimits } from "../../base/limits.ts";

const local = "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\n";
const toLocal = `${local}routes: [{ match: { model: "claude-*" }, to: local/qwen3-coder }]`;
const toClaude =
  'accounts: [{ provider: claude, name: work, api_key: "${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]';
const neverAsked: Play = () => {
  throw new Error("no upstream should have been asked");
};
/** The events of an event stream, parsed. */
const events = (text: string): readonly Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => {
      const value: unknown = JSON.parse(line.slice(6));
      return value as Record<string, unknown>;
    });

describe("a translated reply", () => {
  it.each([
    ["claude", "request-id", toLocal, chatWhole, chatStream(chatText)],
    ["openai-chat", "x-request-id", toClaude, claudeWhole, claudeStream(claudeEvents)],
    ["openai-responses", "x-request-id", toClaude, claudeWhole, claudeStream(claudeEvents)],
  ] as const)(
    "names the call to a %s client in %s, as its flow is named",
    async (dialect, name, config, whole, stream) => {
      for (const streams of [false, true]) {
        const rig = createRig(config, () => (streams ? streamed(stream) : json(200, whole)));
        const answer = await rig.ask(callOf(dialect, streams, dialect === "claude" ? { model: "claude-x" } : {}));
        expect(answer.status).toBe(200);
        expect(headerValue(answer.headers, name)).toBe("req_flow-1");
      }
    },
  );
});

describe("Claude client, Chat upstream", () => {
  it.each([1, 7, 4096])("streams a text turn that comes in pieces of %i bytes", async (size) => {
    const rig = createRig(toLocal, () => streamed(chatStream(chatText), { size }));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(200);
    expect(headerValue(answer.headers, "content-type")).toContain("text/event-stream");
    expect(answer.broken).toBeNull();
    const types = events(answer.text).map(({ type }) => type);
    expect(types[0]).toBe("message_start");
    expect(types.at(-1)).toBe("message_stop");
    const text = events(answer.text).map((event) => (event["delta"] as { text?: string } | undefined)?.text ?? "");
    expect(text.join("")).toBe("Grüße, world");
  });

  it("asks the upstream in its own dialect and tells the flow what happened", async () => {
    const rig = createRig(toLocal, () => streamed(chatStream(chatText)));
    await rig.ask({ body: claudeRequest });
    const sent = rig.sent[0];
    expect(sent?.url).toBe("http://127.0.0.1:8000/v1/chat/completions");
    expect(sent?.json).toMatchObject({ model: "qwen3-coder", stream: true });
    expect(sent?.json["tools"]).toMatchObject([{ type: "function", function: { name: "read_file" } }]);
    expect(rig.why("rule")).toEqual(["rule 1 matches: to local/qwen3-coder"]);
    const described = Object.assign(
      {},
      ...rig.fact("described").map(({ formats, model, ...rest }) => ({ ...rest, ...formats, ...model })),
    );
    expect(described).toMatchObject({
      action: "reroute",
      client: "claude",
      upstream: "openai-chat",
      asked: "claude-sonnet-4-5",
      served: "qwen3-coder",
      provider: "local",
      account: null,
    });
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 11, output: 3 } }]);
    expect(rig.fact("first-token")).toHaveLength(1);
    expect(rig.fact("attempt-started")).toHaveLength(1);
    expect(rig.fact("attempt-ended")).toEqual([{ type: "attempt-ended", status: 200 }]);
    expect(rig.fact("reply-started")).toEqual([{ type: "reply-started", status: 200 }]);
    expect(rig.heads.map(([side]) => side)).toEqual(["upstream-request", "upstream-reply"]);
  });

  it("carries a tool-calling turn there and back", async () => {
    const rig = createRig(toLocal, (_, turn) => streamed(chatStream(turn === 1 ? chatTool : chatText), { size: 5 }));
    const first = await rig.ask({ body: claudeRequest });
    const start = events(first.text).find(({ type }) => type === "content_block_start");
    expect(start).toMatchObject({ content_block: { type: "tool_use", name: "read_file" } });
    const call = start?.["content_block"] as { id: string };
    const input = events(first.text).map(
      (event) => (event["delta"] as { partial_json?: string } | undefined)?.partial_json ?? "",
    );
    expect(JSON.parse(input.join(""))).toEqual({ path: "a.txt" });
    expect(events(first.text).find(({ type }) => type === "message_delta")).toMatchObject({
      delta: { stop_reason: "tool_use" },
    });

    await rig.ask({
      body: {
        ...claudeRequest,
        messages: [
          ...claudeRequest.messages,
          {
            role: "assistant",
            content: [{ type: "tool_use", id: call.id, name: "read_file", input: { path: "a.txt" } }],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "forty-two" }] },
        ],
      },
    });
    const messages = rig.sent[1]?.json["messages"] as readonly Record<string, unknown>[];
    const asked = messages.find(({ role }) => role === "assistant")?.["tool_calls"] as readonly { id: string }[];
    expect(messages.at(-1)).toMatchObject({ role: "tool", tool_call_id: asked[0]?.id, content: "forty-two" });
  });

  it("answers whole when no stream was asked for", async () => {
    const rig = createRig(toLocal, () => json(200, chatWhole));
    const answer = await rig.ask({ body: { ...claudeRequest, stream: false } });
    expect(rig.sent[0]?.json["stream"]).not.toBe(true);
    expect(JSON.parse(answer.text)).toMatchObject({
      type: "message",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
    });
    expect(headerValue(answer.headers, "content-length")).toBe(String(Buffer.byteLength(answer.text)));
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 5, output: 1 } }]);
  });

  it("makes a stream of a whole reply, and a whole reply of a stream, for upstreams that do as they like", async () => {
    const whole = await createRig(toLocal, () => json(200, chatWhole)).ask({ body: claudeRequest });
    expect(events(whole.text).at(-1)).toEqual({ type: "message_stop" });
    const rig = createRig(toLocal, () => streamed(chatStream(chatText)));
    const answer = await rig.ask({ body: { ...claudeRequest, stream: false } });
    expect(JSON.parse(answer.text)).toMatchObject({ content: [{ type: "text", text: "Grüße, world" }] });
  });

  it("adds the usage buffer for the client only", async () => {
    const rig = createRig(`${toLocal}\nsettings: { usage_buffer: 100 }`, () => json(200, chatWhole));
    const answer = await rig.ask({ body: { ...claudeRequest, stream: false } });
    expect(JSON.parse(answer.text)).toMatchObject({ usage: { input_tokens: 105 } });
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 5 } }]);
  });

  it("estimates a token count where the target has no call for it", async () => {
    const rig = createRig(toLocal, neverAsked);
    const answer = await rig.ask({ body: claudeRequest, target: "/v1/messages/count_tokens?beta=true" });
    const counted = JSON.parse(answer.text) as { input_tokens: number };
    expect(counted.input_tokens).toBeGreaterThan(10);
  });

  it("unpacks a compressed request and asks for a plain reply", async () => {
    const rig = createRig(toLocal, () => streamed(chatStream(chatText)));
    await rig.ask({
      raw: gzipSync(JSON.stringify(claudeRequest)),
      headers: [
        ["content-encoding", "gzip"],
        ["accept-encoding", "br, zstd"],
      ],
    });
    expect(rig.sent[0]?.json["model"]).toBe("qwen3-coder");
    expect(headerValue(rig.sent[0]?.request.headers ?? [], "accept-encoding")).toBe("identity");
  });

  it("unpacks a compressed reply that nobody asked for", async () => {
    const packed = gzipSync(JSON.stringify(chatWhole));
    const rig = createRig(toLocal, () => ({
      ...json(200, ""),
      headers: [
        ["content-type", "application/json"],
        ["content-encoding", "gzip"],
      ],
      body: bodyOf(packed),
    }));
    const answer = await rig.ask({ body: { ...claudeRequest, stream: false } });
    expect(JSON.parse(answer.text)).toMatchObject({ content: [{ text: "Hello" }] });
  });
});

describe("Chat client, Claude upstream", () => {
  const asked = {
    host: "api.openai.com",
    target: "/v1/chat/completions",
    headers: [["authorization", "Bearer sk-client-own-key"]],
  } as const;

  it("streams", async () => {
    const rig = createRig(toClaude, () => streamed(claudeStream(claudeEvents), { size: 11 }));
    const answer = await rig.ask({ ...asked, body: chatRequest });
    expect(rig.sent[0]?.url).toBe("https://api.anthropic.com/v1/messages");
    expect(rig.sent[0]?.json).toMatchObject({ model: "claude-sonnet-4-5", stream: true, max_tokens: 8192 });
    const text = events(answer.text).map((event) => {
      const [choice] = (event["choices"] as { delta?: { content?: string } }[] | undefined) ?? [];
      return choice?.delta?.content ?? "";
    });
    expect(text.join("")).toBe("Hello");
    expect(answer.text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("answers whole", async () => {
    const rig = createRig(toClaude, () => json(200, claudeWhole));
    const answer = await rig.ask({ ...asked, body: { ...chatRequest, stream: false } });
    expect(JSON.parse(answer.text)).toMatchObject({
      choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
    });
  });

  it("shows the stored key to its provider only, and the client's own to nobody", async () => {
    const rig = createRig(toClaude, () => json(200, claudeWhole));
    await rig.ask({ ...asked, body: { ...chatRequest, stream: false } });
    const headers = rig.sent[0]?.request.headers ?? [];
    expect(headerValue(headers, "x-api-key")).toBe(keys.A);
    expect(headerValue(headers, "anthropic-version")).toBeDefined();
    expect(JSON.stringify([headers, rig.sent[0]?.text])).not.toContain("sk-client-own-key");
  });
});

describe("handed back untouched", () => {
  it.each([
    ["no rule", "", {}],
    [
      "no rule for the model that was asked",
      'routes: [{ match: { model: "gpt-*" }, to: openai/x }]',
      { body: claudeRequest },
    ],
    ["a rule that says so", "routes: [{ to: passthrough }]", { body: claudeRequest }],
    ["a body that is no JSON", toLocal, { raw: Buffer.from("{nonsense") }],
    ["a body that is JSON but no object", toLocal, { raw: Buffer.from("[1]") }],
    ["a body nested beyond reason", toLocal, { raw: Buffer.from("[".repeat(5000)) }],
    ["a coding nobody knows", toLocal, { body: claudeRequest, headers: [["content-encoding", "lzma"]] as const }],
    [
      "a coding that is not what it says",
      toLocal,
      { body: claudeRequest, headers: [["content-encoding", "gzip"]] as const },
    ],
    [
      "telemetry on the same host",
      `${local}routes: [{ to: local/x }]`,
      { target: "/api/event_logging/v2/batch", body: {} },
    ],
    ["a call that names no model, under a rule about models", toLocal, { body: { messages: [] } }],
  ])("%s", async (_, yaml, asked) => {
    const rig = createRig(yaml, neverAsked);
    const answer = await rig.ask(asked);
    expect(answer.passed).toBe(true);
    expect(rig.why().length).toBeGreaterThan(0);
  });
});

describe("refused in the client's dialect", () => {
  it("blocks by rule, unreadable bodies too", async () => {
    const rig = createRig("routes: [{ to: block }]", neverAsked);
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "error", error: { type: "permission_error" } });
    expect((await rig.ask({ raw: Buffer.from("{") })).status).toBe(403);
    expect(rig.fact("described").some(({ action }) => action === "block")).toBe(true);
  });

  it("refuses a body beyond the bound, and stops reading it", async () => {
    let taken = 0;
    const rig = createRig(toLocal, neverAsked);
    const raw = (async function* () {
      for (;;) {
        taken += 1;
        yield Buffer.alloc(1024 * 1024, 0x20);
      }
    })();
    const answer = await rig.ask({ raw });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: "request_too_large" } });
    expect(taken).toBe(defaultLimits.requestBodyBytes / 1024 / 1024 + 1);
  });

  it("does not read a body that says itself that it is beyond the bound", async () => {
    let taken = 0;
    const rig = createRig(toLocal, neverAsked);
    const raw = (async function* () {
      taken += 1;
      yield Buffer.alloc(1024);
    })();
    const length = String(defaultLimits.requestBodyBytes + 1);
    const answer = await rig.ask({ raw, headers: [["content-length", length]] });
    expect([answer.status, taken]).toEqual([413, 0]);
  });

  it("refuses a body that unpacks beyond the bound", async () => {
    const rig = createRig(toLocal, neverAsked);
    const answer = await rig.ask({
      raw: gzipSync(Buffer.alloc(defaultLimits.requestBodyBytes + 1)),
      headers: [["content-encoding", "gzip"]],
    });
    expect(answer.status).toBe(413);
  });

  it("says what is wrong with a request it has to rewrite and cannot", async () => {
    const rig = createRig(toLocal, neverAsked);
    const answer = await rig.ask({ body: { model: "claude-x", messages: "none" } });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
  });

  it("asks for the proxy token before it uses a stored key", async () => {
    const rig = createRig(toClaude, neverAsked);
    const answer = await rig.ask({ body: claudeRequest, authorized: false });
    expect(answer.status).toBe(407);
    expect(headerValue(answer.headers, "proxy-authenticate")).toContain("Basic");
    const said = JSON.parse(answer.text) as { error: { message: string } };
    expect(said.error.message).toContain("switchyard run -- ");
    expect(said.error.message).toContain('eval "$(switchyard env)"');
  });

  it("needs no token for a target that needs no key", async () => {
    const yaml = `${local}accounts: [{ provider: claude, api_key: "\${A}" }]\ncombos: { c: [claude/x, local/qwen3-coder] }\nroutes: [{ to: combo/c }]`;
    const rig = createRig(yaml, () => streamed(chatStream(chatText)));
    const answer = await rig.ask({ body: claudeRequest, authorized: false });
    expect(answer.status).toBe(200);
    expect(rig.sent.map(({ url }) => url)).toEqual(["http://127.0.0.1:8000/v1/chat/completions"]);
  });

  it("says that a provider has no account", async () => {
    const answer = await createRig("routes: [{ to: openai/gpt-5 }]", neverAsked).ask({ body: claudeRequest });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain("provider openai has no usable account");
  });

  it("answers its own fault with an error, not with a crash", async () => {
    const rig = createRig(toLocal, () => {
      throw new TypeError("a bug that quotes sk-client-own-key");
    });
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "error" });
    expect(answer.text + JSON.stringify(rig.facts)).not.toContain("sk-client-own-key");
  });
});

describe("when nothing answers", () => {
  const withFallback = (fallback: string): string =>
    `${local}routes: [{ to: local/qwen3-coder, fallback: ${fallback} }]`;
  const refused: Play = () => {
    throw new UpstreamError("refused", "connect", "nobody listens at 127.0.0.1:8000");
  };

  it("is an error by default", async () => {
    const answer = await createRig(withFallback("error"), refused).ask({ body: claudeRequest });
    expect(answer.status).toBe(502);
    expect(answer.text).toContain("nobody listens at 127.0.0.1:8000");
  });

  it("goes on to the original provider where the rule says so", async () => {
    const rig = createRig(withFallback("passthrough"), refused);
    expect((await rig.ask({ body: claudeRequest })).passed).toBe(true);
    expect(rig.fact("described").at(-1)).toMatchObject({ action: "passthrough" });
    expect(rig.why("fallback")).toEqual(["no target answered (network): on to the original provider"]);
  });
});
