import { describe, expect, it } from "vitest";
import type { HubRequest } from "../../hub/request.ts";
import { frozen, readRequest as readClient, type Loose } from "../__fixtures__/harness.ts";
import { assistant, call, result, user, written } from "./__fixtures__/written.ts";
import { readRequest } from "./request-in.ts";
import { writeRequest } from "./request-out.ts";

describe("the call", () => {
  const plain: HubRequest = {
    model: "a",
    messages: [user("hi")],
    tools: [],
    stream: true,
    wantsStreamUsage: true,
    stop: [],
    extras: {},
  };
  const options = { model: "gemini-2.5-pro", maxTokensDefault: 1 };

  it("goes to its model's method, streamed with events", () => {
    expect(writeRequest(plain, options)).toMatchObject({
      ok: true,
      value: { path: "/models/gemini-2.5-pro:streamGenerateContent?alt=sse" },
    });
    expect(writeRequest({ ...plain, stream: false }, { ...options, model: "tunedModels/x" })).toMatchObject({
      ok: true,
      value: { path: "/tunedModels/x:generateContent" },
    });
  });

  it("Q20: has no ids on Vertex, and ids elsewhere", () => {
    const messages = [user("hi"), assistant(call("a")), result("a", "A")];
    for (const [variant, id] of [
      ["vertex", undefined],
      [undefined, "a"],
    ] as const) {
      const sent = writeRequest({ ...plain, messages }, { ...options, ...(variant === undefined ? {} : { variant }) });
      const body: Loose = sent.ok ? JSON.parse(Buffer.from(sent.value.body).toString()) : {};
      expect(body["contents"][1].parts[0].functionCall.id).toBe(id);
      expect(body["contents"][2].parts[0].functionResponse.id).toBe(id);
    }
  });
});

describe("clients of other dialects", () => {
  it("T7, T13, Q4: Claude Code's and a Chat client's history become the same contents", () => {
    const claude = readClient("claude", {
      model: "m",
      max_tokens: 10,
      system: [{ type: "text", text: "s" }],
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "look" },
            { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", content: "ok" },
            { type: "text", text: "next" },
          ],
        },
      ],
    });
    const chat = readClient("openai-chat", {
      model: "m",
      max_tokens: 10,
      messages: [
        { role: "developer", content: "s" },
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: "look",
          tool_calls: [{ id: "t1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "t1", content: "ok" },
        { role: "user", content: "next" },
      ],
    });
    const expected = {
      systemInstruction: { parts: [{ text: "s" }] },
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        { role: "model", parts: [{ text: "look" }, { functionCall: { id: "t1", name: "f", args: { a: 1 } } }] },
        {
          role: "user",
          parts: [{ functionResponse: { id: "t1", name: "f", response: { output: "ok" } } }, { text: "next" }],
        },
      ],
      generationConfig: { maxOutputTokens: 10 },
    };
    expect(written(claude).body).toEqual(expected);
    expect(written(chat).body).toEqual(expected);
  });

  it("R1: a call signed by Gemini goes through this dialect's own client and back, unchanged", () => {
    const body = {
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        { role: "model", parts: [{ functionCall: { id: "1", name: "f", args: {} }, thoughtSignature: "c2ln" }] },
        { role: "user", parts: [{ functionResponse: { id: "1", name: "f", response: { output: "ok" } } }] },
      ],
    };
    const read = readRequest(frozen(body), "/v1beta/models/gemini-3-pro:generateContent");
    if (!read.ok) throw new Error(read.error.message);
    expect(written(read.value.request, { model: "gemini-3-pro" }).body).toEqual(body);
  });
});
