/** The translator alone, for every pair of formats in the table. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../base/json.ts";
import { frozen } from "../formats/__fixtures__/harness.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { textFormatIds, type FormatId, type WriterOptions } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { accumulate } from "../hub/accumulate.ts";
import type { HubReply } from "../hub/reply.ts";
import type { HubRequest } from "../hub/request.ts";
import { replay } from "../hub/replay.ts";
import { createReplyTranslator, createSniffer, type ReplyOutcome, translateRequest } from "./index.ts";
import { usualTarget } from "./usual-target.ts";

const request: HubRequest = frozen({
  model: "asked",
  messages: [
    { role: "system", parts: [{ type: "text", text: "be brief" }] },
    { role: "user", parts: [{ type: "text", text: 'שלום \u2028 "quoted" 👩‍👩‍👧' }] },
  ],
  tools: [{ kind: "function", name: "read", parameters: { type: "object", properties: { path: { type: "string" } } } }],
  stream: false,
  wantsStreamUsage: true,
  maxTokens: 100,
  stop: [],
  extras: {},
});

const usage = { input: 120, output: 30, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };

const reply: HubReply = frozen({
  id: "reply-1",
  model: "served",
  parts: [
    { type: "text", text: 'שלום \u2028 "quoted" 👩‍👩‍👧\n\n leading' },
    { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a b"}', kind: "function" },
  ],
  finish: { reason: "tool-calls", raw: null },
  usage,
  losses: [],
});

function writerOptions(format: FormatId, stream: boolean): WriterOptions {
  const target = usualTarget(format, { model: "served", stream });
  return {
    model: "served",
    request: { ...request, stream },
    usageBuffer: 0,
    fallbackId: "f",
    createdAt: 1_700_000_000,
    target,
  };
}

/** What an upstream of this dialect sends. */
function streamOf(format: FormatId, given: HubReply = reply): Buffer {
  const writer = formats[format].client.streamWriter(writerOptions(format, true));
  return Buffer.concat(replay(given).flatMap((event) => writer.push(event)));
}

function wholeOf(format: FormatId): Buffer {
  return Buffer.from(formats[format].client.writeReply(reply, writerOptions(format, false)));
}

function requestOf(format: FormatId, stream = false): { readonly body: Buffer; readonly target: string } {
  const written = formats[format].provider.writeRequest(
    { ...request, stream },
    { model: "asked", maxTokensDefault: 100, project: "mine" },
  );
  if (!written.ok) throw new Error(written.error.message);
  return { body: Buffer.from(written.value.body), target: usualTarget(format, { model: "asked", stream }) };
}

interface Told {
  readonly bytes: Buffer;
  readonly outcome: ReplyOutcome | null;
  readonly losses: readonly string[];
}

function translated(
  from: FormatId,
  to: FormatId,
  stream: boolean,
  pieces: readonly Uint8Array[],
  maxWholeBytes = 1 << 20,
): Told {
  const translator = createReplyTranslator({ from, to, stream, createdAt: 1_700_000_000, maxWholeBytes });
  const out = pieces.map((piece) => translator.push(piece));
  return {
    bytes: Buffer.concat([...out, translator.end()]),
    outcome: translator.outcome(),
    losses: translator.losses(),
  };
}

function meaning(told: HubReply): unknown {
  return {
    text: told.parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    calls: told.parts.flatMap((part) => {
      if (part.type !== "tool-call") return [];
      const parsed = parseJson(part.arguments);
      return [{ name: part.name, arguments: parsed.ok ? parsed.value : part.arguments }];
    }),
    finish: told.finish.reason,
    input: told.usage.input,
    output: told.usage.output,
    model: told.model,
  };
}

function readStream(format: FormatId, bytes: Uint8Array): HubReply {
  const reader = formats[format].provider.streamReader();
  const read = accumulate([...reader.push(bytes), ...reader.end()]);
  if (!read.ok) throw new Error(`${read.error.kind}: ${read.error.message}\n${Buffer.from(bytes).toString()}`);
  return read.value;
}

function readWhole(format: FormatId, bytes: Uint8Array): HubReply {
  const read = formats[format].provider.readReply(JSON.parse(Buffer.from(bytes).toString()) as unknown);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function inPieces(bytes: Buffer, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

describe.each(textFormatIds)("from %s", (from) => {
  describe.each(textFormatIds)("to %s", (to) => {
    it("a request keeps its meaning", () => {
      const { body, target } = requestOf(from);
      const told = translateRequest(body, { from, to, stream: false, target });
      if (!told.ok) throw new Error(told.error.message);
      const clientTarget = usualTarget(to, { model: "asked", stream: false });
      const read = formats[to].client.readRequest(
        JSON.parse(Buffer.from(told.body).toString()) as unknown,
        clientTarget,
      );
      if (!read.ok) throw new Error(read.error.message);
      expect(read.value.request).toMatchObject({
        model: "asked",
        tools: [{ kind: "function", name: "read" }],
        maxTokens: 100,
        stream: false,
      });
      expect(JSON.stringify(read.value.request.messages)).toContain("be brief");
      expect(JSON.stringify(read.value.request.messages)).toContain("👩‍👩‍👧");
      expect(told.path).toMatch(/^\//);
      expect(told.isModelUnknown).toBe(false);
    });

    it("a request asks for a stream when one is wanted, of the model that is wanted", () => {
      const { body } = requestOf(from);
      const told = translateRequest(body, { from, to, stream: true, model: "other" });
      if (!told.ok) throw new Error(told.error.message);
      const clientTarget = told.path.includes("v1") ? told.path : usualTarget(to, { model: "other", stream: true });
      const read = formats[to].client.readRequest(
        JSON.parse(Buffer.from(told.body).toString()) as unknown,
        clientTarget,
      );
      if (!read.ok) throw new Error(read.error.message);
      expect(read.value.request).toMatchObject({ model: "other", stream: true });
    });

    it.each([true, false])("a stream keeps its meaning, in pieces of any size; streamed on: %s", (stream) => {
      const bytes = streamOf(from);
      const wanted = meaning(readStream(from, bytes));
      const first = translated(from, to, stream, [bytes]);
      expect(first.outcome).toEqual({ kind: "done" });
      expect(meaning(stream ? readStream(to, first.bytes) : readWhole(to, first.bytes))).toEqual(wanted);
      for (const size of [1, 7, 100]) expect(translated(from, to, stream, inPieces(bytes, size))).toEqual(first);
    });

    it.each([true, false])("a whole reply keeps its meaning, in pieces of any size; streamed on: %s", (stream) => {
      const bytes = wholeOf(from);
      const first = translated(from, to, stream, [bytes]);
      expect(first.outcome).toEqual({ kind: "done" });
      const told = stream ? readStream(to, first.bytes) : readWhole(to, first.bytes);
      expect(meaning(told)).toEqual(meaning(readWhole(from, bytes)));
      for (const size of [1, 7, 100]) expect(translated(from, to, stream, inPieces(bytes, size))).toEqual(first);
    });

    it.each([true, false])("an error body is told in the other's words and is a result; streamed on: %s", (stream) => {
      const error: EngineError = { kind: "rate-limit", message: "slow down, please" };
      const told = translated(from, to, stream, [Buffer.from(formats[from].client.writeError(error).body)]);
      expect(told.outcome).toMatchObject({ kind: "error", status: 429, error: { kind: "rate-limit" } });
      const read = formats[to].provider.readError(429, [], told.bytes);
      expect(read).toMatchObject({ kind: "rate-limit", message: expect.stringContaining("slow down, please") });
    });

    it("a stream that ends with the provider's own error is a result", () => {
      const writer = formats[from].client.streamWriter(writerOptions(from, true));
      const events = [
        ...replay(reply).slice(0, 3),
        { type: "error", error: { kind: "rate-limit", message: "slow down" } },
      ] as const;
      const bytes = Buffer.concat(events.flatMap((event) => writer.push(event)));
      const told = translated(from, to, true, [bytes]);
      expect(told.outcome?.kind).toBe("error");
      expect(told.bytes.toString()).toContain("slow down");
      const whole = translated(from, to, false, [bytes]);
      expect(whole.outcome?.kind).toBe("error");
      expect(formats[to].provider.readError(429, [], whole.bytes).message).toContain("slow down");
    });

    it.each([true, false])(
      "a stream that was cut never looks whole, wherever the cut is; streamed on: %s",
      (stream) => {
        const bytes = streamOf(from, {
          ...reply,
          parts: [{ type: "text", text: "a".repeat(40) }],
          finish: { reason: "stop", raw: null },
        });
        for (let cut = 8; cut < bytes.length / 2; cut += 11) {
          const told = translated(from, to, stream, [bytes.subarray(0, cut)]);
          expect(told.outcome?.kind).toBe("broken");
          if (stream) {
            const reader = formats[to].provider.streamReader();
            const events = [...reader.push(told.bytes), ...reader.end()];
            expect(events.at(-1)?.type).toBe("error");
          } else {
            expect(formats[to].provider.readReply(JSON.parse(told.bytes.toString()) as unknown).ok).toBe(false);
          }
        }
      },
    );

    it("survives anything as a request or a reply", () => {
      fc.assert(
        fc.property(fc.jsonValue(), fc.boolean(), (value, stream) => {
          const bytes = Buffer.from(JSON.stringify(value));
          translateRequest(bytes, { from, to, stream });
          expect(translated(from, to, stream, [bytes]).outcome).not.toBeNull();
          const told = translated(from, to, stream, [Buffer.from(`data: ${bytes.toString()}\n\n`)]);
          expect(told.outcome).not.toBeNull();
        }),
        { numRuns: 50 },
      );
    });
  });

  it("leaves the bytes alone when both sides speak it", () => {
    const spaced = Buffer.from(JSON.stringify(JSON.parse(requestOf(from).body.toString()), null, 3));
    const told = translateRequest(spaced, { from, to: from, stream: false, target: requestOf(from).target });
    expect(told.ok && Buffer.from(told.body).equals(spaced)).toBe(true);
    expect(translated(from, from, false, [wholeOf(from)]).bytes.equals(wholeOf(from))).toBe(true);
    const stream = Buffer.concat([Buffer.from(": a comment\n\n"), streamOf(from), Buffer.from(": the end\n\n")]);
    for (const size of [9, 10_000])
      expect(translated(from, from, true, inPieces(stream, size)).bytes.equals(stream)).toBe(true);
    const cut = stream.subarray(0, 100);
    expect(translated(from, from, true, [cut]).bytes.equals(cut)).toBe(true);
  });
});

it("names what the writer could not say even where the reply ends with an error", () => {
  const signed = streamOf("claude", {
    ...reply,
    parts: [{ type: "thinking", text: "hm", signature: "c2ln", from: { format: "claude" } }],
  });
  const text = signed.toString();
  const cut = Buffer.from(text.slice(0, text.indexOf("event: message_delta")));
  const told = translated("claude", "openai-chat", true, [cut]);
  expect(told.outcome?.kind).toBe("broken");
  expect(told.losses.join()).toContain("thinking-signature");
});

describe("what cannot be read", () => {
  const refused = (bytes: Uint8Array, stream = false): ReplyOutcome | null => {
    const told = translated("claude", "openai-chat", stream, [bytes], 1_000);
    expect(told.bytes.byteLength).toBe(0);
    return told.outcome;
  };

  it.each([
    ["nothing", Buffer.from(""), "empty"],
    ["white space", Buffer.from(" \r\n\t"), "empty"],
    ["binary", Buffer.from([0, 255, 254, 1, 2, 3, 4, 5, 6, 7]), "begins like nothing"],
    ["a page", Buffer.from("<!doctype html>"), "begins like nothing"],
    ["half of a document", Buffer.from('{"content":['), "not JSON"],
    ["a document of something else", Buffer.from('{"hello":"world"}'), "content"],
    ["a list", Buffer.from("[1,2]"), "a list"],
    ["too deep a document", Buffer.from("[".repeat(300)), "deeper"],
    ["too large a document", Buffer.from(`{"a":"${"x".repeat(2_000)}"}`), "larger"],
  ])("is refused with a reason and without a byte of output: %s", (_, bytes, why) => {
    for (const stream of [true, false]) {
      expect(refused(bytes, stream)).toMatchObject({
        kind: "unreadable",
        error: { message: expect.stringContaining(why) },
      });
    }
  });

  it("is a stream too large for one piece, when one piece is wanted", () => {
    const long = streamOf("claude", { ...reply, parts: [{ type: "text", text: "x".repeat(2_000) }] });
    expect(translated("claude", "openai-chat", false, [long], 1_000).outcome?.kind).toBe("unreadable");
    expect(translated("claude", "openai-chat", true, inPieces(long, 100), 1_000).outcome?.kind).toBe("done");
  });

  it("is a stream whose frames are no JSON: it ends broken", () => {
    const told = translated("claude", "openai-chat", true, [Buffer.from("event: message_start\ndata: {broken\n\n")]);
    expect(told.outcome).toMatchObject({ kind: "broken" });
    expect(told.bytes.toString()).toContain('"error"');
  });

  it.each([
    ["{", "not JSON"],
    ["[]", "not a JSON object"],
    ['{"messages":1}', "messages"],
  ])("is a request such as %s", (text, why) => {
    expect(translateRequest(Buffer.from(text), { from: "claude", to: "openai-chat", stream: false })).toMatchObject({
      ok: false,
      reason: "unreadable",
      error: { message: expect.stringContaining(why) },
    });
  });

  it("says when it looks like a reply", () => {
    const told = translateRequest(wholeOf("claude"), { from: "claude", to: "openai-chat", stream: false });
    expect(told).toMatchObject({ ok: false, looksLikeReply: true });
  });
});

describe("the first bytes of an input", () => {
  it.each([
    ["{", "whole"],
    ["  \n{", "whole"],
    ["\u{feff}{", "whole"],
    ["[{", "whole"],
    ["data: {}", "stream"],
    ["data:{}", "stream"],
    ["\n\nevent: x", "stream"],
    ["\u{feff}event: x", "stream"],
    [": hello", "stream"],
    ["id: 1\n", "stream"],
    ["retry: 10\n", "stream"],
    ["dataset: x", "unknown"],
    ["hello", "unknown"],
    ["", "empty"],
  ] as const)("tell what it is, wherever they are cut: %j is %s", (text, kind) => {
    const bytes = Buffer.from(text);
    const sniffer = createSniffer();
    let found = null;
    const given: Uint8Array[] = [];
    for (const byte of bytes) {
      if (found === null) given.push(Uint8Array.of(byte));
      found ??= sniffer.push(Uint8Array.of(byte));
    }
    found ??= sniffer.end();
    expect(found.kind).toBe(kind);
    expect(Buffer.from(found.bytes).equals(Buffer.concat(given))).toBe(true);
  });
});

describe("Google's stream as one JSON list", () => {
  const chunk = { candidates: [{ content: { role: "model", parts: [{ text: "ab" }] } }], modelVersion: "served" };
  const last = { candidates: [{ content: { role: "model", parts: [{ text: "cd" }] }, finishReason: "STOP" }] };

  it.each([true, false])("is read as a stream; streamed on: %s", (stream) => {
    const told = translated("gemini", "claude", stream, [Buffer.from(JSON.stringify([chunk, last]))]);
    expect(told.outcome).toEqual({ kind: "done" });
    const read = stream ? readStream("claude", told.bytes) : readWhole("claude", told.bytes);
    expect(meaning(read)).toMatchObject({ text: "abcd", finish: "stop", model: "served" });
  });

  it("that was cut is broken", () => {
    expect(translated("gemini", "claude", true, [Buffer.from(JSON.stringify([chunk]))]).outcome?.kind).toBe("broken");
  });
});

describe("a body that names a Google Cloud project", () => {
  it("has a word in its place that says so", () => {
    const told = translateRequest(requestOf("claude").body, { from: "claude", to: "gemini-cli", stream: false });
    expect(told).toMatchObject({ ok: true, placeholder: "PROJECT" });
    const other = translateRequest(requestOf("claude").body, { from: "claude", to: "openai-chat", stream: false });
    expect(other).toMatchObject({ ok: true, placeholder: null });
  });
});

describe("the model", () => {
  it("of a request that names it in its address only is unknown, and said to be", () => {
    const { body } = requestOf("gemini");
    const told = translateRequest(body, { from: "gemini", to: "claude", stream: false });
    expect(told).toMatchObject({ ok: true, isModelUnknown: true });
    const named = translateRequest(body, {
      from: "gemini",
      to: "claude",
      stream: false,
      target: "/v1beta/models/g:generateContent",
    });
    expect(named.ok && JSON.parse(Buffer.from(named.body).toString())).toMatchObject({ model: "g" });
  });

  it("can be named for a body that does not name it", () => {
    const body = Buffer.from('{"max_tokens":5,"messages":[{"role":"user","content":"hi"}]}');
    expect(translateRequest(body, { from: "claude", to: "openai-chat", stream: false }).ok).toBe(false);
    const told = translateRequest(body, { from: "claude", to: "openai-chat", stream: false, model: "m" });
    expect(told.ok && JSON.parse(Buffer.from(told.body).toString())).toMatchObject({ model: "m" });
  });

  it("replaces the body's own, also where the rest is left alone", () => {
    const body = Buffer.from('{ "model" : "a", "max_tokens":5, "messages":[{"role":"user","content":"hi"}] }');
    const told = translateRequest(body, { from: "claude", to: "claude", stream: false, model: "b" });
    expect(told.ok && Buffer.from(told.body).toString()).toBe(body.toString().replace('"a"', '"b"'));
  });

  it("of a reply is the one that answered, or the one that is wanted", () => {
    const options = { from: "claude", to: "openai-chat", stream: true, createdAt: 1, maxWholeBytes: 1_000 } as const;
    for (const [model, shown] of [
      [undefined, "served"],
      ["mine", "mine"],
    ] as const) {
      const translator = createReplyTranslator({ ...options, ...(model === undefined ? {} : { model }) });
      expect(Buffer.from(translator.push(streamOf("claude"))).toString()).toContain(`"model":"${shown}"`);
    }
  });
});
