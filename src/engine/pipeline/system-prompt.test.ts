import { describe, expect, it } from "vitest";
import { isRecord, own } from "../../base/json.ts";
import { formats } from "../formats/table.ts";
import type { HubMessage, TextPart } from "../hub/message.ts";
import type { HubRequest } from "../hub/request.ts";
import { loadConfigText } from "./__fixtures__/config.ts";
import { applySystemPrompt, systemPromptFor } from "./system-prompt.ts";

const text = (words: string): TextPart => ({ type: "text", text: words });
const system = (...parts: readonly TextPart[]): HubMessage => ({ role: "system", parts });
const user: HubMessage = { role: "user", parts: [text("hello")] };
const requestOf = (...messages: readonly HubMessage[]): HubRequest =>
  Object.freeze({ model: "m", messages, tools: [], stream: true, wantsStreamUsage: true, stop: [], extras: {} });
const around = { prepend: "Be brief.", append: "Answer in verse." };
const applied = (...messages: readonly HubMessage[]): readonly HubMessage[] =>
  applySystemPrompt(requestOf(...messages), around).messages;

describe("a system prompt of the user's own", () => {
  it("stands around the client's, as parts of their own, without a cache mark", () => {
    const marked: TextPart = { ...text("You are a helper."), cache: { ttl: "1h" } };
    expect(applied(system(marked), user)).toEqual([system(text("Be brief."), marked, text("Answer in verse.")), user]);
  });

  it("makes a system message where there is none", () => {
    expect(applied(user)).toEqual([system(text("Be brief."), text("Answer in verse.")), user]);
    expect(applied()).toEqual([system(text("Be brief."), text("Answer in verse."))]);
  });

  it("goes into a developer message as one", () => {
    expect(applied({ role: "developer", parts: [text("x")] }, user)).toEqual([
      { role: "developer", parts: [text("Be brief."), text("x"), text("Answer in verse.")] },
      user,
    ]);
  });

  it("stands around all system messages the request begins with, and inside none further down", () => {
    expect(applied(system(text("a")), system(text("b")), user, system(text("later")))).toEqual([
      system(text("Be brief."), text("a")),
      system(text("b"), text("Answer in verse.")),
      user,
      system(text("later")),
    ]);
    expect(applied(user, system(text("later")))[0]).toEqual(system(text("Be brief."), text("Answer in verse.")));
  });

  it("may be on one side only", () => {
    const request = requestOf(system(text("a")), user);
    expect(applySystemPrompt(request, { append: "z" }).messages[0]).toEqual(system(text("a"), text("z")));
    expect(applySystemPrompt(request, { prepend: "0" }).messages[0]).toEqual(system(text("0"), text("a")));
  });

  it("is not said twice", () => {
    const once = applySystemPrompt(requestOf(system(text("a")), user), around);
    expect(applySystemPrompt(once, around)).toBe(once);
    const joined = requestOf(system(text("Be brief.\n\na\n\nAnswer in verse.")), user);
    expect(applySystemPrompt(joined, around)).toBe(joined);
    const alike = requestOf(system(text("Be brief. Or not. Never Answer in verse.")), user);
    expect(applySystemPrompt(alike, around).messages[0]?.parts).toHaveLength(3);
  });

  it("changes nothing when there is nothing to say", () => {
    const request = requestOf(system(text("a")), user);
    expect(applySystemPrompt(request, {})).toBe(request);
    expect(applySystemPrompt(request, { prepend: " ", append: "" })).toBe(request);
  });
});

describe("cached prompts", () => {
  const ask = (...messages: readonly unknown[]): HubRequest => {
    const read = formats.claude.client.readRequest(
      {
        model: "claude-sonnet-4-5",
        max_tokens: 100,
        system: [{ type: "text", text: "You are a helper.", cache_control: { type: "ephemeral" } }],
        messages,
      },
      "/v1/messages",
    );
    if (!read.ok) throw new Error(read.error.message);
    return applySystemPrompt(read.value.request, around);
  };
  const said = { role: "user", content: "hello" };
  const cached = (words: string): object => ({
    role: "user",
    content: [{ type: "text", text: words, cache_control: { type: "ephemeral" } }],
  });
  const written = (request: HubRequest): Readonly<Record<string, unknown>> => {
    const made = formats.claude.provider.writeRequest(request, { model: "claude-sonnet-4-5", maxTokensDefault: 100 });
    const body: unknown = made.ok ? JSON.parse(Buffer.from(made.value.body).toString()) : null;
    return isRecord(body) ? body : {};
  };

  it("Q12: what stands before the client's first breakpoint is the same in the next turn", () => {
    const first = written(ask(said));
    const second = written(ask(said, { role: "assistant", content: "hi" }, { role: "system", content: "new" }, said));
    expect(first["system"]).toEqual([
      { type: "text", text: "Be brief." },
      { type: "text", text: "You are a helper.", cache_control: { type: "ephemeral" } },
      { type: "text", text: "Answer in verse." },
    ]);
    expect(JSON.stringify(second["system"])).toBe(JSON.stringify(first["system"]));
  });

  it("Q11: a client with all four breakpoints keeps them, for ours has none", () => {
    const body = written(
      ask(
        cached("1"),
        { role: "assistant", content: "a" },
        cached("2"),
        { role: "assistant", content: "b" },
        cached("3"),
      ),
    );
    expect(JSON.stringify(body).split("cache_control").length - 1).toBe(4);
    expect(JSON.stringify(own(body, "messages"))).toContain('"1","cache_control"');
  });
});

describe("which text a provider gets", () => {
  const config = loadConfigText(
    "settings: { system_prompt: { mode: prepend, text: a, providers: { claude: { mode: none }, openai: { mode: append, text: o } } } }",
  );
  it("is its own, else the one for all, else none", () => {
    expect(systemPromptFor(config, "openrouter")).toEqual({ prepend: "a" });
    expect(systemPromptFor(config, "openai")).toEqual({ append: "o" });
    expect(systemPromptFor(config, "claude")).toBeNull();
    expect(systemPromptFor(config, "toString")).toEqual({ prepend: "a" });
    expect(systemPromptFor(loadConfigText(""), "claude")).toBeNull();
  });
});
