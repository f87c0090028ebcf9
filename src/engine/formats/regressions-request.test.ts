/** Request shapes and usage: rows Q1–Q22 and U1–U2 of the public-issue list that concern Claude and Chat. */
import { describe, expect, it } from "vitest";
import { estimateTokens } from "../hub/estimate.ts";
import { nameRules } from "../hub/tool-ids.ts";
import {
  bodyOf,
  frames,
  readRequest,
  readStream,
  replyOf,
  translateRequest,
  writeRequest,
  writerOptions,
  writeStream,
  writeOptions,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const ask = [{ role: "user", content: "go" }];
const text = (value: string, more: object = {}): object => ({ type: "text", text: value, ...more });
const mark = { cache_control: { type: "ephemeral" } };

describe("system messages", () => {
  const midSystem = {
    system: [text("x-anthropic-billing-header: cc_version=2.1; cch=1;"), text("be brief", mark)],
    messages: [
      ...ask,
      { role: "system", content: [text("remember", mark)] },
      { role: "assistant", content: "ok" },
      ...ask,
    ],
  };

  it("Q3 Q5: keeps every system message in its place for Chat, without the attribution", () => {
    expect(translateRequest("claude", "openai-chat", midSystem)["messages"]).toEqual([
      { role: "system", content: "be brief" },
      { role: "user", content: "go" },
      { role: "system", content: "remember" },
      { role: "assistant", content: "ok" },
      { role: "user", content: "go" },
    ]);
  });

  it("Q3: keeps it in place for a Claude that takes it, with the attribution first", () => {
    const request = readRequest("claude", { model: "m", ...midSystem });
    const written = writeRequest("claude", request, { model: "claude-opus-4-6" });
    const body = bodyOf(written);
    expect(body["system"][0].text).toContain("x-anthropic-billing-header");
    expect(body["messages"][1]).toEqual({ role: "system", content: [text("remember", mark)] });
    expect(written.headers).toContainEqual(["anthropic-beta", "mid-conversation-system-2026-04-07"]);
  });

  it("Q3: folds it into the user's turn where it is not legal, never into the assistant's", () => {
    const body = translateRequest("claude", "claude", midSystem, { model: "glm-4.6" });
    expect(body["messages"].map((message: Loose) => message["role"])).toEqual(["user", "assistant", "user"]);
    expect(JSON.stringify(body["messages"][0])).toContain("<system-reminder>\\nremember");
  });

  it("Q4: says system for developer to servers without that role", () => {
    const messages = [{ role: "developer", content: "be brief" }, ...ask];
    expect(translateRequest("openai-chat", "openai-chat", { messages })["messages"][0].role).toBe("system");
    const own = translateRequest("openai-chat", "openai-chat", { messages }, { model: "gpt-5" });
    expect(own["messages"][0].role).toBe("developer");
  });

  it("Q5: keeps several leading ones in order for Claude", () => {
    const messages = [{ role: "system", content: "one" }, { role: "developer", content: "two" }, ...ask];
    expect(translateRequest("openai-chat", "claude", { messages })["system"]).toEqual([text("one"), text("two")]);
  });
});

describe("content", () => {
  it("Q10: removes empty text before Claude and moves its mark to the block before", () => {
    const messages = [
      { role: "user", content: [text("a"), text("", mark)] },
      { role: "assistant", content: [text(" ")] },
      ...ask,
    ];
    expect(translateRequest("claude", "claude", { messages })["messages"]).toEqual([
      { role: "user", content: [text("a", mark), text("go")] },
    ]);
  });

  it("Q11 Q19: keeps four marks at most, none longer-lived after a shorter one", () => {
    const hour = { cache_control: { type: "ephemeral", ttl: "1h" } };
    const body = translateRequest("claude", "claude", {
      tools: [{ name: "a", input_schema: { type: "object" }, ...hour }],
      system: [text("s", mark)],
      messages: [{ role: "user", content: [text("1", hour), text("2", mark), text("3", mark)] }],
    });
    const all = JSON.stringify(body);
    expect(all.split("cache_control")).toHaveLength(5);
    expect(body["tools"][0].cache_control.ttl).toBe("1h");
    expect(body["messages"][0].content[0].cache_control.ttl).toBe("5m");
    expect(body["messages"][0].content[2]).not.toHaveProperty("cache_control");
  });

  it("Q13: carries images both ways, and refuses a file that lives at its provider", () => {
    const data = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
    const url = { type: "image", source: { type: "url", url: "https://example.com/a.png" } };
    const chatImages = [
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { type: "image_url", image_url: { url: "https://example.com/a.png" } },
    ];
    const toChat = translateRequest("claude", "openai-chat", { messages: [{ role: "user", content: [data, url] }] });
    expect(toChat["messages"][0].content).toEqual(chatImages);
    const toClaude = translateRequest("openai-chat", "claude", { messages: [{ role: "user", content: chatImages }] });
    expect(toClaude["messages"][0].content).toEqual([data, url]);
    const file = readRequest("claude", {
      model: "m",
      messages: [{ role: "user", content: [{ type: "image", source: { type: "file", file_id: "file_1" } }] }],
    });
    expect(formats["openai-chat"].provider.writeRequest(file, writeOptions)).toMatchObject({
      ok: false,
      error: { kind: "unsupported" },
    });
  });

  it("carries documents: as a file, as text with its title, as an address", () => {
    const body = translateRequest("claude", "openai-chat", {
      messages: [
        {
          role: "user",
          content: [
            {
              type: "document",
              title: "a.pdf",
              source: { type: "base64", media_type: "application/pdf", data: "JVBE" },
            },
            { type: "document", title: "notes", source: { type: "text", media_type: "text/plain", data: "hello" } },
            { type: "document", source: { type: "url", url: "https://example.com/b.pdf" } },
          ],
        },
      ],
    });
    expect(body["messages"][0].content).toEqual([
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" } },
      text("[document: notes]\nhello"),
      text("[document: https://example.com/b.pdf]"),
    ]);
  });

  it("begins with a user turn and trims what a prefill ends in", () => {
    const body = translateRequest("openai-chat", "claude", {
      messages: [{ role: "assistant", content: "hi" }, ...ask, { role: "assistant", content: "{ " }],
    });
    expect(body["messages"].map((message: Loose) => message["role"])).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(body["messages"][3].content).toEqual([text("{")]);
  });

  it("sends arguments that are no object as an empty one, and says so", () => {
    const request = readRequest("openai-chat", {
      model: "m",
      messages: [
        ...ask,
        {
          role: "assistant",
          tool_calls: [{ id: "a", type: "function", function: { name: "x", arguments: "{broken" } }],
        },
        { role: "tool", tool_call_id: "a", content: "" },
      ],
    });
    const written = writeRequest("claude", request);
    expect(bodyOf(written)["messages"][1].content[0].input).toEqual({});
    expect(bodyOf(written)["messages"][2].content[0]).not.toHaveProperty("content");
    expect(written.losses.some((loss) => loss.startsWith("tool-arguments:"))).toBe(true);
  });

  it("reads the old function dialect", () => {
    const body = translateRequest("openai-chat", "claude", {
      messages: [
        ...ask,
        { role: "assistant", content: null, function_call: { name: "x", arguments: "{}" } },
        { role: "function", name: "x", content: "done" },
      ],
      functions: [{ name: "x", parameters: { type: "object", properties: {} } }],
      function_call: { name: "x" },
    });
    expect(body["tools"][0].name).toBe("x");
    expect(body["tool_choice"]).toEqual({ type: "tool", name: "x" });
    expect(body["messages"][2].content[0].tool_use_id).toBe(body["messages"][1].content[0].id);
  });

  it("refuses a history with nothing in it", () => {
    const request = readRequest("openai-chat", { model: "m", messages: [{ role: "user", content: " " }] });
    for (const id of ["claude", "openai-chat"] as const) {
      expect(formats[id].provider.writeRequest(request, writeOptions)).toMatchObject({
        ok: false,
        error: { kind: "bad-request" },
      });
    }
  });
});

describe("parameters", () => {
  it("Q2: keeps properties that are named like keywords", () => {
    const properties = { title: { type: "string" }, format: { type: "string" }, default: {}, $schema: {} };
    const tools = [{ name: "a", input_schema: { type: "object", properties } }];
    const body = translateRequest("claude", "openai-chat", { messages: ask, tools });
    expect(body["tools"][0].function.parameters.properties).toEqual(properties);
  });

  it("Q16: leaves a small max_tokens as small as it is", () => {
    expect(translateRequest("claude", "openai-chat", { messages: ask, max_tokens: 10 })["max_tokens"]).toBe(10);
    expect(translateRequest("openai-chat", "claude", { messages: ask, max_tokens: 10 })["max_tokens"]).toBe(10);
    const reasoning = translateRequest("claude", "openai-chat", { messages: ask, max_tokens: 10 }, { model: "o3" });
    expect(reasoning["max_completion_tokens"]).toBe(10);
    expect(reasoning).not.toHaveProperty("max_tokens");
  });

  it("lowers max_tokens to what the model writes, and says so", () => {
    const request = readRequest("claude", { model: "m", messages: ask, max_tokens: 64_000 });
    const written = writeRequest("openai-chat", request, { model: "gpt-4o" });
    expect(bodyOf(written)["max_tokens"]).toBe(16_384);
    expect(written.losses).toContain("parameter: max_tokens: 64000 became 16384, the most this model writes");
    expect(bodyOf(writeRequest("openai-chat", request, { model: "qwen3" }))["max_tokens"]).toBe(64_000);
    expect(bodyOf(writeRequest("claude", request, { maxTokensLimit: 8192 }))["max_tokens"]).toBe(8192);
  });

  it("uses the model's own limit where Claude demands one and the client gave none", () => {
    const request = readRequest("openai-chat", { model: "m", messages: ask });
    expect(bodyOf(writeRequest("claude", request))["max_tokens"]).toBe(4096);
  });

  it("Q22: gives Mistral ids of nine alphanumerics, the same for the same", () => {
    const ids = ["toolu_01", "toolu_02", "toolu_03"];
    const messages = [
      ...ask,
      { role: "assistant", content: ids.map((id) => ({ type: "tool_use", id, name: "a", input: {} })) },
      { role: "user", content: ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: id })) },
    ];
    const once = translateRequest("claude", "openai-chat", { messages }, { toolIds: nameRules.id9 });
    const short: readonly string[] = once["messages"][1].tool_calls.map((call: Loose) => call["id"]);
    expect(new Set(short).size).toBe(3);
    for (const id of short) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(once["messages"].slice(2).map((message: Loose) => message["tool_call_id"])).toEqual(short);
    expect(translateRequest("claude", "openai-chat", { messages }, { toolIds: nameRules.id9 })).toEqual(once);
  });

  it("always asks a Chat upstream for usage, and only when it streams", () => {
    expect(translateRequest("claude", "openai-chat", { messages: ask, stream: true })["stream_options"]).toEqual({
      include_usage: true,
    });
    expect(translateRequest("claude", "openai-chat", { messages: ask })).not.toHaveProperty("stream_options");
  });

  it("sends four stop sequences to Chat and keeps the others for the reply", () => {
    const request = readRequest("claude", { model: "m", messages: ask, stop_sequences: ["1", "2", "3", "4", "5"] });
    const written = writeRequest("openai-chat", request);
    expect(bodyOf(written)["stop"]).toEqual(["1", "2", "3", "4"]);
    expect(written.replyContext.cutAt).toEqual(["5"]);
  });

  it("carries a wanted JSON schema both ways", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const toChat = translateRequest("claude", "openai-chat", {
      messages: ask,
      output_config: { format: { type: "json_schema", schema } },
    });
    expect(toChat["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { name: "response", schema, strict: true },
    });
    const open = { type: "object", properties: { a: { type: "object", properties: {} } } };
    const chat = { messages: ask, response_format: { type: "json_schema", json_schema: { name: "x", schema: open } } };
    const toClaude = translateRequest("openai-chat", "claude", chat, { model: "claude-opus-4-6" });
    expect(toClaude["output_config"].format.schema).toEqual({
      type: "object",
      properties: { a: { type: "object", properties: {}, additionalProperties: false } },
      additionalProperties: false,
    });
    const older = translateRequest("openai-chat", "claude", chat, { model: "claude-3-5-haiku-latest" });
    expect(older["system"][0].text).toContain("JSON Schema");
  });

  it("hashes Claude Code's user id for another provider and leaves it whole for Claude", () => {
    const metadata = { user_id: '{"account":"a","device":"b"}' };
    const chat = translateRequest("claude", "openai-chat", { messages: ask, metadata });
    expect(chat["user"]).toMatch(/^[0-9a-f]{32}$/);
    expect(translateRequest("claude", "claude", { messages: ask, metadata })["metadata"]).toEqual(metadata);
    expect(translateRequest("openai-chat", "claude", { messages: ask, user: "me@example.com" })).not.toHaveProperty(
      "metadata",
    );
  });

  it("names what Claude has no field for, and refuses several answers", () => {
    const request = readRequest("openai-chat", { model: "m", messages: ask, seed: 1, logit_bias: {}, logprobs: true });
    expect(writeRequest("claude", request).losses).toEqual([
      "parameter: seed: Claude has no such field",
      "parameter: logprobs: Claude has no such field",
      "parameter: logit_bias: Claude has no such field",
    ]);
    const several = readRequest("openai-chat", { model: "m", messages: ask, n: 2 });
    expect(formats.claude.provider.writeRequest(several, writeOptions)).toMatchObject({
      ok: false,
      error: { kind: "unsupported" },
    });
  });

  it("lets nothing of Claude's own leak into a Chat body, nor the reverse", () => {
    const claude = translateRequest("claude", "openai-chat", {
      messages: ask,
      container: "c",
      mcp_servers: [],
      diagnostics: { previous_message_id: "x" },
      context_management: { edits: [] },
      service_tier: "standard_only",
      thinking: { type: "adaptive", display: "summarized" },
    });
    expect(Object.keys(claude).sort()).toEqual(["max_tokens", "messages", "model", "service_tier", "stream"]);
    expect(claude["service_tier"]).toBe("default");
    const chat = translateRequest("openai-chat", "claude", {
      messages: ask,
      prompt_cache_key: "k",
      verbosity: "low",
      store: true,
    });
    expect(Object.keys(chat).sort()).toEqual(["max_tokens", "messages", "model", "stream"]);
  });

  it.each(["claude", "openai-chat"] as const)("answers a wrong body with a reason, as %s", (id) => {
    for (const body of [
      null,
      [],
      {},
      { model: "m" },
      { model: "m", messages: "x" },
      { messages: [] },
      { model: "m", messages: [{ role: "x" }] },
    ]) {
      expect(formats[id].client.readRequest(body, "/")).toMatchObject({ ok: false, error: { kind: "bad-request" } });
    }
  });
});

describe("usage", () => {
  it("U1: answers count_tokens from everything that is sent", () => {
    const counter = formats.claude.client.countTokens;
    const wants = (target: string): string => formats.claude.client.shape({ model: "m" }, target).operation;
    expect(wants("/v1/messages/count_tokens?beta=true")).toBe("count");
    expect(wants("/v1/messages?beta=true")).toBe("reply");
    const count = (body: object): number => estimateTokens(readRequest("claude", { model: "m", ...body }));
    const plain = count({ messages: ask });
    const long = "word ".repeat(200);
    const grown = [
      { messages: ask, system: long },
      { messages: ask, tools: [{ name: "a", description: long, input_schema: {} }] },
      { messages: [{ role: "assistant", content: [{ type: "tool_use", id: "t", name: "a", input: { long } }] }] },
      { messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: long }] }] },
      { messages: [{ role: "user", content: [{ type: "image", source: { type: "base64", data: "A" } }] }] },
    ];
    for (const body of grown) expect(count(body)).toBeGreaterThan(plain + 200);
    const answer = counter?.writeCount(123);
    expect(JSON.parse(Buffer.from(answer?.body ?? []).toString())).toEqual({ input_tokens: 123 });
  });

  it("U2: adds the cache for Chat and takes it off for Claude, never below zero", () => {
    const usage = { input: 45, output: 7, cacheRead: 30, cacheWrite: 5, reasoning: 0, estimated: false };
    const events = [
      { type: "reply-start", id: "r", model: "m" },
      { type: "reply-end", finish: { reason: "stop", raw: null }, usage },
    ] as const;
    const chat = JSON.parse(
      Buffer.from(formats["openai-chat"].client.writeReply(replyOf(events), writerOptions())).toString(),
    ) as Loose;
    expect(chat["usage"]).toMatchObject({
      prompt_tokens: 45,
      total_tokens: 52,
      prompt_tokens_details: { cached_tokens: 30 },
    });
    const claude = (frames(writeStream("claude", events)) as readonly Loose[]).find(
      (frame) => frame["type"] === "message_delta",
    );
    expect(claude?.["usage"]).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 30,
      cache_creation_input_tokens: 5,
    });
    const odd = Buffer.from(
      `data: ${JSON.stringify({ choices: [{ delta: { content: "x" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: -4, prompt_tokens_details: { cached_tokens: 9 } } })}\n\n`,
    );
    expect(replyOf(readStream("openai-chat", odd)).usage).toMatchObject({ input: 9, cacheRead: 9, output: 0 });
  });
});
