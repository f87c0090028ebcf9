import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../../../test/vectors/cursor-vectors.json" with { type: "json" };
import { compressedFlag, endEnvelope, envelope } from "../../codecs/connect.ts";
import { observe } from "./observe.ts";
import { seenRequest } from "./view/call.ts";
import { encodeMessage } from "./wire/schema.ts";

const run = "/agent.v1.AgentService/Run";
const runSse = "/agent.v1.AgentService/RunSSE";
const append = "/aiserver.v1.BidiService/BidiAppend";
const chat = "/aiserver.v1.ChatService/StreamUnifiedChatWithTools";

function stream(name: string): Buffer {
  const found = vectors.streams.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return Buffer.from(found.hex, "hex");
}

function message(name: string): Buffer {
  const found = vectors.messages.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return Buffer.from(found.hex, "hex");
}

const typed = (type: string): readonly (readonly [string, string])[] => [["content-type", type]];

describe("a passed-through answer of Cursor's agent", () => {
  it.each(["application/connect+proto", "text/event-stream", ""])("has usage and an end, called %j", (type) => {
    expect(observe(stream("agent-text"), type, runSse)).toEqual({
      model: null,
      usage: { input: 100, output: 7, cacheRead: 40, cacheWrite: 0, reasoning: 2, estimated: false },
      finish: "turn-ended",
    });
  });

  it("ends with its turn, whatever tools were called in it", () => {
    expect(observe(stream("agent-tool"), "application/connect+proto", run).finish).toBe("turn-ended");
  });

  it("names the model that was chosen for it", () => {
    const routed = encodeMessage("AgentServerMessage", {
      interactionUpdate: { routedModel: { displayName: "Composer 2" } },
    });
    const bytes = Buffer.concat([envelope(routed), endEnvelope()]);
    expect(observe(bytes, "application/connect+proto", run)).toMatchObject({ model: "Composer 2", finish: "end" });
  });

  it("has no usage where an older backend told none", () => {
    const bytes = Buffer.concat([envelope(message("agent-server-turn-ended-empty")), endEnvelope()]);
    expect(observe(bytes, "application/connect+proto", run)).toEqual({
      model: null,
      usage: null,
      finish: "turn-ended",
    });
  });

  it("is read packed as well", () => {
    const bytes = Buffer.concat([
      envelope(gzipSync(message("agent-server-turn-ended")), compressedFlag),
      endEnvelope(),
    ]);
    expect(observe(bytes, "application/connect+proto", run).usage?.output).toBe(7);
  });
});

describe("an error in an answer of status 200", () => {
  it.each([
    ["agent-error-canceled", run, "canceled: canceled"],
    ["chat-error-not-logged-in", chat, "unauthenticated: ERROR_NOT_LOGGED_IN"],
  ])("of %s is told in Cursor's words", (name, target, words) => {
    const seen = observe(stream(name), "application/connect+proto", target);
    expect(seen.error).toContain(words);
    expect(seen.finish).toBeNull();
  });

  it("is a stream that was cut", () => {
    expect(observe(stream("agent-text").subarray(0, 200), "application/connect+proto", run)).toMatchObject({
      finish: null,
      error: expect.stringContaining("ended") as string,
    });
  });
});

describe("a passed-through answer of Cursor's chat", () => {
  it.each(["chat-text", "chat-text-gzip"])("ends: %s", (name) => {
    expect(observe(stream(name), "application/connect+proto", chat).finish).toBe("end");
  });

  it("says how much of the window was used, which is a guess at the input", () => {
    expect(observe(stream("chat-text"), "application/connect+proto", chat).usage).toMatchObject({ estimated: true });
  });

  it("says when it called a tool", () => {
    expect(observe(stream("chat-tool"), "application/connect+proto", chat).finish).toBe("tool-calls");
  });
});

it("survives anything as an answer, and tells nothing of what is none", () => {
  const nothing = { model: null, usage: null, finish: null };
  expect(observe(new Uint8Array(), "")).toEqual(nothing);
  expect(observe(Buffer.from("<html>"), "text/html", run)).toEqual(nothing);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(run, chat, append, ""), (bytes, target) => {
      observe(bytes, "application/connect+proto", target);
      observe(Buffer.concat([envelope(bytes), endEnvelope()]), "application/connect+proto", target);
      seenRequest(bytes, { target, headers: typed("application/proto") });
      seenRequest(envelope(bytes), { target, headers: typed("application/connect+proto") });
    }),
    { numRuns: 300 },
  );
});

describe("a passed-through request of Cursor", () => {
  it("names model and conversation of a run", () => {
    const body = envelope(message("agent-run-request-minimal"));
    const seen = seenRequest(body, { target: run, headers: typed("application/connect+proto") });
    expect(seen.model).toBe("default");
    expect(seen.session).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("names the model of a chat", () => {
    const body = stream("chat-client-gzip");
    expect(seenRequest(body, { target: chat, headers: typed("application/connect+proto") }).model).toBe("gpt-5.1");
  });

  it("is one call with the others of its id, whichever says something", () => {
    const id = "00000000-0000-4000-8000-00000000000a";
    expect(seenRequest(message("bidi-append-0-run"), { target: append, headers: typed("application/proto") })).toEqual({
      model: "default",
      session: "00000000-0000-4000-8000-00000000000c",
      call: { id, part: "says" },
    });
    expect(
      seenRequest(stream("run-sse-client"), { target: runSse, headers: typed("application/connect+proto") }),
    ).toEqual({
      model: null,
      session: null,
      call: { id, part: "answers" },
    });
    const heartbeat = message("bidi-append-1-heartbeat");
    expect(seenRequest(heartbeat, { target: append, headers: typed("application/proto") })).toEqual({
      model: null,
      session: null,
      call: { id, part: "says" },
    });
  });

  it("may carry its words as bytes", () => {
    const body = encodeMessage("BidiAppendRequest", {
      dataBinary: message("agent-run-request-minimal"),
      requestId: { requestId: "r" },
    });
    expect(seenRequest(body, { target: append, headers: typed("application/proto") }).model).toBe("default");
  });
});
