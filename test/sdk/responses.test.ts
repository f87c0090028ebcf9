/** The official OpenAI SDK and the AI SDK as Responses clients: what they make of our writer's bytes. */
import { createOpenAI } from "@ai-sdk/openai";
import { jsonSchema, streamText, tool } from "ai";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bodyOf,
  chatArguments,
  chatCall,
  chatChunk,
  chatStream,
  chatUsage,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  readRequest,
  readStream,
  replyOf,
  translateStream,
  writeRequest,
  writerOptions,
  type Loose,
} from "../../src/engine/formats/__fixtures__/harness.ts";
import { formats } from "../../src/engine/formats/table.ts";
import type { TextFormatId } from "../../src/engine/formats/format.ts";
import { readCarrier } from "../../src/engine/hub/carrier.ts";
import type { HubRequest } from "../../src/engine/hub/request.ts";
import { startLoopback, type Loopback } from "./loopback.ts";

let upstream: Loopback;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startLoopback();
  client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "test", maxRetries: 0 });
});
afterAll(() => upstream.close());

const ask = { model: "gpt-x", input: "hi" };
const responses = formats["openai-responses"].client;

const claudeReply = claudeStream(
  claudeStart,
  { type: "ping" },
  ...claudeBlock(
    0,
    { type: "thinking", thinking: "", signature: "" },
    { type: "thinking_delta", thinking: "let me " },
    { type: "thinking_delta", thinking: "see" },
    { type: "signature_delta", signature: "EqX" },
  ),
  ...claudeBlock(
    1,
    { type: "text", text: "" },
    { type: "text_delta", text: "I look. " },
    { type: "text_delta", text: "שלום 👩‍👩‍👧" },
  ),
  ...claudeBlock(
    2,
    { type: "tool_use", id: "toolu_1", name: "read", input: {} },
    { type: "input_json_delta", partial_json: "" },
    { type: "input_json_delta", partial_json: '{"path":' },
    { type: "input_json_delta", partial_json: '"/a"}' },
  ),
  ...claudeBlock(
    3,
    { type: "tool_use", id: "toolu_2", name: "list", input: {} },
    { type: "input_json_delta", partial_json: "{}" },
  ),
  ...claudeEnd("tool_use"),
);

const chatReply = chatStream(
  chatChunk({ role: "assistant", content: "" }),
  chatChunk({ reasoning_content: "let me " }),
  chatChunk({ reasoning_content: "see" }),
  chatChunk({ content: "I look. " }),
  chatChunk({ content: "שלום 👩‍👩‍👧" }),
  chatChunk(chatCall(0, "toolu_1", "read")),
  chatChunk(chatCall(1, "toolu_2", "list")),
  chatChunk(chatArguments(0, '{"path":')),
  chatChunk(chatArguments(1, "{}")),
  chatChunk(chatArguments(0, '"/a"}')),
  chatChunk({}, "tool_calls"),
  chatUsage,
  "[DONE]",
);

function playStream(from: TextFormatId, bytes: Uint8Array, request: Partial<HubRequest> = {}): void {
  const body = translateStream(from, "openai-responses", bytes, request);
  upstream.play({ headers: responses.streamHeaders("/v1/responses"), body, pieceBytes: 41 });
}

const wanted = {
  object: "response",
  status: "completed",
  model: "asked-model",
  output_text: "I look. שלום 👩‍👩‍👧",
  output: [
    { type: "reasoning", summary: [{ type: "summary_text", text: "let me see" }] },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look. שלום 👩‍👩‍👧" }] },
    { type: "function_call", call_id: "toolu_1", name: "read", arguments: '{"path":"/a"}', status: "completed" },
    { type: "function_call", call_id: "toolu_2", name: "list", arguments: "{}", status: "completed" },
  ],
};

describe.each([
  ["claude", claudeReply, { input_tokens: 45, output_tokens: 7, total_tokens: 52 }],
  ["openai-chat", chatReply, { input_tokens: 100, output_tokens: 20, total_tokens: 120 }],
] as const)("a stream of %s", (from, bytes, usage) => {
  it("is accumulated by the official client's stream helper", async () => {
    playStream(from, bytes);
    const response = await client.responses.stream(ask).finalResponse();
    expect(response).toMatchObject({ ...wanted, usage });
  });

  it("tells its pieces while they come, and the same in the accumulated items as in the last event", async () => {
    playStream(from, bytes);
    let text = "";
    let thought = "";
    const ids = new Set<string>();
    const done: object[] = [];
    for await (const event of await client.responses.create({ ...ask, stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      else if (event.type === "response.reasoning_summary_text.delta") thought += event.delta;
      else if (event.type === "response.output_item.done") {
        expect(event.output_index).toBe(done.length);
        ids.add(event.item.id ?? "");
        done.push(event.item);
      } else if (event.type === "response.completed") expect(event.response.output).toEqual(done);
    }
    expect({ text, thought, ids: ids.size }).toEqual({ text: wanted.output_text, thought: "let me see", ids: 4 });
  });

  it("is read by the AI SDK: text, reasoning, calls and usage", async () => {
    playStream(from, bytes);
    const openai = createOpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "test" });
    const any = { inputSchema: jsonSchema({ type: "object", properties: {} }) };
    const result = streamText({
      model: openai.responses("gpt-5"),
      prompt: "hi",
      maxRetries: 0,
      tools: { read: tool(any), list: tool(any) },
      onError: () => {},
    });
    const types = new Set<string>();
    for await (const part of result.fullStream) types.add(part.type);
    expect(types).not.toContain("error");
    expect(await result.text).toBe(wanted.output_text);
    expect(await result.reasoningText).toBe("let me see");
    expect((await result.toolCalls).map((call) => [call.toolCallId, call.toolName, call.input])).toEqual([
      ["toolu_1", "read", { path: "/a" }],
      ["toolu_2", "list", {}],
    ]);
    expect(await result.finishReason).toBe("tool-calls");
    expect((await result.usage).inputTokens).toBe(usage.input_tokens);
  });
});

describe("what a stream can end with", () => {
  it("is incomplete where the model came to its limit", async () => {
    playStream(
      "claude",
      claudeStream(
        claudeStart,
        ...claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "cut" }),
        ...claudeEnd("max_tokens"),
      ),
    );
    expect(await client.responses.stream(ask).finalResponse()).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output_text: "cut",
    });
  });

  it("tells a refusal", async () => {
    const details = { stop_details: { type: "refusal", explanation: "not this" } };
    playStream("claude", claudeStream(claudeStart, ...claudeEnd("refusal", details)));
    expect(await client.responses.stream(ask).finalResponse()).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
      output: [{ type: "message", content: [{ type: "refusal", refusal: "not this" }] }],
    });
  });

  it("is failed on an upstream that was cut, with the text so far, and never completed", async () => {
    playStream("claude", claudeReply.subarray(0, claudeReply.length - 700));
    const response = await client.responses.stream(ask).finalResponse();
    expect(response).toMatchObject({ status: "failed", error: { code: "stream_truncated" } });
    expect(response.output_text).toContain("I look. ");
  });

  it("is failed on an upstream's own error, before and after its first words", async () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    playStream("claude", claudeStream(claudeStart, error));
    expect(await client.responses.stream(ask).finalResponse()).toMatchObject({
      status: "failed",
      error: { code: "server_is_overloaded", message: "Overloaded" },
      output: [],
    });
  });
});

describe("tools of the client's own", () => {
  const request = (): HubRequest =>
    readRequest("openai-responses", {
      ...ask,
      tools: [
        { type: "custom", name: "patch", format: { type: "text" } },
        { type: "local_shell" },
        { type: "namespace", name: "files", description: "", tools: [{ type: "function", name: "read" }] },
      ],
    });

  it("T17: are called as the items they were declared as, though the upstream knows functions only", async () => {
    const asked = request();
    const written = writeRequest("openai-chat", asked);
    const names = (bodyOf(written)["tools"] as readonly Loose[]).map(
      (one) => (one["function"] as Loose)["name"] as string,
    );
    expect(names).toEqual(["patch", "local_shell", "files__read"]);
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "patch", JSON.stringify({ input: '*** "Begin"\n+x' }))),
      chatChunk(chatCall(1, "b", "local_shell", '{"command":["ls","-l"]}')),
      chatChunk(chatCall(2, "c", "files__read", '{"path":"/a"}')),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    const body = translateStream("openai-chat", "openai-responses", bytes, asked, written.replyContext);
    upstream.play({ headers: responses.streamHeaders("/"), body, pieceBytes: 41 });
    const response = await client.responses.stream(ask).finalResponse();
    expect(response.output).toMatchObject([
      { type: "custom_tool_call", call_id: "a", name: "patch", input: '*** "Begin"\n+x' },
      { type: "local_shell_call", call_id: "b", action: { type: "exec", command: ["ls", "-l"] } },
      { type: "function_call", call_id: "c", namespace: "files", name: "read", arguments: '{"path":"/a"}' },
    ]);
  });
});

describe("whole replies and errors", () => {
  it("S20: reads a whole response, the same as the streamed one", async () => {
    const reply = replyOf(readStream("claude", claudeReply));
    upstream.play({
      headers: [["content-type", "application/json"]],
      body: responses.writeReply(reply, writerOptions()),
    });
    const whole = await client.responses.create(ask);
    expect(whole).toMatchObject(wanted);
    playStream("claude", claudeReply);
    const streamed = await client.responses.stream(ask).finalResponse();
    expect(streamed.output.map(withoutParsed)).toEqual(whole.output);
    expect(streamed.usage).toEqual(whole.usage);
  });

  it.each([
    ["context-overflow", 400, "context_length_exceeded"],
    ["auth", 401, "invalid_api_key"],
    ["rate-limit", 429, "rate_limit_exceeded"],
    ["model-not-found", 404, "model_not_found"],
  ] as const)("throws its own error for %s", async (kind, status, code) => {
    upstream.play(responses.writeError({ kind, message: "told" }));
    const failure: unknown = await client.responses.create(ask).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({ status, code });
  });

  it("counts tokens and lists models", async () => {
    const count = responses.countTokens?.writeCount(42);
    if (count !== undefined) upstream.play(count);
    expect(await client.responses.inputTokens.count(ask)).toEqual({
      object: "response.input_tokens",
      input_tokens: 42,
    });
    expect(responses.shape(upstream.asked(), "/v1/responses/input_tokens").operation).toBe("count");
  });
});

/** The stream helper adds fields of its own to what it accumulated. */
function withoutParsed(item: object): unknown {
  return JSON.parse(
    JSON.stringify(item, (key, value: unknown) => (key === "parsed" || key === "parsed_arguments" ? undefined : value)),
  );
}

describe("what the SDK sends back", () => {
  it("holds Claude's own thinking again: an agent's second turn reaches Claude with its signature", async () => {
    playStream("claude", claudeReply);
    const first = await client.responses.stream(ask).finalResponse();
    const blob = first.output.flatMap((item) => (item.type === "reasoning" ? (item.encrypted_content ?? "") : []))[0];
    expect(readCarrier(blob ?? "")).toMatchObject({ from: { format: "claude" }, signature: "EqX" });

    playStream("claude", claudeReply);
    const tools = ["read", "list"].map((name) => ({
      type: "function" as const,
      name,
      parameters: { type: "object", properties: {} },
      strict: false,
    }));
    await client.responses
      .stream({
        ...ask,
        tools,
        instructions: "be brief",
        store: false,
        include: ["reasoning.encrypted_content"],
        input: [
          { role: "user", content: "hi" },
          ...first.output.map((item) => withoutParsed(item) as OpenAI.Responses.ResponseInputItem),
          { type: "function_call_output", call_id: "toolu_1", output: "found" },
          { type: "function_call_output", call_id: "toolu_2", output: [{ type: "input_text", text: "a\nb" }] },
        ],
      })
      .finalResponse();
    const asked = readRequest("openai-responses", upstream.asked());
    const body = bodyOf(writeRequest("claude", asked, { model: "claude-opus-4-6" }));
    expect(body["system"]).toMatchObject([{ text: "be brief" }]);
    expect(body["messages"]).toMatchObject([
      { role: "user", content: [{ text: "hi" }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "let me see", signature: "EqX" },
          { type: "text", text: "I look. שלום 👩‍👩‍👧" },
          { type: "tool_use", id: "toolu_1", name: "read", input: { path: "/a" } },
          { type: "tool_use", id: "toolu_2", name: "list", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: "found" },
          { type: "tool_result", tool_use_id: "toolu_2", content: "a\nb" },
        ],
      },
    ]);
  });
});
