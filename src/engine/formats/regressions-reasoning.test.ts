/** Thinking, signatures and opaque blobs: rows R1–R19 of the public-issue list that concern Claude and Chat. */
import { describe, expect, it } from "vitest";
import {
  bodyOf,
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
  writeRequest,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const signed = { type: "thinking", thinking: "hm", signature: "EqRealSignature" };
const call = { type: "tool_use", id: "t", name: "a", input: {} };
const result = { type: "tool_result", tool_use_id: "t", content: "ok" };
const tools = [{ name: "a", input_schema: { type: "object" } }];
const loop = (...blocks: readonly object[]): readonly object[] => [
  { role: "user", content: "go" },
  { role: "assistant", content: [...blocks, call] },
  { role: "user", content: [result] },
];

/** The thinking block a Claude client gets for a Chat upstream's reasoning. */
function shownThinking(model = "deepseek-chat"): { readonly thinking: string; readonly signature: string } {
  const bytes = chatStream(
    chatChunk({ role: "assistant", reasoning_content: "I " }),
    chatChunk({ reasoning_content: "think" }),
    chatChunk(chatCall(0, "t", "a", "{}")),
    chatChunk({}, "tool_calls"),
    "[DONE]",
  );
  const deltas = frames(translateStream("openai-chat", "claude", bytes, {}, { model })) as readonly Loose[];
  const all = (field: string): string => deltas.map((frame) => frame["delta"]?.[field] ?? "").join("");
  return { thinking: all("thinking"), signature: all("signature") };
}

describe("signatures", () => {
  it("R5 R7: tags another provider's thinking openly and never shows it to Claude", () => {
    const shown = shownThinking();
    expect(shown.thinking).toBe("I think");
    expect(shown.signature).toMatch(/^switchyard\./);
    const request = readRequest("claude", { model: "m", messages: loop({ type: "thinking", ...shown }) });
    const written = writeRequest("claude", request);
    expect(Buffer.from(written.body).toString()).not.toContain("switchyard.");
    expect(bodyOf(written)["messages"][1].content).toEqual([call]);
    expect(written.losses).toContain("thinking: thinking without Claude's own signature was left out of the history");
  });

  it("R4: leaves a request without our tag alone, and takes tagged blocks out of one that has it", () => {
    const clean = (messages: readonly object[]): Uint8Array | null =>
      formats.claude.withoutOwnMarks(Buffer.from(JSON.stringify({ model: "m", messages })));
    expect(clean(loop(signed))).toBeNull();
    expect(clean([{ role: "user", content: 'we say "switchyard." here' }])).toBeNull();
    const cleaned = clean(loop({ type: "thinking", ...shownThinking() }, signed));
    expect(JSON.parse(Buffer.from(cleaned ?? []).toString())).toEqual({ model: "m", messages: loop(signed) });
  });

  it("R6: takes OpenAI's encrypted reasoning in a signature for nobody's", () => {
    const body = translateRequest("claude", "claude", { messages: loop({ ...signed, signature: "gAAAAABblob" }) });
    expect(JSON.stringify(body)).not.toContain("gAAAA");
  });

  it("R8: names what it drops", () => {
    const request = readRequest("claude", { model: "m", messages: loop({ ...signed, signature: "gAAAAABblob" }) });
    expect(writeRequest("claude", request).losses.some((loss) => loss.startsWith("thinking:"))).toBe(true);
  });

  it("R9: keeps empty thinking that is signed", () => {
    const empty = { ...signed, thinking: "" };
    expect(translateRequest("claude", "claude", { messages: loop(empty) })["messages"][1].content).toEqual([
      empty,
      call,
    ]);
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(
        0,
        { type: "thinking", thinking: "", signature: "" },
        { type: "signature_delta", signature: "EqX" },
      ),
      ...claudeEnd("end_turn"),
    );
    expect(replyOf(readStream("claude", bytes)).parts).toMatchObject([
      { type: "thinking", text: "", signature: "EqX" },
    ]);
  });

  it("R10: writes a text where the client left thinking undefined", () => {
    const { thinking: _none, ...bare } = signed;
    expect(translateRequest("claude", "claude", { messages: loop(bare) })["messages"][1].content[0]).toEqual({
      ...signed,
      thinking: "",
    });
  });

  it("R12: keeps redacted thinking and the order of blocks", () => {
    const blocks = [signed, { type: "redacted_thinking", data: "opaque" }, { type: "text", text: "so" }];
    const body = translateRequest("claude", "claude", { messages: loop(...blocks) });
    expect(body["messages"][1].content).toEqual([...blocks, call]);
  });

  it("passes a real signature from Claude to a Claude client unchanged", () => {
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(
        0,
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking: "hm" },
        { type: "signature_delta", signature: "EqReal" },
      ),
      ...claudeEnd("end_turn"),
    );
    expect(Buffer.from(translateStream("claude", "claude", bytes)).toString()).toContain('"signature":"EqReal"');
  });
});

describe("reasoning with Chat upstreams", () => {
  it("R11 R15: hands reasoning back to the model that wrote it, on the turn with the calls", () => {
    const shown = { type: "thinking", ...shownThinking("deepseek-chat") };
    const body = translateRequest("claude", "openai-chat", { messages: loop(shown) }, { model: "deepseek-chat" });
    expect(body["messages"][1]).toMatchObject({ reasoning_content: "I think", content: null });
    const other = translateRequest("claude", "openai-chat", { messages: loop(shown) }, { model: "gpt-5" });
    expect(other["messages"][1]).not.toHaveProperty("reasoning_content");
  });

  it("R11: keeps unsigned thinking for a provider that wants it, and Claude's only where it is demanded", () => {
    const unsigned = { type: "thinking", thinking: "hm", signature: "" };
    const messages = loop(unsigned);
    expect(translateRequest("claude", "openai-chat", { messages })["messages"][1].reasoning_content).toBe("hm");
    const fromClaude = { messages: loop(signed) };
    expect(translateRequest("claude", "openai-chat", fromClaude)["messages"][1]).not.toHaveProperty(
      "reasoning_content",
    );
    const demanded = translateRequest("claude", "openai-chat", fromClaude, { replayReasoning: "always" });
    expect(demanded["messages"][1].reasoning_content).toBe("hm");
  });

  it("R13 R14: makes one thinking block of reasoning, once, and no empty text beside it", () => {
    const bytes = chatStream(
      chatChunk({ role: "assistant", content: "" }),
      chatChunk({ reasoning_content: "a", reasoning: "a", content: "" }),
      chatChunk({ reasoning: "b", content: null }),
      chatChunk({}, "stop"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toMatchObject([{ type: "thinking", text: "ab" }]);
    const text = Buffer.from(translateStream("openai-chat", "claude", bytes)).toString();
    expect(text).not.toContain('"type":"text"');
    expect(text).not.toContain("<think");
  });

  it("reads the list content of reasoning models that have one", () => {
    const bytes = chatStream(
      chatChunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      chatChunk({ content: [{ type: "text", text: "yes" }] }, "stop"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toMatchObject([
      { type: "thinking", text: "hm" },
      { type: "text", text: "yes" },
    ]);
  });

  it("shows Claude's thinking to a Chat client as reasoning_content only", () => {
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(0, { type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking: "hm" }),
      ...claudeBlock(1, { type: "text", text: "" }, { type: "text_delta", text: "yes" }),
      ...claudeEnd("end_turn"),
    );
    const deltas = (frames(translateStream("claude", "openai-chat", bytes)) as readonly Loose[]).map(
      (frame) => frame["choices"]?.[0]?.delta,
    );
    expect(deltas.map((delta) => delta?.reasoning_content).filter(Boolean)).toEqual(["hm"]);
    expect(deltas.map((delta) => delta?.content).filter(Boolean)).toEqual(["yes"]);
  });
});

describe("the wish to think", () => {
  const messages = [{ role: "user", content: "go" }];
  const model = (name: string): { model: string } => ({ model: name });

  it.each([
    [{ thinking: { type: "enabled", budget_tokens: 1024 } }, "low"],
    [{ thinking: { type: "enabled", budget_tokens: 8000 } }, "medium"],
    [{ thinking: { type: "enabled", budget_tokens: 20_000 } }, "high"],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "medium" } }, "medium"],
    [{ output_config: { effort: "low" } }, "low"],
    [{ thinking: { type: "adaptive" } }, undefined],
    [{ thinking: { type: "disabled" } }, "none"],
  ])("R16: says %j to a Chat model as effort", (wish, effort) => {
    const body = translateRequest("claude", "openai-chat", { messages, max_tokens: 64_000, ...wish }, model("gpt-5.4"));
    expect(body["reasoning_effort"]).toBe(effort);
    expect(body).not.toHaveProperty("thinking");
  });

  it("leaves it out for models that cannot reason", () => {
    const wish = { messages, thinking: { type: "enabled", budget_tokens: 2000 } };
    expect(translateRequest("claude", "openai-chat", wish, model("gpt-4o"))).not.toHaveProperty("reasoning_effort");
  });

  it("R16: asks an older Claude for a budget and a newer one for an effort", () => {
    const chat = { messages, max_tokens: 30_000, reasoning_effort: "medium" };
    const older = translateRequest("openai-chat", "claude", chat, model("claude-sonnet-4-5"));
    expect(older["thinking"]).toEqual({ type: "enabled", budget_tokens: 8192 });
    const newer = translateRequest("openai-chat", "claude", chat, model("claude-opus-4-6"));
    expect(newer).toMatchObject({ thinking: { type: "adaptive" }, output_config: { effort: "medium" } });
  });

  it("R16: turns adaptive into a budget for a model that knows no other", () => {
    const wish = { messages, max_tokens: 30_000, thinking: { type: "adaptive" }, output_config: { effort: "low" } };
    const body = translateRequest("claude", "claude", wish, model("glm-4.6"));
    expect(body["thinking"]).toEqual({ type: "enabled", budget_tokens: 1024 });
    expect(body).not.toHaveProperty("output_config");
  });

  it("R18: fits the budget under max_tokens, and drops what thinking forbids", () => {
    const body = translateRequest(
      "openai-chat",
      "claude",
      { messages, max_tokens: 4000, reasoning_effort: "high", temperature: 0.2, top_p: 0.5 },
      model("claude-sonnet-4-5"),
    );
    expect(body["thinking"]).toEqual({ type: "enabled", budget_tokens: 3000 });
    expect(body["max_tokens"]).toBe(4000);
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("top_p");
  });

  it("R18: leaves room to answer where the limit is ours", () => {
    const hub = readRequest("openai-chat", { model: "m", messages, reasoning_effort: "medium" });
    const body = bodyOf(writeRequest("claude", hub, { model: "claude-sonnet-4-5", maxTokensDefault: 8192 }));
    expect(body["thinking"]).toEqual({ type: "enabled", budget_tokens: 8192 });
    expect(body["max_tokens"]).toBe(16_384);
  });

  it("R18: does not think where max_tokens leaves no room or a tool is forced", () => {
    const chat = { messages, reasoning_effort: "high" };
    const small = translateRequest("openai-chat", "claude", { ...chat, max_tokens: 500 }, model("claude-sonnet-4-5"));
    expect(small).not.toHaveProperty("thinking");
    expect(small["max_tokens"]).toBe(500);
    const forced = {
      ...chat,
      max_tokens: 9000,
      tools: [{ type: "function", function: { name: "a" } }],
      tool_choice: "required",
    };
    expect(translateRequest("openai-chat", "claude", forced, model("claude-opus-4-6"))).not.toHaveProperty("thinking");
  });

  it("R19: keeps thinking on when the last message is a tool result", () => {
    const wish = {
      messages: loop(signed),
      tools,
      max_tokens: 9000,
      thinking: { type: "enabled", budget_tokens: 2000 },
    };
    const body = translateRequest("claude", "claude", wish, model("claude-sonnet-4-5"));
    expect(body["thinking"]).toEqual({ type: "enabled", budget_tokens: 2000 });
    expect(translateRequest("claude", "openai-chat", wish, model("gpt-5"))["reasoning_effort"]).toBe("medium");
  });

  it("turns thinking off, rather than forging it, when the loop's own is missing; Q21 with the edit that clears it", () => {
    const request = {
      messages: loop(),
      tools,
      max_tokens: 9000,
      thinking: { type: "enabled", budget_tokens: 2000 },
      context_management: { edits: [{ type: "clear_thinking_20251015" }, { type: "clear_tool_uses_20250919" }] },
    };
    const body = translateRequest("claude", "claude", request, model("claude-sonnet-4-5"));
    expect(body).not.toHaveProperty("thinking");
    expect(body["context_management"]).toEqual({ edits: [{ type: "clear_tool_uses_20250919" }] });
  });
});
