/** `settings.*` and wishes behind a model's name, through the whole engine: both lanes, what is sent and what the flow says. */
import { describe, expect, it } from "vitest";
import { listField } from "../formats/fields.ts";
import type { TextFormatId } from "../formats/format.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, json, streamed, type Asked, type Rig } from "./__fixtures__/rig.ts";
import { chatStream, chatText, chatWhole, claudeEvents, claudeStream, claudeWhole } from "./__fixtures__/wire.ts";

const providers = `
providers: { local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000" } }
accounts: [{ provider: claude, api_key: "\${A}" }]
`;
/** Sent to this target with these settings. */
async function sentWith(to: string, settings: string, asked: Asked): Promise<Rig> {
  const rig = createRig(`${providers}routes: [{ to: "${to}" }]\nsettings: ${settings}`, (sent) =>
    sent.request.host === "127.0.0.1"
      ? sent.json["stream"] === true
        ? streamed(chatStream(chatText))
        : json(200, chatWhole)
      : sent.json["stream"] === true
        ? streamed(claudeStream(claudeEvents))
        : json(200, claudeWhole),
  );
  const answer = await rig.ask(asked);
  expect(answer.status).toBe(200);
  return rig;
}

const turnsOf = (body: unknown): readonly unknown[] => listField(body, "messages") ?? [];
const lossless = "claude/claude-sonnet-4-5";
const translated = "local/gpt-5";
const body = { max_tokens: 32_000, thinking: { type: "enabled", budget_tokens: 4096 } };
const asked = callOf("claude", true, body);

describe("settings.thinking_budget", () => {
  it.each([
    ["{}", { type: "enabled", budget_tokens: 4096 }, "medium"],
    ["{ thinking_budget: { mode: passthrough } }", { type: "enabled", budget_tokens: 4096 }, "medium"],
    ["{ thinking_budget: { mode: auto } }", undefined, undefined],
    ["{ thinking_budget: { mode: custom, tokens: 20000 } }", { type: "enabled", budget_tokens: 20_000 }, "high"],
    ["{ thinking_budget: { mode: custom, tokens: 0 } }", { type: "disabled" }, "minimal"],
    ["{ thinking_budget: { mode: adaptive, tokens: 10000 } }", { type: "enabled", budget_tokens: 10_000 }, "high"],
  ])("%s holds in both lanes", async (settings, thinking, effort) => {
    const alone = await sentWith(lossless, settings, asked);
    expect(alone.sent[0]?.json["thinking"]).toEqual(thinking);
    const through = await sentWith(translated, settings, asked);
    expect(through.sent[0]?.json["reasoning_effort"]).toBe(effort);
    const said = settings.includes("auto") || settings.includes("tokens") ? 1 : 0;
    for (const rig of [alone, through]) {
      expect(rig.why("translate").filter((text) => text.startsWith("thinking budget"))).toHaveLength(said);
    }
  });

  it("grows with the call where it is adaptive", async () => {
    const long = callOf("claude", true, { ...body, messages: [{ role: "user", content: "Why? ".repeat(500) }] });
    const rig = await sentWith(lossless, "{ thinking_budget: { mode: adaptive, tokens: 10000 } }", long);
    expect(rig.sent[0]?.json["thinking"]).toEqual({ type: "enabled", budget_tokens: 13_000 });
  });

  it("leaves the bytes alone when the client wishes for the same", async () => {
    const raw =
      Buffer.from(`{ "model":"claude-sonnet-4-5", "max_tokens":32e3, "thinking":{"type":"enabled","budget_tokens":4096},
      "messages":[{"role":"user","content":"caf\\u00e9"}] }`);
    const same = "{ thinking_budget: { mode: custom, tokens: 4096 } }";
    const rig = await sentWith(lossless, same, { ...asked, raw });
    expect(rig.sent[0]?.text).toBe(raw.toString());
    expect(rig.why("translate")).toEqual([]);
  });

  it("is said the way the model takes it that is asked, not the one the client named", async () => {
    const rig = await sentWith("claude/claude-opus-4-7", "{ thinking_budget: { mode: custom, tokens: 24576 } }", asked);
    expect(rig.sent[0]?.json).toMatchObject({
      model: "claude-opus-4-7",
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
    });
  });

  it("puts nothing into a count of tokens", async () => {
    const count = { ...asked, target: "/v1/messages/count_tokens" };
    const settings = "{ thinking_budget: { mode: custom, tokens: 20000 }, system_prompt: { mode: append, text: Hi } }";
    const rig = await sentWith(lossless, settings, count);
    expect(rig.sent[0]?.text).toBe(JSON.stringify(count.body));
  });
});

describe("a wish behind a target's name", () => {
  it.each([
    ["(high)", { type: "enabled", budget_tokens: 24_576 }, "high"],
    ["(8192)", { type: "enabled", budget_tokens: 8192 }, "medium"],
    ["(none)", { type: "disabled" }, "minimal"],
  ])("%s is taken off and obeyed in both lanes, whatever settings and client say", async (suffix, thinking, effort) => {
    const settings = "{ thinking_budget: { mode: custom, tokens: 2000 } }";
    const alone = await sentWith(lossless + suffix, settings, asked);
    expect(alone.sent[0]?.json).toMatchObject({ model: "claude-sonnet-4-5", thinking });
    const through = await sentWith(translated + suffix, settings, asked);
    expect(through.sent[0]?.json).toMatchObject({ model: "gpt-5", reasoning_effort: effort });
    for (const rig of [alone, through]) {
      expect(rig.why("translate")).toContain("the thinking that the model's name asks for");
      expect(rig.why("attempt")[0]).not.toContain(suffix);
    }
  });
});

describe("settings.system_prompt", () => {
  const settings =
    '{ system_prompt: { mode: append, text: "House rules.", providers: { local: { mode: prepend, text: "Local rules." } } } }';
  const system = [
    { type: "text", text: "You are helpful." },
    { type: "text", text: "Long and the same each time.", cache_control: { type: "ephemeral" } },
  ];
  const first = [{ role: "user", content: [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }] }];
  const second = [
    ...first,
    { role: "assistant", content: [{ type: "text", text: "Hello" }] },
    { role: "user", content: "Go on." },
  ];

  it("is put in once where bytes are left alone, without a cache mark", async () => {
    const rig = await sentWith(lossless, settings, callOf("claude", true, { system, messages: first }));
    expect(rig.sent[0]?.json["system"]).toEqual([...system, { type: "text", text: "House rules." }]);
    expect(rig.sent[0]?.json["messages"]).toEqual(first);
    expect(rig.sent[0]?.text.split("House rules.")).toHaveLength(2);
    expect(rig.why("translate")).toEqual(["the system prompt of settings.system_prompt was put in"]);
  });

  it("is the provider's own where there is one, put in once on the way through the hub", async () => {
    const rig = await sentWith(translated, settings, callOf("claude", true, { system, messages: first }));
    const text = rig.sent[0]?.text ?? "";
    expect(text.split("Local rules.")).toHaveLength(2);
    expect(text).not.toContain("House rules.");
    expect(text.indexOf("Local rules.")).toBeLessThan(text.indexOf("You are helpful."));
    expect(rig.why("translate")).toContain("the system prompt of settings.system_prompt was put in");
  });

  it.each([lossless, translated])("Q12: what went to %s stays the prefix of what goes there next", async (to) => {
    const [before, after] = await Promise.all(
      [first, second].map(async (messages) => {
        const { sent } = await sentWith(to, settings, callOf("claude", true, { system, messages }));
        return sent[0]?.json;
      }),
    );
    expect(after?.["system"]).toEqual(before?.["system"]);
    const turns = turnsOf(before);
    expect(turns.length).toBeGreaterThan(0);
    expect(turnsOf(after).slice(0, turns.length)).toEqual(turns);
  });

  it("is not said again where the client brings it", async () => {
    const said = callOf("claude", true, { system: [{ type: "text", text: "House rules." }], messages: first });
    const rig = await sentWith(lossless, settings, said);
    expect(rig.sent[0]?.text).toBe(JSON.stringify(said.body));
    expect(rig.why("translate")).toEqual([]);
  });
});

describe.each<[TextFormatId, string, string, object]>([
  ["claude", "anthropic-compatible", "claude-sonnet-4-5", { thinking: { type: "enabled" } }],
  ["openai-chat", "openai-compatible", "gpt-5", { reasoning_effort: "low" }],
  ["openai-responses", "openai-responses-compatible", "gpt-5", { reasoning: { effort: "low" } }],
  ["gemini", "gemini-compatible", "gemini-2.5-pro", thinkingConfig({ thinkingBudget: 1024 })],
  ["gemini-cli", "gemini-cli", "gemini-3-pro-preview", { request: thinkingConfig({ thinkingLevel: "LOW" }) }],
  ["antigravity", "antigravity", "gemini-3-pro-preview", { request: thinkingConfig({ thinkingLevel: "LOW" }) }],
])("where bytes of %s are left alone", (id, type, model, thinking) => {
  const yaml = (suffix: string, settings: string): string =>
    `providers: { p: { type: ${type}, endpoint: "http://127.0.0.1:8000", auth_type: none } }
routes: [{ to: "p/${model}${suffix}" }]\nsettings: ${settings}`;
  const sentTo = async (text: string, more: object = {}): Promise<Rig> => {
    const rig = createRig(text, () => json(500, { error: { message: "not today" } }));
    await rig.ask(callOf(id, false, { ...more }));
    return rig;
  };

  it("nothing is changed but the model's name while nothing is asked for", async () => {
    const rig = await sentTo(yaml("", "{}"));
    const asked = JSON.stringify(callOf(id, false).body);
    expect(rig.sent[0]?.text).toBe(asked.replace(/"model":"[^"]*"/, `"model":"${model}"`));
  });

  it("the wish behind the target's name is said in the dialect's words", async () => {
    const rig = await sentTo(yaml("(low)", "{}"), id === "claude" ? { max_tokens: 8000 } : {});
    expect(rig.sent[0]?.json).toMatchObject(thinking);
    expect(rig.sent[0]?.text).not.toContain("(low)");
  });

  it("the system prompt stands there once", async () => {
    const rig = await sentTo(yaml("", '{ system_prompt: { mode: prepend, text: "House rules." } }'));
    expect(rig.sent[0]?.text.split("House rules.")).toHaveLength(2);
    expect(rig.why("translate")).toEqual(["the system prompt of settings.system_prompt was put in"]);
  });
});

function thinkingConfig(config: object): object {
  return { generationConfig: { thinkingConfig: config } };
}

describe("settings.usage_buffer", () => {
  it("is shown to the client of a translated call, and in no figure of the flow", async () => {
    const rig = createRig(`${providers}routes: [{ to: ${translated} }]\nsettings: { usage_buffer: 100 }`, () =>
      streamed(chatStream(chatText)),
    );
    const { text } = await rig.ask(callOf("claude", true));
    expect(text).toContain('"input_tokens":111');
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 11, output: 3 } }]);
  });

  it("touches no byte where both sides speak the same dialect", async () => {
    const rig = createRig(`${providers}routes: [{ to: ${lossless} }]\nsettings: { usage_buffer: 100 }`, () =>
      streamed(claudeStream(claudeEvents)),
    );
    expect((await rig.ask(callOf("claude", true))).text).toBe(claudeStream(claudeEvents));
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 12, output: 4 } }]);
  });
});
