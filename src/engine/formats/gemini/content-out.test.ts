import { describe, expect, it } from "vitest";
import type { AssistantPart, HubMessage } from "../../hub/message.ts";
import type { Loose } from "../__fixtures__/harness.ts";
import { assistant, call, contents, result, user, write, written } from "./__fixtures__/written.ts";

describe("the system instruction", () => {
  it("Q5: has every system and developer text, in order, as parts", () => {
    const { body } = written({
      messages: [
        {
          role: "system",
          parts: [
            { type: "text", text: "one" },
            { type: "text", text: "two" },
          ],
        },
        { role: "developer", parts: [{ type: "text", text: "three" }] },
        user("hi"),
      ],
    });
    expect(body["systemInstruction"]).toEqual({ parts: [{ text: "one" }, { text: "two" }, { text: "three" }] });
    expect(body["contents"]).toEqual([{ role: "user", parts: [{ text: "hi" }] }]);
  });

  it("Q3: leaves a later system message in its place, as the user's text and reported", () => {
    const later: HubMessage = { role: "system", parts: [{ type: "text", text: "mind this" }] };
    const { body, losses } = written({
      messages: [user("a"), assistant({ type: "text", text: "b" }), later, user("c")],
    });
    expect(body["contents"][2]).toEqual({
      role: "user",
      parts: [{ text: "<system-reminder>\nmind this\n</system-reminder>" }, { text: "c" }],
    });
    expect(losses.join()).toContain("system-message");
  });

  it("stands before the user's words for models that have none", () => {
    const messages: readonly HubMessage[] = [{ role: "system", parts: [{ type: "text", text: "s" }] }, user("hi")];
    const { body, losses } = written({ messages }, { model: "gemma-3-27b-it" });
    expect(body).not.toHaveProperty("systemInstruction");
    expect(body["contents"]).toEqual([{ role: "user", parts: [{ text: "s" }, { text: "hi" }] }]);
    expect(losses.join()).toContain("system-message");
  });
});

describe("calls and results", () => {
  it("T8: three calls have exactly three responses in one content, in their order, gaps filled", () => {
    const messages = [
      user("hi"),
      assistant(call("a"), call("b"), call("c")),
      result("c", "C"),
      result("a", "broken", true),
      user("go on"),
    ];
    expect(contents(messages).slice(1)).toEqual([
      {
        role: "model",
        parts: ["a", "b", "c"].map((id) => ({ functionCall: { id, name: `f_${id}`, args: { a: 1 } } })),
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "a", name: "f_a", response: { error: "broken" } } },
          { functionResponse: { id: "b", name: "f_b", response: { error: "[no result]" } } },
          { functionResponse: { id: "c", name: "f_c", response: { output: "C" } } },
          { text: "go on" },
        ],
      },
    ]);
  });

  it("T2: a call without a result at the very end gets one", () => {
    expect(contents([user("hi"), assistant(call("a"))])[2].parts).toEqual([
      { functionResponse: { id: "a", name: "f_a", response: { error: "[no result]" } } },
    ]);
  });

  it("T3: a result without its call is the user's text", () => {
    const { body, losses } = written({ messages: [user("hi"), result("gone", "G")] });
    expect(body["contents"]).toEqual([
      { role: "user", parts: [{ text: "hi" }, { text: "[result of an earlier tool call]" }, { text: "G" }] },
    ]);
    expect(losses.join()).toContain("tool-result");
  });

  it.each([
    ['{"a":1}', { a: 1 }],
    ['{"a": 1}', { output: '{"a": 1}' }],
    ['{"id":12345678901234567890}', { output: '{"id":12345678901234567890}' }],
    ['{"error":"none"}', { output: '{"error":"none"}' }],
    ["[1]", { output: "[1]" }],
    ["", { output: "" }],
  ])("an answer %s is an object with every character of it", (text, response) => {
    const messages = [user("hi"), assistant(call("a")), result("a", text)];
    expect(contents(messages)[2].parts[0].functionResponse.response).toEqual(response);
  });

  it("T4, T20: ids of any kind are fitted, and stay apart", () => {
    const long = "x".repeat(200);
    const ids = ["functions.run:0", `${long}a`, `${long}b`];
    const messages = [
      user("hi"),
      assistant(...ids.map((id) => call(id, { name: "f" }))),
      ...ids.map((id) => result(id, id)),
    ];
    const [, calls, answers] = contents(messages);
    const sent = calls.parts.map((part: Loose) => part["functionCall"].id);
    expect(new Set(sent).size).toBe(3);
    expect(answers.parts.map((part: Loose) => part["functionResponse"].id)).toEqual(sent);
    expect(sent.every((id: string) => /^[A-Za-z0-9_-]{1,128}$/.test(id))).toBe(true);
  });

  it("T17: a freeform call goes as the function it was declared as", () => {
    const custom = call("a", { name: "patch", kind: "custom", arguments: "*** Begin" });
    expect(contents([user("hi"), assistant(custom)])[1].parts[0].functionCall.args).toEqual({ input: "*** Begin" });
  });

  it("arguments that are no object go empty and are named", () => {
    const { body, losses } = written({ messages: [user("hi"), assistant(call("a", { arguments: "[1" }))] });
    expect(body["contents"][1].parts[0].functionCall.args).toEqual({});
    expect(losses.join()).toContain("tool-arguments");
  });

  it("T13: pictures of a result stand inside of it for Gemini 3, and labelled behind all results before", () => {
    const image = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aQ==" } } as const;
    const seen: HubMessage = {
      role: "tool",
      callId: "a",
      parts: [{ type: "text", text: "see" }, image],
      isError: false,
    };
    const messages = [user("hi"), assistant(call("a"), call("b")), seen, result("b", "B")];
    const inlineData = { mimeType: "image/png", data: "aQ==" };
    expect(contents(messages, { model: "gemini-3-flash-preview" })[2].parts[0].functionResponse).toEqual({
      id: "a",
      name: "f_a",
      response: { output: "see" },
      parts: [{ inlineData }],
    });
    const old = contents(messages)[2].parts;
    expect(old.map((part: Loose) => Object.keys(part)[0])).toEqual([
      "functionResponse",
      "functionResponse",
      "text",
      "inlineData",
    ]);
    expect(old[0].functionResponse.response.output).toBe("see\n[its attachment follows behind the results]");
    expect(old[2]).toEqual({ text: "[image from tool f_a]" });
  });
});

describe("turns", () => {
  it("alternate: what one role says in a row is one content", () => {
    const messages = [
      user("a"),
      user("b"),
      assistant({ type: "text", text: "c" }),
      assistant({ type: "text", text: "d" }),
      user("e"),
    ];
    expect(contents(messages)).toEqual([
      { role: "user", parts: [{ text: "a" }, { text: "b" }] },
      { role: "model", parts: [{ text: "c" }, { text: "d" }] },
      { role: "user", parts: [{ text: "e" }] },
    ]);
  });

  it("never hold an empty part, nor a content without one", () => {
    const foreign: AssistantPart = { type: "thinking", text: "hm", signature: "x", from: { format: "claude" } };
    const messages = [user("a"), assistant(foreign, { type: "text", text: " " }), user("b")];
    expect(contents(messages)).toEqual([{ role: "user", parts: [{ text: "a" }, { text: "b" }] }]);
  });

  it("begin with the user's", () => {
    const { body, losses } = written({ messages: [assistant({ type: "text", text: "hello" }), user("hi")] });
    expect(body["contents"][0].role).toBe("user");
    expect(losses.join()).toContain("an opening user turn");
  });

  it.each([
    ["gemini-2.5-pro", "model"],
    ["gemini-3-pro-preview", "model"],
    ["gemini-3.5-flash", "model"],
    ["gemini-3.5-flash-lite", "user"],
    ["gemini-3.7-flash", "user"],
    ["claude-sonnet-4-6", "user"],
  ])("end with the model's only where %s takes that", (model, role) => {
    const { body, losses } = written({ messages: [user("a"), assistant({ type: "text", text: "{" })] }, { model });
    expect(body["contents"].at(-1).role).toBe(role);
    expect(losses.some((loss) => loss.startsWith("prefill"))).toBe(true);
  });

  it("that say nothing at all are refused", () => {
    const system: HubMessage = { role: "system", parts: [{ type: "text", text: "s" }] };
    expect(write({ messages: [system] })).toMatchObject({ ok: false, error: { kind: "bad-request" } });
    expect(write({ messages: [] })).toMatchObject({ ok: false, error: { kind: "bad-request" } });
  });
});
