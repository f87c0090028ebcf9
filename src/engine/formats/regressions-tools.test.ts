/** Tool calls and results: rows T1–T22 of the public-issue list that concern Claude and Chat. */
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
  translateRequest,
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

const toolCall = (id: string, name: string, args = "{}"): object => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const toolUse = (id: string, name: string, input: object = {}): object => ({ type: "tool_use", id, name, input });
const toolResult = (id: string, content: unknown, more: object = {}): object => ({
  type: "tool_result",
  tool_use_id: id,
  content,
  ...more,
});
const tool = (name: string): object => ({ type: "function", function: { name, parameters: { type: "object" } } });

describe("histories", () => {
  it("T1 pairs a tool result without an id with the open call", () => {
    const body = translateRequest("openai-chat", "claude", {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [toolCall("call_a", "read")] },
        { role: "tool", tool_call_id: "", content: "found" },
      ],
    });
    expect(body["messages"][2].content).toEqual([{ type: "tool_result", tool_use_id: "call_a", content: "found" }]);
  });

  it.each(["claude", "openai-chat"] as const)("T2 answers an abandoned call in the very next turn to %s", (to) => {
    const body = translateRequest("claude", to, {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: [toolUse("toolu_1", "read"), toolUse("toolu_2", "read")] },
        { role: "user", content: [toolResult("toolu_2", "two"), { type: "text", text: "stop" }] },
      ],
    });
    const messages: readonly Loose[] = body["messages"];
    if (to === "claude") {
      expect(messages[2]?.["content"]).toEqual([
        { type: "tool_result", tool_use_id: "toolu_1", content: "[no result]", is_error: true },
        { type: "tool_result", tool_use_id: "toolu_2", content: "two" },
        { type: "text", text: "stop" },
      ]);
    } else {
      expect(messages.slice(2)).toEqual([
        { role: "tool", tool_call_id: "toolu_1", content: "Error: [no result]" },
        { role: "tool", tool_call_id: "toolu_2", content: "two" },
        { role: "user", content: "stop" },
      ]);
    }
  });

  it("T3 keeps what an orphan result says as plain text", () => {
    const body = translateRequest("claude", "openai-chat", {
      messages: [
        { role: "user", content: [toolResult("toolu_gone", "still useful"), { type: "text", text: "go on" }] },
      ],
    });
    expect(body["messages"]).toEqual([
      { role: "user", content: "[result of an earlier tool call]\n\nstill useful" },
      { role: "user", content: "go on" },
    ]);
  });

  it("T7 puts parallel results into one user message, results first", () => {
    const body = translateRequest("openai-chat", "claude", {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: "", tool_calls: [toolCall("a", "x"), toolCall("b", "x"), toolCall("c", "x")] },
        { role: "tool", tool_call_id: "c", content: "3" },
        { role: "tool", tool_call_id: "a", content: "1" },
        { role: "user", content: "and now" },
        { role: "tool", tool_call_id: "b", content: "2" },
      ],
    });
    expect(body["messages"]).toHaveLength(3);
    expect(body["messages"][2].content.map((block: Loose) => block["content"] ?? block["text"])).toEqual([
      "1",
      "2",
      "3",
      "and now",
    ]);
  });

  it("T13 moves an image out of a tool result into a labelled user message", () => {
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };
    const messages = [
      { role: "user", content: "go" },
      { role: "assistant", content: [toolUse("t1", "shot"), toolUse("t2", "shot")] },
      {
        role: "user",
        content: [
          toolResult("t1", [{ type: "text", text: "seen" }, image]),
          toolResult("t2", "none", { is_error: true }),
        ],
      },
    ];
    const chat: readonly Loose[] = translateRequest("claude", "openai-chat", { messages })["messages"];
    expect(chat.slice(2)).toEqual([
      { role: "tool", tool_call_id: "t1", content: "seen\n[its attachment follows in the next user message]" },
      { role: "tool", tool_call_id: "t2", content: "Error: none" },
      {
        role: "user",
        content: [
          { type: "text", text: "[image from tool shot]" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
        ],
      },
    ]);
    const claude: readonly Loose[] = translateRequest("claude", "claude", { messages })["messages"];
    expect(claude[2]?.["content"][0].content).toEqual([{ type: "text", text: "seen" }, image]);
  });
});

describe("ids and names", () => {
  it("T4 gives a Claude client an id it may send back anywhere, and reads it back", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "functions.run:0", "run", "{}")),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    const shown = frames(translateStream("openai-chat", "claude", bytes)).find(
      (frame) => (frame as Loose)["type"] === "content_block_start",
    ) as Loose;
    const id: string = shown["content_block"].id;
    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    const back = translateRequest("claude", "openai-chat", {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: [toolUse(id, "run")] },
        { role: "user", content: [toolResult(id, "ok")] },
      ],
    });
    expect(back["messages"][1].tool_calls[0].id).toBe("functions.run:0");
    expect(back["messages"][2].tool_call_id).toBe("functions.run:0");
  });

  it("T4 maps ids that Claude refuses, each to its own", () => {
    const body = translateRequest("openai-chat", "claude", {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [toolCall("a.b", "x"), toolCall("a:b", "x")] },
        { role: "tool", tool_call_id: "a.b", content: "dot" },
        { role: "tool", tool_call_id: "a:b", content: "colon" },
      ],
    });
    const used: readonly string[] = body["messages"][1].content.map((block: Loose) => block["id"]);
    expect(new Set(used).size).toBe(2);
    for (const id of used) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(body["messages"][2].content.map((block: Loose) => block["tool_use_id"])).toEqual(used);
  });

  it("T14 fits long and dotted tool names and restores them in the reply", () => {
    const long = "mcp__a-server-with-a-long-name__a-tool-with-an-even-longer-name-than-that";
    const request = readRequest("claude", {
      model: "m",
      max_tokens: 10,
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: [toolUse("t", long)] },
        { role: "user", content: [toolResult("t", "ok")] },
      ],
      tools: [`${long}-1`, `${long}-2`, long, "fs.read", "fs/read"].map((name) => ({ name, input_schema: {} })),
      tool_choice: { type: "tool", name: "fs.read" },
    });
    const written = writeRequest("openai-chat", request);
    const body = JSON.parse(Buffer.from(written.body).toString()) as Loose;
    const names: readonly string[] = body["tools"].map((one: Loose) => one["function"].name);
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(body["tool_choice"]).toEqual({ type: "function", function: { name: names[3] } });
    expect(body["messages"][1].tool_calls[0].function.name).toBe(names[2]);

    const bytes = chatStream(
      chatChunk(chatCall(0, "c1", names[0] ?? "", "{}")),
      chatChunk(chatCall(1, "c2", names[4] ?? "", "{}")),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    const reply = replyOf(readStream("openai-chat", bytes, [], written.replyContext));
    expect(reply.parts.map((part) => part.type === "tool-call" && part.name)).toEqual([`${long}-1`, "fs/read"]);
  });

  it("T20 keeps ids apart that are equal in their first 64 characters", () => {
    const stem = "x".repeat(64);
    const body = translateRequest("claude", "openai-chat", {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: [toolUse(`${stem}1`, "a"), toolUse(`${stem}2`, "a")] },
        { role: "user", content: [toolResult(`${stem}1`, "1"), toolResult(`${stem}2`, "2")] },
      ],
    });
    const ids: readonly string[] = body["messages"][1].tool_calls.map((call: Loose) => call["id"]);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(40);
    expect(body["messages"].slice(2).map((message: Loose) => message["tool_call_id"])).toEqual(ids);
  });
});

describe("choices", () => {
  const messages = [{ role: "user", content: "go" }];
  it.each([
    ["T15 one function", { type: "function", function: { name: "a" } }, { type: "tool", name: "a" }],
    ["T16 none", "none", { type: "none" }],
    ["required", "required", { type: "any" }],
    ["auto", "auto", { type: "auto" }],
  ])("carries %s to Claude", (_name, choice, wanted) => {
    const body = translateRequest("openai-chat", "claude", {
      messages,
      tools: [tool("a"), tool("b")],
      tool_choice: choice,
    });
    expect(body["tool_choice"]).toEqual(wanted);
  });

  it.each([
    [
      { type: "tool", name: "a" },
      { type: "function", function: { name: "a" } },
    ],
    [{ type: "none" }, "none"],
    [{ type: "any" }, "required"],
    [{ type: "auto" }, "auto"],
  ])("carries Claude's %j to Chat", (choice, wanted) => {
    const tools = [{ name: "a", input_schema: { type: "object" } }];
    expect(translateRequest("claude", "openai-chat", { messages, tools, tool_choice: choice })["tool_choice"]).toEqual(
      wanted,
    );
  });

  it("narrows the tools to the allowed ones", () => {
    const choice = {
      type: "allowed_tools",
      allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "b" } }] },
    };
    const body = translateRequest("openai-chat", "claude", {
      messages,
      tools: [tool("a"), tool("b")],
      tool_choice: choice,
    });
    expect(body["tools"].map((one: Loose) => one["name"])).toEqual(["b"]);
    expect(body["tool_choice"]).toEqual({ type: "any" });
  });

  it("carries the wish for one call at a time both ways", () => {
    const toClaude = translateRequest("openai-chat", "claude", {
      messages,
      tools: [tool("a")],
      parallel_tool_calls: false,
    });
    expect(toClaude["tool_choice"]).toEqual({ type: "auto", disable_parallel_tool_use: true });
    const toChat = translateRequest("claude", "openai-chat", {
      messages,
      tools: [{ name: "a", input_schema: {} }],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    });
    expect(toChat["parallel_tool_calls"]).toBe(false);
  });

  it("Q15 leaves a server tool out and says so", () => {
    const request = readRequest("claude", {
      model: "m",
      messages,
      tools: [{ type: "web_search_20250305", name: "web_search" }],
    });
    const written = writeRequest("openai-chat", request);
    expect(JSON.parse(Buffer.from(written.body).toString())).not.toHaveProperty("tools");
    expect(written.losses).toContain("server-tool: web_search: only claude can run it; it was left out");
  });
});

describe("streams", () => {
  const done = [chatChunk({}, "tool_calls"), "[DONE]"] as const;

  it("T5 keeps three interleaved parallel calls apart", () => {
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

  it("T6 takes a new id for a new call where every index is 0", () => {
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

  it.each(["", "{}", '{"path":"/a"}'])("T9 opens and closes one block for arguments %j that come whole", (args) => {
    const bytes = translateStream(
      "openai-chat",
      "claude",
      chatStream(chatChunk(chatCall(0, "a", "one", args)), ...done),
    );
    const types = typesOf(bytes);
    expect(types.filter((type) => type === "content_block_start")).toHaveLength(1);
    expect(types.filter((type) => type === "content_block_stop")).toHaveLength(1);
  });

  it("T10 keeps length when arguments were cut by the token limit", () => {
    const bytes = chatStream(chatChunk(chatCall(0, "a", "one", '{"path":"/et')), chatChunk({}, "length"), "[DONE]");
    expect(replyOf(readStream("openai-chat", bytes)).finish.reason).toBe("length");
    const frame = frames(translateStream("openai-chat", "claude", bytes)).find(
      (one) => (one as Loose)["type"] === "message_delta",
    ) as Loose;
    expect(frame["delta"].stop_reason).toBe("max_tokens");
  });

  it("T10 does not call cut arguments a finished tool turn", () => {
    const bytes = chatStream(chatChunk(chatCall(0, "a", "one", '{"path":"/et')), ...done);
    expect(readStream("openai-chat", bytes).at(-1)).toMatchObject({ type: "error", error: { kind: "protocol" } });
  });

  it("T11 starts the message before a call that comes first", () => {
    const bytes = translateStream(
      "openai-chat",
      "claude",
      chatStream(chatChunk(chatCall(0, "a", "one", "{}")), ...done),
    );
    expect(typesOf(bytes).slice(0, 2)).toEqual(["message_start", "content_block_start"]);
  });

  it("T12 makes one block of an argument in 500 deltas", () => {
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

  it("T21 pays no heed to empty tool_calls in each delta", () => {
    const bytes = chatStream(
      chatChunk({ role: "assistant", tool_calls: [] }),
      chatChunk({ content: "a", tool_calls: [] }),
      chatChunk({ content: "b", tool_calls: [] }),
      chatChunk({ tool_calls: [] }, "stop"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toEqual([{ type: "text", text: "ab" }]);
  });

  it("T22 keeps text after a call as a new block behind it", () => {
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
