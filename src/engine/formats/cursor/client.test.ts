import { describe, expect, it } from "vitest";
import { createEnvelopeReader, endFlag, envelope } from "../../codecs/connect.ts";
import { accumulate } from "../../hub/accumulate.ts";
import { checkStream } from "../../hub/__fixtures__/check-stream.ts";
import { replay } from "../../hub/replay.ts";
import type { HubReply } from "../../hub/reply.ts";
import { noUsage } from "../../hub/usage.ts";
import { errorKinds } from "../__fixtures__/error-kinds.ts";
import type { WriterOptions } from "../format.ts";
import { createChatReader } from "./chat/stream-in.ts";
import { cursor } from "./index.ts";
import { decodeMessage, encodeMessage } from "./wire/schema.ts";

const target = "/aiserver.v1.ChatService/StreamUnifiedChatWithTools";
const headers = [["content-type", "application/connect+proto"]] as const;
const body = envelope(
  encodeMessage("ChatClientMessage", {
    chatRequest: {
      conversation: [{ text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b" }],
      modelDetails: { modelName: "gpt-5.1" },
      mcpTools: [{ name: "read", serverName: "files", parameters: '{"type":"object"}' }],
    },
  }),
);

function values(): Readonly<Record<string, unknown>> {
  const read = cursor.decodeRequest?.(body, { target, headers });
  if (read?.ok !== true) throw new Error("unreadable");
  return read.value;
}

function options(): WriterOptions {
  const read = cursor.client.readRequest(values(), target);
  if (!read.ok) throw new Error(read.error.message);
  const { request } = read.value;
  return { model: "gpt-5.1", request, usageBuffer: 0, fallbackId: "f", createdAt: 1, target };
}

const reply: HubReply = {
  id: "reply-1",
  model: "served",
  parts: [
    { type: "text", text: "Grüße" },
    { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"/a"}', kind: "function" },
  ],
  finish: { reason: "tool-calls", raw: null },
  usage: noUsage,
  losses: [],
};

describe("Cursor's chat in its plain form", () => {
  it("is a streamed reply that is asked of a model", () => {
    expect(cursor.client.shape(values(), target)).toEqual({ operation: "reply", model: "gpt-5.1", stream: true });
    expect(cursor.client.shape({ requestId: "r" }, `${target}SSE`)).toMatchObject({ operation: "other", model: null });
  });

  it("streams envelopes, the last of them flagged, with the tool's own server", () => {
    const writer = cursor.client.streamWriter(options());
    const bytes = Buffer.concat(replay(reply).flatMap((event) => [...writer.push(event), writer.keepAlive()]));
    // Sent after the end it would be too much: the driver sends none then.
    const upToEnd = bytes.subarray(0, bytes.byteLength - writer.keepAlive().byteLength);
    const envelopes = createEnvelopeReader(null).push(upToEnd);
    expect(envelopes[envelopes.length - 1]).toMatchObject({ flags: endFlag });
    expect(
      JSON.stringify(
        envelopes.map(({ payload, flags }) => (flags === 0 ? decodeMessage("ChatServerMessage", payload) : {})),
      ),
    ).toContain('"name":"mcp_files_read"');
    const reader = createChatReader();
    const events = [...reader.push(upToEnd), ...reader.end()];
    expect(checkStream(events)).toEqual([]);
    expect(accumulate(events)).toMatchObject({ ok: true, value: { parts: reply.parts } });
    expect(writer.losses()).toEqual([]);
  });

  it.each([
    ["Idempotent", "ChatServerMessageIdempotent"],
    ["", "ChatServerMessage"],
  ] as const)("answers StreamUnifiedChatWithTools%s in its own messages", (suffix, message) => {
    const bytes = cursor.client.writeReply(reply, { ...options(), target: `${target}${suffix}` });
    const reader = createChatReader({ reply: message });
    expect(accumulate([...reader.push(bytes), ...reader.end()])).toMatchObject({
      ok: true,
      value: { parts: reply.parts },
    });
  });

  it("without tools answers with text alone, and names the call it cannot carry", () => {
    const writer = cursor.client.streamWriter({ ...options(), target: "/aiserver.v1.ChatService/StreamUnifiedChat" });
    const bytes = Buffer.concat(replay(reply).flatMap((event) => [...writer.push(event)]));
    const reader = createChatReader({ reply: "ChatResponse" });
    expect(accumulate([...reader.push(bytes), ...reader.end()])).toMatchObject({
      ok: true,
      value: { parts: [reply.parts[0]] },
    });
    expect(writer.losses().join()).toContain("a call of a tool");
  });

  it("has no other whole reply than its stream", () => {
    const reader = createChatReader();
    const events = [...reader.push(cursor.client.writeReply(reply, options())), ...reader.end()];
    expect(accumulate(events)).toMatchObject({ ok: true, value: { parts: reply.parts } });
  });

  it.each(errorKinds)("says %s as its last envelope inside a 200, and as a status to a unary call", (kind) => {
    const streamed = cursor.client.writeError({ kind, message: "why" }, undefined, target);
    expect(streamed.status).toBe(200);
    expect(streamed.headers).toEqual([["content-type", "application/connect+proto"]]);
    const [end] = createEnvelopeReader(null).push(streamed.body);
    expect(end?.flags).toBe(endFlag);
    expect(JSON.parse(Buffer.from(end?.payload ?? []).toString())).toMatchObject({ error: { message: "why" } });

    const unary = cursor.client.writeError(
      { kind, message: "why" },
      undefined,
      "/aiserver.v1.AiService/AvailableModels",
    );
    expect(unary.status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(Buffer.from(unary.body).toString())).toMatchObject({ message: "why" });
  });

  it("ends a broken stream with the error and says nothing after it", () => {
    const writer = cursor.client.streamWriter(options());
    const frames = [
      ...writer.push({ type: "reply-start", id: null, model: null }),
      ...writer.push({ type: "error", error: { kind: "truncated", message: "cut" } }),
      ...writer.push({ type: "text-delta", block: 0, text: "late" }),
    ];
    const reader = createChatReader();
    const events = [...reader.push(Buffer.concat(frames)), ...reader.end()];
    expect(events).toMatchObject([{ type: "error", error: { message: expect.stringContaining("cut") } }]);
  });

  it("lists models as Cursor does", () => {
    const { headers: head, body: list } = cursor.client.writeModels([
      { id: "mine", displayName: "Mine", maxInputTokens: 200_000 },
      { id: "other" },
    ]);
    expect(head).toEqual([["content-type", "application/proto"]]);
    expect(decodeMessage("AvailableModelsResponse", list)).toEqual({
      modelNames: ["mine", "other"],
      models: [
        { name: "mine", defaultOn: true, supportsAgent: true, clientDisplayName: "Mine", contextTokenLimit: 200_000 },
        { name: "other", defaultOn: true, supportsAgent: true },
      ],
    });
  });

  it("that needs Cursor's servers is refused by name", () => {
    const needy = {
      chatRequest: { ...(values()["chatRequest"] as object), fullConversationHeadersOnly: [{ bubbleId: "x" }] },
    };
    expect(cursor.client.readRequest(needy, target)).toMatchObject({ ok: false, error: { kind: "unsupported" } });
  });
});
