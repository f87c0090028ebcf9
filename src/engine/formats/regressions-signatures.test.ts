/** Blobs that only their maker reads: Google's signatures in Chat, OpenRouter's details, and whose thinking it is. */
import { describe, expect, it } from "vitest";
import { readCarrier } from "../hub/carrier.ts";
import type { HubRequest } from "../hub/request.ts";
import type { StreamEvent } from "../hub/stream.ts";
import {
  bodyOf,
  chatArguments,
  chatChunk,
  chatStream,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  frames,
  frozen,
  readRequest,
  readStream,
  replyOf,
  writerOptions,
  writeRequest,
  writeStream,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const ask = { role: "user", content: "go" };
const result = (id: string): object => ({ role: "tool", tool_call_id: id, content: "ok" });
const signedCall = (signature: string, where = "google"): object => ({
  id: "c1",
  type: "function",
  function: { name: "read", arguments: "{}" },
  extra_content: { [where]: { thought_signature: signature } },
});
const callOf = (body: Loose): Loose => body["messages"][1].tool_calls[0];
const historyWith = (call: object): HubRequest =>
  readRequest("openai-chat", {
    model: "m",
    messages: [ask, { role: "assistant", content: null, tool_calls: [call] }, result("c1")],
  });

describe("R1: Google's thought signatures in Chat", () => {
  const streamed = chatStream(
    chatChunk({ role: "assistant", tool_calls: [{ index: 0, ...signedCall("c2ln") }] }),
    chatChunk({}, "tool_calls"),
    "[DONE]",
  );
  const whole = {
    id: "chatcmpl-1",
    model: "served-model",
    choices: [
      { index: 0, message: { role: "assistant", tool_calls: [signedCall("c2ln")] }, finish_reason: "tool_calls" },
    ],
  };

  it("are read with their maker, from Google's own endpoint and from Vertex, streamed and whole", () => {
    const signed = { signature: "c2ln", from: { format: "gemini", model: "served-model", origin: "google" } };
    const context = { origin: "google" };
    expect(replyOf(readStream("openai-chat", streamed, [], context)).parts).toMatchObject([signed]);
    const read = formats["openai-chat"].provider.readReply(frozen(whole), context);
    expect(read).toMatchObject({ ok: true, value: { parts: [signed] } });
    const [part] = historyWith(signedCall("dg", "vertex")).messages[1]?.parts ?? [];
    expect(part).toMatchObject({ signature: "dg", from: { format: "gemini" } });
  });

  it("are shown to a Chat client beside their call, streamed and whole", () => {
    const events = readStream("openai-chat", streamed);
    const shown = (frames(writeStream("openai-chat", events)) as readonly Loose[]).flatMap(
      (frame) => frame["choices"]?.[0]?.delta.tool_calls ?? [],
    );
    expect(shown.at(-1)).toEqual({
      index: 0,
      function: { arguments: "" },
      extra_content: { google: { thought_signature: "c2ln" }, switchyard: expect.any(String) as string },
    });
    const body = formats["openai-chat"].client.writeReply(replyOf(events), writerOptions());
    const message = (JSON.parse(Buffer.from(body).toString()) as Loose)["choices"][0].message;
    expect(message.tool_calls).toMatchObject([signedCall("c2ln")]);
  });

  it("go back to a Gemini model at whoever made them, and to nobody else", () => {
    const request = historyWith(signedCall("c2ln"));
    expect(callOf(bodyOf(writeRequest("openai-chat", request, { model: "gemini-3-pro" })))).toEqual(signedCall("c2ln"));
    for (const to of ["claude", "openai-chat"] as const) {
      expect(JSON.stringify(bodyOf(writeRequest(to, request, { model: "gpt-5" })))).not.toContain("c2ln");
    }
    expect(writeRequest("openai-chat", request, { model: "gpt-5" }).losses).toContain(
      "thinking-signature: the signature of a call was left out: another provider made it",
    );
  });

  it("that we showed a client remember who made them, and leave a body that goes on as it is", () => {
    const events = readStream("openai-chat", streamed, [], { origin: "google" });
    const reply = formats["openai-chat"].client.writeReply(replyOf(events), writerOptions());
    const [shown] = (JSON.parse(Buffer.from(reply).toString()) as Loose)["choices"][0].message.tool_calls;
    const [part] = historyWith(shown).messages[1]?.parts ?? [];
    expect(part).toMatchObject({ from: { format: "gemini", model: "served-model", origin: "google" } });
    const bodyFor = (model: string, call: object): object => ({
      model,
      messages: [ask, { role: "assistant", content: null, tool_calls: [call] }, result("c1")],
    });
    const clean = (body: object): unknown => {
      const bytes = formats["openai-chat"].withoutOwnMarks(Buffer.from(JSON.stringify(body)));
      return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString());
    };
    const { extra_content: _extra, ...bare } = signedCall("c2ln") as Loose;
    expect(clean(bodyFor("gpt-5", shown))).toEqual(bodyFor("gpt-5", bare));
    expect(clean(bodyFor("gemini-3-pro", shown))).toEqual(bodyFor("gemini-3-pro", signedCall("c2ln")));
    expect(clean(bodyFor("gpt-5", signedCall("c2ln")))).toBeNull();
  });

  it("of another configured provider, or of another maker, stay away; Google's word for none stands there", () => {
    const from = [{ format: "gemini", origin: "elsewhere" }, { format: "openai-responses" }] as const;
    for (const maker of from) {
      const request: HubRequest = {
        ...historyWith(signedCall("x")),
        messages: historyWith(signedCall("x")).messages.map((message) =>
          message.role === "assistant"
            ? {
                ...message,
                parts: message.parts.map((part) => ({ ...part, signature: "c2ln", from: maker }) as typeof part),
              }
            : message,
        ),
      };
      const written = writeRequest("openai-chat", request, { model: "gemini-3-pro", origin: "google" });
      expect(callOf(bodyOf(written))["extra_content"]).toEqual({
        google: { thought_signature: "skip_thought_signature_validator" },
      });
    }
  });

  it("of a text are read and shown with it", () => {
    const bytes = chatStream(
      chatChunk({ role: "assistant", content: "so" }),
      chatChunk({ content: "", extra_content: { google: { thought_signature: "dGV4dA" } } }),
      chatChunk({}, "stop"),
      "[DONE]",
    );
    const events = readStream("openai-chat", bytes);
    expect(replyOf(events).parts).toMatchObject([{ type: "text", signature: "dGV4dA", from: { format: "gemini" } }]);
    expect(Buffer.from(writeStream("openai-chat", events)).toString()).toContain('{"thought_signature":"dGV4dA"}');
    const request = readRequest("openai-chat", {
      model: "m",
      messages: [
        ask,
        { role: "assistant", content: "so", extra_content: { google: { thought_signature: "dGV4dA" } } },
        ask,
      ],
    });
    expect(bodyOf(writeRequest("openai-chat", request, { model: "gemini-3-pro" }))["messages"][1]).toMatchObject({
      extra_content: { google: { thought_signature: "dGV4dA" } },
    });
  });
});

describe("OpenRouter's reasoning details", () => {
  const piece = (text: string): object => ({ type: "reasoning.text", text, format: "anthropic-claude-v1", index: 0 });
  const streamed = chatStream(
    chatChunk({ role: "assistant", reasoning: "let me ", reasoning_details: [piece("let me ")] }),
    chatChunk({ reasoning: "see", reasoning_details: [piece("see")] }),
    chatChunk({ reasoning_details: [{ type: "reasoning.text", signature: "EqSig", text: null, index: 0 }] }),
    chatChunk({ tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "read", arguments: "{}" } }] }),
    chatChunk({}, "tool_calls"),
    "[DONE]",
  );
  const joined = [
    { type: "reasoning.text", text: "let me see", format: "anthropic-claude-v1", index: 0, signature: "EqSig" },
  ];
  const context = { origin: "openrouter", model: "anthropic/claude-opus-4.6" };
  const asked = { model: "anthropic/claude-opus-4.6", origin: "openrouter" };

  it("are read once, as thinking signed by who served it", () => {
    const { parts } = replyOf(readStream("openai-chat", streamed, [], context));
    expect(parts[0]).toEqual({
      type: "thinking",
      text: "let me see",
      signature: JSON.stringify(joined),
      from: { format: "openai-chat", model: "anthropic/claude-opus-4.6", origin: "openrouter" },
    });
    const message = {
      role: "assistant",
      content: null,
      reasoning: "let me see",
      reasoning_details: joined,
      tool_calls: [{ id: "c1", type: "function", function: { name: "read", arguments: "{}" } }],
    };
    const whole = formats["openai-chat"].provider.readReply(
      frozen({ id: "chatcmpl-1", model: "served-model", choices: [{ message, finish_reason: "tool_calls" }] }),
      context,
    );
    expect(whole).toMatchObject({ ok: true, value: { parts } });
  });

  it("go through a Claude client and back unmodified, to the same provider and model only", () => {
    const message = JSON.parse(
      Buffer.from(
        formats.claude.client.writeReply(replyOf(readStream("openai-chat", streamed, [], context)), writerOptions()),
      ).toString(),
    ) as Loose;
    const request = readRequest("claude", {
      model: "m",
      messages: [
        ask,
        { role: "assistant", content: message["content"] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "ok" }] },
      ],
    });
    expect(bodyOf(writeRequest("openai-chat", request, asked))["messages"][1]).toEqual({
      role: "assistant",
      content: null,
      reasoning_details: joined,
      tool_calls: [{ id: "c1", type: "function", function: { name: "read", arguments: "{}" } }],
    });
    for (const other of [
      { ...asked, origin: "elsewhere" },
      { ...asked, model: "deepseek-chat" },
    ]) {
      const written = writeRequest("openai-chat", request, other);
      expect(JSON.stringify(bodyOf(written))).not.toContain("EqSig");
      expect(written.losses).toContain("thinking: thinking in the history was left out");
    }
    expect(JSON.stringify(bodyOf(writeRequest("claude", request)))).not.toContain("EqSig");
  });

  it("that are only encrypted are a block of their own, before what they led to, and go back the same", () => {
    const encrypted = [
      { type: "reasoning.encrypted", data: "gAAAA", id: "rs_1", format: "openai-responses-v1", index: 0 },
    ];
    const bytes = chatStream(
      chatChunk({ role: "assistant", content: "", reasoning_details: encrypted }),
      chatChunk({ content: "so" }),
      chatChunk({}, "stop"),
      "[DONE]",
    );
    const reply = replyOf(readStream("openai-chat", bytes, [], context));
    expect(reply.parts).toMatchObject([
      { type: "redacted-thinking", data: JSON.stringify(encrypted) },
      { type: "text", text: "so" },
    ]);
    const shown = JSON.parse(Buffer.from(formats.claude.client.writeReply(reply, writerOptions())).toString()) as Loose;
    expect(shown["content"][0].data).toMatch(/^switchyard\./);
    const request = readRequest("claude", {
      model: "m",
      messages: [ask, { role: "assistant", content: shown["content"] }, ask],
    });
    expect(bodyOf(writeRequest("openai-chat", request, asked))["messages"][1]).toEqual({
      role: "assistant",
      content: "so",
      reasoning_details: encrypted,
    });
    const toClaude = writeRequest("claude", request);
    expect(bodyOf(toClaude)["messages"][1].content).toEqual([{ type: "text", text: "so" }]);
    expect(toClaude.losses).toContain("thinking: encrypted thinking of another provider was left out of the history");
  });

  it("reach a Chat client and are read from its history", () => {
    const events = readStream("openai-chat", streamed, [], context);
    const shown = (frames(writeStream("openai-chat", events)) as readonly Loose[]).flatMap(
      (frame) => frame["choices"]?.[0]?.delta.reasoning_details ?? [],
    );
    expect(shown).toEqual(joined);
    const request = readRequest("openai-chat", {
      model: "m",
      messages: [ask, { role: "assistant", content: "so", reasoning: "let me see", reasoning_details: joined }, ask],
    });
    expect(bodyOf(writeRequest("openai-chat", request, asked))["messages"][1]).toMatchObject({
      reasoning_details: joined,
    });
  });
});

describe("whose thinking it is", () => {
  const thought = (
    from: Extract<StreamEvent, { type: "thinking-end" }>["from"],
    signature?: string,
  ): readonly StreamEvent[] => [
    { type: "reply-start", id: "r", model: "m" },
    { type: "thinking-start", block: 0 },
    { type: "thinking-delta", block: 0, text: "hm" },
    {
      type: "thinking-end",
      block: 0,
      ...(from === undefined ? {} : { from }),
      ...(signature === undefined ? {} : { signature }),
    },
    {
      type: "reply-end",
      finish: { reason: "stop", raw: null },
      usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    },
  ];
  const shown = (events: readonly StreamEvent[], request: Partial<HubRequest> = {}): Loose => {
    const all = frames(writeStream("claude", events, request)) as readonly Loose[];
    const join = (field: string): string => all.map((frame) => frame["delta"]?.[field] ?? "").join("");
    return { type: "thinking", thinking: join("thinking"), signature: join("signature") };
  };
  const returned = (block: Loose, options: object = {}): unknown => {
    const request = readRequest("claude", {
      model: "m",
      messages: [ask, { role: "assistant", content: [block, { type: "text", text: "so" }] }, ask],
    });
    return bodyOf(writeRequest("claude", request, options))["messages"][1].content[0];
  };

  it("R4: of Claude at another configured provider wears a tag and returns with its real signature to that one only", () => {
    const block = shown(thought({ format: "claude", origin: "bedrock" }, "EqReal"));
    expect(block["signature"]).toMatch(/^switchyard\./);
    expect(returned(block, { origin: "bedrock" })).toEqual({ type: "thinking", thinking: "hm", signature: "EqReal" });
    expect(returned(block, { origin: "anthropic" })).toEqual({ type: "text", text: "so" });
  });

  it("is told by the request writers and the readers of their replies", () => {
    const request = readRequest("claude", { model: "m", messages: [ask] });
    for (const id of ["claude", "openai-chat"] as const) {
      const { replyContext } = writeRequest(id, request, { origin: "here" });
      expect(replyContext).toMatchObject({ origin: "here", model: "upstream-model" });
    }
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(
        0,
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking: "hm" },
        { type: "signature_delta", signature: "Eq" },
      ),
      ...claudeEnd("end_turn"),
    );
    expect(replyOf(readStream("claude", bytes, [], { origin: "here", model: "x" })).parts).toMatchObject([
      { from: { format: "claude", origin: "here", model: "x" } },
    ]);
  });

  it("carries another maker's signature in its tag, and nothing that looks like Claude's", () => {
    const block = shown(thought({ format: "openai-responses", origin: "codex" }, "gAAAAblob"));
    expect(block["signature"]).not.toContain("gAAAA");
    expect(readCarrier(String(block["signature"]))).toEqual({
      from: { format: "openai-responses", origin: "codex" },
      signature: "gAAAAblob",
    });
  });

  it("is not shown in words where the client asked for that, and still goes back to who demands it", () => {
    const hidden = { thinking: { mode: "dynamic", show: false } } as const;
    const from = { format: "openai-chat", model: "deepseek-chat" } as const;
    const block = shown(thought(from), hidden);
    expect(block["thinking"]).toBe("");
    const whole = formats.claude.client.writeReply(replyOf(thought(from)), writerOptions(hidden));
    expect((JSON.parse(Buffer.from(whole).toString()) as Loose)["content"]).toEqual([block]);
    expect(shown(thought({ format: "claude" }, "EqReal"), hidden)).toEqual({
      type: "thinking",
      thinking: "",
      signature: "EqReal",
    });
    const request = readRequest("claude", {
      model: "m",
      messages: [
        ask,
        { role: "assistant", content: [block, { type: "tool_use", id: "t", name: "a", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] },
      ],
    });
    const body = bodyOf(writeRequest("openai-chat", request, { model: "deepseek-chat" }));
    expect(body["messages"][1].reasoning_content).toBe("hm");
  });

  it("R15: a provider that demands reasoning on every turn with calls gets a blank where there is none", () => {
    const request = readRequest("claude", {
      model: "m",
      messages: [
        ask,
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "a", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] },
      ],
    });
    const message = (replayReasoning: "always" | "own"): Loose =>
      bodyOf(writeRequest("openai-chat", request, { replayReasoning }))["messages"][1];
    expect(message("always")["reasoning_content"]).toBe(" ");
    expect(message("own")).not.toHaveProperty("reasoning_content");
  });

  it("R11 R15: unsigned thinking of a compatible server returns to it, and to no real Claude", () => {
    const from = { format: "claude", model: "kimi-k2", origin: "kimi" } as const;
    const request: HubRequest = {
      ...readRequest("claude", { model: "m", messages: [ask] }),
      messages: [
        { role: "user", parts: [{ type: "text", text: "go" }] },
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "hm", from },
            { type: "tool-call", id: "t", name: "a", arguments: "{}", kind: "function" },
          ],
        },
        { role: "tool", callId: "t", parts: [{ type: "text", text: "ok" }], isError: false },
      ],
    };
    const first = (origin: string): Loose =>
      bodyOf(writeRequest("claude", request, { origin }))["messages"][1].content[0];
    expect(first("kimi")).toEqual({ type: "thinking", thinking: "hm", signature: "" });
    expect(first("anthropic")["type"]).toBe("tool_use");
  });

  it("R12: our tags leave a body that goes to Claude unread: thinking, encrypted thinking, and a wish that needs them", () => {
    const block = shown(thought({ format: "openai-chat" }));
    const clean = (thinking: object): Loose => {
      const body = {
        model: "claude-sonnet-4-5",
        max_tokens: 9000,
        thinking,
        messages: [
          ask,
          {
            role: "assistant",
            content: [
              block,
              { type: "redacted_thinking", data: block["signature"] },
              { type: "tool_use", id: "t", name: "a", input: {} },
            ],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] },
        ],
      };
      return JSON.parse(
        Buffer.from(formats.claude.withoutOwnMarks(Buffer.from(JSON.stringify(body))) ?? []).toString(),
      ) as Loose;
    };
    const byBudget = clean({ type: "enabled", budget_tokens: 2000 });
    expect(byBudget["messages"][1].content).toHaveLength(1);
    expect(byBudget).not.toHaveProperty("thinking");
    expect(clean({ type: "adaptive" })["thinking"]).toEqual({ type: "adaptive" });
  });

  it("T12: a signature does not hold up the arguments of a call", () => {
    const reader = formats["openai-chat"].provider.streamReader();
    reader.push(
      chatStream(
        chatChunk({ tool_calls: [{ index: 0, ...signedCall("c2ln"), function: { name: "read", arguments: "" } }] }),
      ),
    );
    expect(reader.push(chatStream(chatChunk(chatArguments(0, '{"p'))))).toEqual([
      { type: "tool-delta", block: 0, text: '{"p' },
    ]);
  });
});
