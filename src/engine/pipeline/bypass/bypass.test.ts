import { describe, expect, it } from "vitest";
import { formats } from "../../formats/table.ts";
import { bypassFor, type Bypass } from "./bypass.ts";
import { bypassPatterns } from "./patterns.ts";
import { titleOf } from "./title.ts";

const userAgent = "claude-cli/2.1.170 (external, cli)";
const identity = { type: "text", text: "You are Claude Code, Anthropic's official CLI for Claude." };
const topicPrompt = {
  type: "text",
  text:
    "Analyze if this message indicates a new conversation topic. If it does, extract a 2-3 word title that captures the " +
    "new topic. Format your response as a JSON object with two fields: 'isNewTopic' (boolean) and 'title' (string, or " +
    "null if isNewTopic is false). Only include these fields, no other text.",
};
const sessionPrompt = {
  type: "text",
  text: 'Generate a concise, sentence-case title (3-7 words) for this session. Return JSON with a single "title" field.',
};
const tool = { name: "Read", description: "Reads a file", input_schema: { type: "object", properties: {} } };
const brace = { role: "assistant", content: [{ type: "text", text: "{" }] };

const user = (...texts: readonly string[]): object => ({
  role: "user",
  content: texts.map((text) => ({ type: "text", text })),
});
const ask = (body: object, agent: string = userAgent): Bypass | null =>
  bypassFor({ userAgent: agent, body: { model: "claude-haiku-4-5", max_tokens: 512, stream: true, ...body } });
const answer = (body: object): string | undefined => {
  const part = ask(body)?.reply.parts[0];
  return part?.type === "text" ? part.text : undefined;
};

/** One call for each pattern, as the CLI sends it. */
const calls = {
  "topic-naming": { system: [topicPrompt], messages: [user("Refactor the billing module please")], tools: [] },
  "title-extraction": {
    system: [identity, { type: "text", text: 'Name the session. Answer with JSON: {"title": string}.' }],
    messages: [user("fix the flaky clock test"), brace],
  },
  "session-title": {
    system: [identity, sessionPrompt],
    messages: [user("fix the login button on mobile, it does not react")],
    tools: [],
    output_config: {
      format: {
        type: "json_schema",
        schema: { type: "object", properties: { title: { type: "string" } }, required: ["title"] },
      },
    },
  },
  "conversation-title": {
    system: [identity, { type: "text", text: "Summarize this coding conversation in under 50 characters." }],
    messages: [
      user(
        "Please write a 5-10 word title for the following conversation:\n\nUser: how do I make the parser faster than it is now\n\n" +
          "Claude: Measure first.\n\nRespond with the title for the conversation and nothing else.",
      ),
    ],
    tools: [],
    max_tokens: 32_000,
  },
  warmup: {
    system: [identity, { type: "text", text: "You are a file search specialist. ".repeat(500) }],
    messages: [user("<system-reminder>\nAs you answer, you can use this.\n</system-reminder>\n", "Warmup")],
    tools: [tool],
  },
  count: { messages: [{ role: "user", content: "count" }] },
} as const;

describe("a small call of the Claude CLI", () => {
  it.each(bypassPatterns.map(({ name }) => name))("is answered here: %s", (name) => {
    const call = Object.entries(calls).find(([each]) => each === name)?.[1];
    expect(ask(call ?? {})?.name).toBe(name);
  });

  it.each([
    ["topic-naming", calls["topic-naming"], '{"isNewTopic":true,"title":"Refactor the billing"}'],
    [
      "topic-naming after a brace",
      { ...calls["topic-naming"], messages: [user("Refactor the billing module please"), brace] },
      '"isNewTopic":true,"title":"Refactor the billing"}',
    ],
    ["title-extraction", calls["title-extraction"], '"title":"Fix the flaky clock test"}'],
    ["session-title", calls["session-title"], '{"title":"Fix the login button on mobile"}'],
    ["conversation-title", calls["conversation-title"], "How do I make the parser faster"],
    [
      "conversation-title in older words",
      { messages: [user("Please write a 5–10 word title the following conversation:\n\nUser: Hi\n\nClaude: Hello!")] },
      "Hi",
    ],
    ["warmup", calls.warmup, "Warm-up answered by Switchyard; no model was asked."],
    [
      "warmup as plain text",
      { messages: [{ role: "user", content: "Warmup" }] },
      "Warm-up answered by Switchyard; no model was asked.",
    ],
    ["count", calls.count, "Counted by Switchyard; no model was asked."],
  ])("gets an answer it can use: %s", (_, body, text) => {
    expect(answer(body)).toBe(text);
  });

  it("gets JSON whatever the user wrote", () => {
    const said = 'say "{\\"title\\"}" \\ now';
    const whole = answer({ ...calls["topic-naming"], messages: [user(said)] }) ?? "";
    expect(JSON.parse(whole)).toMatchObject({ isNewTopic: true });
    const continued = answer({ ...calls["title-extraction"], messages: [user(said), brace] }) ?? "";
    expect(JSON.parse(`{${continued}`)).toHaveProperty("title");
  });

  it("is answered as if it had cost one token each way", () => {
    expect(ask(calls.count)?.reply.usage).toMatchObject({ input: 1, output: 1, estimated: true });
    expect(ask(calls.count)?.reply.finish.reason).toBe("stop");
  });

  it("is answered in the client's own dialect by its own writer", () => {
    const bypass = ask(calls.count);
    const read = formats.claude.client.readRequest(
      { model: "claude-x", messages: calls.count.messages },
      "/v1/messages",
    );
    if (bypass === null || !read.ok) throw new Error("not bypassed");
    const body = formats.claude.client.writeReply(bypass.reply, {
      model: "claude-x",
      request: read.value.request,
      usageBuffer: 0,
      fallbackId: "f1",
      createdAt: 0,
      target: "/v1/messages",
    });
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
      type: "message",
      model: "claude-x",
      content: [{ type: "text", text: "Counted by Switchyard; no model was asked." }],
      stop_reason: "end_turn",
      usage: { input_tokens: 1, output_tokens: 1 },
    });
  });
});

describe("any other call goes to the model", () => {
  it.each(Object.entries(calls))("from another client: %s", (_, body) => {
    expect(ask(body, "curl/8.5.0")).toBeNull();
    expect(ask(body, "my-claude-client/1.0")).toBeNull();
    expect(ask(body, "")).toBeNull();
  });

  it.each(Object.entries(calls))("that asks for one token, to see who is there: %s", (_, body) => {
    expect(ask({ ...body, max_tokens: 1 })).toBeNull();
  });

  it.each(Object.entries(calls).filter(([name]) => name !== "warmup"))("with tools: %s", (_, body) => {
    expect(ask({ ...body, tools: [tool] })).toBeNull();
  });

  it.each(Object.entries(calls))("that goes on after it: %s", (_, body) => {
    const more = [...body.messages, { role: "assistant", content: "ok" }, user("now the real work")];
    expect(ask({ ...body, messages: more })).toBeNull();
  });

  it.each([
    ["Warmup with more to do", [user("Warmup the cache of the build, please")]],
    ["warm-up in other letters", [user("warmup")]],
    ["Warmup among other texts", [user("Warmup", "and then run the tests")]],
    [
      "a picture with Warmup",
      [
        {
          role: "user",
          content: [
            { type: "text", text: "Warmup" },
            { type: "image", source: {} },
          ],
        },
      ],
    ],
    ["Warmup with an answer begun", [user("Warmup"), brace]],
    ["count with something to count", [user("count the files in src")]],
    [
      "a question about the title prompt",
      [user('Who says "Please write a 5-10 word title for the following conversation:"?')],
    ],
    ["a wish for a title", [user("Please write a title for my talk")]],
    ["a wish for JSON", [user("Name three colours as JSON"), brace]],
    ["nothing", []],
    ["an answer only", [brace]],
    ["no list", "Warmup"],
    ["a list of no messages", [null, 3]],
  ])("such as %s", (_, messages) => {
    expect(ask({ messages })).toBeNull();
  });

  it("such as one whose answer begins with a brace for another reason", () => {
    const system = [identity, { type: "text", text: 'You are evaluating a hook. Answer with JSON: {"ok": boolean}.' }];
    expect(ask({ system, messages: [user('the title is "x"'), brace] })).toBeNull();
  });

  it("such as one whose schema wants more than a title", () => {
    const output_config = { format: { type: "json_schema", schema: { properties: { title: {}, branch: {} } } } };
    expect(ask({ ...calls["session-title"], output_config })).toBeNull();
  });

  it("such as an agent whose own prompt speaks of titles", () => {
    const system = [identity, topicPrompt, { type: "text", text: "Work with care. ".repeat(400) }];
    expect(ask({ ...calls["topic-naming"], system })).toBeNull();
  });
});

describe("a title", () => {
  it.each([
    ["fix the bug", 6, "Fix the bug"],
    ["one two three four five six seven", 3, "One two three"],
    ["\n\n# Heading first\nand text", 6, "Heading first"],
    ["<session>\nUser: why is it slow?\n</session>", 6, "Why is it slow"],
    ["", 6, "Conversation"],
    ["... !!!", 6, "Conversation"],
    ["修复登录按钮在手机上没有反应的问题", 6, "修复登录按钮在手机上没有反应的问题"],
    ["x".repeat(5000), 6, `X${"x".repeat(59)}`],
    [`${"long".repeat(10)} ${"word".repeat(10)} end`, 6, `L${"long".repeat(10).slice(1)}`],
    ["😀".repeat(100), 6, "Conversation"],
    [`a${"😀".repeat(100)}`, 6, `A${"😀".repeat(59)}`],
  ])("of %j in %i words", (said, words, title) => {
    expect(titleOf(said, words)).toBe(title);
  });
});
