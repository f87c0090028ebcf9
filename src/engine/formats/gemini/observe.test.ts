/** What a passed-through answer tells about itself. */
import { describe, expect, it } from "vitest";
import { call, chunk, events, lastChunk, list } from "./__fixtures__/chunks.ts";
import { observe } from "./observe.ts";

const seen = {
  model: "gemini-served",
  usage: { input: 100, output: 25, cacheRead: 40, cacheWrite: 0, reasoning: 5, estimated: false },
  finish: "STOP",
};
const chunks = [
  chunk([{ text: "hi" }], {}, { usageMetadata: { promptTokenCount: 100 } }),
  chunk([call("a")]),
  lastChunk(),
];

describe("observing", () => {
  it("reads events, a list and a whole body alike", () => {
    expect(observe(events(...chunks), "text/event-stream")).toEqual(seen);
    expect(observe(list(...chunks), "application/json; charset=UTF-8")).toEqual(seen);
    expect(observe(Buffer.from(JSON.stringify(lastChunk([{ text: "hi" }]))), "application/json")).toEqual(seen);
  });

  it("looks into the envelope", () => {
    const enveloped = chunks.map((response) => ({ response, traceId: "t" }));
    expect(observe(events(...enveloped), "text/event-stream")).toEqual(seen);
    expect(observe(Buffer.from(JSON.stringify(enveloped[2])), "application/json")).toEqual(seen);
  });

  it("names why a prompt was blocked", () => {
    expect(observe(events({ promptFeedback: { blockReason: "SAFETY" } }), "text/event-stream").finish).toBe("SAFETY");
  });
});
