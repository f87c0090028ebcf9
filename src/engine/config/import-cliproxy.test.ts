import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { config, parse, problems, warnings } from "./__fixtures__/parse.ts";
import { seedExamples } from "./__fixtures__/seed-examples.ts";

const keysOf = (text: string) =>
  config(text).accounts.map(({ provider, name, source }) => [
    `${provider}/${name}`,
    source.kind === "key" ? source.key.reveal() : source.kind,
  ]);

describe("the seed's examples", () => {
  it.each(Object.entries(seedExamples))("load: %s", (_, text) => {
    expect(parse(text)).toMatchObject({ ok: true });
  });
  it.each(["claude", "gemini", "openai", "openrouter", "together", "fireworks", "copilot"] as const)(
    "mean the registry's provider, without a word of warning: %s",
    (id) => {
      const before = config("").providers[id];
      const after = config(seedExamples[id]).providers[id];
      expect(after).toMatchObject({ endpoint: before?.endpoint, type: before?.type, enabled: true });
      expect(warnings(seedExamples[id])).toEqual([]);
    },
  );
  it("carry their models, features and limits along", () => {
    expect(config(seedExamples.claude).providers["claude"]).toMatchObject({
      models: [{ name: "claude-3-5-sonnet", maxTokens: 200_000, supportsFunctions: true, supportsStreaming: true }],
      features: { streaming: true, functions: true, vision: true, codeGeneration: true },
      limits: { requestsPerMinute: 60, tokensPerMinute: 40_000 },
    });
  });
  it("warn where an address is not the one that is known", () => {
    expect(warnings(seedExamples.roocode)[0]).toContain("keys of roocode go to api.roocode.ai instead of");
    expect(warnings(seedExamples["custom mappings"])).toEqual([
      'providers.custom: provider "custom" has no endpoint, so no call can go there; add one, such as https://host/v1',
      "providers.custom: accepted, not active in this version: providers.custom",
    ]);
  });
  it("map models by the mappings of a provider of one's own, once it has an endpoint", () => {
    const text = `${seedExamples["custom mappings"]}    endpoint: https://models.example/v1\n`;
    expect(config(text).providers["custom"]).toMatchObject({
      type: "openai-compatible",
      modelMappings: { "gpt-4": "my-provider-v1-large", "gpt-3.5-turbo": "my-provider-v1-medium" },
    });
  });
  it("of the user guide become accounts", () => {
    expect(keysOf(seedExamples["a direct key"])).toEqual([["claude/claude-prod", "sk-ant-..."]]);
    expect(config(seedExamples["a direct key"]).accounts[0]).toMatchObject({ prefix: "claude-prod", enabled: true });
    expect(keysOf(seedExamples["an aggregator"])).toEqual([["openrouter/or", "sk-or-v1-..."]]);
    expect(keysOf(seedExamples["an OpenAI-compatible registry"])).toEqual([["openrouter/or", "sk-or-v1-..."]]);
    expect(config(seedExamples["a session"]).accounts).toMatchObject([
      {
        provider: "kiro",
        source: { kind: "client", client: "kiro", path: "/home/me/.aws/sso/cache/kiro-auth-token.json" },
        enabled: false,
      },
    ]);
    expect(warnings(seedExamples["a session"]).join("\n")).toContain("then add accept-terms: true");
    for (const name of ["a direct key", "an aggregator", "an OpenAI-compatible registry"] as const) {
      expect(warnings(seedExamples[name])).toEqual([]);
    }
  });
  it("of the user guide load together, two accounts of one prefix side by side", () => {
    const all = [
      seedExamples["a direct key"],
      seedExamples["an aggregator"],
      seedExamples["an OpenAI-compatible registry"],
      seedExamples["a session"],
    ].join("");
    expect(config(`${all}force-model-prefix: true\nroutes: [{ to: or/openai/gpt-5 }]`)).toMatchObject({
      accounts: [{ name: "claude-prod" }, { name: "or" }, { name: "or-2" }, { provider: "kiro", name: "key-1" }],
      settings: { forceModelPrefix: true },
    });
  });
});

describe("a block of cliproxyapi++", () => {
  it("has each key's own words: prefix, priority, weight, proxy, models, exclusions", () => {
    const loaded = config(`
claude-api-key:
  - api-key: "\${ANTHROPIC_API_KEY}"
    prefix: /team/
    priority: 7
    weight: 4
    proxy-url: socks5://127.0.0.1:9050
    models: [{ name: claude-sonnet-4-5, alias: sonnet-latest }]
    excluded-models: ["*haiku*"]
gemini-api-key:
  - api-key: g1
  - api-key: g2
    weight: -1
    priority: -3
    proxy-url: none
`);
    expect(loaded.accounts).toMatchObject([
      {
        provider: "claude",
        name: "team",
        prefix: "team",
        // There the higher number goes first.
        priority: 93,
        weight: 4,
        models: [{ name: "claude-sonnet-4-5", alias: "sonnet-latest" }],
        excludedModels: ["*haiku*"],
      },
      { provider: "gemini", name: "key-1", prefix: null, priority: 100, weight: 1 },
      { provider: "gemini", name: "key-2", priority: 103, weight: 0 },
    ]);
    expect(loaded.settings.networkProxy.keys).toEqual({
      "claude/team": "socks5://127.0.0.1:9050",
      "gemini/key-2": "direct",
    });
  });
  it("with another base-url makes a provider of its own, one for all keys of that address", () => {
    const loaded = config(`
claude-api-key:
  - { api-key: a, base-url: "https://api.anthropic.com" }
  - { api-key: b, base-url: "https://relay.example/api" }
  - { api-key: c, base-url: "https://relay.example/api/", models: [{ name: m, alias: x }] }
  - { api-key: d, base-url: "https://other.example" }
`);
    expect(loaded.accounts.map(({ provider, name }) => `${provider}/${name}`)).toEqual([
      "claude/key-1",
      "claude-2/key-1",
      "claude-2/key-2",
      "claude-3/key-1",
    ]);
    expect(loaded.providers["claude-2"]).toMatchObject({
      type: "anthropic-compatible",
      endpoint: "https://relay.example/api",
      authType: "api_key",
      models: [{ name: "m" }],
    });
  });
  it("for Codex speaks Responses, at OpenAI unless it says otherwise", () => {
    const loaded = config('codex-api-key: [{ api-key: a }, { api-key: b, base-url: "https://x.example/v1" }]');
    expect(loaded.providers["openai-responses"]).toMatchObject({
      type: "openai-responses-compatible",
      endpoint: "https://api.openai.com/v1",
    });
    expect(loaded.providers["openai-responses-2"]?.endpoint).toBe("https://x.example/v1");
  });
  it("for OpenAI-compatible servers is a provider of that name, with a key or none", () => {
    const text = `
openai-compatibility:
  - name: lab
    base-url: http://127.0.0.1:8000/v1
    models: [{ name: qwen3-coder, alias: coder }]
  - name: My Relay
    base-url: https://relay.example/v1
    disabled: true
    api-key-entries: [{ api-key: "\${NOT_SET}" }, { api-key: k2, proxy-url: "http://h:1", weight: 3 }]
  - name: groq
    base-url: https://elsewhere.example/v1
    api-keys: [k3]
`;
    const loaded = config(text);
    expect(loaded.providers).toMatchObject({
      lab: { kind: "local", authType: "none", models: [{ name: "qwen3-coder" }] },
      "My-Relay": { enabled: false, authType: "api_key" },
      "groq-2": { endpoint: "https://elsewhere.example/v1" },
    });
    expect(loaded.providers["groq"]?.endpoint).toBe("https://api.groq.com/openai/v1");
    expect(loaded.accounts.map(({ provider, enabled, weight }) => [provider, enabled, weight])).toEqual([
      ["lab", true, 1],
      ["My-Relay", false, 1],
      ["My-Relay", false, 3],
      ["groq-2", true, 1],
    ]);
    expect(warnings(text)).toEqual([
      'openai-compatibility[1].name: "My Relay" has letters that a name cannot have; this one is called My-Relay',
      'openai-compatibility[2].name: "groq" is another provider here; this one is called groq-2',
    ]);
  });
  it("stands beside accounts of ours", () => {
    expect(
      keysOf("accounts: [{ provider: claude, name: key-1, api_key: a }]\nclaude-api-key: [{ api-key: b }]"),
    ).toEqual([
      ["claude/key-1", "a"],
      ["claude/key-2", "b"],
    ]);
  });
  it("for Kiro takes the login where Kiro keeps it, once the terms are accepted", () => {
    expect(config("kiro: [{ accept-terms: true }]").accounts[0]).toMatchObject({
      source: { kind: "client", client: "kiro", path: null },
      enabled: true,
    });
    const text =
      "kiro: [{ accept-terms: true, token-file: /t.json, prefix: k, models: [{ name: claude-sonnet-4.6 }] }]";
    expect(warnings(text)).toEqual([]);
    expect(config(text).accounts[0]).toMatchObject({
      source: { client: "kiro", path: "/t.json" },
      prefix: "k",
      models: [{ name: "claude-sonnet-4.6" }],
      enabled: true,
    });
    expect(config("kiro: [{ access-token: x, refresh-token: y }]").accounts).toEqual([]);
    expect(warnings("kiro: [{ access-token: x }]").join("\n")).toContain("tokens written into this file are not used");
  });
  it("says what it does not act on, and keeps no value of it", () => {
    const text =
      "claude-api-key: [{ api-key: k, headers: { X-Team: sk-very-secret }, cloak: { mode: always }, request-retry: 3, models: [{ name: m, force-mapping: true, display-name: M }] }]";
    expect(warnings(text).map((each) => each.replace(/^.*: /, ""))).toEqual([
      "claude-api-key[0].headers",
      "claude-api-key[0].cloak",
      "claude-api-key[0].request-retry",
      "claude-api-key[0].models[0].force-mapping",
    ]);
    expect(inspect(config(text).dormant)).not.toContain("sk-very-secret");
  });
  it("says when keys travel in the open", () => {
    expect(warnings("claude-api-key: [{ api-key: k, base-url: 'http://relay.example' }]")).toEqual([
      "claude-api-key[0].base-url: keys of claude-2 travel unencrypted to relay.example; use https:// if the server has it",
    ]);
  });
});

describe("problems of such a block", () => {
  it.each([
    ["a slip in a key", "claude-api-key: [{ api_key: k }]", 'unknown key "api_key"; did you mean "api-key"?'],
    ["no key", "claude-api-key: [{ prefix: x }]", "claude-api-key[0]: has no api-key"],
    [
      "a variable that is not set",
      'gemini-api-key: [{ api-key: "${NOPE}" }]',
      "gemini-api-key[0].api-key: environment variable NOPE",
    ],
    ["no address", "openai-compatibility: [{ name: x, api-key-entries: [{ api-key: k }] }]", "needs a base-url"],
    [
      "an address that is none",
      "openrouter: [{ api-key: k, base-url: x }]",
      'openrouter[0].base-url: "x" is not a URL',
    ],
    ["a proxy that is none", "openrouter: [{ api-key: k, proxy-url: x }]", "is not a proxy"],
    [
      "a prefix of two words",
      "openrouter: [{ api-key: k, prefix: a/b }]",
      "openrouter[0].prefix: prefixes are letters",
    ],
    ["a map", "claude-api-key: { api-key: k }", "must be a list"],
    ["a slip in the block", "claude-api-keys: []", 'did you mean "claude-api-key"?'],
  ])("%s", (_, text, expected) => {
    expect(problems(text).join("\n")).toContain(expected);
  });
});
