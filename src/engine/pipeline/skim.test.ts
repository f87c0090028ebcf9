import { describe, expect, it } from "vitest";
import { writeStream } from "../formats/__fixtures__/harness.ts";
import { textFormatIds, type TextFormatId } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { replay } from "../hub/replay.ts";
import type { HubReply } from "../hub/reply.ts";
import type { StreamEvent } from "../hub/stream.ts";
import { createSkim } from "./skim.ts";

const usage = { input: 300, output: 40, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };

const replyOf = (text: string): HubReply => ({
  id: "r1",
  model: "served",
  parts: [{ type: "text", text }],
  finish: { reason: "stop", raw: null },
  usage,
  losses: [],
});

/** A long answer: far more than the part of a stream's end that is looked at. */
function eventsOf(words: number): readonly StreamEvent[] {
  return replay(replyOf("x")).flatMap((event): readonly StreamEvent[] =>
    event.type === "text-delta"
      ? Array.from({ length: words }, (_, index) => ({ ...event, text: `word ${index} ` }))
      : [event],
  );
}

function bytesOf(id: TextFormatId, words: number): Buffer {
  return Buffer.from(writeStream(id, eventsOf(words)));
}

function skim(id: TextFormatId, bytes: Buffer, size: number): readonly StreamEvent[] {
  const reader = createSkim(formats[id], "text/event-stream");
  const events: StreamEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...reader.push(bytes.subarray(at, at + size)));
  return [...events, ...reader.end()];
}

describe.each(textFormatIds)("reading along on %s", (id) => {
  it.each([7, 100, 4096, 1_000_000])("finds the figures at the end of a long stream in pieces of %i bytes", (size) => {
    const last = skim(id, bytesOf(id, 3000), size).at(-1);
    expect(last).toMatchObject({ type: "reply-end", usage: { input: 300, output: 40 } });
  });

  it("finds them in a short stream too", () => {
    for (const size of [3, 50, 100_000]) {
      expect(skim(id, bytesOf(id, 1), size).at(-1)).toMatchObject({ type: "reply-end", usage: { input: 300 } });
    }
  });

  it("tells the first useful event as soon as it is there", () => {
    const types = skim(id, bytesOf(id, 3000), 64).map(({ type }) => type);
    expect(types.filter((type) => type === "text-delta").length).toBeGreaterThan(0);
    expect(types.filter((type) => type === "text-delta").length).toBeLessThan(10);
  });

  it("says so when the end is missing", () => {
    const whole = bytesOf(id, 3000);
    const cut = whole.subarray(0, Math.floor(whole.length / 2));
    expect(skim(id, cut, 1000).at(-1)).toMatchObject({ type: "error", error: { kind: "truncated" } });
  });

  it("finds the provider's own error behind a long stream", () => {
    const error: StreamEvent = { type: "error", error: { kind: "capacity", message: "too busy" } };
    const bytes = Buffer.from(writeStream(id, [...eventsOf(3000).slice(0, 2000), error]));
    expect(skim(id, bytes, 1000).at(-1)).toMatchObject({ type: "error", error: { message: "too busy" } });
  });
});

describe("a last frame that repeats the whole answer", () => {
  it("is found however long it is, up to the bound", () => {
    const bytes = Buffer.from(writeStream("openai-responses", replay(replyOf("y".repeat(400_000)))));
    expect(skim("openai-responses", bytes, 16_384).at(-1)).toMatchObject({ usage: { input: 300, output: 40 } });
  });
});
