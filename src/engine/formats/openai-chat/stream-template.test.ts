/** Chunks that are read by what they share with the one before, among chunks that are not. */
import { describe, expect, it } from "vitest";
import { chatChunk, chatStream, readStream, replyOf } from "../__fixtures__/harness.ts";

const parts = (...chunks: readonly Readonly<Record<string, unknown>>[]): unknown =>
  replyOf(readStream("openai-chat", chatStream(...chunks, chatChunk({}, "stop"), "[DONE]"))).parts;

describe("a stream of chunks that differ in their text", () => {
  it("keeps reasoning reasoning and text text, whatever was learned last", () => {
    const read = parts(
      chatChunk({ role: "assistant" }),
      chatChunk({ reasoning_content: "one " }),
      chatChunk({ reasoning_content: "two " }),
      // Its text stands twice in the chunk: nothing can be learned from it.
      chatChunk({ content: "chatcmpl-1" }),
      chatChunk({ reasoning_content: "three" }),
      chatChunk({ content: "four " }),
      chatChunk({ content: "five" }),
    );
    expect(read).toMatchObject([
      { type: "thinking", text: "one two " },
      { type: "text", text: "chatcmpl-1" },
      { type: "thinking", text: "three" },
      { type: "text", text: "four five" },
    ]);
  });

  it("hears what a chunk says beside its text", () => {
    const read = parts(
      chatChunk({ role: "assistant", content: "" }),
      chatChunk({ content: "a" }),
      chatChunk({ content: "b" }),
      chatChunk({ content: "c", refusal: "no" }),
      chatChunk({ content: "d" }),
    );
    expect(read).toMatchObject([
      { type: "text", text: "abc" },
      { type: "refusal", text: "no" },
      { type: "text", text: "d" },
    ]);
  });

  it("adds nothing after the finish", () => {
    const bytes = chatStream(
      chatChunk({ content: "a" }),
      chatChunk({ content: "b" }),
      chatChunk({}, "stop"),
      chatChunk({ content: "late" }),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toMatchObject([{ type: "text", text: "ab" }]);
  });
});
