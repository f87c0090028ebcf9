/** The summaries against what the engine's own writers send, in every dialect. */
import { describe, expect, it } from "vitest";
import {
  chatArguments,
  chatCall,
  chatChunk,
  chatStream,
  chatUsage,
  translateStream,
} from "../../src/engine/formats/__fixtures__/harness.ts";
import { textFormatIds } from "../../src/engine/formats/format.ts";
import { eventSummary } from "../../src/tui/body/event-summary.ts";
import { sseEvents } from "../../src/tui/body/sse.ts";

const stream = chatStream(
  chatChunk({ role: "assistant", reasoning_content: "let me think" }),
  chatChunk({ content: "the answer" }),
  chatChunk(chatCall(0, "call_1", "read_file")),
  chatChunk(chatArguments(0, '{"path":"a.ts"}')),
  chatChunk({}, "tool_calls"),
  chatUsage,
  "[DONE]",
);

describe("what an event says, in one line", () => {
  it.each(textFormatIds)("is told of every kind of event in %s", (format) => {
    const bytes = format === "openai-chat" ? stream : translateStream("openai-chat", format, stream);
    const said = [...sseEvents(Buffer.from(bytes).toString())].map(({ data }) => eventSummary(data)).join("\n");
    expect(said).toMatch(/"the answer"/);
    expect(said).toMatch(/"let me think"/);
    expect(said).toMatch(/read_file/);
    expect(said).toMatch(/arguments .*path.*a\.ts/);
    expect(said).toMatch(/(?:stop|status) \w+/);
    expect(said).toMatch(/in \d+ {2}out \d+/);
  });

  it("is the data itself where it is no JSON, and never long", () => {
    expect(eventSummary("[DONE]")).toBe("[DONE]");
    expect(eventSummary("{broken")).toBe("{broken");
    expect(eventSummary("x".repeat(300_000)).length).toBeLessThanOrEqual(400);
    expect(eventSummary(`{"delta": {"text": "${"y".repeat(5_000)}"}}`).length).toBeLessThanOrEqual(400);
    expect(eventSummary('{"error": {"message": "Overloaded"}}')).toBe("error Overloaded");
    for (const odd of ['{"choices": [null, 5]}', '{"candidates": {"a": 1}}', '{"delta": []}', '{"usage": "x"}']) {
      expect(eventSummary(odd)).toBe("");
    }
  });
});
