/** Gemini's replies at clients of other dialects, and other dialects' replies at Gemini's clients. */
import { describe, expect, it } from "vitest";
import {
  chatArguments,
  chatCall,
  chatChunk,
  chatStream,
  frames,
  translateStream,
  typesOf,
  type Loose,
} from "../__fixtures__/harness.ts";
import { call, chunk, events, lastChunk } from "./__fixtures__/chunks.ts";

const toClaude = (bytes: Uint8Array): readonly Loose[] => frames(translateStream("gemini", "claude", bytes)) as Loose[];
const toChat = (bytes: Uint8Array): readonly Loose[] =>
  frames(translateStream("gemini", "openai-chat", bytes)).filter((frame) => frame !== "[DONE]") as Loose[];
const toGemini = (bytes: Uint8Array): readonly Loose[] =>
  frames(translateStream("openai-chat", "gemini", bytes)) as Loose[];
const partsOf = (chunks: readonly Loose[]): readonly Loose[] =>
  chunks.flatMap((one) => (one["candidates"]?.[0]?.content?.parts ?? []) as readonly Loose[]);

describe("Gemini's replies elsewhere", () => {
  const reply = events(
    chunk([{ text: "hm", thought: true }]),
    chunk([{ text: " so" }]),
    chunk([call("read", { a: 1 }, {}, { thoughtSignature: "c2ln" }), call("read", { a: 2 })]),
    lastChunk(),
  );

  it("S1, T18: end with the calls' own word, the calls under their own ids", () => {
    const claude = toClaude(reply);
    const starts = claude.filter((frame) => frame["type"] === "content_block_start");
    const ids = starts.flatMap((frame) => (frame["content_block"].id === undefined ? [] : [frame["content_block"].id]));
    expect(new Set(ids).size).toBe(2);
    expect(claude.find((frame) => frame["type"] === "message_delta")?.["delta"].stop_reason).toBe("tool_use");
    const chat = toChat(reply);
    const calls = chat.flatMap((frame) => frame["choices"]?.[0]?.delta.tool_calls ?? []);
    expect(new Set(calls.map(({ index }: Loose) => index as number))).toEqual(new Set([0, 1]));
    expect(JSON.stringify(chat)).toContain('"finish_reason":"tool_calls"');
  });

  it("U3: count the thoughts once", () => {
    expect(toClaude(reply).find((frame) => frame["type"] === "message_delta")?.["usage"]).toMatchObject({
      input_tokens: 60,
      cache_read_input_tokens: 40,
      output_tokens: 25,
    });
    expect(toChat(reply).at(-1)?.["usage"]).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 25,
      total_tokens: 125,
      completion_tokens_details: { reasoning_tokens: 5 },
    });
  });

  it("S8: keep the blanks at the edges of their pieces", () => {
    expect(JSON.stringify(toClaude(reply))).toContain('"text":" so"');
    expect(JSON.stringify(toChat(reply))).toContain('"content":" so"');
  });

  it("S10: leave no empty text at the end, signed or not", () => {
    const lone = events(chunk([call("read")]), lastChunk([{ text: "", thoughtSignature: "c2ln" }]));
    for (const bytes of [reply, lone]) {
      const texts = toClaude(bytes).filter((frame) => frame["content_block"]?.type === "text").length;
      const deltas = toClaude(bytes).filter((frame) => frame["delta"]?.type === "text_delta").length;
      expect(deltas).toBe(texts);
    }
  });

  it("R5: never show Google's signature as Claude's", () => {
    const signed = events(
      chunk([{ text: "hm", thought: true, thoughtSignature: "c2ln" }]),
      lastChunk([{ text: "hi" }]),
    );
    const signature = toClaude(signed).find((frame) => frame["delta"]?.type === "signature_delta");
    expect(signature?.["delta"].signature).toMatch(/^switchyard\./);
  });

  it("tell a blocked prompt as declined", () => {
    const blocked = events({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" } });
    expect(toClaude(blocked).find((frame) => frame["type"] === "message_delta")?.["delta"]).toMatchObject({
      stop_reason: "refusal",
      stop_details: { explanation: expect.stringContaining("PROHIBITED_CONTENT") },
    });
    expect(JSON.stringify(toChat(blocked))).toContain('"finish_reason":"content_filter"');
  });

  it("S19: are an error where the model wrote no usable call, never an empty success", () => {
    for (const bytes of [events(lastChunk([], "MALFORMED_FUNCTION_CALL")), events(lastChunk())]) {
      expect(typesOf(translateStream("gemini", "claude", bytes))).toEqual(expect.arrayContaining(["error"]));
      expect(JSON.stringify(toChat(bytes))).not.toContain('"finish_reason":"stop"');
    }
  });
});

describe("other replies at Gemini's clients", () => {
  it("T5: three interleaved calls are three whole parts", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "one")),
      chatChunk(chatCall(1, "b", "two")),
      chatChunk(chatCall(2, "c", "three")),
      chatChunk(chatArguments(1, '{"y":')),
      chatChunk(chatArguments(0, '{"x":1}')),
      chatChunk(chatArguments(2, '{"z":3}')),
      chatChunk(chatArguments(1, "2}")),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    expect(partsOf(toGemini(bytes))).toMatchObject([
      { functionCall: { id: "a", name: "one", args: { x: 1 } } },
      { functionCall: { id: "b", name: "two", args: { y: 2 } } },
      { functionCall: { id: "c", name: "three", args: { z: 3 } } },
      { text: "" },
    ]);
  });

  it("T6: calls that all have the index 0 stay apart", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "read", '{"x":1}')),
      chatChunk(chatCall(0, "b", "read", '{"x":2}')),
      chatChunk({}, "stop"),
      "[DONE]",
    );
    expect(partsOf(toGemini(bytes)).slice(0, 2)).toMatchObject([
      { functionCall: { id: "a", args: { x: 1 } } },
      { functionCall: { id: "b", args: { x: 2 } } },
    ]);
  });

  it("T12: a long argument in 500 pieces is one part", () => {
    const pieces = Array.from({ length: 500 }, () => chatChunk(chatArguments(0, "x")));
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "write", '{"text":"')),
      ...pieces,
      chatChunk(chatArguments(0, '"}')),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    const parts = partsOf(toGemini(bytes));
    expect(parts).toHaveLength(2);
    expect(parts[0]).toMatchObject({ functionCall: { args: { text: "x".repeat(500) } } });
  });

  it("T22: text after a call is kept, after it", () => {
    const bytes = chatStream(
      chatChunk(chatCall(0, "a", "read", "{}")),
      chatChunk({ content: "done" }),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    expect(partsOf(toGemini(bytes))).toMatchObject([{ functionCall: { id: "a" } }, { text: "done" }, { text: "" }]);
  });

  it("S2, S22: a stream that dies in mid-line ends with an error of its own event and without a finish", () => {
    const whole = chatStream(chatChunk({ content: "hello" }), chatChunk({ content: "world" }));
    const chunks = toGemini(whole.subarray(0, whole.length - 9));
    expect(chunks.at(-1)).toMatchObject({ error: { code: 502, status: "UNAVAILABLE" } });
    expect(JSON.stringify(chunks)).not.toContain("finishReason");
  });

  it("S25: an upstream that says nothing is an error, never an empty stream", () => {
    expect(toGemini(Buffer.alloc(0))).toMatchObject([{ error: { code: 502 } }]);
  });
});
