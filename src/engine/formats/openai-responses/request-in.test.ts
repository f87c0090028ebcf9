/** What Responses clients send, as the hub gets it. */
import { describe, expect, it } from "vitest";
import { formats } from "../table.ts";
import { lossesOf, messagesOf, read, refusal } from "./__fixtures__/reading.ts";

const user = { role: "user", parts: [{ type: "text", text: "hi" }] };

describe("input", () => {
  it.each([
    ["a string", "hi"],
    ["an easy item without a type", [{ role: "user", content: "hi" }]],
    ["a message with parts", [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }]],
    ["a bare string in a list", ["hi"]],
  ])("may be %s", (_name, input) => {
    expect(read({ input }).messages).toEqual([user]);
  });

  it.each([[undefined], [""], ["  "], [[]], [null]])("is refused when it is %j", (input) => {
    expect(refusal({ input })).toEqual({ kind: "bad-request", message: "input: nothing was said yet" });
  });

  it.each([
    [{ input: 7 }, "input: a text or a list of items is required"],
    [{ input: [7] }, "input[0]: an item is an object"],
    [{ input: [{ role: "tool", content: "x" }] }, 'input[0]: role "tool" is not known'],
    [{ input: "hi", model: "" }, "model: a name is required"],
  ])("says what is wrong with %j", (body, message) => {
    expect(refusal(body)).toEqual({ kind: "bad-request", message });
  });

  it("keeps instructions apart from system and developer items", () => {
    const { messages } = read({
      instructions: "be brief",
      input: [
        { role: "developer", content: "use tabs" },
        { role: "user", content: "hi" },
        { role: "system", content: [{ type: "input_text", text: "now tests" }] },
      ],
    });
    expect(messages).toEqual([
      { role: "system", parts: [{ type: "text", text: "be brief" }] },
      { role: "developer", parts: [{ type: "text", text: "use tabs" }] },
      user,
      { role: "system", parts: [{ type: "text", text: "now tests" }] },
    ]);
  });

  it("Q13: reads pictures, files and sound in all their forms", () => {
    const content = [
      { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "high" },
      { type: "input_image", image_url: "https://example.com/a.png" },
      { type: "input_image", image_url: { url: "https://example.com/b.png" } },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" },
      { type: "input_file", file_data: "JVBE" },
      { type: "input_file", file_url: "https://example.com/a.pdf" },
      { type: "input_audio", input_audio: { data: "UklG", format: "wav" } },
    ];
    expect(messagesOf({ role: "user", content })[0]?.parts).toEqual([
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, detail: "high" },
      { type: "image", source: { kind: "url", url: "https://example.com/a.png" } },
      { type: "image", source: { kind: "url", url: "https://example.com/b.png" } },
      {
        type: "document",
        source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" },
        title: "a.pdf",
      },
      { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" } },
      { type: "document", source: { kind: "url", url: "https://example.com/a.pdf" } },
      { type: "media", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" } },
    ]);
  });

  it("keeps what lives at its provider as essential, so that another one refuses it", () => {
    const content = [{ type: "input_image", file_id: "file_1" }];
    expect(messagesOf({ role: "user", content })[0]?.parts).toMatchObject([
      { type: "opaque", name: "input_image", essential: true },
    ]);
    expect(messagesOf({ type: "compaction", encrypted_content: "gAAAA" })[0]?.parts).toMatchObject([
      { type: "opaque", name: "compaction", essential: true },
    ]);
    expect(messagesOf({ id: "msg_1" })[0]?.parts).toMatchObject([{ name: "item_reference", essential: true }]);
    const written = formats.claude.provider.writeRequest(read({ input: [{ type: "item_reference", id: "msg_1" }] }), {
      model: "claude-opus-4-6",
      maxTokensDefault: 100,
    });
    expect(written).toMatchObject({ ok: false, error: { kind: "unsupported" } });
  });
});

describe("tools", () => {
  it("are flat functions and freeform tools, and the provider's own by what they can do", () => {
    const raw = { type: "web_search", external_web_access: true };
    const { tools } = read({
      input: "hi",
      tools: [
        { type: "function", name: "read", description: "reads", parameters: { type: "object" }, strict: false },
        { type: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
        raw,
        { type: "code_interpreter", container: { type: "auto" } },
        { type: "image_generation" },
        { type: "mcp", server_label: "wiki", server_url: "https://example.com" },
      ],
    });
    expect(tools).toEqual([
      { kind: "function", name: "read", description: "reads", parameters: { type: "object" }, strict: false },
      { kind: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
      { kind: "server", name: "web_search", from: "openai-responses", raw, ability: "web-search" },
      expect.objectContaining({ kind: "server", name: "code_interpreter", ability: "code-execution" }),
      expect.objectContaining({ kind: "server", name: "image_generation" }),
      expect.objectContaining({ kind: "server", name: "wiki" }),
    ]);
  });

  it("in a namespace get one name each, that steps aside for the client's own words", () => {
    const inner = [{ type: "function", name: "read" }];
    const request = read({
      tools: [
        { type: "namespace", name: "files", description: "", tools: inner },
        { type: "namespace", name: "mcp__web__", description: "", tools: inner },
        { type: "function", name: "files__read" },
      ],
      input: [
        { role: "user", content: "hi" },
        { type: "function_call", call_id: "c", name: "read", namespace: "files", arguments: "{}" },
      ],
    });
    expect(request.tools.map((tool) => tool.name)).toEqual(["files__read_2", "mcp__web__read", "files__read"]);
    expect(request.messages[1]?.parts).toMatchObject([{ name: "files__read_2" }]);
    expect(request.extras["openai-responses"]).toEqual({
      clientTools: {
        files__read_2: { type: "namespace", namespace: "files", name: "read" },
        mcp__web__read: { type: "namespace", namespace: "mcp__web__", name: "read" },
      },
    });
  });

  it("that a search of the client's own found are tools like the others", () => {
    const found = [{ type: "namespace", name: "cal", tools: [{ type: "function", name: "create" }] }];
    const request = read({
      tools: [{ type: "tool_search", execution: "client", description: "finds", parameters: { type: "object" } }],
      input: [
        { role: "user", content: "hi" },
        { type: "tool_search_call", call_id: "s", execution: "client", arguments: { query: "calendar" } },
        { type: "tool_search_output", call_id: "s", execution: "client", status: "completed", tools: found },
        { type: "additional_tools", role: "developer", tools: [{ type: "function", name: "late" }] },
      ],
    });
    expect(request.tools.map((tool) => tool.name)).toEqual(["tool_search", "cal__create", "late"]);
    expect(request.messages.slice(1)).toMatchObject([
      { role: "assistant", parts: [{ name: "tool_search", arguments: '{"query":"calendar"}' }] },
      { role: "tool", callId: "s", parts: [{ text: "tools that can be called now:\ncal__create" }] },
    ]);
  });

  it.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "required" }],
    [
      { type: "function", name: "read" },
      { type: "tool", name: "read" },
    ],
    [
      { type: "function", function: { name: "read" } },
      { type: "tool", name: "read" },
    ],
    [
      { type: "function", name: "read", namespace: "ns" },
      { type: "tool", name: "ns__read" },
    ],
    [
      { type: "custom", name: "patch" },
      { type: "tool", name: "patch" },
    ],
    [{ type: "web_search" }, { type: "tool", name: "web_search" }],
    [{ type: "local_shell" }, { type: "tool", name: "local_shell" }],
    [
      { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "read" }, { type: "web_search" }] },
      { type: "allowed", mode: "required", names: ["read", "web_search"] },
    ],
  ])("are chosen by %j", (choice, wanted) => {
    const tools = [
      { type: "function", name: "read" },
      { type: "custom", name: "patch" },
      { type: "web_search" },
      { type: "local_shell" },
    ];
    expect(read({ input: "hi", tools, tool_choice: choice }).toolChoice).toEqual(wanted);
  });

  it("are left to the model where the choice is not known, and the flow says so", () => {
    const body = { input: "hi", tool_choice: { type: "programmatic_tool_calling" } };
    expect(read(body).toolChoice).toBeUndefined();
    expect(lossesOf(body)).toEqual(['tool-choice: {"type":"programmatic_tool_calling"} is not known']);
  });
});

describe("other fields", () => {
  it("have one place each in the hub, and the rest is kept for this dialect", () => {
    const request = read({
      input: "hi",
      stream: true,
      max_output_tokens: 10,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      reasoning: { effort: "high", summary: "auto" },
      text: { verbosity: "low", format: { type: "json_schema", name: "a", schema: { type: "object" }, strict: true } },
      user: "u",
      safety_identifier: "s",
      prompt_cache_key: "k",
      service_tier: "flex",
      top_logprobs: 3,
      store: false,
      include: ["reasoning.encrypted_content"],
      truncation: "auto",
      metadata: { a: "b" },
    });
    expect(request).toMatchObject({
      stream: true,
      wantsStreamUsage: true,
      maxTokens: 10,
      temperature: 0.5,
      topP: 0.9,
      parallelToolCalls: false,
      thinking: { mode: "level", level: "high", show: true },
      verbosity: "low",
      responseFormat: { type: "json-schema", name: "a", schema: { type: "object" }, strict: true },
      userId: "s",
      promptCacheKey: "k",
      serviceTier: "flex",
      logprobs: { top: 3 },
    });
    expect(request.extras).toEqual({
      "openai-responses": {
        store: false,
        include: ["reasoning.encrypted_content"],
        truncation: "auto",
        metadata: { a: "b" },
      },
    });
  });

  it.each([
    [{ effort: "none" }, { mode: "off" }],
    [{ effort: "minimal" }, { mode: "level", level: "minimal" }],
    [
      { effort: "medium", summary: "detailed" },
      { mode: "level", level: "medium", show: true },
    ],
    [{ summary: "auto" }, { mode: "dynamic", show: true }],
    [{ effort: null, summary: null }, undefined],
    [null, undefined],
  ])("say with reasoning %j how much to think", (reasoning, wanted) => {
    expect(read({ input: "hi", reasoning }).thinking).toEqual(wanted);
  });

  it("Q9: that name a stored conversation are refused in the words that make clients send all of it", () => {
    const error = { kind: "bad-request", raw: "previous_response_not_found" };
    expect(refusal({ input: "hi", previous_response_id: "resp_0" })).toMatchObject(error);
    expect(refusal({ input: "hi", conversation: { id: "conv_0" } })).toMatchObject(error);
    const answer = formats["openai-responses"].client.writeError({
      kind: "bad-request",
      message: "Previous response with id 'resp_0' not found.",
      raw: "previous_response_not_found",
    });
    expect(answer.status).toBe(400);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({
      error: {
        message: "Previous response with id 'resp_0' not found.",
        type: "invalid_request_error",
        param: "previous_response_id",
        code: "previous_response_not_found",
      },
    });
  });

  it("that only a provider with a store can serve are refused clearly", () => {
    expect(refusal({ input: "hi", background: true })).toMatchObject({ kind: "unsupported", message: /^background:/ });
    expect(refusal({ input: "hi", prompt: { id: "pmpt_1" } })).toMatchObject({ kind: "unsupported" });
    expect(refusal({ input: "hi", background: false, previous_response_id: null })).toBeNull();
  });
});
