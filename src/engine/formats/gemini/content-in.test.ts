import { describe, expect, it } from "vitest";
import type { HubRequest } from "../../hub/request.ts";
import { repairHistory } from "../../hub/repair.ts";
import { frozen } from "../__fixtures__/harness.ts";
import { readRequest } from "./request-in.ts";

const target = "/v1beta/models/gemini-2.5-pro:generateContent";
const hi = [{ role: "user", parts: [{ text: "hi" }] }];

function messages(...contents: readonly object[]): HubRequest["messages"] {
  const result = readRequest(frozen({ contents }), target);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.request.messages;
}

function losses(...contents: readonly object[]): readonly string[] {
  const result = readRequest({ contents }, target);
  return result.ok ? result.value.losses : [];
}

const call = (name: string, more: object = {}): object => ({ functionCall: { name, args: {}, ...more } });
const result = (name: string, response: object, more: object = {}): object => ({
  functionResponse: { name, response, ...more },
});

describe("calls and results in Gemini contents", () => {
  it("T18: two calls of one function without ids get two ids, the same in every request", () => {
    const turn = { role: "model", parts: [call("f"), call("f")] };
    const [first, second] = messages(...hi, turn);
    const again = messages(...hi, turn, { role: "user", parts: [result("f", { output: "1" })] })[1];
    expect(first?.role).toBe("user");
    const ids = second?.parts.map((part) => (part.type === "tool-call" ? part.id : ""));
    expect(new Set(ids).size).toBe(2);
    expect(again).toEqual(second);
    expect(ids?.every((id) => /^call_[0-9a-f]{24}$/.test(id))).toBe(true);
  });

  it("T19: two results in one content are two messages, and the text around them stays", () => {
    const history = messages(
      ...hi,
      { role: "model", parts: [call("f"), call("g")] },
      {
        role: "user",
        parts: [{ text: "before" }, result("f", { output: "F" }), result("g", { output: "G" }), { text: "after" }],
      },
    );
    expect(history.slice(2)).toMatchObject([
      { role: "tool", parts: [{ text: "F" }] },
      { role: "tool", parts: [{ text: "G" }] },
      { role: "user", parts: [{ text: "before" }, { text: "after" }] },
    ]);
    expect(repairHistory(history).losses).toEqual([]);
  });

  it("T1: a result without an id finds its call by name, then by order", () => {
    const history = messages(
      { role: "model", parts: [call("f"), call("g"), call("f")] },
      {
        role: "user",
        parts: [result("g", { output: "G" }), result("f", { output: "1" }), result("f", { output: "2" })],
      },
    );
    const calls = history[0]?.parts.map((part) => (part.type === "tool-call" ? part.id : ""));
    const answers = history.slice(1).map((message) => (message.role === "tool" ? message.callId : ""));
    expect(answers).toEqual([calls?.[1], calls?.[0], calls?.[2]]);
  });

  it("keeps ids that were given, in any order", () => {
    const history = messages(
      { role: "model", parts: [call("f", { id: "a" }), call("f", { id: "b" })] },
      {
        role: "function",
        parts: [result("f", { output: "B" }, { id: "b" }), result("f", { output: "A" }, { id: "a" })],
      },
    );
    expect(history.slice(1)).toMatchObject([
      { callId: "b", parts: [{ text: "B" }] },
      { callId: "a", parts: [{ text: "A" }] },
    ]);
  });

  it("does not take a call without an id for one whose id is named", () => {
    const history = messages(
      { role: "model", parts: [call("f"), call("f", { id: "b" })] },
      { role: "user", parts: [result("f", { output: "B" }, { id: "b" }), result("f", { output: "first" })] },
    );
    const [first] = history[0]?.parts.map((part) => (part.type === "tool-call" ? part.id : "")) ?? [];
    expect(history.slice(1)).toMatchObject([{ callId: "b" }, { callId: first, parts: [{ text: "first" }] }]);
  });

  it("answers calls without ids under whatever id the client made up", () => {
    const history = messages(
      { role: "model", parts: [call("f")] },
      { role: "user", parts: [result("f", { output: "F" }, { id: "f-1700000000-abc" })] },
    );
    expect(repairHistory(history)).toMatchObject({
      losses: [],
      messages: [{}, { role: "tool", parts: [{ text: "F" }] }],
    });
  });

  it.each([
    [{ output: "text" }, "text", false],
    [{ result: "text" }, "text", false],
    [{ content: "text" }, "text", false],
    [{ name: "f", content: "text" }, "text", false],
    [{ output: { a: 1 } }, '{"a":1}', false],
    [{ result: { a: 1 } }, '{"result":{"a":1}}', false],
    [{ a: 1, output: "x" }, '{"a":1,"output":"x"}', false],
    [{ error: "it broke" }, "it broke", true],
    [{ error: { code: 1 } }, '{"code":1}', true],
    [{ error: "it broke", output: "half" }, '{"error":"it broke","output":"half"}', true],
    [{ error: null, value: 1 }, '{"error":null,"value":1}', false],
  ])("unwraps %j", (response, text, isError) => {
    const [, answer] = messages(
      { role: "model", parts: [call("f")] },
      { role: "user", parts: [result("f", response)] },
    );
    expect(answer).toMatchObject({ parts: [{ type: "text", text }], isError });
  });

  it("reads an empty answer as one without content, and files inside of it", () => {
    const parts = [{ inlineData: { mimeType: "image/png", data: "aQ==" } }];
    const [, first, second] = messages(
      { role: "model", parts: [call("f"), call("g")] },
      { role: "user", parts: [result("f", {}), result("g", { output: "see" }, { parts })] },
    );
    expect(first?.parts).toEqual([]);
    expect(second?.parts).toMatchObject([{ text: "see" }, { type: "image", source: { data: "aQ==" } }]);
  });
});

describe("parts of Gemini contents", () => {
  const user = (part: object): unknown => messages({ role: "user", parts: [part] })[0]?.parts[0];
  const model = (...parts: readonly object[]): unknown => messages({ role: "model", parts })[0]?.parts;
  const from = { format: "gemini" };

  it.each([
    ["a picture", { inlineData: { mimeType: "image/webp", data: "aQ==" } }, { type: "image" }],
    [
      "a PDF",
      { inlineData: { mimeType: "application/pdf", data: "aQ==" } },
      { type: "document", source: { kind: "base64" } },
    ],
    [
      "a text file",
      { inlineData: { mimeType: "text/csv", data: "YSxi" } },
      { type: "document", source: { kind: "text", text: "a,b" } },
    ],
    [
      "sound",
      { inlineData: { mimeType: "audio/mp3", data: "aQ==" } },
      { type: "media", source: { mediaType: "audio/mp3" } },
    ],
    [
      "a film",
      { fileData: { fileUri: "https://youtu.be/x" } },
      { type: "media", source: { kind: "url", url: "https://youtu.be/x" } },
    ],
    [
      "a picture's address",
      { fileData: { mimeType: "image/png", fileUri: "https://e.com/a" } },
      { type: "image", source: { kind: "url" } },
    ],
    [
      "an address that tells",
      { fileData: { fileUri: "https://e.com/a.PDF?x=1" } },
      { type: "document", source: { kind: "url" } },
    ],
  ])("Q13: read %s", (_what, part, expected) => {
    expect(user(part)).toMatchObject(expected);
  });

  it("Q13: keep a file that only Google can open whole, for nobody else", () => {
    for (const fileUri of ["gs://bucket/a.png", "https://generativelanguage.googleapis.com/v1beta/files/abc"]) {
      const part = { fileData: { mimeType: "image/png", fileUri } };
      expect(user(part)).toEqual({ type: "opaque", from: "gemini", name: "fileData", raw: part, essential: true });
    }
  });

  it("R1: keep the signature on the very part it stood on", () => {
    expect(
      model(
        { text: "hm", thought: true, thoughtSignature: "dA==" },
        { text: "I look.", thoughtSignature: "dQ==" },
        { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "dg==" },
        { functionCall: { id: "2", name: "g" } },
        { inlineData: { mimeType: "image/png", data: "aQ==" }, thoughtSignature: "dw==" },
      ),
    ).toMatchObject([
      { type: "thinking", text: "hm", signature: "dA==", from },
      { type: "text", text: "I look.", signature: "dQ==", from },
      { type: "tool-call", name: "f", arguments: '{"a":1}', signature: "dg==", from },
      { type: "tool-call", id: "2", name: "g", arguments: "{}" },
      { type: "image", signature: "dw==", from },
    ]);
    expect(model({ functionCall: { name: "g" } })).not.toHaveProperty("0.signature");
  });

  it("R9: a signature that comes alone belongs to the text before it, else it stays by itself", () => {
    const alone = { text: "", thoughtSignature: "dA==" };
    expect(model({ text: "done" }, alone)).toEqual([{ type: "text", text: "done", signature: "dA==", from }]);
    expect(model({ text: "done" }, { ...alone, text: "\n" })).toMatchObject([{ text: "done\n", signature: "dA==" }]);
    expect(model(alone)).toEqual([{ type: "thinking", text: "", signature: "dA==", from }]);
    expect(repairHistory(messages({ role: "model", parts: [alone] })).messages[0]?.parts).toHaveLength(1);
  });

  it("do not take Google's neutral word for anybody's signature", () => {
    const word = "skip_thought_signature_validator";
    // As documented, in the alphabet of clients whose field holds bytes, and put into base64 once more by others.
    for (const thoughtSignature of [word, word.replaceAll("_", "/"), btoa(word)]) {
      const parts = model({ functionCall: { name: "f" }, thoughtSignature });
      expect(parts).not.toHaveProperty("0.signature");
      expect(parts).not.toHaveProperty("0.from");
    }
  });

  it("put Google's own tools into words for others", () => {
    expect(
      model(
        { executableCode: { language: "PYTHON", code: "print(1)" } },
        { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } },
        { toolCall: { toolType: "GOOGLE_SEARCH_WEB", args: { q: "x" }, id: "1" } },
      ),
    ).toMatchObject([
      { type: "opaque", name: "executableCode", text: "```python\nprint(1)\n```" },
      { type: "opaque", name: "codeExecutionResult", text: "```\n1\n```" },
      { type: "opaque", name: "toolCall", text: '[GOOGLE_SEARCH_WEB: {"q":"x"}]' },
    ]);
  });

  it("name what a file loses", () => {
    const part = { inlineData: { mimeType: "video/mp4", data: "aQ==" }, videoMetadata: { fps: 2 } };
    expect(losses({ parts: [part] })).toEqual(["parameter: videoMetadata of a file"]);
  });
});
