import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventFrameReader, type EventFrame } from "../../codecs/aws-event-stream.ts";
import { checkStream } from "../../hub/__fixtures__/check-stream.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { noUsage } from "../../hub/usage.ts";
import { readCarrier } from "../../hub/carrier.ts";
import { writerOptions } from "../__fixtures__/harness.ts";
import { plainStream, richStream, sampleUsage } from "../__fixtures__/samples.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { kiro } from "./index.ts";

interface Said {
  readonly name: string | null;
  readonly value: Readonly<Record<string, unknown>>;
}

function framesOf(bytes: Uint8Array): readonly EventFrame[] {
  const reader = createEventFrameReader();
  const frames = reader.push(bytes);
  reader.end();
  return frames;
}

function said(bytes: Uint8Array): readonly Said[] {
  return framesOf(bytes).map(({ name, payload }) => {
    // Frames of our own writer: their payload is a JSON object.
    return { name, value: JSON.parse(Buffer.from(payload).toString("utf8")) as Said["value"] };
  });
}

const optionsWith = (more: Partial<WriterOptions> = {}): WriterOptions => ({ ...writerOptions(), ...more });

function written(events: readonly StreamEvent[], more: Partial<WriterOptions> = {}): readonly Said[] {
  return pushAll(kiro.client.streamWriter(optionsWith(more)), events);
}

function pushAll(writer: StreamWriter, events: readonly StreamEvent[]): readonly Said[] {
  return said(Buffer.concat(events.flatMap((event) => writer.push(event))));
}

const start: StreamEvent = { type: "reply-start", id: "r", model: "served" };
const finished = (finish: Partial<Finish> = {}, usage = sampleUsage): StreamEvent => ({
  type: "reply-end",
  finish: { reason: "stop", raw: null, ...finish },
  usage,
});
const text = (words: string): readonly StreamEvent[] => [
  { type: "text-start", block: 0 },
  { type: "text-delta", block: 0, text: words },
  { type: "text-end", block: 0 },
];

describe("a Kiro stream", () => {
  it("begins with initial-response where the call was named by its header, and not where it was by its path", () => {
    const names = (more: Partial<WriterOptions>): unknown =>
      written([start, ...text("a"), finished()], more).map(({ name }) => name);
    const rest = [
      "messageMetadataEvent",
      "assistantResponseEvent",
      "metadataEvent",
      "contextUsageEvent",
      "meteringEvent",
    ];
    expect(names({ variant: "aws-json" })).toEqual(["initial-response", ...rest]);
    expect(names({})).toEqual(rest);
  });

  it("begins so even where a keep-alive is the first thing, and a keep-alive says nothing new later", () => {
    const writer = kiro.client.streamWriter(optionsWith({ variant: "aws-json" }));
    const first = said(writer.keepAlive());
    expect(first.map(({ name }) => name)).toEqual(["initial-response", "messageMetadataEvent"]);
    const again = said(writer.keepAlive());
    expect(again).toEqual(first.slice(1));
    expect(pushAll(writer, [start]).length).toBe(0);
  });

  it("names the conversation as the client did, and invents none", () => {
    const named = { conversation: { conversationId: "c-1" } };
    const request = { ...optionsWith().request, extras: { kiro: named } };
    const [initial, metadata] = written([start], { request, variant: "aws-json" });
    expect(initial?.value).toEqual({ conversationId: "c-1" });
    expect(metadata?.value).toEqual({ conversationId: "c-1", utteranceId: "fallback-1" });
    expect(written([start])[0]?.value).toEqual({ utteranceId: "fallback-1" });
  });

  it("writes a call as its name, fragments of text, and its end", () => {
    const call: readonly StreamEvent[] = [
      { type: "tool-start", block: 0, id: "t", name: "read", kind: "function" },
      { type: "tool-delta", block: 0, text: '{"a"' },
      { type: "tool-delta", block: 0, text: "" },
      { type: "tool-delta", block: 0, text: ":1}" },
      { type: "tool-end", block: 0 },
    ];
    const calls = written([start, ...call, finished({ reason: "tool-calls" })]).filter(
      ({ name }) => name === "toolUseEvent",
    );
    expect(calls.map(({ value }) => value)).toEqual([
      { name: "read", toolUseId: "t" },
      { name: "read", toolUseId: "t", input: '{"a"' },
      { name: "read", toolUseId: "t", input: ":1}" },
      { name: "read", toolUseId: "t", stop: true },
    ]);
  });

  it("wraps a freeform call, whole", () => {
    const calls = written([
      start,
      { type: "tool-start", block: 0, id: "t", name: "patch", kind: "custom" },
      { type: "tool-delta", block: 0, text: 'a "b"' },
      { type: "tool-end", block: 0 },
      finished(),
    ]).filter(({ name }) => name === "toolUseEvent");
    expect(calls.map(({ value }) => value["input"]).filter(Boolean)).toEqual(['{"input":"a \\"b\\""}']);
  });

  it("has no end for a call that an error cut", () => {
    const all = written([
      start,
      { type: "tool-start", block: 0, id: "t", name: "read", kind: "function" },
      { type: "tool-delta", block: 0, text: '{"a"' },
      { type: "error", error: { kind: "truncated", message: "cut" } },
      finished(),
    ]);
    expect(all.some(({ value }) => value["stop"] === true)).toBe(false);
    expect(all.at(-1)).toEqual({ name: "InternalServerException", value: { message: "cut" } });
  });

  it.each<[Partial<Finish>, string]>([
    [{ reason: "stop" }, "END_TURN"],
    [{ reason: "tool-calls" }, "TOOL_USE"],
    [{ reason: "length" }, "MAX_TOKENS"],
    [{ reason: "content-filter" }, "CONTENT_FILTERED"],
    [{ reason: "stop-sequence" }, "END_TURN"],
    [{ reason: "unknown" }, "END_TURN"],
  ])("always says why it ended: %j is %s", (finish, word) => {
    const end = written([start, finished(finish)]).find(({ name }) => name === "metadataEvent");
    expect(end?.value["stopReason"]).toBe(word);
  });

  it("shows why the model declined where it said nothing else", () => {
    const declined = finished({ reason: "content-filter", explanation: "Not this." });
    const words = (events: readonly StreamEvent[]): unknown =>
      written(events).flatMap(({ value }) => value["content"] ?? []);
    expect(words([start, declined])).toEqual(["Not this."]);
    expect(words([start, ...text("said"), declined])).toEqual(["said"]);
  });

  it("says what it used where that is known, and how full the context is", () => {
    const of = (usage: typeof sampleUsage, more: Partial<WriterOptions> = {}): readonly Said[] =>
      written([start, finished({}, usage)], {
        ...more,
        request: { ...optionsWith().request, model: "claude-haiku-4.5" },
      });
    const known = of({ ...sampleUsage, input: 50_000, output: 10_000 }, { usageBuffer: 2_000 });
    expect(known.find(({ name }) => name === "metadataEvent")?.value["tokenUsage"]).toEqual({
      uncachedInputTokens: 51_920,
      outputTokens: 10_000,
      totalTokens: 62_000,
      cacheReadInputTokens: 60,
      cacheWriteInputTokens: 20,
    });
    expect(known.find(({ name }) => name === "contextUsageEvent")?.value).toEqual({ contextUsagePercentage: 31 });
    for (const usage of [noUsage, { ...sampleUsage, estimated: true }]) {
      const guessed = of(usage);
      expect(guessed.find(({ name }) => name === "metadataEvent")?.value).toEqual({ stopReason: "END_TURN" });
      const share = guessed.find(({ name }) => name === "contextUsageEvent")?.value["contextUsagePercentage"];
      expect(share).toBeTypeOf("number");
    }
    const full = of({ ...sampleUsage, input: 10_000_000 });
    expect(full.find(({ name }) => name === "contextUsageEvent")?.value).toEqual({ contextUsagePercentage: 100 });
  });

  it("hands another maker's signature over under our tag, and its own as it is", () => {
    const thought = (more: object): readonly StreamEvent[] => [
      { type: "thinking-start", block: 0 },
      { type: "thinking-delta", block: 0, text: "hm" },
      { type: "thinking-end", block: 0, ...more },
    ];
    const signatures = (more: object, options: Partial<WriterOptions> = {}): readonly unknown[] =>
      written([start, ...thought(more), finished()], options).flatMap(({ value }) => value["signature"] ?? []);
    const from = { format: "claude", origin: "a" } as const;
    expect(signatures({})).toEqual([]);
    expect(signatures({ from })).toEqual([]);
    expect(signatures({ signature: "s", from: { format: "kiro" } })).toEqual(["s"]);
    const [tag] = signatures({ signature: "s", from });
    expect(readCarrier(String(tag))).toEqual({ from, signature: "s" });
    const hiding = { ...optionsWith().request, thinking: { mode: "dynamic", show: false } as const };
    const [hidden] = signatures({ from }, { request: hiding });
    expect(readCarrier(String(hidden))).toEqual({ from, text: "hm" });
    expect(written([start, ...thought({ from })], { request: hiding }).some(({ value }) => "text" in value)).toBe(
      false,
    );
  });

  it("shows pages beside the answer and names what else has no form here", () => {
    const writer = kiro.client.streamWriter(optionsWith());
    const all = pushAll(writer, [
      start,
      { type: "text-start", block: 0 },
      { type: "text-delta", block: 0, text: "so" },
      { type: "citation", block: 0, citation: { url: "https://a.test", text: "so", from: "claude", raw: null } },
      { type: "citation", block: 0, citation: { title: "book", from: "claude", raw: null } },
      { type: "text-end", block: 0, signature: "s" },
      {
        type: "image",
        block: 1,
        part: { type: "image", source: { kind: "base64", mediaType: "image/png", data: "A" } },
      },
      { type: "opaque", block: 2, part: { type: "opaque", from: "claude", name: "tool_x", raw: {}, text: "did x" } },
      finished(),
    ]);
    expect(all.find(({ name }) => name === "supplementaryWebLinksEvent")?.value).toEqual({
      supplementaryWebLinks: [{ url: "https://a.test", title: "https://a.test", snippet: "so" }],
    });
    expect(all.flatMap(({ value }) => value["content"] ?? [])).toEqual([
      "so",
      "[a picture (image/png), not shown here]",
      "did x",
    ]);
    expect(writer.losses().map((loss) => loss.split(":")[0])).toEqual([
      "citation",
      "citation",
      "thinking-signature",
      "image",
      "server-block",
    ]);
  });

  it("is legal whatever was said: three headers on each frame, no empty text, no half character, one end", () => {
    fc.assert(
      fc.property(fc.oneof(plainStream, richStream), fc.boolean(), (events, isTarget) => {
        expect(checkStream(events)).toEqual([]);
        const writer = kiro.client.streamWriter(optionsWith(isTarget ? { variant: "aws-json" } : {}));
        const bytes = Buffer.concat(events.flatMap((event) => [...writer.push(event)]));
        const frames = framesOf(bytes);
        for (const { texts, messageType, payload } of frames) {
          expect(Object.keys(texts).sort()).toEqual([":content-type", ":event-type", ":message-type"]);
          expect(messageType).toBe("event");
          expect(Buffer.from(payload).toString("utf8")).not.toMatch(/"(content|text|input)":""/);
        }
        const names = frames.map(({ name }) => name);
        expect(names.slice(-3)).toEqual(["metadataEvent", "contextUsageEvent", "meteringEvent"]);
        expect(names.filter((name) => name === "metadataEvent")).toHaveLength(1);
        expect(writer.push({ type: "usage", usage: noUsage })).toEqual([]);
      }),
      { numRuns: 200, seed: 20_261_122 },
    );
  });
});
