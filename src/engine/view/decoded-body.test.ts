import fc from "fast-check";
import { describe, expect, it } from "vitest";
import cursorVectors from "../../../test/vectors/cursor-vectors.json" with { type: "json" };
import eventVectors from "../../../test/vectors/eventstream-vectors.json" with { type: "json" };
import { envelope } from "../codecs/connect.ts";
import { type BinaryBody, decodedBody } from "./decoded-body.ts";

const events = (name: string): Buffer => {
  const found = eventVectors.streams.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return Buffer.from(found.hex, "hex");
};
const cursor = (name: string): Buffer => {
  const found = [...cursorVectors.streams, ...cursorVectors.messages].find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return Buffer.from(found.hex, "hex");
};

const run: Omit<BinaryBody, "bytes"> = {
  contentType: "text/event-stream",
  target: "/agent.v1.AgentService/RunSSE",
  side: "reply",
};
const kiro: Omit<BinaryBody, "bytes"> = {
  contentType: "application/vnd.amazon.eventstream",
  target: "/generateAssistantResponse",
  side: "reply",
};

describe("a Kiro stream as text", () => {
  it("has the type of every frame and its JSON", () => {
    const bytes = events("text-turn");
    const decoded = decodedBody({ ...kiro, bytes });
    expect(decoded?.as).toBe("events");
    expect(decoded?.text).toContain('event: assistantResponseEvent\ndata: {"content":"Hello');
    expect(decoded?.ends).toHaveLength(6);
    expect(decoded?.ends.at(-1)).toBe(bytes.byteLength);
  });

  it("shows an exception as what it is", () => {
    expect(decodedBody({ ...kiro, bytes: events("mid-stream-exception") })?.text).toContain(
      "event: exception throttlingException\ndata: {",
    );
  });

  it("is shown as far as it came", () => {
    const decoded = decodedBody({ ...kiro, bytes: events("text-turn").subarray(0, 400) });
    expect(decoded?.ends).toHaveLength(2);
    expect(decoded?.text).toMatch(/^: .*into a frame$/m);
  });
});

describe("a Cursor stream as text", () => {
  it("has the kind of every message and its fields, whatever its content type says", () => {
    const text = decodedBody({ ...run, bytes: cursor("agent-text") })?.text;
    expect(text).toContain('event: interactionUpdate.textDelta\ndata: {"text":"Hel"}\n\n');
    expect(text).toContain('event: interactionUpdate.thinkingDelta\ndata: {"text":"hm","thinkingStyle":1}\n\n');
    expect(text).toContain("event: execServerMessage.requestContextArgs\n");
    expect(text).toContain('"inputTokens":"100"');
    expect(text?.endsWith("event: end\ndata: {}\n\n")).toBe(true);
  });

  it("is unpacked", () => {
    const target = "/aiserver.v1.ChatService/StreamUnifiedChatWithTools";
    const bytes = cursor("chat-text-gzip");
    const text = decodedBody({ contentType: "application/connect+proto", target, side: "reply", bytes })?.text;
    expect(text).toContain("Hel");
    expect(text).toContain("event: end\n");
  });

  it("of a method that nobody described is shown by its field numbers, and what is no message in hexadecimal", () => {
    const target = "/aiserver.v1.NewService/Stream";
    const bytes = Buffer.concat([envelope(cursor("chat-server-text-1")), envelope(Buffer.from([0xff, 0xff]))]);
    const text = decodedBody({ contentType: "application/connect+proto", target, side: "reply", bytes })?.text;
    expect(text).toContain('event: message\ndata: {"2":{"1":"Hel"}}\n');
    expect(text).toContain('data: "0xffff"');
  });
});

describe("a Cursor request as text", () => {
  it("is JSON, with what an append carries inside", () => {
    const decoded = decodedBody({
      bytes: cursor("bidi-append-0-run"),
      contentType: "application/proto",
      target: "/aiserver.v1.BidiService/BidiAppend",
      side: "request",
    });
    expect(decoded?.as).toBe("json");
    expect(JSON.parse(decoded?.text ?? "")).toMatchObject({
      AgentClientMessage: { runRequest: { action: { userMessageAction: { userMessage: { text: "Say hi" } } } } },
      requestId: { requestId: "00000000-0000-4000-8000-00000000000a" },
    });
  });
});

it("leaves text alone", () => {
  expect(decodedBody({ ...run, bytes: Buffer.from("event: x\ndata: {}\n\n") })).toBeNull();
  expect(decodedBody({ ...kiro, bytes: Buffer.from("<html>502</html>") })).toBeNull();
  expect(decodedBody({ ...run, contentType: "application/json", bytes: Buffer.from('{"a":1}') })).toBeNull();
});

it("never throws, and every event is on lines of its own", () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom("request", "reply"), (bytes, side) => {
      for (const contentType of ["application/proto", "application/connect+proto", "text/event-stream"]) {
        for (const body of [bytes, envelope(bytes), Buffer.concat([envelope(bytes, 1), envelope(bytes)])]) {
          const decoded = decodedBody({ bytes: body, contentType, target: run.target, side });
          if (decoded === null) continue;
          if (decoded.as === "events") expect(decoded.text).toMatch(/^(?:(?:event: .*\ndata: .*|: .*)\n\n)*$/);
          else expect(() => JSON.parse(decoded.text) as unknown).not.toThrow();
        }
      }
    }),
    { numRuns: 200 },
  );
});
