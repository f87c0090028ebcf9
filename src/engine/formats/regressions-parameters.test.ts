/** Younger request fields between Claude and Chat, limits of named models, and turns that had to be put in order. */
import { describe, expect, it } from "vitest";
import {
  bodyOf,
  readRequest,
  translateRequest,
  writeOptions,
  writeRequest,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const ask = [{ role: "user", content: "go" }];
const chat = (more: object): ReturnType<typeof readRequest> =>
  readRequest("openai-chat", { model: "m", messages: ask, ...more });
const claude = (more: object): ReturnType<typeof readRequest> =>
  readRequest("claude", { model: "m", max_tokens: 100, messages: ask, ...more });

describe("wishes of OpenAI's clients", () => {
  const wishes = { verbosity: "low", prompt_cache_key: "k", logprobs: true, top_logprobs: 3, safety_identifier: "u1" };

  it("are in the hub's words", () => {
    expect(chat(wishes)).toMatchObject({
      verbosity: "low",
      promptCacheKey: "k",
      logprobs: { top: 3 },
      userId: "u1",
    });
  });

  it("go on to a server of the same dialect as they were", () => {
    expect(bodyOf(writeRequest("openai-chat", chat(wishes)))).toMatchObject(wishes);
    expect(bodyOf(writeRequest("openai-chat", chat(wishes)))).not.toHaveProperty("user");
  });

  it("stay away from OpenAI's own models that refuse them, by name", () => {
    const older = writeRequest("openai-chat", chat(wishes), { model: "gpt-4o" });
    expect(bodyOf(older)).not.toHaveProperty("verbosity");
    expect(bodyOf(older)).toMatchObject({ logprobs: true, top_logprobs: 3 });
    const reasoning = writeRequest("openai-chat", chat(wishes), { model: "gpt-5" });
    expect(bodyOf(reasoning)).toMatchObject({ verbosity: "low" });
    expect(bodyOf(reasoning)).not.toHaveProperty("logprobs");
    expect([older.losses, reasoning.losses]).toEqual([
      ["parameter: verbosity: this model is not known to take it"],
      ["parameter: logprobs: this model is not known to take it"],
    ]);
  });

  it("are named where Claude has no such field", () => {
    expect(writeRequest("claude", chat(wishes)).losses).toEqual([
      "parameter: logprobs: Claude has no such field",
      "parameter: verbosity: Claude has no such field",
    ]);
  });

  it("for several answers are refused: only one can be translated", () => {
    for (const id of ["claude", "openai-chat"] as const) {
      expect(formats[id].provider.writeRequest(chat({ n: 2 }), writeOptions)).toMatchObject({
        ok: false,
        error: { kind: "unsupported", message: expect.stringMatching(/^n: /) as string },
      });
      expect(formats[id].provider.writeRequest(chat({ n: 1 }), writeOptions).ok).toBe(true);
    }
  });
});

describe("Claude Code's user id", () => {
  const metadata = { user_id: "user_abc_account__session_1" };

  it("names a cache for OpenAI's models, hashed, the same in every turn", () => {
    const body = (id: string): Loose =>
      bodyOf(writeRequest("openai-chat", claude({ metadata: { user_id: id } }), { model: "gpt-5" }));
    const key: unknown = body(metadata.user_id)["prompt_cache_key"];
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(body(metadata.user_id)["prompt_cache_key"]).toBe(key);
    expect(body("another")["prompt_cache_key"]).not.toBe(key);
  });

  it("names none for servers that may not know the field, which is no loss", () => {
    const written = writeRequest("openai-chat", claude({ metadata }), { model: "qwen3" });
    expect(bodyOf(written)).not.toHaveProperty("prompt_cache_key");
    expect(written.losses).toEqual([]);
  });
});

describe("tools", () => {
  const tool = (parameters: object): object => ({
    name: "a",
    strict: true,
    input_schema: { type: "object", ...parameters },
  });
  const closed = { properties: { x: { type: "string" } }, required: ["x"], additionalProperties: false };

  it("are strict for OpenAI only where their schema is what it calls strict", () => {
    const strict = writeRequest("openai-chat", claude({ tools: [tool(closed)] }));
    expect(bodyOf(strict)["tools"][0].function.strict).toBe(true);
    const loose = writeRequest("openai-chat", claude({ tools: [tool({ properties: { x: {} } })] }));
    expect(bodyOf(loose)["tools"][0].function).not.toHaveProperty("strict");
    expect(loose.losses).toEqual(["tool: strict: only schemas whose fields are all required can be held to here"]);
  });

  it.each(["auto", "none", "required", "any"])(
    "take the choice %s alone or in an object, in either dialect",
    (word) => {
      const wanted = { type: word === "any" ? "required" : word };
      for (const choice of [word, { type: word }]) {
        expect(chat({ tool_choice: choice }).toolChoice).toEqual(wanted);
        expect(claude({ tool_choice: choice }).toolChoice).toEqual(wanted);
      }
    },
  );

  it("that are forced leave Qwen no room to think", () => {
    const body = translateRequest(
      "openai-chat",
      "openai-chat",
      {
        messages: ask,
        reasoning_effort: "high",
        tools: [{ type: "function", function: { name: "a" } }],
        tool_choice: "required",
      },
      { model: "qwen3-coder" },
    );
    expect(body["tool_choice"]).toBe("required");
    expect(body).not.toHaveProperty("reasoning_effort");
  });
});

describe("limits of Claude's models", () => {
  it.each([
    ["claude-3-haiku-20240307", 4096],
    ["claude-3-5-sonnet-latest", 8192],
    ["claude-opus-4-1", 32_000],
    ["claude-sonnet-4-20250514", 64_000],
    ["claude-opus-4-6", 200_000],
    ["glm-4.6", 200_000],
  ])("%s is asked for %i tokens at most", (model, limit) => {
    const written = writeRequest("claude", chat({ max_tokens: 200_000 }), { model });
    expect(bodyOf(written)["max_tokens"]).toBe(limit);
    expect(written.losses).toHaveLength(limit < 200_000 ? 1 : 0);
  });

  it("lower our own default without a word", () => {
    const written = writeRequest("claude", chat({}), { model: "claude-3-haiku-20240307", maxTokensDefault: 32_000 });
    expect(bodyOf(written)["max_tokens"]).toBe(4096);
    expect(written.losses).toEqual([]);
  });

  it("ask newer ones in words to go on from a last turn of the model", () => {
    const messages = [...ask, { role: "assistant", content: "{ " }];
    const older = translateRequest("openai-chat", "claude", { messages }, { model: "claude-sonnet-4-5" });
    expect(older["messages"].at(-1)).toEqual({ role: "assistant", content: [{ type: "text", text: "{" }] });
    const newer = translateRequest("openai-chat", "claude", { messages }, { model: "claude-opus-4-6" });
    expect(newer["messages"].map((message: Loose) => message["role"])).toEqual(["user", "assistant", "user"]);
  });
});

describe("T22: what the model said after a call, in the history for Claude", () => {
  const call = (id: string): object => ({ type: "tool_use", id, name: "a", input: {} });
  const result = (id: string): object => ({ type: "tool_result", tool_use_id: id, content: id });
  const text = (value: string): object => ({ type: "text", text: value });
  const said = (content: readonly object[], ...after: readonly object[]): Loose =>
    translateRequest("claude", "claude", { messages: [...ask, { role: "assistant", content }, ...after] });

  it("stays after it: the turn is split where its results stand", () => {
    const body = said([text("one"), call("t1"), text("two"), call("t2"), text("three")], {
      role: "user",
      content: [result("t1"), result("t2"), text("go on")],
    });
    expect(body["messages"].slice(1)).toEqual([
      { role: "assistant", content: [text("one"), call("t1")] },
      { role: "user", content: [result("t1")] },
      { role: "assistant", content: [text("two"), call("t2")] },
      { role: "user", content: [result("t2")] },
      { role: "assistant", content: [text("three")] },
      { role: "user", content: [text("go on")] },
    ]);
  });

  it("leaves parallel calls together", () => {
    const body = said([text("one"), call("t1"), call("t2")], { role: "user", content: [result("t1"), result("t2")] });
    expect(body["messages"]).toHaveLength(3);
  });

  it("is moved before the call, by name, where the model is about to go on", () => {
    const messages = [
      ...ask,
      { role: "assistant", content: [call("t1"), text("two")] },
      { role: "user", content: [result("t1")] },
    ];
    const written = writeRequest("claude", claude({ messages }));
    expect(bodyOf(written)["messages"][1].content).toEqual([text("two"), call("t1")]);
    expect(written.losses).toEqual(["message-order: text after a tool call was moved before it"]);
  });
});
