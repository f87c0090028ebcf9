import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kiroRefusal } from "../../../../test/support/fake-kiro-rules.ts";
import { own } from "../../../base/json.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { WriteOptions } from "../format.ts";
import { writeRequest } from "./request-out.ts";
import { fillers } from "./turns-out.ts";

const base: HubRequest = {
  model: "m",
  messages: [],
  tools: [],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
};
const usual: WriteOptions = { model: "claude-sonnet-4.6", maxTokensDefault: 1, origin: "kiro", callId: "f1" };

const user = (text: string): HubMessage => ({ role: "user", parts: [{ type: "text", text }] });
const assistant = (text: string): HubMessage => ({ role: "assistant", parts: [{ type: "text", text }] });
const call = (id: string, name = "look", args = '{"a":1}'): HubMessage => ({
  role: "assistant",
  parts: [{ type: "tool-call", id, name, arguments: args, kind: "function" }],
});
const result = (callId: string, text = "done", isError = false): HubMessage => ({
  role: "tool",
  callId,
  parts: [{ type: "text", text }],
  isError,
});
const look = {
  kind: "function",
  name: "look",
  description: "Looks.",
  parameters: { type: "object", properties: {} },
} as const;

function written(request: Partial<HubRequest>, options: Partial<WriteOptions> = {}) {
  const result_ = writeRequest({ ...base, ...request }, { ...usual, ...options });
  if (!result_.ok) throw new Error(result_.error.message);
  const text = Buffer.from(result_.value.body).toString("utf8");
  // Our own writer's output; what is looked at is asserted.
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(kiroRefusal(body)).toBeNull();
  const state = own(body, "conversationState");
  const history = own(state, "history");
  return {
    ...result_.value,
    text,
    body,
    current: own(own(state, "currentMessage"), "userInputMessage"),
    history: Array.isArray(history) ? (history as readonly unknown[]) : [],
  };
}

const tools = (current: unknown): readonly unknown[] =>
  own(own(current, "userInputMessageContext"), "tools") as readonly unknown[];

describe("a request for Kiro", () => {
  it("is the current message, with what there is to say about it", () => {
    const { body, path, headers, text } = written({ messages: [user("Hi")] }, { profileArn: "arn:aws:x" });
    expect(path).toBe("/generateAssistantResponse");
    expect(Object.fromEntries(headers)).toMatchObject({
      accept: "application/vnd.amazon.eventstream",
      "user-agent": "Switchyard/1",
    });
    expect(body).toEqual({
      conversationState: {
        conversationId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
        chatTriggerType: "MANUAL",
        currentMessage: { userInputMessage: { content: "Hi", modelId: "claude-sonnet-4.6", origin: "AI_EDITOR" } },
      },
      profileArn: "arn:aws:x",
    });
    expect(written({ messages: [user("Hi")] }, { profileArn: "arn:aws:x" }).text).toBe(text);
  });

  it("takes turns: neighbours are joined, the first and the last are the user's, none is empty", () => {
    const { history, current, losses } = written({
      messages: [assistant("A"), assistant("B"), user("C"), user("D"), assistant("E")],
    });
    expect(history).toMatchObject([
      { userInputMessage: { content: fillers.user } },
      { assistantResponseMessage: { content: "A\n\nB" } },
      { userInputMessage: { content: "C\n\nD" } },
      { assistantResponseMessage: { content: "E" } },
    ]);
    expect(current).toMatchObject({ content: fillers.user });
    expect(losses.join()).toMatch(/opening user turn.*prefill/s);
  });

  it("has the system prompt at the beginning of the first user turn, later ones as reminders", () => {
    const system = (text: string): HubMessage => ({ role: "system", parts: [{ type: "text", text }] });
    const { history, current, losses } = written({
      messages: [system("Be brief."), user("A"), assistant("B"), system("Now shout."), user("C")],
    });
    expect(history[0]).toMatchObject({ userInputMessage: { content: "Be brief.\n\nA" } });
    expect(current).toMatchObject({ content: "<system-reminder>\nNow shout.\n</system-reminder>\n\nC" });
    expect(losses.join()).toContain("system-message");
  });

  it("has calls with their results in the turn behind them, and the tools on the current message only", () => {
    const { history, current } = written({
      messages: [user("A"), call("c1"), result("c1", "no", true), assistant("B"), user("C")],
      tools: [look],
    });
    expect(history[1]).toEqual({
      assistantResponseMessage: {
        content: fillers.assistant,
        toolUses: [{ toolUseId: "c1", name: "look", input: { a: 1 } }],
      },
    });
    expect(history[2]).toMatchObject({
      userInputMessage: {
        content: fillers.results,
        userInputMessageContext: { toolResults: [{ toolUseId: "c1", status: "error", content: [{ text: "no" }] }] },
      },
    });
    expect(tools(current)).toEqual([
      {
        toolSpecification: {
          name: "look",
          description: "Looks.",
          inputSchema: { json: { type: "object", properties: {}, required: [] } },
        },
      },
    ]);
  });

  it("declares stand-ins where the history has tool calls and the client no tool", () => {
    const { current, losses } = written({ messages: [user("A"), call("c1", "gone"), result("c1")] });
    expect(tools(current)).toMatchObject([{ toolSpecification: { name: "gone" } }]);
    expect(losses.join()).toContain("stand-ins");
  });

  it("drops what has no partner, and says so", () => {
    const { losses, text } = written({
      messages: [
        user("A"),
        result("nobody", "orphan"),
        call("c1"),
        result("c1", "first"),
        result("c1", "second"),
        user("B"),
      ],
      tools: [look],
    });
    expect(losses.join()).toMatch(/without its call/);
    expect(losses.join()).toMatch(/several results/);
    expect(text).toContain("second");
    expect(text).not.toContain("first");
  });

  it("gives every tool a description of at most 10240 bytes, cut between characters", () => {
    const parameters = { anyOf: [], $comment: "x" };
    const { current, losses } = written({
      messages: [user("A")],
      tools: [
        { kind: "function", name: "bare", parameters },
        { kind: "function", name: "long", description: "é".repeat(6_000), parameters },
        { kind: "custom", name: "patch" },
      ],
    });
    const [bare, long, custom] = tools(current).map((one) => own(one, "toolSpecification"));
    expect(bare).toMatchObject({
      description: "bare",
      inputSchema: { json: { type: "object", properties: {}, required: [] } },
    });
    const description = String(own(long, "description"));
    expect(Buffer.byteLength(description)).toBeLessThanOrEqual(10_240);
    expect(description).toMatch(/^é+…$/);
    expect(custom).toMatchObject({ inputSchema: { json: { required: ["input"] } } });
    expect(losses.join()).toContain("description of long");
  });

  it("shortens long names of tools, the same way each time, and tells the reader of the reply", () => {
    const name = `mcp__${"x".repeat(80)}`;
    const { current, replyContext } = written({
      messages: [user("A"), call("c1", name), result("c1")],
      tools: [{ kind: "function", name, parameters: {} }],
    });
    const short = String(own(own(tools(current)[0], "toolSpecification"), "name"));
    expect(short.length).toBeLessThanOrEqual(64);
    expect(replyContext.toolNames?.get(short)).toBe(name);
  });

  it.each([
    [{ type: "none" } as const, [], 0],
    [{ type: "none" } as const, [call("c1"), result("c1")], 2],
    [{ type: "tool", name: "look" } as const, [], 1],
    [{ type: "allowed", mode: "auto", names: ["find"] } as const, [], 1],
    [{ type: "required" } as const, [], 2],
  ])("says a choice of tools by leaving tools out: %j", (toolChoice, more, count) => {
    const find = { ...look, name: "find" };
    const { current } = written({ messages: [user("A"), ...more], tools: [look, find], toolChoice });
    expect(tools(current) ?? []).toHaveLength(count);
  });

  it("lifts pictures out of results, and leaves out what has no bytes", () => {
    const png = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" } } as const;
    const away = { type: "image", source: { kind: "url", url: "https://x.test/a.png" } } as const;
    const { current, losses } = written({
      messages: [
        { role: "user", parts: [{ type: "text", text: "A" }, png] },
        call("c1"),
        { role: "tool", callId: "c1", parts: [png], isError: false },
        { role: "user", parts: [away] },
      ],
      tools: [look],
    });
    expect(current).toMatchObject({
      content: "[a picture at https://x.test/a.png, not attached]",
      images: [{ format: "png", source: { bytes: "aGk=" } }],
      userInputMessageContext: { toolResults: [{ content: [{ text: "[a picture, attached to this message]" }] }] },
    });
    expect(losses.join()).toContain("image:");
  });

  it("puts documents that are text into the text, and refuses others", () => {
    const document = (mediaType: string): HubMessage => ({
      role: "user",
      parts: [
        {
          type: "document",
          title: "n.txt",
          source: { kind: "base64", mediaType, data: Buffer.from("hé").toString("base64") },
        },
      ],
    });
    expect(written({ messages: [document("text/plain")] }).current).toMatchObject({ content: "n.txt:\nhé" });
    const refused = writeRequest({ ...base, messages: [document("application/pdf")] }, usual);
    expect(refused).toMatchObject({ ok: false, error: { kind: "unsupported" } });
  });

  it("has no halves of characters, in keys' values and in text that only looks like one", () => {
    const { text, current } = written({ messages: [user("a\ud83d b\\ud83d \ud83d\ude48")] });
    expect(own(current, "content")).toBe("a b\\ud83d \ud83d\ude48");
    expect(text).not.toMatch(/(?<!\\)\\ud[0-9a-f]{3}/);
  });

  it("asks for thinking as the model takes it", () => {
    const thinking = { mode: "level", level: "high" } as const;
    const messages = [user("A")];
    expect(written({ messages, thinking, maxTokens: 99 }).body["additionalModelRequestFields"]).toEqual({
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "high" },
      max_tokens: 99,
    });
    expect(written({ messages, thinking: { mode: "off" } }).body["additionalModelRequestFields"]).toEqual({
      thinking: { type: "disabled" },
    });
    expect(written({ messages, thinking }, { model: "gpt-5.5" }).body["additionalModelRequestFields"]).toEqual({
      reasoning: { effort: "high" },
    });
    const old = written({ messages, thinking: { mode: "budget", tokens: 5_000 } }, { model: "claude-sonnet-4.5" });
    expect(old.current).toMatchObject({
      content: "<thinking_mode>enabled</thinking_mode><max_thinking_length>5000</max_thinking_length>\n\nA",
    });
    expect(old.replyContext.inlineThinking).toBe(true);
    expect(old.body["additionalModelRequestFields"]).toBeUndefined();
    const none = written({ messages, thinking }, { model: "glm-5" });
    expect(none.losses.join()).toContain("thinking");
    expect(none.replyContext.inlineThinking).toBeUndefined();
  });

  it("hands back thinking with Kiro's own signature only", () => {
    const signed = (from: object, text = "Hm"): HubMessage => ({
      role: "assistant",
      // A provenance of the test's own.
      parts: [
        { type: "thinking", text, signature: "s", from: from as { format: "kiro" } },
        { type: "text", text: "B" },
      ],
    });
    const replayed = written({ messages: [user("A"), signed({ format: "kiro", origin: "kiro" }), user("C")] });
    expect(replayed.history[1]).toMatchObject({
      assistantResponseMessage: { reasoningContent: { reasoningText: { text: "Hm", signature: "s" } } },
    });
    for (const from of [{ format: "claude" }, { format: "kiro", origin: "kiro-2" }]) {
      const left = written({ messages: [user("A"), signed(from), user("C")] });
      expect(left.text).not.toContain("reasoningContent");
      expect(left.losses.join()).toContain("thinking");
    }
  });

  it("names what Kiro has no field for, and cuts at stop sequences itself", () => {
    const { losses, replyContext } = written({
      messages: [user("A")],
      temperature: 0.5,
      stop: ["END"],
      responseFormat: { type: "json-object" },
    });
    for (const word of ["temperature", "stop-sequences", "response-format"]) expect(losses.join()).toContain(word);
    expect(replyContext.cutAt).toEqual(["END"]);
  });

  it("keeps what a Kiro client said of its conversation, and nothing that it did not say", () => {
    const conversation = { conversationId: "c-1", agentTaskType: "vibe" };
    const more = { message: { userIntent: "EXPLAIN" }, context: { editorState: { cursor: 1 } } };
    const kiro = { conversation, agentMode: "spec", profileArn: "theirs", ...more };
    const { body, current } = written({ messages: [user("A")], extras: { kiro } });
    expect(body).toMatchObject({ conversationState: conversation, agentMode: "spec" });
    expect(body).not.toHaveProperty("profileArn");
    expect(current).toMatchObject({ ...more.message, content: "A", userInputMessageContext: more.context });
    expect(Object.keys(written({ messages: [user("A")] }).body)).toEqual(["conversationState"]);
  });
});

const anyText = fc.oneof(fc.constant(""), fc.constant(" "), fc.string({ unit: "binary", maxLength: 12 }));
const anyId = fc.constantFrom("", "a", "b", "functions.x:0", "y".repeat(90));
const anyMessage: fc.Arbitrary<HubMessage> = fc.oneof(
  anyText.map(user),
  anyText.map(assistant),
  fc
    .record({ id: anyId, args: fc.constantFrom("", "{}", '{"a":1}', "[1]", "nonsense") })
    .map(({ id, args }) => call(id, "look", args)),
  fc.record({ id: anyId, text: anyText }).map(({ id, text }) => result(id, text)),
  anyText.map((text): HubMessage => ({ role: "system", parts: [{ type: "text", text }] })),
);

it("whatever the history is, the service takes what is written of it", () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 12 }), fc.boolean(), (messages, hasTools) => {
      const result_ = writeRequest({ ...base, messages, tools: hasTools ? [look] : [] }, usual);
      if (!result_.ok) {
        expect(result_.error.kind).toBe("bad-request");
        return;
      }
      expect(kiroRefusal(JSON.parse(Buffer.from(result_.value.body).toString("utf8")))).toBeNull();
    }),
    { seed: 7, numRuns: 400, verbose: 1 },
  );
});
