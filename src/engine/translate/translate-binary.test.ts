/** The binary dialects on either side of a translation. Cursor's clients and its back end speak two services. */
import { describe, expect, it } from "vitest";
import cursorVectors from "../../../test/vectors/cursor-vectors.json" with { type: "json" };
import eventVectors from "../../../test/vectors/eventstream-vectors.json" with { type: "json" };
import { envelope } from "../codecs/connect.ts";
import { encodeMessage } from "../formats/cursor/wire/schema.ts";
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

/** What goes to a back end of this dialect. */
function written(format: FormatId): Uint8Array {
  const told = formats[format].provider.writeRequest(request, { model: "asked", maxTokensDefault: 100 });
  if (!told.ok) throw new Error(told.error.message);
  return told.value.body;
}

/** What a client of this dialect asks. */
function asked(format: FormatId): Uint8Array {
  if (format !== "cursor") return written(format);
  const conversation = [{ text: "Grüße 👩‍👩‍👧", type: "CHAT_ROLE_HUMAN", bubbleId: "a" }];
  const chatRequest = { conversation, modelDetails: { modelName: "asked" } };
  return envelope(encodeMessage("ChatClientMessage", { chatRequest }));
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
const recorded = [
  ["kiro", "text-turn", eventVectors.streams],
  ["cursor", "chat-text", cursorVectors.streams],
  ["cursor", "agent-text", cursorVectors.streams],
] as const;

const vectorOf = (name: string, streams: readonly { readonly name: string; readonly hex: string }[]): Buffer => {
  const found = streams.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return Buffer.from(found.hex, "hex");
};

describe.each(binary)("%s", (format) => {
  it.each(text)("is what a request of %s becomes, as raw bytes", (from) => {
    const told = translateRequest(written(from), { from, to: format, stream: true, model: "asked" });
    if (!told.ok) throw new Error(told.error.message);
    expect(Buffer.from(told.body).toString("utf8")).toContain("Grüße 👩‍👩‍👧");
  });

  it.each(text)("is read as a request from raw bytes, for %s", (to) => {
    const told = translateRequest(asked(format), { from: format, to, stream: true });
    if (!told.ok) throw new Error(told.error.message);
    expect(Buffer.from(told.body).toString("utf8")).toContain("Grüße 👩‍👩‍👧");
  });

  it.each(text)("is what a stream of %s becomes, also where one piece was asked for", (from) => {
    for (const stream of [true, false]) {
      const translator = createReplyTranslator({ from, to: format, stream, createdAt: 1, maxWholeBytes: 1e6 });
      const out = Buffer.concat([translator.push(streamOf(from)), translator.end()]);
      expect(readReply(format, out)).toMatchObject({ parts: [{ text: "Grüße 👩‍👩‍👧" }], error: null });
      expect(createSniffer().push(out)?.isBinary).toBe(true);
    }
  });

  it.each([true, false])("is what the other becomes; streamed on: %s", (stream) => {
    const [from] = binary.filter((one) => one !== format);
    if (from === undefined) throw new Error("there are two");
    const translator = createReplyTranslator({ from, to: format, stream, createdAt: 1, maxWholeBytes: 1e6 });
    const out = Buffer.concat([translator.push(streamOf(from)), translator.end()]);
    expect(translator.outcome()).toEqual({ kind: "done" });
    expect(readReply(format, out)?.parts).toEqual([{ kind: "text", text: "Grüße 👩‍👩‍👧" }]);
    const told = translateRequest(asked(from), { from, to: format, stream });
    expect(told.ok && Buffer.from(told.body).toString("utf8")).toContain("Grüße 👩‍👩‍👧");
  });

  it("between two sides that speak it is left alone", () => {
    const bytes = streamOf(format);
    const translator = createReplyTranslator({
      from: format,
      to: format,
      stream: true,
      createdAt: 1,
      maxWholeBytes: 1e6,
    });
    const out = Buffer.concat([translator.push(bytes), translator.end()]);
    expect(out.equals(bytes)).toBe(true);
  });

  it("that is noise ends with an error, whatever was asked for", () => {
    for (const bytes of [
      Buffer.from("0000000004ffffffff", "hex"),
      Buffer.alloc(64, 1),
      Buffer.from("00000000ff01", "hex"),
    ]) {
      for (const stream of [true, false]) {
        const translator = createReplyTranslator({
          from: format,
          to: "claude",
          stream,
          createdAt: 1,
          maxWholeBytes: 1e6,
        });
        translator.push(bytes);
        translator.end();
        expect(translator.outcome()?.kind).toMatch(/^(broken|unreadable)$/);
      }
    }
  });
});

describe.each(recorded)("a recorded reply of %s (%s)", (format, name, streams) => {
  it.each(text)("is read from raw frames of any size, for %s", (to) => {
    const bytes = vectorOf(name, streams);
    const outputs = [1, 7, bytes.byteLength].map((size) => {
      const translator = createReplyTranslator({ from: format, to, stream: true, createdAt: 1, maxWholeBytes: 1e6 });
      let out = "";
      for (let at = 0; at < bytes.byteLength; at += size) {
        out += Buffer.from(translator.push(bytes.subarray(at, at + size))).toString();
      }
      out += Buffer.from(translator.end()).toString();
      expect(translator.outcome()).toEqual({ kind: "done" });
      return out;
    });
    expect(outputs[0]).toContain("Hel");
    expect(new Set(outputs).size).toBe(1);
  });

  it("is one that people can read", () => {
    const read = readReply(format, vectorOf(name, streams));
    expect(read?.parts.map(({ text: said }) => said).join("")).toContain("Hello");
    expect(read?.error).toBeNull();
  });
});

it("says of a run of Cursor's agent that it cannot be read alone", () => {
  const target = "/agent.v1.AgentService/Run";
  const told = translateRequest(written("cursor"), { from: "cursor", to: "claude", stream: true, target });
  expect(told).toMatchObject({ ok: false, error: { message: expect.stringContaining("a conversation") } });
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
