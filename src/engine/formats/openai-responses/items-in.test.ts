/** The items of an input as the turns of a conversation. */
import { describe, expect, it } from "vitest";
import { lossesOf, messagesOf } from "./__fixtures__/reading.ts";
import { shownBlob, shownRedacted } from "./wire.ts";

describe("the model's turns", () => {
  const reasoning = (text: string, blob?: string): object => ({
    type: "reasoning",
    id: "rs_1",
    summary: [{ type: "summary_text", text }],
    encrypted_content: blob,
  });
  const call = (id: string): object => ({ type: "function_call", call_id: id, name: "read", arguments: "{}" });
  const output = (id: string, text: unknown = "found"): object => ({
    type: "function_call_output",
    call_id: id,
    output: text,
  });

  it("hold reasoning, text and calls in a row, and their results stand behind them", () => {
    const messages = messagesOf(
      { role: "user", content: "hi" },
      reasoning("let me see", "gAAAAblob"),
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look" }] },
      call("call_1"),
      call("call_2"),
      output("call_1"),
      output("call_2"),
      call("call_3"),
      output("call_3"),
    );
    expect(messages.map((message) => message.role)).toEqual(["user", "assistant", "tool", "tool", "assistant", "tool"]);
    expect(messages[1]?.parts).toEqual([
      {
        type: "thinking",
        text: "let me see",
        signature: "gAAAAblob",
        from: { format: "openai-responses" },
        itemId: "rs_1",
      },
      { type: "text", text: "I look" },
      { type: "tool-call", id: "call_1", name: "read", arguments: "{}", kind: "function" },
      { type: "tool-call", id: "call_2", name: "read", arguments: "{}", kind: "function" },
    ]);
    expect(messages[3]).toEqual({
      role: "tool",
      callId: "call_2",
      parts: [{ type: "text", text: "found" }],
      isError: false,
    });
  });

  it("carry reasoning over to the next turn, and lose it where it led to nothing", () => {
    const [, , , next] = messagesOf(
      { role: "user", content: "hi" },
      call("call_1"),
      reasoning("and now"),
      output("call_1"),
      call("call_2"),
    ).slice(-4);
    expect(next?.parts).toMatchObject([{ type: "thinking", text: "and now" }, { id: "call_2" }]);
    const broken = [{ role: "user", content: "hi" }, reasoning("hm"), { role: "user", content: "stop" }];
    expect(messagesOf(...broken).map((message) => message.role)).toEqual(["user", "user"]);
    expect(lossesOf({ input: broken })).toEqual(["thinking: reasoning that led to no answer was left out"]);
  });

  it("R6: read our tag back to its owner, and never take OpenAI's blob for another's", () => {
    const claude = { format: "claude", model: "claude-x" } as const;
    const parts = messagesOf(
      { role: "user", content: "hi" },
      reasoning("seen", shownBlob("EqX", claude)),
      reasoning("", shownRedacted("secret", claude)),
      reasoning("", "gAAAA"),
      { role: "assistant", content: "so" },
    )[1]?.parts;
    expect(parts).toMatchObject([
      { type: "thinking", text: "seen", signature: "EqX", from: claude },
      { type: "redacted-thinking", data: "secret", from: claude },
      { type: "thinking", text: "", signature: "gAAAA", from: { format: "openai-responses" } },
      { type: "text", text: "so" },
    ]);
    expect(JSON.stringify(parts)).not.toContain("switchyard.");
  });

  it("prefer the reasoning itself to its summary", () => {
    const item = { ...reasoning("short"), content: [{ type: "reasoning_text", text: "all of it" }] };
    expect(messagesOf(item, { role: "assistant", content: "so" })[0]?.parts[0]).toMatchObject({ text: "all of it" });
  });

  it("hold refusals, notes on sources and drawn pictures", () => {
    const note = { type: "url_citation", url: "https://example.com", title: "Example", start_index: 0, end_index: 2 };
    const parts = messagesOf(
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "so", annotations: [note] },
          { type: "refusal", refusal: "no" },
        ],
      },
      { type: "image_generation_call", id: "ig_1", status: "completed", result: "AAAA" },
    )[0]?.parts;
    expect(parts).toMatchObject([
      { type: "text", text: "so", citations: [{ url: "https://example.com", start: 0, end: 2 }] },
      { type: "refusal", text: "no" },
      { type: "image", source: { mediaType: "image/png", data: "AAAA" } },
    ]);
  });

  it("keep what the provider's own tools did, with words for others", () => {
    const search = { type: "web_search_call", id: "ws_1", action: { type: "search", query: "cats" } };
    const parts = messagesOf(search, { role: "assistant", content: "so" })[0]?.parts;
    expect(parts).toMatchObject([{ type: "opaque", text: "[web search: cats]", raw: search }, { text: "so" }]);
    expect(lossesOf({ input: ["hi", { type: "hologram_call" }] })).toEqual([
      "server-block: a hologram_call item has no words for another provider",
    ]);
  });

  it("T13: hold pictures and files in results", () => {
    const parts = messagesOf(
      call("call_1"),
      output("call_1", [
        { type: "input_text", text: "seen" },
        { type: "input_image", image_url: "data:image/png;base64,AAAA" },
        { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" },
      ]),
    )[1]?.parts;
    expect(parts).toMatchObject([{ type: "text" }, { type: "image" }, { type: "document", title: "a.pdf" }]);
    expect(messagesOf(call("c"), output("c", { content: "old form", success: false }))[1]?.parts).toEqual([
      { type: "text", text: "old form" },
    ]);
  });

  it("Q7 Q8: pair by call_id alone; a result without one is the user's text", () => {
    const messages = messagesOf(
      { ...call("call_1"), id: "fc_1" },
      { type: "function_call_output", id: "fc_1", output: "whose?" },
      output("call_1"),
    );
    expect(messages).toMatchObject([
      { role: "assistant", parts: [{ id: "call_1", itemId: "fc_1" }] },
      { role: "user", parts: [{ text: "[result of a tool]" }, { text: "whose?" }] },
      { role: "tool", callId: "call_1" },
    ]);
  });
});
