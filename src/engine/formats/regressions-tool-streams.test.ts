/** Tool calls in streams: rows T5–T22 of the public-issue list that concern Claude and Chat. */
import { describe, expect, it } from "vitest";
import {
  chatArguments,
  chatCall,
  chatChunk,
  chatStream,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  frames,
  readRequest,
  readStream,
  replyOf,
  translateStream,
  typesOf,
  writeRequest,
  writerOptions,
  writeStream,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const calls = (bytes: Uint8Array): readonly object[] =>
  replyOf(readStream("openai-chat", bytes)).parts.filter((part) => part.type === "tool-call");

const toolUse = (id: string, name: string, input: object = {}): object => ({ type: "tool_use", id, name, input });

describe("streams", () => {
  const done = [chatChunk({}, "tool_calls"), "[DONE]"] as const;

  it("T5: keeps three interleaved parallel calls apart", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "one")),
      chatChunk(chatCall(1, "b", "two")),
      chatChunk(chatCall(2, "c", "three")),
      ...["{", '"x":', "1", "}"].flatMap((piece) => [0, 1, 2].map((index) => chatChunk(chatArguments(index, piece)))),
      ...done,
    );
    expect(calls(bytes)).toEqual(
      [
        ["a", "one"],
        ["b", "two"],
        ["c", "three"],
      ].map(([id, name]) => ({
        type: "tool-call",
        id,
        name,
        arguments: '{"x":1}',
        kind: "function",
      })),
    );
  });

  it("T6: takes a new id for a new call where every index is 0", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "one", '{"x":1}')),
      chatChunk(chatCall(0, "b", "two", '{"y":2}')),
      ...done,
    );
    expect(calls(bytes)).toMatchObject([
      { id: "a", name: "one", arguments: '{"x":1}' },
      { id: "b", name: "two", arguments: '{"y":2}' },
    ]);
  });

  it("takes calls without an index, and makes an id where there is none", () => {
    const bytes = chatStream(
      chatChunk({ tool_calls: [{ type: "function", function: { name: "one", arguments: "{}" } }] }),
      ...done,
    );
    expect(calls(bytes)).toEqual(calls(bytes));
    expect(calls(bytes)).toMatchObject([{ id: expect.stringMatching(/^call_[0-9a-f]{24}$/) as string, name: "one" }]);
  });

  it.each(["", "{}", '{"path":"/a"}'])("T9: opens and closes one block for arguments %j that come whole", (args) => {
    const bytes = translateStream(
      "openai-chat",
      "claude",
      chatStream(chatChunk(chatCall(0, "a", "one", args)), ...done),
    );
    const types = typesOf(bytes);
    expect(types.filter((type) => type === "content_block_start")).toHaveLength(1);
    expect(types.filter((type) => type === "content_block_stop")).toHaveLength(1);
  });

  it("T10: keeps length when arguments were cut by the token limit", () => {
    const bytes = chatStream(chatChunk(chatCall(0, "a", "one", '{"path":"/et')), chatChunk({}, "length"), "[DONE]");
    expect(replyOf(readStream("openai-chat", bytes)).finish.reason).toBe("length");
    const frame = frames(translateStream("openai-chat", "claude", bytes)).find(
      (one) => (one as Loose)["type"] === "message_delta",
    ) as Loose;
    expect(frame["delta"].stop_reason).toBe("max_tokens");
  });

  it("T10: does not call cut arguments a finished tool turn", () => {
    const bytes = chatStream(chatChunk(chatCall(0, "a", "one", '{"path":"/et')), ...done);
    expect(readStream("openai-chat", bytes).at(-1)).toMatchObject({ type: "error", error: { kind: "protocol" } });
  });

  it("T11: starts the message before a call that comes first", () => {
    const bytes = translateStream(
      "openai-chat",
      "claude",
      chatStream(chatChunk(chatCall(0, "a", "one", "{}")), ...done),
    );
    expect(typesOf(bytes).slice(0, 2)).toEqual(["message_start", "content_block_start"]);
  });

  it("T12: makes one block of an argument in 500 deltas", () => {
    const pieces = Array.from({ length: 500 }, (_none, index) => chatChunk(chatArguments(0, `${index} `)));
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "one", '{"text":"')),
      ...pieces,
      chatChunk(chatArguments(0, '"}')),
      ...done,
    );
    const types = typesOf(translateStream("openai-chat", "claude", bytes));
    expect(types.filter((type) => type === "content_block_start")).toHaveLength(1);
    expect(types.filter((type) => type === "content_block_delta")).toHaveLength(502);
  });

  it("streams the second of two sequential calls at once", () => {
    const reader = formats["openai-chat"].provider.streamReader();
    reader.push(chatStream(chatChunk(chatCall(0, "a", "one", '{"x":1}')), chatChunk(chatCall(1, "b", "two"))));
    const events = reader.push(chatStream(chatChunk(chatArguments(1, '{"y":'))));
    expect(events).toEqual([{ type: "tool-delta", block: 1, text: '{"y":' }]);
  });

  it("T21: pays no heed to empty tool_calls in each delta", () => {
    const bytes = chatStream(
      chatChunk({ role: "assistant", tool_calls: [] }),
      chatChunk({ content: "a", tool_calls: [] }),
      chatChunk({ content: "b", tool_calls: [] }),
      chatChunk({ tool_calls: [] }, "stop"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toEqual([{ type: "text", text: "ab" }]);
  });

  it("T22: keeps text after a call as a new block behind it", () => {
    const bytes = chatStream(
      chatChunk({ content: "before" }),
      chatChunk(chatCall(0, "a", "one", '{"x":')),
      chatChunk({ content: "after" }),
      chatChunk(chatArguments(0, "1}")),
      ...done,
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toMatchObject([
      { type: "text", text: "before" },
      { type: "tool-call", arguments: '{"x":1}' },
      { type: "text", text: "after" },
    ]);
    const back = claudeStream(
      claudeStart,
      ...claudeBlock(0, toolUse("t", "one"), { type: "input_json_delta", partial_json: "{}" }),
      ...claudeBlock(1, { type: "text", text: "" }, { type: "text_delta", text: "after" }),
      ...claudeEnd("tool_use"),
    );
    const chat = frames(translateStream("claude", "openai-chat", back)) as readonly Loose[];
    expect(chat.map((frame) => frame["choices"]?.[0]?.delta.content).filter(Boolean)).toEqual(["after"]);
  });

  it("counts calls to a Chat client from 0, whatever block they are", () => {
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "hm" }),
      ...claudeBlock(1, toolUse("a", "one"), { type: "input_json_delta", partial_json: "{}" }),
      ...claudeBlock(2, toolUse("b", "two"), { type: "input_json_delta", partial_json: "{}" }),
      ...claudeEnd("tool_use"),
    );
    const indexes = (frames(translateStream("claude", "openai-chat", bytes)) as readonly Loose[]).flatMap(
      (frame) => frame["choices"]?.[0]?.delta.tool_calls?.map((call: Loose) => call["index"]) ?? [],
    );
    expect(indexes).toEqual([0, 0, 1, 1]);
  });

  it("drops arguments that are sent a second time", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "one")),
      chatChunk(chatArguments(0, '{"x":1}')),
      chatChunk(chatArguments(0, '{"x":1}')),
      ...done,
    );
    expect(calls(bytes)).toMatchObject([{ arguments: '{"x":1}' }]);
  });
});

describe("freeform tools", () => {
  const request = readRequest("openai-chat", {
    model: "m",
    messages: [{ role: "user", content: "patch" }],
    tools: [
      {
        type: "custom",
        custom: { name: "apply", format: { type: "grammar", grammar: { syntax: "lark", definition: "start: X" } } },
      },
    ],
  });

  it("go to Claude as a function with one input and come back as raw text", () => {
    const written = writeRequest("claude", request);
    const body = JSON.parse(Buffer.from(written.body).toString()) as Loose;
    expect(body["tools"][0]).toMatchObject({ name: "apply", input_schema: { required: ["input"] } });
    expect(body["tools"][0].description).toContain("start: X");
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(
        0,
        toolUse("t", "apply"),
        { type: "input_json_delta", partial_json: '{"input":"a\\n' },
        { type: "input_json_delta", partial_json: '\\"b\\""}' },
      ),
      ...claudeEnd("tool_use"),
    );
    const events = readStream("claude", bytes, [], written.replyContext);
    expect(replyOf(events).parts).toEqual([
      { type: "tool-call", id: "t", name: "apply", kind: "custom", arguments: 'a\n"b"' },
    ]);
    const whole = JSON.parse(
      Buffer.from(formats["openai-chat"].client.writeReply(replyOf(events), writerOptions())).toString(),
    ) as Loose;
    expect(whole["choices"][0].message.tool_calls[0]).toEqual({
      id: "t",
      type: "custom",
      custom: { name: "apply", input: 'a\n"b"' },
    });
    const streamed = frames(writeStream("openai-chat", events)) as readonly Loose[];
    expect(streamed.flatMap((frame) => frame["choices"]?.[0]?.delta.tool_calls ?? [])).toEqual([
      { index: 0, id: "t", type: "custom", custom: { name: "apply", input: "" } },
      { index: 0, custom: { input: 'a\n"b"' } },
    ]);
  });
});
