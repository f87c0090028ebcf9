/** What clients of Gemini's dialect get to see. */
import { describe, expect, it } from "vitest";
import { isRecord, own } from "../../../base/json.ts";
import { createSseReader } from "../../codecs/sse.ts";
import type { AssistantPart, Citation } from "../../hub/message.ts";
import { replay } from "../../hub/replay.ts";
import type { HubReply } from "../../hub/reply.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { frozen, writerOptions, type Loose } from "../__fixtures__/harness.ts";
import type { WriterOptions } from "../format.ts";
import { call, chunk, events, lastChunk, read, replyFrom, written } from "./__fixtures__/chunks.ts";
import { readReply, writeReply } from "./reply.ts";
import { readRequest } from "./request-in.ts";
import { createStreamWriter, streamHeaders } from "./stream-out.ts";

const sse = "/v1beta/models/asked-model:streamGenerateContent?alt=sse";
const plain = "/v1beta/models/asked-model:streamGenerateContent";
const usage = { input: 120, output: 30, cacheRead: 60, cacheWrite: 0, reasoning: 10, estimated: false };

const options = (target = sse, more: Partial<WriterOptions> = {}): WriterOptions => ({
  ...writerOptions(),
  target,
  ...more,
});

function reply(parts: readonly AssistantPart[], finish: Finish = { reason: "stop", raw: null }): HubReply {
  return frozen({ id: "reply-1", model: "served", parts, finish, usage, losses: [] });
}

const streamOf = (said: HubReply, target = sse): Buffer => written(createStreamWriter(options(target)), replay(said));

function chunksOf(bytes: Uint8Array): readonly Loose[] {
  const reader = createSseReader();
  return [...reader.push(bytes), ...reader.end()].map(({ data }) => JSON.parse(data) as Loose);
}

const partsOf = (bytes: Uint8Array): readonly unknown[] =>
  chunksOf(bytes).flatMap((one) => one["candidates"]?.[0]?.content?.parts ?? []);

const from = { format: "gemini" } as const;
const called = (args: string, more: object = {}): AssistantPart => ({
  type: "tool-call",
  id: "call_1",
  name: "read",
  arguments: args,
  kind: "function",
  ...more,
});

describe("a stream of events", () => {
  const bytes = streamOf(
    reply(
      [
        { type: "thinking", text: "hm", from },
        { type: "text", text: 'one "two" \u2028\u0085' },
        called('{"path":"/a", "big":12345678901234567890}'),
      ],
      { reason: "tool-calls", raw: "tool_use" },
    ),
  );

  it("S13: has neither `event:` lines nor `[DONE]`, and each event is one line of data", () => {
    const lines = bytes.toString().split("\n");
    expect(lines.every((line) => line === "" || line.startsWith("data: {"))).toBe(true);
    expect(bytes.toString().endsWith("}\n\n")).toBe(true);
  });

  it("says thoughts and text as they come and a call as one part, with the arguments as they were written", () => {
    expect(partsOf(bytes)).toMatchObject([
      { text: "hm", thought: true },
      { text: 'one "two" \u2028\u0085' },
      { functionCall: { id: "call_1", name: "read", args: { path: "/a" } } },
      { text: "" },
    ]);
    expect(bytes.toString()).toContain('"args":{"path":"/a", "big":12345678901234567890}');
  });

  it("S23: holds no other character that a reader of lines could end a line at", () => {
    expect(bytes.toString()).not.toMatch(/[\u2028\u2029\u0085\r]/);
  });

  it("names role, index, model and reply in each chunk, and the finish and the figures in the last", () => {
    const chunks = chunksOf(bytes);
    for (const one of chunks) {
      expect(one).toMatchObject({ modelVersion: "asked-model", responseId: "reply-1" });
      expect(one["candidates"]).toMatchObject([{ index: 0, content: { role: "model" } }]);
    }
    expect(chunks.filter((one) => own(one["candidates"][0], "finishReason") !== undefined)).toHaveLength(1);
    expect(chunks.at(-1)).toEqual({
      candidates: [{ content: { parts: [{ text: "" }], role: "model" }, finishReason: "STOP", index: 0 }],
      usageMetadata: {
        promptTokenCount: 120,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 10,
        cachedContentTokenCount: 60,
        totalTokenCount: 150,
      },
      modelVersion: "asked-model",
      responseId: "reply-1",
    });
  });

  it("adds the usage buffer to the prompt and to the sum, and makes up an id where there is none", () => {
    const writer = createStreamWriter(options(sse, { usageBuffer: 1000 }));
    const said = { ...reply([{ type: "text", text: "hi" }]), id: null };
    expect(chunksOf(written(writer, replay(said))).at(-1)).toMatchObject({
      usageMetadata: { promptTokenCount: 1120, totalTokenCount: 1150 },
      responseId: "fallback-1",
    });
  });

  it("T9: writes arguments that are empty, and those printed over many lines, as one line of JSON", () => {
    expect(partsOf(streamOf(reply([called("")])))).toMatchObject([{ functionCall: { args: {} } }, {}]);
    const printed = streamOf(reply([called('{\n  "a": "b\\n",\r\n  "c": 1\n}')]));
    expect(partsOf(printed)[0]).toMatchObject({ functionCall: { args: { a: "b\n", c: 1 } } });
  });

  it("hands a freeform tool's text over as its one argument", () => {
    const said = reply([called("*** Begin\n", { kind: "custom" })]);
    expect(partsOf(streamOf(said))[0]).toMatchObject({ functionCall: { args: { input: "*** Begin\n" } } });
  });
});

describe("a list instead of events", () => {
  const said = reply([{ type: "text", text: "hi" }, called("{}")], { reason: "tool-calls", raw: null });

  it("is the answer to a call without `alt=sse`, and valid JSON at its end", () => {
    expect(streamHeaders(plain)).toContainEqual(["content-type", "application/json; charset=utf-8"]);
    expect(streamHeaders(sse)).toContainEqual(["content-type", "text/event-stream; charset=utf-8"]);
    const chunks = JSON.parse(streamOf(said, plain).toString()) as Loose[];
    expect(chunks).toEqual(chunksOf(streamOf(said)));
  });

  it("S21: is kept alive by white space, at any point", () => {
    const writer = createStreamWriter(options(plain));
    const bytes = Buffer.concat([
      writer.keepAlive(),
      ...replay(said).flatMap((event) => [...writer.push(event), writer.keepAlive()]),
    ]);
    expect(JSON.parse(bytes.toString())).toHaveLength(3);
  });

  it("ends with the error where there is one", () => {
    for (const before of [[], replay(said).slice(0, 3)]) {
      const error = { kind: "capacity", message: "busy" } as const;
      const bytes = written(createStreamWriter(options(plain)), [...before, { type: "error", error }]);
      const chunks = JSON.parse(bytes.toString()) as Loose[];
      expect(chunks.at(-1)).toEqual({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } });
    }
  });
});

describe("signatures", () => {
  const google = { format: "antigravity" } as const;
  const claude = { format: "claude" } as const;

  it("R1, R3: of Google's go to the client beside what they sign, whichever of its services made them", () => {
    const said = reply([
      { type: "thinking", text: "hm", signature: "dDE=", from: google },
      { type: "text", text: "hi", signature: "dDI=", from },
      called("{}", { signature: "dDM=", from: google }),
      called("{}", { id: "call_2" }),
    ]);
    const parts = partsOf(streamOf(said));
    expect(parts).toMatchObject([
      { text: "hm", thought: true },
      { text: "", thought: true, thoughtSignature: "dDE=" },
      { text: "hi" },
      { text: "", thoughtSignature: "dDI=" },
      { functionCall: { id: "call_1" }, thoughtSignature: "dDM=" },
      { functionCall: { id: "call_2" } },
      { text: "" },
    ]);
    expect(parts[5]).not.toHaveProperty("thoughtSignature");
    expect(replyFrom(streamOf(said)).parts).toMatchObject([
      { text: "hm", signature: "dDE=" },
      { text: "hi", signature: "dDI=" },
      { signature: "dDM=" },
      { id: "call_2" },
    ]);
  });

  it("R7: of others, and encrypted thinking, stay out and are named", () => {
    const said = reply([
      { type: "thinking", text: "hm", signature: "EqX", from: claude },
      { type: "redacted-thinking", data: "blob", from: claude },
      { type: "text", text: "hi" },
    ]);
    const writer = createStreamWriter(options());
    const bytes = written(writer, replay(said));
    expect(bytes.toString()).not.toContain("thoughtSignature");
    expect(bytes.toString()).not.toContain("blob");
    expect(writer.losses()).toEqual([
      "thinking-signature: another provider's signature has no field in Google's dialect",
      "thinking: encrypted thinking has no form here",
    ]);
  });
});

describe("the calls of another provider", () => {
  const word = "skip/thought/signature/validator";
  const second = called("{}", { id: "call_2" });
  const signatures = (...parts: readonly AssistantPart[]): readonly unknown[] => {
    const said = reply(parts, { reason: "tool-calls", raw: null });
    const whole = JSON.parse(writeReply(said, options()).toString()) as Loose;
    const ofCalls = (all: readonly unknown[]): readonly unknown[] =>
      all.filter((part) => own(part, "functionCall") !== undefined).map((part) => own(part, "thoughtSignature"));
    const streamed = ofCalls(partsOf(streamOf(said)));
    expect(ofCalls(whole["candidates"][0].content.parts)).toEqual(streamed);
    return streamed;
  };

  it("have the neutral word on the first, so that Gemini 3 can go on with the conversation", () => {
    expect(signatures({ type: "text", text: "hi" }, called("{}"), second)).toEqual([word, undefined]);
    const thinking = { type: "thinking", text: "hm", signature: "EqX", from: { format: "claude" } } as const;
    expect(signatures(thinking, called("{}"), second)).toEqual([word, undefined]);
    // The first that is told.
    expect(signatures(called("nonsense"), second)).toEqual([word]);
  });

  it("are told from Google's own: those stay as Google signed them, or did not", () => {
    expect(signatures(called("{}", { signature: "dDM=", from }), second)).toEqual(["dDM=", undefined]);
    const thinking = { type: "thinking", text: "hm", from } as const;
    expect(signatures(thinking, called("{}"), second)).toEqual([undefined, undefined]);
    const raw = { executableCode: { language: "PYTHON", code: "1" } };
    const code = { type: "opaque", from: "gemini", name: "executableCode", raw } as const;
    expect(signatures(code, called("{}"), second)).toEqual([undefined, undefined]);
  });

  it("are signed by nobody when the client hands them back", () => {
    const said = reply([called("{}"), second], { reason: "tool-calls", raw: null });
    const [back] = replyFrom(streamOf(said)).parts;
    expect(back).not.toHaveProperty("signature");
    expect(back).not.toHaveProperty("from");
    const parts = partsOf(streamOf(said));
    const asked = readRequest({ contents: [{ role: "model", parts }] }, sse);
    expect(asked).toMatchObject({ ok: true, value: { losses: [] } });
    const [again] = asked.ok ? (asked.value.request.messages[0]?.parts ?? []) : [];
    expect(again).toEqual({ type: "tool-call", id: "call_1", name: "read", arguments: "{}", kind: "function" });
  });
});

describe("thoughts the client does not want to see", () => {
  it("are left out, but not their signature", () => {
    const said = reply([
      { type: "thinking", text: "hm", signature: "dDE=", from },
      { type: "text", text: "hi" },
    ]);
    const quiet = { ...options().request, thinking: { mode: "dynamic", show: false } } as const;
    const parts = [{ text: "", thought: true, thoughtSignature: "dDE=" }, { text: "hi" }];
    const writer = createStreamWriter(options(sse, { request: quiet }));
    expect(partsOf(written(writer, replay(said)))).toEqual([...parts, { text: "" }]);
    const whole = JSON.parse(writeReply(said, options(sse, { request: quiet })).toString()) as Loose;
    expect(whole["candidates"][0].content.parts).toEqual(parts);
  });
});

describe("calls that cannot be told", () => {
  it("make the reply malformed, never a call with empty arguments", () => {
    for (const broken of ['{"path":', "[1]", '"text"', "nonsense"]) {
      const writer = createStreamWriter(options());
      const bytes = written(writer, replay(reply([called(broken)], { reason: "tool-calls", raw: null })));
      expect(chunksOf(bytes)).toMatchObject([
        {
          candidates: [
            {
              content: { parts: [{ text: "" }] },
              finishReason: "MALFORMED_FUNCTION_CALL",
              finishMessage: `Malformed function call: read(${broken})`,
            },
          ],
        },
      ]);
      expect(writer.losses()).toHaveLength(1);
    }
  });

  it("T10: cut by the token limit end the reply with MAX_TOKENS", () => {
    const said = reply([called('{"path":')], { reason: "length", raw: "max_tokens" });
    expect(chunksOf(streamOf(said))).toMatchObject([{ candidates: [{ finishReason: "MAX_TOKENS" }] }]);
  });
});

describe("declined", () => {
  const end = (finish: Finish, parts: readonly AssistantPart[] = []): Loose =>
    chunksOf(streamOf(reply(parts, finish))).at(-1) ?? {};

  it("a refusal is text and SAFETY", () => {
    const said = reply([{ type: "refusal", text: "I will not" }]);
    expect(partsOf(streamOf(said))[0]).toEqual({ text: "I will not" });
    expect(chunksOf(streamOf(said)).at(-1)).toMatchObject({ candidates: [{ finishReason: "SAFETY" }] });
  });

  it("a reason without any text is shown as text, so that somebody reads it", () => {
    expect(end({ reason: "content-filter", raw: "refusal", explanation: "not this" })).toMatchObject({
      candidates: [{ finishReason: "SAFETY", finishMessage: "not this", content: { parts: [{ text: "not this" }] } }],
    });
    expect(end({ reason: "content-filter", raw: "content_filter" })).toMatchObject({
      candidates: [{ finishReason: "SAFETY", content: { parts: [{ text: "" }] } }],
    });
  });

  it("a reason behind nothing but thoughts is shown as text, too", () => {
    const thoughts = reply([{ type: "thinking", text: "hm", from }], {
      reason: "content-filter",
      raw: "refusal",
      explanation: "not this",
    });
    const parts = [{ text: "hm", thought: true }, { text: "not this" }];
    expect(partsOf(streamOf(thoughts))).toEqual(parts);
    const whole = JSON.parse(writeReply(thoughts, options()).toString()) as Loose;
    expect(whole["candidates"][0].content.parts).toEqual(parts);
  });

  it("a blocked prompt has feedback and no candidate", () => {
    const last = end({ reason: "content-filter", raw: "BLOCKLIST", explanation: "a word" });
    expect(last).toMatchObject({
      promptFeedback: { blockReason: "BLOCKLIST", blockReasonMessage: "a word" },
      usageMetadata: { promptTokenCount: 120 },
    });
    expect(last).not.toHaveProperty("candidates");
  });

  it("Google's own word for it is kept", () => {
    const text = [{ type: "text", text: "hi" }] as const;
    expect(end({ reason: "content-filter", raw: "RECITATION" }, text)).toMatchObject({
      candidates: [{ finishReason: "RECITATION" }],
    });
    expect(end({ reason: "stop", raw: "OTHER" }, text)).toMatchObject({ candidates: [{ finishReason: "OTHER" }] });
    expect(end({ reason: "stop-sequence", raw: "stop_sequence" }, text)).toMatchObject({
      candidates: [{ finishReason: "STOP" }],
    });
  });
});

describe("everything else", () => {
  it("shows pictures, and blocks of Google's own as they were", () => {
    const raw = { executableCode: { language: "PYTHON", code: "1" } };
    const said = reply([
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, signature: "dDE=", from },
      { type: "image", source: { kind: "url", url: "https://example.com/a.png" } },
      { type: "opaque", from: "gemini", name: "executableCode", raw },
      { type: "opaque", from: "claude", name: "server_tool_use", raw: { type: "server_tool_use" }, text: "[search]" },
      { type: "opaque", from: "claude", name: "container", raw: {} },
    ]);
    const writer = createStreamWriter(options());
    expect(partsOf(written(writer, replay(said)))).toEqual([
      { inlineData: { mimeType: "image/png", data: "AAAA" }, thoughtSignature: "dDE=" },
      { fileData: { fileUri: "https://example.com/a.png" } },
      raw,
      { text: "[search]" },
      { text: "" },
    ]);
    expect(writer.losses()).toEqual([
      "server-block: a server_tool_use block of the upstream has no form here",
      "server-block: a container block of the upstream has no form here",
    ]);
  });

  it("shows another provider's citations as grounding, counted in bytes", () => {
    const citation: Citation = {
      url: "https://a.example",
      title: "A",
      text: "blue",
      start: 5,
      end: 9,
      from: "claude",
      raw: {},
    };
    const said = reply([
      { type: "text", text: "é " },
      { type: "text", text: "שלום blue", citations: [citation, { ...citation, start: 0, end: 4, text: "שלום" }] },
    ]);
    expect(chunksOf(streamOf(said)).at(-1)?.["candidates"][0].groundingMetadata).toEqual({
      groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
      groundingSupports: [
        { segment: { startIndex: 12, endIndex: 16, text: "blue" }, groundingChunkIndices: [0] },
        { segment: { startIndex: 3, endIndex: 11, text: "שלום" }, groundingChunkIndices: [0] },
      ],
    });
    const whole = JSON.parse(writeReply(said, options()).toString()) as Loose;
    expect(whole["candidates"][0].groundingMetadata.groundingSupports[0]).toEqual({
      segment: { partIndex: 1, startIndex: 9, endIndex: 13, text: "blue" },
      groundingChunkIndices: [0],
    });
  });

  it("hands Google's own grounding on as it was, once", () => {
    const groundingMetadata = {
      searchEntryPoint: { renderedContent: "<b>" },
      groundingChunks: [{ web: { uri: "https://a.example" } }, { web: { uri: "https://b.example" } }],
    };
    const said = read(events(chunk([{ text: "hi" }]), lastChunk([{ text: "" }], "STOP", { groundingMetadata })));
    const chunks = chunksOf(written(createStreamWriter(options()), said));
    const shown = chunks.map((one) => own(one["candidates"][0], "groundingMetadata")).filter(isRecord);
    expect(shown).toEqual([groundingMetadata]);
  });

  it("S15: an error is a chunk that the official client throws on, and the last one", () => {
    const writer = createStreamWriter(options());
    const error = { kind: "rate-limit", message: "slow down", retryAfterMs: 2500 } as const;
    const said: readonly StreamEvent[] = [
      ...replay(reply([{ type: "text", text: "hi" }])).slice(0, 3),
      { type: "error", error },
    ];
    expect(chunksOf(written(writer, said)).at(-1)).toEqual({
      error: {
        code: 429,
        message: "slow down",
        status: "RESOURCE_EXHAUSTED",
        details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2.5s" }],
      },
    });
    expect(writer.push({ type: "text-delta", block: 0, text: "late" })).toEqual([]);
  });
});

describe("whole replies", () => {
  const said = reply(
    [
      { type: "thinking", text: "hm", signature: "dDE=", from },
      { type: "text", text: "hi", signature: "dDI=", from },
      called('{"a":1}', { signature: "dDM=", from }),
      called("{}", { id: "call_2" }),
    ],
    { reason: "tool-calls", raw: "STOP" },
  );

  it("S20: say the same as the stream", () => {
    const body: unknown = JSON.parse(writeReply(said, options()).toString());
    const whole = readReply(frozen(body));
    expect(whole).toEqual({ ok: true, value: replyFrom(streamOf(said)) });
    expect(whole).toMatchObject({ value: { parts: said.parts.map((part) => ({ type: part.type })) } });
  });

  it("sign the part itself", () => {
    expect(JSON.parse(writeReply(said, options()).toString())).toMatchObject({
      candidates: [
        {
          index: 0,
          finishReason: "STOP",
          content: {
            role: "model",
            parts: [
              { text: "hm", thought: true, thoughtSignature: "dDE=" },
              { text: "hi", thoughtSignature: "dDI=" },
              { functionCall: { id: "call_1" }, thoughtSignature: "dDM=" },
              { functionCall: { id: "call_2" } },
            ],
          },
        },
      ],
      usageMetadata: { totalTokenCount: 150 },
      modelVersion: "asked-model",
      responseId: "reply-1",
    });
  });

  it("are declined, malformed and empty in the stream's words", () => {
    const whole = (parts: readonly AssistantPart[], finish: Finish): unknown =>
      JSON.parse(writeReply(reply(parts, finish), options()).toString());
    expect(whole([], { reason: "content-filter", raw: "JAILBREAK", explanation: "no" })).toMatchObject({
      promptFeedback: { blockReason: "JAILBREAK", blockReasonMessage: "no" },
    });
    expect(whole([called("{")], { reason: "tool-calls", raw: null })).toMatchObject({
      candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL", content: { parts: [{ text: "" }] } }],
    });
    expect(whole([], { reason: "stop", raw: null })).toMatchObject({
      candidates: [{ finishReason: "STOP", content: { parts: [{ text: "" }], role: "model" } }],
    });
  });

  it("without candidates, with an error inside, or as a list of chunks are read for what they are", () => {
    expect(readReply({ hello: 1 })).toMatchObject({ ok: false, error: { kind: "protocol" } });
    expect(readReply(null)).toMatchObject({ ok: false, error: { kind: "protocol" } });
    expect(readReply([{ error: { code: 429, message: "slow", status: "RESOURCE_EXHAUSTED" } }])).toMatchObject({
      ok: false,
      error: { kind: "rate-limit" },
    });
    expect(readReply([chunk([call("a")]), lastChunk()])).toMatchObject({
      ok: true,
      value: { finish: { reason: "tool-calls" } },
    });
    expect(readReply([chunk([{ text: "hi" }])])).toMatchObject({ ok: false, error: { kind: "truncated" } });
    expect(readReply(chunk([{ text: "hi" }]))).toMatchObject({ ok: true, value: { finish: { reason: "unknown" } } });
  });

  it("have the client's own names and tools back", () => {
    const context = { toolNames: new Map([["a_b", "a.b"]]), customTools: new Set(["patch"]), cutAt: ["END"] };
    const bytes = [chunk([call("a_b"), call("patch", { input: "raw\n" })]), lastChunk([{ text: "one END two" }])];
    const wanted = [
      { type: "tool-call", name: "a.b" },
      { type: "tool-call", name: "patch", kind: "custom", arguments: "raw\n" },
      { type: "text", text: "one " },
    ];
    expect(replyFrom(events(...bytes), context).parts).toMatchObject(wanted);
    expect(readReply(bytes, context)).toMatchObject({ ok: true, value: { parts: wanted } });
  });
});
