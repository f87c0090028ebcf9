import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { envelope } from "../../codecs/connect.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import { chatModel, decodeRequest } from "./decode-request.ts";
import { streamHeaders } from "./rpc.ts";
import { decodeMessage, encodeMessage } from "./wire/schema.ts";

// Our own file.
const vectors = JSON.parse(
  readFileSync(new URL("../../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as {
  readonly streams: readonly { readonly name: string; readonly hex: string }[];
  readonly messages: readonly { readonly name: string; readonly hex: string }[];
};
const hexOf = (list: readonly { readonly name: string; readonly hex: string }[], name: string): Buffer =>
  Buffer.from(list.find((one) => one.name === name)?.hex ?? "", "hex");

const chat = "/aiserver.v1.ChatService/StreamUnifiedChatWithTools";
const streaming: HeaderPairs = [["content-type", "application/connect+proto"]];
const bare: HeaderPairs = [["content-type", "application/proto"]];
const message = hexOf(vectors.messages, "chat-request-tools-history-image");

describe("a call of Cursor's", () => {
  it("is read from an envelope, packed or not, and from a bare message", () => {
    const bodies: readonly (readonly [Uint8Array, HeaderPairs])[] = [
      [envelope(message), streaming],
      [envelope(gzipSync(message), 1), [...streaming, ["connect-content-encoding", "gzip"]]],
      [hexOf(vectors.streams, "chat-client-gzip"), streaming],
      [envelope(message), []],
      [message, bare],
    ];
    for (const [body, headers] of bodies) {
      const read = decodeRequest(body, { target: chat, headers });
      expect(read.ok && chatModel(read.value)).toBe("gpt-5.1");
    }
  });

  it("is the name of a conversation where the rest comes by other calls", () => {
    const body = hexOf(vectors.streams, "run-sse-client");
    for (const target of ["/agent.v1.AgentService/RunSSE", `${chat}SSE`]) {
      expect(decodeRequest(body, { target, headers: streaming })).toEqual({
        ok: true,
        value: { requestId: "00000000-0000-4000-8000-00000000000a" },
      });
    }
    // The same address with the conversation itself.
    const read = decodeRequest(envelope(message), { target: `${chat}SSE`, headers: streaming });
    expect(read.ok && chatModel(read.value)).toBe("gpt-5.1");
  });

  it("is unwrapped where it stands in an envelope of its own", () => {
    const wrapped = encodeMessage("ChatClientMessageIdempotent", {
      clientChunk: decodeMessage("ChatClientMessage", message),
      seqno: 1,
    });
    const read = decodeRequest(envelope(wrapped), { target: `${chat}Idempotent`, headers: streaming });
    expect(read.ok && chatModel(read.value)).toBe("gpt-5.1");
  });

  it("without tools is the request alone", () => {
    const request = encodeMessage("ChatRequest", { modelDetails: { modelName: "a" } });
    const target = "/aiserver.v1.ChatService/StreamUnifiedChat";
    const read = decodeRequest(envelope(request), { target, headers: streaming });
    expect(read.ok && chatModel(read.value)).toBe("a");
  });

  it("keeps what came later on its stream apart", () => {
    const result = encodeMessage("ChatClientMessage", { toolResult: { toolCallId: "c1" } });
    const body = Buffer.concat([envelope(message), envelope(result)]);
    const read = decodeRequest(body, { target: chat, headers: streaming });
    expect(read.ok && read.value["later"]).toEqual([{ toolResult: { toolCallId: "c1" } }]);
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["half an envelope", envelope(message).subarray(0, 20)],
    ["no message", envelope(Buffer.from([0x0f, 0x01]))],
    ["another framing", Buffer.from("<html></html>")],
  ])("that is %s is an error and no exception", (_, body) => {
    expect(decodeRequest(body, { target: chat, headers: streaming })).toMatchObject({ ok: false });
  });
});

describe("the head of an answer", () => {
  it("is an event stream where Cursor's own client asks over HTTP/1.1, and Connect's elsewhere", () => {
    const type = (target: string, headers?: HeaderPairs): string | undefined => streamHeaders(target, headers)[0]?.[1];
    expect(type(chat)).toBe("application/connect+proto");
    expect(type("/agent.v1.AgentService/RunSSE")).toBe("text/event-stream");
    expect(type("/agent.v1.AgentService/RunSSE", [["x-cursor-streaming", "true"]])).toBe("text/event-stream");
    expect(type("/agent.v1.AgentService/RunSSE", [["accept", "text/event-stream"]])).toBe("text/event-stream");
    expect(type("/agent.v1.AgentService/Run", [["x-cursor-streaming", "true"]])).toBe("application/connect+proto");
    expect(type("/agent.v1.AgentService/RunSSE", streaming)).toBe("application/connect+proto");
  });
});
