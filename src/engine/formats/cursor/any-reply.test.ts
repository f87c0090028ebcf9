import { describe, expect, it } from "vitest";
import vectors from "../../../../test/vectors/cursor-vectors.json" with { type: "json" };
import type { StreamEvent } from "../../hub/stream.ts";
import { envelope } from "../../codecs/connect.ts";
import type { StreamReader } from "../format.ts";
import { createAnyReader } from "./any-reply.ts";
import { createChatReader } from "./chat/stream-in.ts";
import { createStreamReader } from "./upstream/stream-in.ts";
import { encodeMessage } from "./wire/schema.ts";

function read(reader: StreamReader, bytes: Buffer, size = bytes.byteLength): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) events.push(...reader.push(bytes.subarray(at, at + size)));
  return [...events, ...reader.end()];
}

const messageOf = (name: string): Buffer =>
  Buffer.from(vectors.messages.find((one) => one.name === name)?.hex ?? "", "hex");
const end = envelope(Buffer.from("{}"), 2);

describe("an answer of either of Cursor's services", () => {
  const streams = vectors.streams.filter(({ direction }) => direction === "server");

  it.each(streams)("is read as its own service reads it: $name", ({ hex, message_type }) => {
    const bytes = Buffer.from(hex, "hex");
    const own = message_type === "AgentServerMessage" ? createStreamReader() : createChatReader();
    const wanted = read(own, bytes).filter(({ type }) => type !== "error");
    expect(wanted.length + Number(message_type === "ChatServerMessage")).toBeGreaterThan(0);
    for (const size of [1, 7, bytes.byteLength]) {
      expect(read(createAnyReader(), bytes, size).filter(({ type }) => type !== "error")).toEqual(wanted);
    }
  });

  it.each(vectors.messages.filter(({ type }) => type === "AgentServerMessage"))(
    "is the agent's where it begins with $name and then says something",
    ({ hex }) => {
      const said = envelope(encodeMessage("AgentServerMessage", { interactionUpdate: { textDelta: { text: "hi" } } }));
      const bytes = Buffer.concat([envelope(Buffer.from(hex, "hex")), said, end]);
      expect(read(createAnyReader(), bytes)).toEqual(read(createStreamReader(), bytes));
    },
  );

  it.each(["chat-server-text-1", "chat-server-tool-call-streaming", "chat-server-context-window"])(
    "is the chat's where it begins with %s and then says something",
    (name) => {
      const bytes = Buffer.concat([envelope(messageOf(name)), envelope(messageOf("chat-server-text-2-unicode")), end]);
      expect(read(createAnyReader(), bytes)).toEqual(read(createChatReader(), bytes));
    },
  );

  it.each([
    ["an end alone", end],
    ["nothing that tells", Buffer.concat([envelope(Buffer.from("1a00", "hex")), end])],
    ["half an envelope", Buffer.from([0, 0, 0])],
    ["noise", Buffer.alloc(32, 0xff)],
    ["nothing", Buffer.alloc(0)],
  ])("ends in either case: %s", (_, bytes) => {
    expect(read(createAnyReader(), Buffer.from(bytes)).at(-1)?.type).toMatch(/^(error|reply-end)$/);
  });
});
