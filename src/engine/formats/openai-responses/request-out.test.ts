/** What a Responses upstream is asked, by clients of other dialects. */
import { describe, expect, it } from "vitest";
import { bodyOf, writeRequest, type Loose } from "../__fixtures__/harness.ts";
import type { HubMessage, ThinkingPart } from "../../hub/message.ts";
import type { WriteOptions } from "../format.ts";
import { formats } from "../table.ts";
import { calls, found, hi, hub, lossesOf, written } from "./__fixtures__/asking.ts";

describe("the plain request", () => {
  it("stores nothing and asks for encrypted reasoning instead", () => {
    expect(written()).toEqual({
      model: "gpt-5",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
      include: ["reasoning.encrypted_content"],
      store: false,
      stream: true,
    });
    expect(writeRequest("openai-responses", hub()).path).toBe("/responses");
  });

  it.each(["gpt-4o", "gpt-4.1-mini", "gpt-5-chat-latest", "openai/gpt-4o"])("asks %s for no reasoning", (model) => {
    const body = written({ thinking: { mode: "level", level: "high" } }, { model });
    expect(body).not.toHaveProperty("include");
    expect(body).not.toHaveProperty("reasoning");
  });

  it("Q3 Q5: puts the system's first word into instructions and keeps later ones in their place", () => {
    const say = (role: "system" | "developer", text: string): HubMessage => ({ role, parts: [{ type: "text", text }] });
    const body = written({
      messages: [say("system", "a"), say("system", "b"), say("developer", "c"), hi, say("system", "d")],
    });
    expect(body["instructions"]).toBe("a\n\nb");
    expect((body["input"] as readonly Loose[]).map((item) => item["role"])).toEqual(["developer", "user", "developer"]);
  });

  it("Q6: writes calls and results as items of their own, paired by call_id and without ids", () => {
    const messages = [
      hi,
      calls("call_1", { itemId: "fc_other" }),
      found("call_1"),
      calls("call_2"),
      found("call_2", true),
    ];
    expect((written({ messages })["input"] as readonly Loose[]).slice(1)).toEqual([
      { type: "function_call", call_id: "call_1", name: "read", arguments: '{"a":1}' },
      { type: "function_call_output", call_id: "call_1", output: "found" },
      { type: "function_call", call_id: "call_2", name: "read", arguments: '{"a":1}' },
      { type: "function_call_output", call_id: "call_2", output: "Error: found" },
    ]);
  });

  it("T13: carries pictures, files and a failure in results", () => {
    const result: HubMessage = {
      role: "tool",
      callId: "call_1",
      isError: true,
      parts: [
        { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
        { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, title: "a.pdf" },
        { type: "media", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" } },
      ],
    };
    const messages = [hi, calls("call_1"), result];
    expect((written({ messages })["input"] as readonly Loose[])[2]?.["output"]).toEqual([
      { type: "input_text", text: "Error: " },
      { type: "input_image", image_url: "data:image/png;base64,AAAA" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" },
      { type: "input_text", text: "[audio/wav that cannot be shown]" },
    ]);
    expect(lossesOf({ messages })).toEqual([expect.stringMatching(/^document: audio\/wav/)]);
  });

  it("Q13: carries pictures, files and sound of users", () => {
    const parts = [
      { type: "image", source: { kind: "url", url: "https://example.com/a.png" }, detail: "low" },
      { type: "document", source: { kind: "url", url: "https://example.com/a.pdf" } },
      { type: "document", source: { kind: "text", text: "words" }, title: "notes" },
      { type: "media", source: { kind: "base64", mediaType: "audio/mpeg", data: "SUQz" } },
    ] as const;
    const [message] = written({ messages: [{ role: "user", parts }] })["input"] as readonly Loose[];
    expect(message?.["content"]).toEqual([
      { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
      { type: "input_file", file_url: "https://example.com/a.pdf" },
      { type: "input_text", text: "[document: notes]\nwords" },
      { type: "input_audio", input_audio: { data: "SUQz", format: "mp3" } },
    ]);
  });

  it("T1 T2 T3: never sends a call without its result, or a result without its call", () => {
    const orphan = { ...found("call_9"), parts: [{ type: "text", text: "old" }] } as HubMessage;
    const body = written({
      messages: [hi, orphan, calls("call_1"), { ...found(""), callId: "" } as HubMessage, calls("call_2"), hi],
    });
    const items = body["input"] as readonly Loose[];
    const ids = (suffix: string): readonly unknown[] =>
      items.filter((item) => item["type"] === suffix).map((item) => item["call_id"]);
    expect(ids("function_call")).toEqual(["call_1", "call_2"]);
    expect(ids("function_call_output")).toEqual(["call_1", "call_2"]);
    expect(JSON.stringify(items)).toContain("old");
    expect(items[items.length - 2]).toMatchObject({ output: "Error: [no result]" });
  });

  it("T20: keeps call ids apart that are equal in their first 64 characters", () => {
    const [one, two] = ["a", "b"].map((end) => "x".repeat(64) + end) as [string, string];
    const items = written({ messages: [hi, calls(one), found(one), calls(two), found(two)] })[
      "input"
    ] as readonly Loose[];
    const ids = items.slice(1).map((item) => String(item["call_id"]));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
    expect(Math.max(...ids.map((id) => id.length))).toBeLessThanOrEqual(64);
  });

  it("T14: fits tool names and says how to undo it", () => {
    const name = `${"very.long/".repeat(9)}tool`;
    const tools = [{ kind: "function", name, parameters: {} }] as const;
    const request = writeRequest("openai-responses", hub({ tools, toolChoice: { type: "tool", name } }));
    const body = bodyOf(request);
    const wire = (body["tools"] as readonly Loose[])[0]?.["name"] as string;
    expect(wire).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(body["tool_choice"]).toEqual({ type: "function", name: wire });
    expect(request.replyContext.toolNames?.get(wire)).toBe(name);
  });
});

describe("reasoning in the history", () => {
  const thinking = (part: Partial<ThinkingPart>): HubMessage => ({
    role: "assistant",
    parts: [
      { type: "thinking", text: "hm", ...part },
      { type: "text", text: "so" },
    ],
  });
  const own = { signature: "gAAAA", from: { format: "openai-responses", origin: "openai" } } as const;
  const items = (part: Partial<ThinkingPart>, options: Partial<WriteOptions> = {}): readonly unknown[] =>
    (written({ messages: [hi, thinking(part), hi] }, options)["input"] as readonly Loose[]).map((item) => item["type"]);

  it("goes back to its maker, before what it led to, without an id", () => {
    const body = written({ messages: [hi, thinking({ ...own, itemId: "rs_1" }), hi] }, { origin: "openai" });
    expect((body["input"] as readonly Loose[]).slice(1, 3)).toEqual([
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }], encrypted_content: "gAAAA" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "so", annotations: [] }] },
    ]);
    expect(items({ ...own, text: "" }, { origin: "openai" })).toContain("reasoning");
  });

  it("R6 R8: goes to nobody else, and the flow says so", () => {
    expect(items(own, { origin: "azure" })).not.toContain("reasoning");
    expect(items({ signature: "EqX", from: { format: "claude" } })).not.toContain("reasoning");
    expect(items({ signature: "x" })).not.toContain("reasoning");
    expect(items({ from: own.from }, { origin: "openai" })).not.toContain("reasoning");
    expect(items(own, { origin: "openai", model: "gpt-4o" })).not.toContain("reasoning");
    expect(lossesOf({ messages: [hi, thinking({ signature: "EqX", from: { format: "claude" } }), hi] })).toEqual([
      "thinking: thinking that is not this provider's own was left out of the history",
    ]);
  });

  it("is left out where it led to nothing", () => {
    const broken: HubMessage = { role: "assistant", parts: [{ type: "thinking", text: "hm", ...own }] };
    const body = written({ messages: [hi, broken, hi] }, { origin: "openai" });
    expect(body["input"]).toHaveLength(2);
  });

  it("a picture the model drew follows in a user message", () => {
    const image = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } } as const;
    const body = written({ messages: [hi, { role: "assistant", parts: [image] }, hi] });
    expect((body["input"] as readonly Loose[])[1]).toMatchObject({
      role: "user",
      content: [{ text: "[drawn by you]" }, { type: "input_image" }],
    });
  });
});

describe("tools and the choice among them", () => {
  const tools = [
    { kind: "function", name: "read", parameters: {} },
    { kind: "function", name: "strict", parameters: { type: "object" }, strict: true },
    {
      kind: "custom",
      name: "patch",
      format: { type: "grammar", grammar: { syntax: "lark", definition: "start: x" } },
    },
    { kind: "server", name: "web_search", from: "claude", raw: { type: "web_search_20250305" }, ability: "web-search" },
    { kind: "server", name: "bash", from: "claude", raw: { type: "bash_20250124" } },
  ] as const;

  it("Q15: says strict in any case, flattens grammars, and gives other providers' searches as its own", () => {
    expect(written({ tools })["tools"]).toEqual([
      { type: "function", name: "read", parameters: { type: "object", properties: {} }, strict: false },
      { type: "function", name: "strict", parameters: { type: "object", properties: {} }, strict: true },
      { type: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
      { type: "web_search" },
    ]);
    expect(lossesOf({ tools })).toEqual(["server-tool: bash: only claude can run it; it was left out"]);
  });

  it.each([
    [{ type: "auto" }, "auto"],
    [{ type: "none" }, "none"],
    [{ type: "required" }, "required"],
    [
      { type: "tool", name: "read" },
      { type: "function", name: "read" },
    ],
    [
      { type: "tool", name: "patch" },
      { type: "custom", name: "patch" },
    ],
    [{ type: "tool", name: "web_search" }, { type: "web_search" }],
    [{ type: "tool", name: "nobody" }, undefined],
    [
      { type: "allowed", mode: "required", names: ["read", "web_search", "nobody"] },
      {
        type: "allowed_tools",
        mode: "required",
        tools: [{ type: "function", name: "read" }, { type: "web_search" }],
      },
    ],
  ] as const)("T15 T16: chooses %j as %j", (toolChoice, wanted) => {
    expect(written({ tools, toolChoice })["tool_choice"]).toEqual(wanted);
  });

  it("T17: wraps freeform tools for models that have none, and unwraps their calls", () => {
    const request = writeRequest("openai-responses", hub({ tools }), { model: "gpt-4o" });
    expect((bodyOf(request)["tools"] as readonly Loose[])[2]).toMatchObject({
      type: "function",
      name: "patch",
      parameters: { required: ["input"] },
    });
    expect(request.replyContext.customTools).toEqual(new Set(["patch"]));
    const history = [hi, calls("c", { kind: "custom", name: "patch", arguments: "raw" }), found("c")];
    expect((written({ tools, messages: history })["input"] as readonly Loose[]).slice(1)).toEqual([
      { type: "custom_tool_call", call_id: "c", name: "patch", input: "raw" },
      { type: "custom_tool_call_output", call_id: "c", output: "found" },
    ]);
    expect((written({ tools, messages: history }, { model: "gpt-4o" })["input"] as readonly Loose[])[1]).toMatchObject({
      type: "function_call",
      arguments: '{"input":"raw"}',
    });
  });

  it("leaves parallel calls unsaid where there are no tools", () => {
    expect(written({ parallelToolCalls: false })).not.toHaveProperty("parallel_tool_calls");
    expect(written({ parallelToolCalls: false, tools })["parallel_tool_calls"]).toBe(false);
  });
});

describe("other fields", () => {
  it.each([
    [{ mode: "level", level: "high" }, "gpt-5", { effort: "high" }],
    [{ mode: "level", level: "max" }, "gpt-5", { effort: "high" }],
    [{ mode: "level", level: "max" }, "gpt-5.2", { effort: "xhigh" }],
    [{ mode: "budget", tokens: 4096, show: true }, "gpt-5", { effort: "medium", summary: "auto" }],
    [{ mode: "dynamic", show: true }, "gpt-5", { summary: "auto" }],
    [{ mode: "dynamic" }, "gpt-5", undefined],
    [{ mode: "off" }, "gpt-5", { effort: "minimal" }],
    [{ mode: "off" }, "gpt-5.1", { effort: "none" }],
    [{ mode: "off" }, "somebody's-model", undefined],
  ] as const)("R16: say the wish %j to %s as %j", (thinking, model, wanted) => {
    expect(written({ thinking }, { model })["reasoning"]).toEqual(wanted);
  });

  it("R19: keep the wish when the last message is a result", () => {
    const messages = [hi, calls("call_1"), found("call_1")];
    expect(written({ messages, thinking: { mode: "level", level: "low" } })["reasoning"]).toEqual({ effort: "low" });
  });

  it("Q16: keep a small limit as small as it is, and lower one that is too large", () => {
    expect(written({ maxTokens: 20 })["max_output_tokens"]).toBe(20);
    expect(written({ maxTokens: 100 }, { maxTokensLimit: 50 })["max_output_tokens"]).toBe(50);
    expect(written()).not.toHaveProperty("max_output_tokens");
  });

  it("make a probe's one token the sixteen that the API asks for, and say so", () => {
    expect(written({ maxTokens: 1 })["max_output_tokens"]).toBe(16);
    expect(lossesOf({ maxTokens: 1 })).toEqual(["parameter: max_output_tokens: 1 became 16, the least this API takes"]);
  });

  it("R18: leave sampling out for models that reason, and say so", () => {
    expect(written({ temperature: 0.5, topP: 0.9 })).not.toHaveProperty("temperature");
    expect(written({ temperature: 0.5, topP: 0.9 }, { model: "gpt-4o" })).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
    });
    expect(lossesOf({ temperature: 0.5, topK: 3, seed: 1, presencePenalty: 1, logprobs: {} })).toEqual([
      "parameter: temperature: this reasoning model takes none",
      "parameter: top_k: no such field",
      "parameter: seed: no such field",
      "parameter: presence_penalty: no such field",
      "parameter: logprobs: answers are not carried with them",
    ]);
  });

  it("shape the answer", () => {
    const schema = { type: "object", properties: { a: {} }, required: ["a"], additionalProperties: false };
    expect(written({ responseFormat: { type: "json-schema", schema }, verbosity: "low" })["text"]).toEqual({
      format: { type: "json_schema", name: "response", schema, strict: true },
      verbosity: "low",
    });
    expect(written({ responseFormat: { type: "json-object" } })["text"]).toEqual({ format: { type: "json_object" } });
  });

  it("cut the reply at stop sequences, which this API has none of", () => {
    const request = writeRequest("openai-responses", hub({ stop: ["END"] }));
    expect(request.replyContext.cutAt).toEqual(["END"]);
    expect(request.losses).toContain("stop-sequences: this API takes none; the reply is cut here");
  });

  it("hash another dialect's user, and let the same hash find the cached prompt", () => {
    const body = written({ userId: "user_1_account_2_session_3", extras: { claude: {} } });
    expect(body["safety_identifier"]).toMatch(/^[0-9a-f]{32}$/);
    expect(body["prompt_cache_key"]).toBe(body["safety_identifier"]);
    expect(written({ userId: "u", extras: { "openai-chat": {} } })).toMatchObject({ safety_identifier: "u" });
    expect(written({ promptCacheKey: "k" })["prompt_cache_key"]).toBe("k");
  });

  it("name what other dialects wished beyond this one", () => {
    expect(lossesOf({ extras: { gemini: { safetySettings: [] }, claude: { metadata: {} } } })).toEqual([
      "parameter: safetySettings: Responses has no such field",
    ]);
  });

  it("keep this dialect's own extras, but not our note on the client's tools", () => {
    const extras = { "openai-responses": { truncation: "auto", clientTools: { a: {} }, include: ["x"], store: true } };
    expect(written({ extras })).toMatchObject({
      truncation: "auto",
      include: ["x", "reasoning.encrypted_content"],
      store: false,
    });
    expect(written({ extras })).not.toHaveProperty("clientTools");
  });
});

describe("what it refuses", () => {
  it("a file that lives at another provider", () => {
    const part = { type: "opaque", from: "claude", name: "image", raw: {}, essential: true } as const;
    const request = hub({ messages: [{ role: "user", parts: [part] }] });
    const options = { model: "gpt-5", maxTokensDefault: 1 };
    expect(formats["openai-responses"].provider.writeRequest(request, options)).toMatchObject({
      ok: false,
      error: { kind: "unsupported" },
    });
  });

  it("more answers than the one this API gives", () => {
    const options = { model: "gpt-5", maxTokensDefault: 1 };
    const request = hub({ extras: { "openai-chat": { n: 2 } } });
    expect(formats["openai-responses"].provider.writeRequest(request, options)).toMatchObject({
      ok: false,
      error: { kind: "unsupported", message: expect.stringMatching(/^n:/) as string },
    });
    expect(lossesOf({ extras: { "openai-chat": { n: 1 } } })).toEqual([]);
  });

  it("a conversation in which nothing was said", () => {
    const messages: readonly HubMessage[] = [{ role: "system", parts: [{ type: "text", text: "a" }] }];
    const options = { model: "gpt-5", maxTokensDefault: 1 };
    expect(formats["openai-responses"].provider.writeRequest(hub({ messages }), options)).toMatchObject({
      ok: false,
      error: { kind: "bad-request" },
    });
  });
});
