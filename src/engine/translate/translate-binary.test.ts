/**
 * The binary dialects on either side of a translation. Each of them joins as soon as the half it needs is spoken: what a
 * dialect writes is asked of it here, so nothing has to be switched on.
 */
import { describe, expect, it } from "vitest";
import cursorVectors from "../../../test/vectors/cursor-vectors.json" with { type: "json" };
import eventVectors from "../../../test/vectors/eventstream-vectors.json" with { type: "json" };
import type { FormatId } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { replay } from "../hub/replay.ts";
import type { HubReply } from "../hub/reply.ts";
import type { HubRequest } from "../hub/request.ts";
import { createSniffer } from "./input-kind.ts";
import { readReply } from "./readable.ts";
import { createReplyTranslator } from "./reply.ts";
import { translateRequest } from "./request.ts";
import { usualTarget } from "./usual-target.ts";

const request: HubRequest = {
  model: "asked",
  messages: [{ role: "user", parts: [{ type: "text", text: "Grüße 👩‍👩‍👧" }] }],
  tools: [],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
};
const reply: HubReply = {
  id: "r",
  model: "served",
  parts: [{ type: "text", text: "Grüße 👩‍👩‍👧" }],
  finish: { reason: "stop", raw: null },
  usage: { input: 12, output: 3, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
  losses: [],
};

const binary = ["kiro", "cursor"] as const;
const text = ["openai-chat", "claude", "gemini"] as const;

function written(format: FormatId): Uint8Array | null {
  const told = formats[format].provider.writeRequest(request, { model: "asked", maxTokensDefault: 100 });
  return told.ok ? told.value.body : null;
}

function streamOf(format: FormatId): Buffer {
  const writer = formats[format].client.streamWriter({
    model: "served",
    request,
    usageBuffer: 0,
    fallbackId: "f",
    createdAt: 1,
    target: usualTarget(format, { model: "served", stream: true }),
  });
  return Buffer.concat(replay(reply).flatMap((event) => writer.push(event)));
}

/** Recorded replies, to be read whatever our own writers do. */
const vectorOf = (format: (typeof binary)[number]): Buffer => {
  const found =
    format === "kiro"
      ? eventVectors.streams.find(({ name }) => name === "text-turn")
      : cursorVectors.streams.find(({ name }) => name === "chat-text");
  return Buffer.from(found?.hex ?? "", "hex");
};

const reads = (format: (typeof binary)[number]): boolean =>
  formats[format].provider.streamReader().push(vectorOf(format)).length > 0;
const writes = (format: FormatId): boolean => streamOf(format).byteLength > 0;

describe.each(binary)("%s", (format) => {
  it.skipIf(written(format) === null).each(text)("is what a request of %s becomes, as raw bytes", (from) => {
    const body = written(from);
    const told = translateRequest(body ?? new Uint8Array(), { from, to: format, stream: true, model: "asked" });
    if (!told.ok) throw new Error(told.error.message);
    expect(Buffer.from(told.body).toString("utf8")).toContain("Grüße 👩‍👩‍👧");
  });

  it.skipIf(written(format) === null || !reads(format)).each(text)(
    "is read as a request from raw bytes, for %s",
    (to) => {
      const told = translateRequest(written(format) ?? new Uint8Array(), { from: format, to, stream: true });
      if (!told.ok) throw new Error(told.error.message);
      expect(Buffer.from(told.body).toString("utf8")).toContain("Grüße 👩‍👩‍👧");
    },
  );

  it.skipIf(!reads(format)).each(text)("is read as a reply from raw frames of any size, for %s", (to) => {
    const bytes = vectorOf(format);
    const outputs = [1, 7, bytes.byteLength].map((size) => {
      const translator = createReplyTranslator({ from: format, to, stream: true, createdAt: 1, maxWholeBytes: 1e6 });
      let out = "";
      for (let at = 0; at < bytes.byteLength; at += size) {
        out += Buffer.from(translator.push(bytes.subarray(at, at + size))).toString();
      }
      return out + Buffer.from(translator.end()).toString();
    });
    expect(outputs[0]).toContain("Hel");
    expect(new Set(outputs).size).toBe(1);
  });

  it.skipIf(!writes(format)).each(text)(
    "is what a stream of %s becomes, also where one piece was asked for",
    (from) => {
      for (const stream of [true, false]) {
        const translator = createReplyTranslator({ from, to: format, stream, createdAt: 1, maxWholeBytes: 1e6 });
        const out = Buffer.concat([translator.push(streamOf(from)), translator.end()]);
        expect(out.toString("utf8")).toContain("Gr");
        expect(createSniffer().push(out)?.isBinary).toBe(true);
      }
    },
  );

  it.skipIf(!reads(format))("is a reply that people can read", () => {
    expect(
      readReply(format, vectorOf(format))
        ?.parts.map(({ text: said }) => said)
        .join(""),
    ).toContain("Hello");
  });
});

describe("the first bytes of an input", () => {
  it.each([
    ...eventVectors.streams.map(({ name, hex }) => [name, hex] as const),
    ...cursorVectors.streams.map(({ name, hex }) => [name, hex] as const),
  ])("tell a binary stream, wherever they are cut: %s", (_, hex) => {
    const bytes = Buffer.from(hex, "hex");
    const sniffer = createSniffer();
    let found = null;
    for (const byte of bytes) found ??= sniffer.push(Uint8Array.of(byte));
    found ??= sniffer.end();
    expect(found).toMatchObject({ kind: "stream", isBinary: true });
  });

  it.each([
    ["a page", Buffer.from("<html>")],
    ["noise", Buffer.from([0, 255, 254, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])],
    ["a few bytes", Buffer.from([0, 1])],
  ])("do not take %s for one", (_, bytes) => {
    const sniffer = createSniffer();
    expect((sniffer.push(bytes) ?? sniffer.end()).isBinary).toBeUndefined();
  });
});
