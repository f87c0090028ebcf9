/** The official OpenAI SDK as client: what it makes of our writers' bytes when the upstream speaks Claude. */
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bodyOf,
  chatCall,
  chatChunk,
  chatStream,
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
} from "../../src/engine/formats/__fixtures__/harness.ts";
import { formats } from "../../src/engine/formats/table.ts";
import { startLoopback, type Loopback } from "./loopback.ts";

let upstream: Loopback;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startLoopback();
  client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "test", maxRetries: 0 });
});
afterAll(() => upstream.close());

const ask = { model: "gpt-x", messages: [{ role: "user" as const, content: "hi" }] };

const claudeReply = claudeStream(
  claudeStart,
  { type: "ping" },
  ...claudeBlock(
    0,
    { type: "thinking", thinking: "", signature: "" },
    { type: "thinking_delta", thinking: "let me see" },
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

function playStream(bytes: Uint8Array, wantsStreamUsage = true): void {
  const body = translateStream("claude", "openai-chat", bytes, { wantsStreamUsage });
  upstream.play({ headers: formats["openai-chat"].client.streamHeaders("/"), body, pieceBytes: 41 });
}

const wanted = {
  id: "msg_1",
  object: "chat.completion",
  model: "asked-model",
  choices: [
    {
      finish_reason: "tool_calls",
      message: {
        role: "assistant",
        content: "I look. שלום 👩‍👩‍👧",
        tool_calls: [
          { id: "toolu_1", type: "function", function: { name: "read", arguments: '{"path":"/a"}' } },
          { id: "toolu_2", type: "function", function: { name: "list", arguments: "{}" } },
        ],
      },
    },
  ],
  usage: { prompt_tokens: 45, completion_tokens: 7, total_tokens: 52, prompt_tokens_details: { cached_tokens: 30 } },
};

describe("streaming", () => {
  it("accumulates text, parallel calls and usage", async () => {
    playStream(claudeReply);
    const stream = client.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    expect(await stream.finalChatCompletion()).toMatchObject(wanted);
    expect(await stream.totalUsage()).toMatchObject({ prompt_tokens: 45, completion_tokens: 7 });
  });

  it("shows every piece of the reasoning to who reads chunks", async () => {
    playStream(claudeReply, false);
    let reasoning = "";
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      const delta: object = chunk.choices[0]?.delta ?? {};
      if ("reasoning_content" in delta) reasoning += String(delta.reasoning_content);
    }
    expect(reasoning).toBe("let me see");
  });

  it("accumulates what another Chat upstream streams: interleaved calls, index always 0", async () => {
    const chat = chatStream(
      chatChunk(chatCall(0, "a", "one", '{"x":1}')),
      chatChunk(chatCall(0, "b", "two", '{"y":2}')),
      chatChunk({}, "stop"),
    );
    upstream.play({
      headers: formats["openai-chat"].client.streamHeaders("/"),
      body: translateStream("openai-chat", "openai-chat", chat, { wantsStreamUsage: false }),
    });
    const completion = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: null, tool_calls: [{ id: "a" }, { id: "b", function: { arguments: '{"y":2}' } }] },
    });
  });

  it("accumulates what Claude cites, of all its blocks", async () => {
    const cite = (url: string): object => ({
      type: "citations_delta",
      citation: { type: "web_search_result_location", url, title: url, cited_text: "", encrypted_index: "E" },
    });
    playStream(
      claudeStream(
        claudeStart,
        ...claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "one " }, cite("https://a.example")),
        ...claudeBlock(1, { type: "text", text: "" }, { type: "text_delta", text: "two" }, cite("https://b.example")),
        ...claudeEnd("end_turn"),
      ),
    );
    const completion = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(completion.choices[0]?.message).toMatchObject({
      content: "one two",
      annotations: [
        { url_citation: { url: "https://a.example", start_index: 0, end_index: 4 } },
        { url_citation: { url: "https://b.example", start_index: 4, end_index: 7 } },
      ],
    });
  });

  it("R1: keeps a thought signature on its call, to be handed back with it", async () => {
    const call = { id: "c", type: "function", function: { name: "read", arguments: "{}" } };
    const signed = { ...call, extra_content: { google: { thought_signature: "c2ln" } } };
    const chat = chatStream(
      chatChunk({ role: "assistant", tool_calls: [{ index: 0, ...signed }] }),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    upstream.play({
      headers: formats["openai-chat"].client.streamHeaders("/"),
      body: translateStream("openai-chat", "openai-chat", chat, { wantsStreamUsage: false }),
    });
    const completion = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([signed]);
  });

  it("tells a refusal", async () => {
    const details = { stop_details: { type: "refusal", explanation: "not this" } };
    playStream(claudeStream(claudeStart, ...claudeEnd("refusal", details)));
    const completion = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({ finish_reason: "content_filter", message: { refusal: "not this" } });
  });

  it("throws on an upstream that was cut, instead of returning a finished completion", async () => {
    playStream(claudeReply.subarray(0, claudeReply.length - 300));
    await expect(client.chat.completions.stream(ask).finalChatCompletion()).rejects.toThrow(/closed the stream/);
  });

  it("throws on an upstream error inside the stream", async () => {
    playStream(
      claudeStream(claudeStart, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    );
    await expect(client.chat.completions.stream(ask).finalChatCompletion()).rejects.toThrow(/Overloaded/);
  });
});

describe("whole replies and errors", () => {
  it("reads a whole completion, the same as the streamed one", async () => {
    const body = formats["openai-chat"].client.writeReply(replyOf(readStream("claude", claudeReply)), writerOptions());
    upstream.play({ headers: [["content-type", "application/json"]], body });
    expect(await client.chat.completions.create(ask)).toMatchObject(wanted);
  });

  it.each([
    ["context-overflow", 400, "context_length_exceeded"],
    ["auth", 401, "invalid_api_key"],
    ["rate-limit", 429, "rate_limit_exceeded"],
    ["model-not-found", 404, "model_not_found"],
  ] as const)("throws its own error for %s", async (kind, status, code) => {
    upstream.play(formats["openai-chat"].client.writeError({ kind, message: "told" }));
    const failure: unknown = await client.chat.completions.create(ask).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({ status, code });
  });
});

describe("what the SDK sends", () => {
  it("reaches Claude as a legal Messages request", async () => {
    playStream(claudeReply);
    await client.chat.completions
      .stream({
        ...ask,
        max_completion_tokens: 50,
        parallel_tool_calls: false,
        stop: "END",
        tools: [{ type: "function", function: { name: "read", parameters: { type: "object", properties: {} } } }],
        tool_choice: { type: "function", function: { name: "read" } },
        messages: [
          { role: "developer", content: "be brief" },
          {
            role: "user",
            content: [
              { type: "text", text: "look" },
              { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            ],
          },
          {
            role: "assistant",
            content: "so",
            tool_calls: [{ id: "call_1", type: "function", function: { name: "read", arguments: '{"a":1}' } }],
          },
          { role: "tool", tool_call_id: "call_1", content: "found" },
        ],
      })
      .finalChatCompletion();
    const written = writeRequest("claude", readRequest("openai-chat", upstream.asked()), { model: "claude-opus-4-6" });
    expect(written.path).toBe("/messages");
    expect(bodyOf(written)).toEqual({
      model: "claude-opus-4-6",
      max_tokens: 50,
      system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "text", text: "so" },
            { type: "tool_use", id: "call_1", name: "read", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "call_1", content: "found", cache_control: { type: "ephemeral" } },
          ],
        },
      ],
      tools: [{ name: "read", input_schema: { type: "object", properties: {} } }],
      tool_choice: { type: "tool", name: "read", disable_parallel_tool_use: true },
      stop_sequences: ["END"],
      stream: true,
    });
  });
});
