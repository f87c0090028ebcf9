import { describe, expect, it } from "vitest";
import type { ExchangeHead } from "../base/exchange.ts";
import { loadConfigText } from "./pipeline/__fixtures__/config.ts";
import { chatStream, chatText, claudeRequest, claudeWhole } from "./pipeline/__fixtures__/wire.ts";
import { createEngine, type Engine } from "./index.ts";
import type { Config } from "./config/schema.ts";

function engineWith(config: () => Config): Engine {
  return createEngine({
    config,
    clock: { now: () => 0, monotonic: () => 0 },
    send: () => Promise.reject(new Error("a dry run sends nothing")),
  });
}
const engineFor = (yaml: string): Engine => {
  const config = loadConfigText(yaml);
  return engineWith(() => config);
};
const head = (more: Partial<ExchangeHead> = {}): ExchangeHead => ({
  method: "POST",
  scheme: "https",
  host: "api.anthropic.com",
  port: 443,
  target: "/v1/messages?beta=true",
  headers: [
    ["user-agent", "claude-cli/2.1"],
    ["anthropic-version", "2023-06-01"],
  ],
  client: "claude-code",
  protocol: "http/1.1",
  authorized: true,
  ...more,
});

const yaml = `
accounts: [{ provider: openrouter, name: or-main, api_key: "\${A}" }]
combos: { deep: [openrouter/anthropic/claude-sonnet-4.5, openai/gpt-5] }
routes:
  - { match: { client: codex }, to: openai/gpt-5 }
  - { match: { client: claude-code, host: api.anthropic.com, model: "claude-*" }, to: combo/deep }`;

describe("what the engine wants to see", () => {
  it.each([
    ["a model call a rule could match", head(), true],
    ["another client's", head({ client: "curl" }), false],
    ["another host's", head({ host: "api.openai.com", target: "/v1/chat/completions" }), false],
    ["telemetry on the same host with the same headers", head({ target: "/api/event_logging/v2/batch" }), false],
    ["settings", head({ method: "GET", target: "/api/claude_code/settings" }), false],
    ["the model list", head({ method: "GET", target: "/v1/models" }), false],
    ["a token count", head({ target: "/v1/messages/count_tokens" }), true],
  ])("%s: %#", (_, asked, expected) => {
    expect(engineFor(yaml).wants(asked)).toBe(expected);
  });

  it("nothing, without rules", () => {
    const engine = engineFor("");
    expect(engine.wants(head())).toBe(false);
    expect(engine.wantsHost("api.anthropic.com")).toBe(false);
  });

  it("hosts that rules name, or all where a rule names none", () => {
    const engine = engineFor("routes: [{ match: { host: '*.openai.com' }, to: openai/x }]");
    expect(engine.wantsHost("api.openai.com")).toBe(true);
    expect(engine.wantsHost("api.anthropic.com")).toBe(false);
    expect(engineFor(yaml).wantsHost("anything.example")).toBe(true);
  });

  it("what the configuration in force says, from the next request on", () => {
    let config = loadConfigText("");
    const engine = engineWith(() => config);
    expect(engine.wants(head())).toBe(false);
    config = loadConfigText("routes: [{ to: openai/x }]");
    expect(engine.wants(head())).toBe(true);
  });
});

describe("explain", () => {
  const question = { client: "claude-code", host: "api.anthropic.com", model: "claude-sonnet-4-5" };

  it("names rule, targets, accounts, formats and the reasons, and sends nothing", () => {
    expect(engineFor(yaml).explain(question)).toEqual({
      action: "reroute",
      rule: 2,
      to: "combo/deep",
      targets: [
        { provider: "openrouter", model: "anthropic/claude-sonnet-4.5", account: "or-main", format: "openai-chat" },
        { provider: "openai", model: "gpt-5", account: null, format: "openai-chat" },
      ],
      why: [
        { stage: "rule", text: "rule 1 does not match: client is claude-code, the rule wants codex" },
        { stage: "rule", text: "rule 2 matches: to combo/deep", rule: 2 },
        {
          stage: "select",
          text: "fill-first: or-main",
          strategy: "fill-first",
          account: "openrouter/or-main",
          ready: 1,
        },
        {
          stage: "account",
          text: "openai would be skipped: provider openai has no usable account: add one to accounts in config.yaml, or enable it",
        },
      ],
    });
  });

  it("of a call to the port itself says what its model's name leads to", () => {
    const own = { client: "unknown", host: null };
    const answer = engineFor(yaml).explain({ ...own, model: "openrouter/some/model" });
    expect(answer).toMatchObject({
      action: "reroute",
      rule: null,
      to: "openrouter/some/model",
      targets: [{ provider: "openrouter", model: "some/model", account: "or-main" }],
    });
    const nobody = engineFor(yaml).explain({ ...own, model: "nobody/has-this" });
    expect(nobody).toMatchObject({ action: "refuse", targets: [] });
    expect(nobody.why.at(-1)?.text).toContain("no providers support model: nobody/has-this");
  });

  it("says why nothing matched", () => {
    expect(engineFor(yaml).explain({ ...question, model: "haiku" })).toMatchObject({
      action: "passthrough",
      rule: null,
      to: null,
      targets: [],
      why: [{}, { text: "rule 2 does not match: model is haiku, the rule wants claude-*" }, {}],
    });
  });

  it("assumes the path that the host's dialect uses", () => {
    const engine = engineFor("routes: [{ match: { path: /v1/messages }, to: block }]");
    expect(engine.explain(question).action).toBe("block");
    expect(engine.explain({ ...question, path: "/v1/complete" }).action).toBe("passthrough");
    expect(engine.explain({ ...question, host: "api.openai.com" }).action).toBe("passthrough");
  });
});

describe("observe", () => {
  const asked = Buffer.from(JSON.stringify(claudeRequest));

  it("says what a passed-through call was", () => {
    const reply = { status: 200, contentType: "application/json", body: Buffer.from(JSON.stringify(claudeWhole)) };
    expect(engineFor("").observe(head(), asked, reply).facts).toEqual([
      {
        type: "described",
        formats: { client: "claude", upstream: "claude" },
        model: { asked: "claude-sonnet-4-5", served: "claude-sonnet-4-5" },
        // expect's matchers have no type of their own
        session: expect.stringMatching(/^[\w-]{16}$/) as unknown as string,
      },
      { type: "usage", usage: expect.objectContaining({ input: 7, output: 2 }) },
    ]);
  });

  it("reads streams too", () => {
    const chat = head({ host: "api.openai.com", target: "/v1/chat/completions" });
    const reply = { status: 200, contentType: "text/event-stream", body: Buffer.from(chatStream(chatText)) };
    expect(engineFor("").observe(chat, Buffer.from("{}"), reply).facts).toMatchObject([
      { formats: { client: "openai-chat" }, model: { asked: null, served: "qwen3-coder" } },
      { usage: { input: 11, output: 3 } },
    ]);
  });

  it("does not look at what is no model call, and does not stumble over garbage", () => {
    const garbage = { status: 200, contentType: "text/event-stream", body: Buffer.from([0xff, 0x00, 0x7b]) };
    expect(engineFor("").observe(head({ target: "/api/settings" }), asked, garbage).facts).toEqual([]);
    expect(engineFor("").observe(head(), Buffer.from([0xff]), garbage).facts).toMatchObject([
      { model: { asked: null, served: null } },
    ]);
  });
});
