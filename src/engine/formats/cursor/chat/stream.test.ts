import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEnvelopeReader, endEnvelope, envelope } from "../../../codecs/connect.ts";
import { accumulate } from "../../../hub/accumulate.ts";
import { checkStream } from "../../../hub/__fixtures__/check-stream.ts";
import { createLosses } from "../../../hub/losses.ts";
import type { AssistantPart } from "../../../hub/message.ts";
import { replay } from "../../../hub/replay.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { noUsage } from "../../../hub/usage.ts";
import { endFrame } from "../end-frame.ts";
import { decodeMessage, encodeMessage, type Message } from "../wire/schema.ts";
import { createChatReader } from "./stream-in.ts";
import { createChatWriter } from "./stream-out.ts";
import { createToolNames, readCallId } from "./tool-names.ts";

interface Stream {
  readonly name: string;
  readonly message_type: string;
  readonly hex: string;
  readonly expect: {
    readonly text?: string;
    readonly reasoning?: string;
    readonly signature?: string;
    readonly tool_calls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
    readonly finish_reason?: string;
    readonly error?: { readonly cursor_error?: string; readonly http_status?: number };
  };
}

// Our own file; its shape is the interface above.
const vectors = JSON.parse(
  readFileSync(new URL("../../../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as {
  readonly streams: readonly Stream[];
  readonly malformed: readonly { readonly name: string; readonly hex: string }[];
};
const streams = vectors.streams.filter(({ message_type }) => message_type === "ChatServerMessage");

function read(bytes: Uint8Array, size = bytes.byteLength): readonly StreamEvent[] {
  const reader = createChatReader();
  const events: StreamEvent[] = [];
  for (let at = 0; at < bytes.byteLength; at += Math.max(1, size))
    events.push(...reader.push(bytes.subarray(at, at + Math.max(1, size))));
  return [...events, ...reader.end()];
}

/** Deltas of one block joined, so that only what is said is compared. */
function parts(events: readonly StreamEvent[]): readonly AssistantPart[] {
  const whole = accumulate(events);
  return whole.ok ? whole.value.parts : [];
}

const say = (message: Message): Uint8Array => envelope(encodeMessage("ChatServerMessage", message));

describe("an answer of Cursor's chat", () => {
  it.each(streams)("$name is read, the same in every chunking", ({ hex, expect: expected }) => {
    const bytes = Buffer.from(hex, "hex");
    const events = read(bytes);
    expect(checkStream(events)).toEqual([]);
    for (let size = 1; size < 20; size += 1) expect(read(bytes, size)).toEqual(events);
    for (let at = 1; at < bytes.byteLength; at += 1) {
      const reader = createChatReader();
      expect([...reader.push(bytes.subarray(0, at)), ...reader.push(bytes.subarray(at)), ...reader.end()]).toEqual(
        events,
      );
    }
    const last = events[events.length - 1];
    if (expected.error !== undefined) {
      expect(last).toMatchObject({
        type: "error",
        error: { raw: expected.error.cursor_error, status: expected.error.http_status },
      });
      return;
    }
    const said = parts(events);
    const textOf = (type: string): string =>
      said.flatMap((one) => (one.type === type && "text" in one ? [one.text] : [])).join("");
    expect(textOf("text")).toBe(expected.text ?? "");
    if (expected.reasoning !== undefined) {
      expect(said[0]).toMatchObject({ type: "thinking", text: expected.reasoning, signature: expected.signature });
    }
    expect(
      said.flatMap((one) =>
        one.type === "tool-call" ? [{ id: one.id, name: one.name, arguments: one.arguments }] : [],
      ),
    ).toEqual(expected.tool_calls ?? []);
    const reason = expected.finish_reason === "tool_calls" ? "tool-calls" : "stop";
    expect(last).toMatchObject({ type: "reply-end", finish: { reason } });
  });

  it("that is packed is read as well", () => {
    const bytes = Buffer.concat([
      envelope(gzipSync(encodeMessage("ChatServerMessage", { chatResponse: { text: "hi" } })), 1),
      endEnvelope(),
    ]);
    expect(parts(read(bytes))).toEqual([{ type: "text", text: "hi" }]);
  });

  it("that ends without its last envelope is truncated, wherever it is cut", () => {
    for (const { hex, expect: expected } of streams) {
      const bytes = Buffer.from(hex, "hex");
      for (let at = 0; at < bytes.byteLength; at += 1) {
        const events = read(bytes.subarray(0, at), 11);
        expect(checkStream(events)).toEqual([]);
        const last = events[events.length - 1];
        if (expected.error === undefined) expect(last).toMatchObject({ type: "error", error: { kind: "truncated" } });
      }
    }
  });

  const fates: Readonly<Record<string, string>> = {
    "truncated-header": "truncated",
    "length-over-64MiB": "protocol",
    "reserved-flags": "protocol",
    "end-frame-not-json": "protocol",
    "json-error-without-end-flag": "rate-limit",
    "protobuf-bad-wire-type": "protocol",
    "protobuf-len-overrun": "protocol",
    "protobuf-invalid-utf8": "protocol",
  };

  it.each(vectors.malformed)("$name is an error event or is skipped", ({ name, hex }) => {
    const bytes = Buffer.from(hex, "hex");
    const events = read(bytes);
    expect(checkStream(events)).toEqual([]);
    expect(read(bytes, 1)).toEqual(events);
    const fate = fates[name];
    if (fate !== undefined) expect(events[events.length - 1]).toMatchObject({ type: "error", error: { kind: fate } });
  });

  it("shows a call once, whole, however often it is shown", () => {
    const call = { tool: 19, toolCallId: "c1\nmc_m1", name: "mcp_files_read" };
    const inner = (parameters: string): Message => ({ tools: [{ name: "read", serverName: "files", parameters }] });
    const bytes = Buffer.concat([
      say({ chatResponse: { partialToolCall: { tool: 19, toolCallId: "c1", name: "mcp_files_read" } } }),
      say({ toolCall: { ...call, isStreaming: true, mcpParams: inner('{"a":') } }),
      say({ chatResponse: { text: "meanwhile" } }),
      say({ toolCall: { ...call, isStreaming: true, mcpParams: inner("1}") } }),
      say({ toolCall: { ...call, isLastMessage: true } }),
      say({ toolCall: { ...call, rawArgs: '{"a":1}', isLastMessage: true } }),
      say({ toolCall: { tool: 19, toolCallId: "c2", name: "mcp_files_ls", rawArgs: "{}" } }),
      endEnvelope(),
    ]);
    expect(parts(read(bytes))).toEqual([
      { type: "text", text: "meanwhile" },
      { type: "tool-call", id: "c1", name: "read", kind: "function", arguments: '{"a":1}' },
      { type: "tool-call", id: "c2", name: "mcp_files_ls", kind: "function", arguments: "{}" },
    ]);
  });

  it("that ends in the middle of a call is no answer", () => {
    const half = { tool: 19, toolCallId: "c1", name: "x", isStreaming: true, rawArgs: '{"a":' };
    const events = read(Buffer.concat([say({ toolCall: half }), endEnvelope()]));
    expect(events[events.length - 1]).toMatchObject({ type: "error", error: { kind: "protocol" } });
    expect(events.some(({ type }) => type === "tool-start")).toBe(false);
  });

  it("names what it cannot carry", () => {
    const own = { tool: 5, toolCallId: "c1", name: "read_file" };
    const events = read(
      Buffer.concat([say({ toolCall: own }), say({ conversationSummary: { summary: "s" } }), endEnvelope()]),
    );
    expect(events.filter(({ type }) => type === "dropped")).toHaveLength(2);
    expect(checkStream(events)).toEqual([]);
  });

  it("damaged anywhere is events in good order, and soon", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...streams), flips, fc.integer({ min: 1, max: 40 }), ({ hex }, changes, size) => {
        const bytes = Buffer.from(hex, "hex");
        for (const [at, mask] of changes) bytes[at % bytes.byteLength] = (bytes[at % bytes.byteLength] ?? 0) ^ mask;
        const events = read(bytes);
        expect(checkStream(events)).toEqual([]);
        expect(read(bytes, size)).toEqual(events);
      }),
      { numRuns: 600, seed: 20_261_122 },
    );
  });
});

describe("an answer for a Cursor client", () => {
  const names = createToolNames([
    { server: "files", name: "read" },
    { server: "web", name: "fetch" },
  ]);

  function written(events: readonly StreamEvent[], losses = createLosses()): readonly Uint8Array[] {
    const writer = createChatWriter({ names, losses });
    return events.flatMap((event) => [...writer.push(event)]);
  }

  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  const part = fc.oneof(
    word.map((text): AssistantPart => ({ type: "text", text })),
    word.map((text): AssistantPart => ({ type: "thinking", text, signature: "sig", from: { format: "cursor" } })),
    fc.jsonValue().map(
      (value): AssistantPart => ({
        type: "tool-call",
        id: "",
        name: "read",
        kind: "function",
        arguments: JSON.stringify({ value }),
      }),
    ),
  );

  it("reads back as what was said", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (list) => {
        // Blocks of one kind in a row are one on the wire.
        const said = list
          .filter((one, index) => one.type === "tool-call" || one.type !== list[index - 1]?.type)
          .map((one, index): AssistantPart => (one.type === "tool-call" ? { ...one, id: `c${index}` } : one));
        const finish = { reason: "stop", raw: null } as const;
        const events = replay({ id: "r1", model: "m", parts: said, finish, usage: noUsage, losses: [] });
        const losses = createLosses();
        const bytes = Buffer.concat([...written(events, losses), endFrame()]);
        const back = read(bytes, 13);
        expect(checkStream(back)).toEqual([]);
        expect(parts(back)).toEqual(said);
        expect(losses.list()).toEqual([]);
      }),
      { numRuns: 200, seed: 20_261_122 },
    );
  });

  it("says a call whole, once, with the server's name and in both fields", () => {
    const frames = written([
      { type: "reply-start", id: "m1", model: null },
      { type: "tool-start", block: 0, id: "c1", name: "fetch", kind: "function" },
      { type: "tool-delta", block: 0, text: '{"url"' },
      { type: "tool-delta", block: 0, text: ':"x"}' },
      { type: "tool-end", block: 0 },
    ]);
    const [first, second, ...rest] = createEnvelopeReader(null)
      .push(Buffer.concat(frames))
      .map(({ payload }) => decodeMessage("ChatServerMessage", payload));
    expect(rest).toEqual([]);
    const shared = { tool: 19, toolCallId: "c1", name: "mcp_web_fetch", toolIndex: 0, modelCallId: "m1" };
    expect(first).toEqual({ chatResponse: { partialToolCall: shared } });
    expect(second).toEqual({
      toolCall: {
        ...shared,
        rawArgs: '{"url":"x"}',
        isLastMessage: true,
        mcpParams: { tools: [{ name: "fetch", parameters: '{"url":"x"}', serverName: "web" }] },
      },
    });
  });

  it("carries who signed the thinking, and names what it cannot say", () => {
    const losses = createLosses();
    const frames = written(
      [
        { type: "thinking-start", block: 0 },
        { type: "thinking-delta", block: 0, text: "hm" },
        { type: "thinking-end", block: 0, signature: "secret-sig", from: { format: "claude" } },
        { type: "text-start", block: 1 },
        { type: "citation", block: 1, citation: { from: "claude", raw: null } },
        { type: "text-end", block: 1 },
        { type: "image", block: 2, part: { type: "image", source: { kind: "url", url: "x" } } },
        { type: "reply-end", finish: { reason: "length", raw: null }, usage: noUsage },
      ],
      losses,
    );
    expect(frames.length).toBe(2);
    expect(parts(read(Buffer.concat([...frames, endFrame()])))[0]).toMatchObject({
      type: "thinking",
      signature: expect.stringMatching(/^switchyard\./),
    });
    expect(losses.list().map((one) => one.split(":", 1)[0])).toEqual(["citation", "image", "reply"]);
  });
});

describe("a call's id", () => {
  it("may have a second line", () => {
    expect(readCallId("c1\nmc_m1")).toEqual({ id: "c1", modelCallId: "m1" });
    expect(readCallId("c1")).toEqual({ id: "c1", modelCallId: null });
  });
});
