/** The official Anthropic SDK as client: what it makes of our writers' bytes when the upstream speaks Chat. */
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chatArguments,
  chatCall,
  chatChunk,
  chatStream,
  chatUsage,
  readRequest,
  readStream,
  replyOf,
  writeRequest,
  writerOptions,
  bodyOf,
  translateStream,
} from "../../src/engine/formats/__fixtures__/harness.ts";
import { formats } from "../../src/engine/formats/table.ts";
import { startLoopback, type Loopback } from "./loopback.ts";

let upstream: Loopback;
let client: Anthropic;

beforeAll(async () => {
  upstream = await startLoopback();
  client = new Anthropic({ baseURL: upstream.url, apiKey: "test", maxRetries: 0 });
});
afterAll(() => upstream.close());

const ask = { model: "claude-x", max_tokens: 100, messages: [{ role: "user" as const, content: "hi" }] };

/** Chat bytes → our Claude stream → the SDK's own accumulated message. */
async function collect(chat: Uint8Array, pieceBytes = 37): Promise<Anthropic.Message> {
  upstream.play({
    headers: formats.claude.client.streamHeaders("/"),
    body: translateStream("openai-chat", "claude", chat),
    pieceBytes,
  });
  return client.messages.stream(ask).finalMessage();
}

describe("streaming", () => {
  it("accumulates thinking, text and interleaved parallel calls", async () => {
    const message = await collect(
      chatStream(
        chatChunk({ role: "assistant", content: "" }),
        chatChunk({ reasoning_content: "let me " }),
        chatChunk({ reasoning_content: "see" }),
        chatChunk({ content: "I look. " }),
        chatChunk({ content: "שלום 👩‍👩‍👧" }),
        chatChunk(chatCall(0, "functions.read:0", "read")),
        chatChunk(chatCall(1, "call_b", "list")),
        chatChunk(chatArguments(0, '{"path":')),
        chatChunk(chatArguments(1, "{}")),
        chatChunk(chatArguments(0, '"/a"}')),
        chatChunk({}, "tool_calls"),
        chatUsage,
        "[DONE]",
      ),
    );
    expect(message).toMatchObject({
      id: "chatcmpl-1",
      role: "assistant",
      model: "asked-model",
      stop_reason: "tool_use",
      content: [
        { type: "thinking", thinking: "let me see" },
        { type: "text", text: "I look. שלום 👩‍👩‍👧" },
        { type: "tool_use", name: "read", input: { path: "/a" } },
        { type: "tool_use", id: "call_b", name: "list", input: {} },
      ],
      usage: { input_tokens: 60, cache_read_input_tokens: 40, output_tokens: 20 },
    });
    expect(message.content[0]).toHaveProperty("signature", expect.stringMatching(/^switchyard\./));
  });

  it("accumulates what a Chat upstream cites", async () => {
    const page = { url: "https://example.com/a", title: "A", start_index: 0, end_index: 5 };
    const message = await collect(
      chatStream(
        chatChunk({ role: "assistant", content: "It is" }),
        chatChunk({ content: " so.", annotations: [{ type: "url_citation", url_citation: page }] }),
        chatChunk({}, "stop"),
        "[DONE]",
      ),
    );
    expect(message.content).toMatchObject([
      {
        type: "text",
        text: "It is so.",
        citations: [{ type: "web_search_result_location", url: "https://example.com/a", title: "A" }],
      },
    ]);
  });

  it("accumulates thinking without its words where they are not to be shown", async () => {
    upstream.play({
      headers: formats.claude.client.streamHeaders("/"),
      body: translateStream(
        "openai-chat",
        "claude",
        chatStream(chatChunk({ reasoning_content: "secret" }), chatChunk({ content: "so" }, "stop"), "[DONE]"),
        { thinking: { mode: "dynamic", show: false } },
      ),
    });
    const message = await client.messages.stream(ask).finalMessage();
    expect(message.content).toMatchObject([
      { type: "thinking", thinking: "", signature: expect.stringMatching(/^switchyard\./) as string },
      { type: "text", text: "so" },
    ]);
  });

  it("T10: accumulates a cut call to what a whole message shows of it", async () => {
    const chat = chatStream(
      chatChunk(chatCall(0, "call_a", "read", '{"path":"/etc","lines":[1,2')),
      chatChunk({}, "length"),
      "[DONE]",
    );
    const streamed = await collect(chat);
    const whole = JSON.parse(
      Buffer.from(
        formats.claude.client.writeReply(replyOf(readStream("openai-chat", chat)), writerOptions()),
      ).toString(),
    ) as Anthropic.Message;
    expect(streamed.content).toMatchObject([{ type: "tool_use", input: { path: "/etc", lines: [1] } }]);
    expect([whole.content, whole.stop_reason]).toMatchObject([streamed.content, "max_tokens"]);
  });

  it("accumulates a call that comes first, and text after it", async () => {
    const message = await collect(
      chatStream(
        chatChunk(chatCall(0, "call_a", "read", '{"path":"/a"}')),
        chatChunk({ content: "done" }),
        chatChunk({}, "stop"),
        "[DONE]",
      ),
      1,
    );
    expect(message.content).toMatchObject([
      { type: "tool_use", id: "call_a", input: { path: "/a" } },
      { type: "text", text: "done" },
    ]);
    expect(message.stop_reason).toBe("tool_use");
  });

  it("ends at the token limit with what there is", async () => {
    const message = await collect(
      chatStream(chatChunk(chatCall(0, "call_a", "read", '{"path":"/e')), chatChunk({}, "length"), "[DONE]"),
    );
    expect(message.stop_reason).toBe("max_tokens");
  });

  it("throws on an upstream that was cut, instead of returning a finished message", async () => {
    await expect(collect(chatStream(chatChunk({ content: "half" })))).rejects.toThrow(/closed the stream/);
  });

  it("throws on an upstream error inside the stream", async () => {
    const chat = chatStream(chatChunk({ content: "half" }), {
      error: { message: "slow down", code: "rate_limit_exceeded" },
    });
    await expect(collect(chat)).rejects.toThrow(/slow down/);
  });

  it("is not disturbed by keep-alives", async () => {
    const writer = formats.claude.client.streamWriter(writerOptions());
    const events = readStream(
      "openai-chat",
      chatStream(chatChunk({ content: "a" }), chatChunk({ content: "b" }, "stop"), "[DONE]"),
    );
    const body = Buffer.concat(
      events.flatMap((event) => [writer.keepAlive(), ...writer.push(event), writer.keepAlive()]),
    );
    upstream.play({ headers: formats.claude.client.streamHeaders("/"), body });
    expect((await client.messages.stream(ask).finalMessage()).content).toMatchObject([{ type: "text", text: "ab" }]);
  });
});

describe("whole replies and errors", () => {
  it("reads a whole message", async () => {
    const reply = replyOf(
      readStream("openai-chat", chatStream(chatChunk({ content: "hello" }, "stop"), chatUsage, "[DONE]")),
    );
    upstream.play({
      headers: [["content-type", "application/json"]],
      body: formats.claude.client.writeReply(reply, writerOptions()),
    });
    const message = await client.messages.create(ask);
    expect(message).toMatchObject({
      content: [{ type: "text", text: "hello" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 60 },
    });
  });

  it.each([
    ["context-overflow", 400, /prompt is too long: 10 tokens > 5 maximum/],
    ["auth", 401, /the key was refused/],
    ["rate-limit", 429, /the key was refused/],
    ["capacity", 529, /the key was refused/],
  ] as const)("throws its own error for %s", async (kind, status, wording) => {
    const message = kind === "context-overflow" ? "prompt is too long: 10 tokens > 5 maximum" : "the key was refused";
    upstream.play(formats.claude.client.writeError({ kind, message }));
    const failure: unknown = await client.messages.create(ask).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(APIError);
    expect(failure).toMatchObject({ status, message: expect.stringMatching(wording) as string });
  });

  it("counts tokens", async () => {
    const answer = formats.claude.client.countTokens?.writeCount(42);
    if (answer === undefined) throw new Error("no count");
    upstream.play(answer);
    expect(await client.messages.countTokens({ model: "m", messages: ask.messages })).toEqual({ input_tokens: 42 });
  });
});

describe("what the SDK sends", () => {
  it("reaches a Chat upstream as a legal Chat request", async () => {
    upstream.play({
      headers: formats.claude.client.streamHeaders("/"),
      body: translateStream("openai-chat", "claude", chatStream(chatChunk({ content: "x" }, "stop"), "[DONE]")),
    });
    await client.messages
      .stream({
        ...ask,
        system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral" } }],
        tools: [
          {
            name: "read",
            description: "reads",
            input_schema: { type: "object", properties: { path: { type: "string" } } },
          },
        ],
        tool_choice: { type: "any", disable_parallel_tool_use: true },
        messages: [
          { role: "user", content: "look" },
          { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "read", input: { path: "/a" } }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "gone", is_error: true }] },
        ],
      })
      .finalMessage();
    const body = bodyOf(writeRequest("openai-chat", readRequest("claude", upstream.asked()), { model: "gpt-4o" }));
    expect(body).toEqual({
      model: "gpt-4o",
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "look" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "toolu_1", type: "function", function: { name: "read", arguments: '{"path":"/a"}' } }],
        },
        { role: "tool", tool_call_id: "toolu_1", content: "Error: gone" },
      ],
      tools: [
        {
          type: "function",
          function: {
            name: "read",
            description: "reads",
            parameters: { type: "object", properties: { path: { type: "string" } } },
          },
        },
      ],
      tool_choice: "required",
      parallel_tool_calls: false,
      max_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    });
  });
});
