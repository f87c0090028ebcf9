/** Tool histories, ids, names and choices: rows T1–T20 of the public-issue list that concern Claude and Chat. */
import { describe, expect, it } from "vitest";
import {
  chatCall,
  chatChunk,
  chatStream,
  frames,
  readRequest,
  readStream,
  replyOf,
  translateRequest,
  translateStream,
  writeRequest,
  type Loose,
} from "./__fixtures__/harness.ts";

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
  it("T1: pairs a tool result without an id with the open call", () => {
    const body = translateRequest("openai-chat", "claude", {
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [toolCall("call_a", "read")] },
        { role: "tool", tool_call_id: "", content: "found" },
      ],
    });
    expect(body["messages"][2].content).toEqual([{ type: "tool_result", tool_use_id: "call_a", content: "found" }]);
  });

  it.each(["claude", "openai-chat"] as const)("T2: answers an abandoned call in the very next turn to %s", (to) => {
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

  it("T3: keeps what an orphan result says as plain text", () => {
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

  it("T7: puts parallel results into one user message, results first", () => {
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

  it("T13: moves an image out of a tool result into a labelled user message", () => {
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
  it("T4: gives a Claude client an id it may send back anywhere, and reads it back", () => {
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

  it("T4: maps ids that Claude refuses, each to its own", () => {
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

  it("T14: fits long and dotted tool names and restores them in the reply", () => {
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

  it("T20: keeps ids apart that are equal in their first 64 characters", () => {
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
    ["one function", { type: "function", function: { name: "a" } }, { type: "tool", name: "a" }],
    ["none", "none", { type: "none" }],
    ["required", "required", { type: "any" }],
    ["auto", "auto", { type: "auto" }],
  ])("T15 T16: carries %s to Claude", (_name, choice, wanted) => {
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

  it("Q15: leaves a server tool out and says so", () => {
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
