import { describe, expect, it } from "vitest";
import { formatIds, textFormatIds, type FormatId, type WriterOptions } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { replay } from "../hub/replay.ts";
import type { HubReply } from "../hub/reply.ts";
import { readReply } from "./readable.ts";
import { usualTarget } from "./usual-target.ts";

const usage = { input: 120, output: 30, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
const reply: HubReply = {
  id: "reply-1",
  model: "served",
  parts: [
    { type: "text", text: "Grüße, world" },
    { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a b"}', kind: "function" },
  ],
  finish: { reason: "tool-calls", raw: null },
  usage,
  losses: [],
};

function optionsFor(format: FormatId, stream: boolean): WriterOptions {
  return {
    model: "served",
    request: { model: "m", messages: [], tools: [], stream, wantsStreamUsage: true, stop: [], extras: {} },
    usageBuffer: 0,
    fallbackId: "f",
    createdAt: 1,
    target: usualTarget(format, { model: "served", stream }),
  };
}

function streamOf(format: FormatId): Buffer {
  const writer = formats[format].client.streamWriter(optionsFor(format, true));
  return Buffer.concat(replay(reply).flatMap((event) => writer.push(event)));
}

const parts = [
  { kind: "text", text: "Grüße, world" },
  { kind: "tool-call", name: "read", text: '{"path":"/a b"}' },
];

describe("a reply as a person reads it", () => {
  it.each(textFormatIds)("is read from a stream of %s", (format) => {
    expect(readReply(format, streamOf(format))).toMatchObject({
      parts,
      usage: { input: 120, output: 30 },
      error: null,
    });
  });

  it.each(textFormatIds)("is read from a whole reply of %s", (format) => {
    const bytes = formats[format].client.writeReply(reply, optionsFor(format, false));
    expect(readReply(format, bytes)).toMatchObject({ parts, usage: { input: 120, output: 30 }, error: null });
  });

  it.each(textFormatIds)("is read as far as it came from a cut stream of %s", (format) => {
    const bytes = streamOf(format);
    const read = readReply(format, bytes.subarray(0, bytes.indexOf('"read"')));
    expect(read?.parts[0]?.text).toBe("Grüße, world");
    expect(read?.error).not.toBeNull();
    expect(read?.finish).toBeNull();
  });

  it.each(formatIds)("is an error in %s", (format) => {
    const { body } = formats[format].client.writeError({ kind: "rate-limit", message: "slow down" });
    expect(readReply(format, body)).toMatchObject({ parts: [], error: expect.stringContaining("slow down") });
  });

  it("is a list of Google's, whole or cut", () => {
    const list = '[{"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]}}]},';
    const end = '{"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}]}]';
    expect(readReply("gemini", Buffer.from(list + end))).toMatchObject({ parts: [{ text: "Hello" }], error: null });
    expect(readReply("gemini", Buffer.from(list))).toMatchObject({ parts: [{ text: "Hel" }] });
  });

  it.each(["", "<html>", "{", "[", '{"input_tokens":7}'])("is nothing where the bytes are none: %j", (text) => {
    expect(readReply("claude", Buffer.from(text))?.parts ?? []).toEqual([]);
  });
});
