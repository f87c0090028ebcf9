/** What every wire format must keep, looped over the table: a format that lands gets these tests by landing. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../src/base/json.ts";
import { errorKinds } from "../src/engine/formats/__fixtures__/error-kinds.ts";
import type { EngineError } from "../src/engine/errors/engine-error.ts";
import {
  frozen,
  readStream,
  replyOf,
  writerOptions,
  writeOptions,
  writeStream,
} from "../src/engine/formats/__fixtures__/harness.ts";
import { formatIds, type FormatId } from "../src/engine/formats/format.ts";
import { formats } from "../src/engine/formats/table.ts";
import { checkStream } from "../src/engine/hub/check-stream.ts";
import type { AssistantPart } from "../src/engine/hub/message.ts";
import type { HubReply } from "../src/engine/hub/reply.ts";
import { replay } from "../src/engine/hub/replay.ts";
import type { HubRequest } from "../src/engine/hub/request.ts";
import type { Finish, StreamEvent } from "../src/engine/hub/stream.ts";

const usage = { input: 120, output: 30, cacheRead: 60, cacheWrite: 20, reasoning: 10, estimated: false };

function sampleReply(id: FormatId): HubReply {
  return frozen({
    id: "reply-1",
    model: "served",
    parts: [
      { type: "thinking", text: "let me see\n", from: { format: id, model: "served" } },
      { type: "text", text: 'שלום \u2028 "quoted" 👩‍👩‍👧\n\n leading' },
      { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a b"}', kind: "function" },
      { type: "tool-call", id: "call_2", name: "list", arguments: "{}", kind: "function" },
    ],
    finish: { reason: "tool-calls", raw: null },
    usage,
    losses: [],
  });
}

/** A reply by what it means: chat has one text and one reasoning, in whatever blocks they came. */
function meaning(reply: HubReply): unknown {
  const all = (type: "text" | "thinking"): string =>
    reply.parts
      .map((part) => (part.type === type || (type === "text" && part.type === "refusal") ? part.text : ""))
      .join("");
  return {
    text: all("text"),
    thinking: all("thinking"),
    calls: reply.parts.flatMap((part) =>
      part.type === "tool-call" ? [{ id: part.id, name: part.name, arguments: canonical(part.arguments) }] : [],
    ),
    reason: reply.finish.reason === "stop-sequence" ? "stop" : reply.finish.reason,
  };
}

function canonical(text: string): unknown {
  const parsed = parseJson(text === "" ? "{}" : text);
  return parsed.ok ? parsed.value : text;
}

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });

const part = fc.oneof(
  words.map((text): AssistantPart => ({ type: "text", text })),
  words.map((text): AssistantPart => ({ type: "thinking", text, from: { format: "openai-chat", model: "served" } })),
  fc
    .record({ name: fc.stringMatching(/^[a-z_]{1,12}$/), value: fc.dictionary(words, fc.oneof(words, fc.integer())) })
    .map(
      ({ name, value }): AssistantPart => ({
        type: "tool-call",
        id: "",
        name,
        arguments: JSON.stringify(value),
        kind: "function",
      }),
    ),
);

/** A well-formed reply with its text cut into random deltas. */
const hubStream = fc
  .record({ parts: fc.array(part, { minLength: 1, maxLength: 6 }), cut: fc.integer({ min: 1, max: 5 }) })
  .map(({ parts, cut }): readonly StreamEvent[] => {
    const numbered = parts.map((one, index) => (one.type === "tool-call" ? { ...one, id: `call_${index}` } : one));
    const hasCall = parts.some((one) => one.type === "tool-call");
    const finish: Finish = { reason: hasCall ? "tool-calls" : "stop", raw: null };
    const whole = replay({ id: "r", model: "served", parts: numbered, finish, usage, losses: [] });
    return whole.flatMap((event): readonly StreamEvent[] =>
      "text" in event ? pieces(event.text, cut).map((text) => ({ ...event, text })) : [event],
    );
  });

function pieces(text: string, size: number): readonly string[] {
  const characters = Array.from(text);
  const out: string[] = [];
  for (let at = 0; at < characters.length; at += size) out.push(characters.slice(at, at + size).join(""));
  return out;
}

const request: HubRequest = frozen({
  model: "asked",
  messages: [
    { role: "system", parts: [{ type: "text", text: "be brief", cache: {} }] },
    {
      role: "user",
      parts: [
        { type: "text", text: "look" },
        { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
        { type: "image", source: { kind: "url", url: "https://example.com/a.png" } },
        { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, title: "a.pdf" },
      ],
    },
    {
      role: "assistant",
      parts: [
        { type: "text", text: "I look" },
        { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"a"}', kind: "function" },
        { type: "tool-call", id: "call_2", name: "read", arguments: "{}", kind: "function" },
      ],
    },
    { role: "tool", callId: "call_1", parts: [{ type: "text", text: "found" }], isError: false },
    { role: "tool", callId: "call_2", parts: [{ type: "text", text: "not there" }], isError: true },
    { role: "user", parts: [{ type: "text", text: "go on" }] },
  ],
  tools: [
    {
      kind: "function",
      name: "read",
      description: "reads",
      parameters: { type: "object", properties: { title: { type: "string" } }, required: ["title"] },
    },
  ],
  toolChoice: { type: "tool", name: "read" },
  parallelToolCalls: false,
  stream: true,
  wantsStreamUsage: true,
  maxTokens: 10,
  temperature: 0.5,
  stop: ["END"],
  extras: {},
});

describe.each(formatIds)("%s", (id) => {
  const format = formats[id];

  it("is in the table under its own name", () => {
    expect(format.id).toBe(id);
  });

  it("keeps a reply's meaning through its own stream", () => {
    const reply = sampleReply(id);
    const back = readStream(id, writeStream(id, frozen(replay(reply))));
    expect(checkStream(back)).toEqual([]);
    expect(meaning(replyOf(back))).toEqual(meaning(reply));
    expect(replyOf(back).usage).toEqual(usage);
    expect(replyOf(back).model).toBe("asked-model");
  });

  it("keeps a reply's meaning as a whole body, the same as the stream's", () => {
    const reply = sampleReply(id);
    const body: unknown = JSON.parse(Buffer.from(format.client.writeReply(reply, writerOptions())).toString());
    const back = format.provider.readReply(frozen(body));
    if (!back.ok) throw new Error(back.error.message);
    expect(meaning(back.value)).toEqual(meaning(reply));
    expect(back.value.usage).toEqual(usage);
    const streamed = replyOf(readStream(id, writeStream(id, replay(reply))));
    expect(meaning(streamed)).toEqual(meaning(back.value));
  });

  it("reads the same events wherever the bytes are cut", () => {
    const bytes = writeStream(id, replay(sampleReply(id)));
    const wanted = readStream(id, bytes);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(readStream(id, bytes, [cut])).toEqual(wanted);
    expect(
      readStream(
        id,
        bytes,
        Array.from(bytes, (_byte, index) => index),
      ),
    ).toEqual(wanted);
  });

  it("calls a stream truncated wherever it is cut before its end", () => {
    const bytes = writeStream(id, replay(sampleReply(id)));
    const text = Buffer.from(bytes).toString("latin1");
    const said = Math.max(text.indexOf('"stop_reason":"tool_use"'), text.indexOf('"finish_reason":"tool_calls"'));
    expect(said).toBeGreaterThan(0);
    for (let cut = 0; cut <= said; cut += 7) {
      const events = readStream(id, bytes.subarray(0, cut));
      expect(events.at(-1)).toMatchObject({ type: "error", error: { kind: "truncated" } });
      expect(checkStream(events).filter((fault) => !fault.includes("reply-end"))).toEqual([]);
    }
  });

  it.each(formatIds)("keeps any stream's meaning from %s, cut at random", (upstream) => {
    fc.assert(
      fc.property(hubStream, fc.array(fc.nat(4000), { maxLength: 12 }), (events, places) => {
        const wanted = replyOf(events);
        const bytes = writeStream(upstream, frozen(events));
        const cuts = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b);
        const middle = readStream(upstream, bytes, cuts);
        expect(checkStream(middle)).toEqual([]);
        const last = readStream(id, writeStream(id, middle));
        expect(checkStream(last)).toEqual([]);
        expect(meaning(replyOf(last))).toEqual(meaning(wanted));
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a request's meaning through its own wire form", () => {
    const written = format.provider.writeRequest(request, writeOptions);
    if (!written.ok) throw new Error(written.error.message);
    const body: unknown = JSON.parse(Buffer.from(written.value.body).toString());
    const read = format.client.readRequest(frozen(body), written.value.path);
    if (!read.ok) throw new Error(read.error.message);
    const back = read.value.request;
    expect(back.model).toBe("upstream-model");
    expect(back.tools).toMatchObject([{ kind: "function", name: "read", parameters: { required: ["title"] } }]);
    expect(back).toMatchObject({
      toolChoice: { type: "tool", name: "read" },
      parallelToolCalls: false,
      stream: true,
      maxTokens: 10,
      temperature: 0.5,
      stop: ["END"],
    });
    expect(back.messages.map((message) => message.role)).toEqual(request.messages.map((message) => message.role));
    expect(back.messages[1]).toMatchObject(request.messages[1] ?? {});
    expect(back.messages[2]).toMatchObject(request.messages[2] ?? {});
    expect(JSON.stringify(back.messages[4])).toContain("not there");
  });

  it("writes the same request in the same bytes", () => {
    const bytes = (): string => {
      const written = format.provider.writeRequest(request, writeOptions);
      return written.ok ? Buffer.from(written.value.body).toString() : "";
    };
    expect(bytes()).toBe(bytes());
    expect(bytes().length).toBeGreaterThan(100);
  });

  it.each(errorKinds)("tells a client of the error %s in a way its own reader understands", (kind) => {
    const error: EngineError = { kind, message: "what happened", retryAfterMs: 2500 };
    const answer = format.client.writeError(error);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers).toContainEqual(["retry-after", "3"]);
    const read = format.provider.readError(answer.status, answer.headers, answer.body);
    expect(read.message).toContain("what happened");
    expect(read.retryAfterMs).toBe(3000);
    const inStream = readStream(id, writeStream(id, [{ type: "error", error }]));
    expect(inStream).toMatchObject([{ type: "error" }]);
  });

  it("survives anything as a request, a reply, a stream or an error", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        format.client.readRequest(frozen(value), "/");
        format.provider.readReply(value);
        const bytes = Buffer.from(JSON.stringify(value));
        format.provider.readError(500, [], bytes);
        expect(checkStream(readStream(id, Buffer.from(`data: ${bytes.toString()}\n\n`)))).toBeInstanceOf(Array);
        expect(format.observe(bytes, "application/json")).toHaveProperty("usage");
      }),
      { numRuns: 200 },
    );
  });

  it.each(["stream", "whole"] as const)("observes model, usage and finish of a %s", (form) => {
    const reply = sampleReply(id);
    const bytes = form === "stream" ? writeStream(id, replay(reply)) : format.client.writeReply(reply, writerOptions());
    const seen = format.observe(bytes, form === "stream" ? "text/event-stream; charset=utf-8" : "application/json");
    expect(seen).toEqual({ model: "asked-model", usage, finish: id === "claude" ? "tool_use" : "tool_calls" });
  });

  it("observes nothing in bytes that are not its own, and does not throw", () => {
    const nothing = { model: null, usage: null, finish: null };
    expect(format.observe(Buffer.from("<html>"), "text/html")).toEqual(nothing);
    expect(format.observe(Buffer.from("data: {broken\n\n"), "text/event-stream")).toEqual(nothing);
    expect(format.observe(new Uint8Array(), "")).toEqual(nothing);
  });

  it("keeps a stream alive without saying anything", () => {
    const writer = format.client.streamWriter(writerOptions());
    const events = replay(sampleReply(id));
    const bytes = Buffer.concat(events.flatMap((event) => [...writer.push(event), writer.keepAlive()]));
    expect(meaning(replyOf(readStream(id, bytes)))).toEqual(meaning(sampleReply(id)));
  });

  it("writes nothing after an error", () => {
    const writer = format.client.streamWriter(writerOptions());
    writer.push({ type: "reply-start", id: "r", model: "m" });
    expect(writer.push({ type: "error", error: { kind: "truncated", message: "cut" } })).toHaveLength(1);
    for (const event of replay(sampleReply(id)).slice(1)) expect(writer.push(event)).toEqual([]);
  });

  it("writes nothing after the end", () => {
    const writer = format.client.streamWriter(writerOptions());
    for (const event of replay(sampleReply(id))) writer.push(event);
    expect(writer.push({ type: "error", error: { kind: "internal", message: "late" } })).toEqual([]);
  });
});
