import { describe, expect, it } from "vitest";
import { config, problems, warnings } from "./__fixtures__/parse.ts";

const mine = (more: string): string =>
  `providers: { mine: { type: openai-compatible, endpoint: "http://127.0.0.1:1/v1", ${more} } }`;
const built = (more: string) => config(mine(more)).providers["mine"];

describe("a provider", () => {
  it("has everything its block says", () => {
    expect(
      built(
        "more_endpoints: ['http://127.0.0.1:2/v1/'], auth_type: api_key, enabled: false, priority: 7, project: p, " +
          "models: [{ name: m, max_tokens: 9, supports_functions: true, supports_streaming: false, alias: short }], " +
          "features: { streaming: true, functions: false, vision: true, code_generation: true, multimodal: false }, " +
          "limits: { requests_per_minute: 1, tokens_per_minute: 2, max_tokens_per_request: 3 }, " +
          "cooldown: { base_ms: 5, max_ms: 6, max_reset_ms: 7 }, model_mappings: { gpt-4: big }, " +
          "excluded_models: ['*-preview'], strategy: round-robin",
      ),
    ).toEqual({
      type: "openai-compatible",
      kind: "local",
      description: "",
      tags: [],
      endpoint: "http://127.0.0.1:1/v1",
      moreEndpoints: ["http://127.0.0.1:2/v1"],
      authType: "api_key",
      enabled: false,
      priority: 7,
      models: [{ name: "m", maxTokens: 9, supportsFunctions: true, supportsStreaming: false, alias: "short" }],
      modelMappings: { "gpt-4": "big" },
      excludedModels: ["*-preview"],
      features: { streaming: true, functions: false, vision: true, codeGeneration: true, multimodal: false },
      limits: { requestsPerMinute: 1, tokensPerMinute: 2, maxTokensPerRequest: 3 },
      cooldown: { baseMs: 5, maxMs: 6, maxResetMs: 7 },
      strategy: "round-robin",
      project: "p",
      serves: [],
    });
  });
  it("never serves a model that is switched off", () => {
    expect(built("models: [{ name: a }, { name: b, enabled: false }]")).toMatchObject({
      models: [{ name: "a" }],
      excludedModels: ["b"],
    });
  });
  it("keeps of the registry what its block leaves out", () => {
    const { claude } = config("providers: { claude: { features: { vision: false } } }").providers;
    expect(claude).toMatchObject({
      kind: "direct",
      serves: ["claude-*"],
      limits: null,
      features: { streaming: true, vision: false },
    });
    expect(claude?.description).not.toBe("");
  });
  it("has the registry's suggested limits when it asks for them, and its user hears when there are none", () => {
    expect(config("providers: { claude: { limits: suggested } }").providers["claude"]?.limits).toEqual({
      requestsPerMinute: 60,
      tokensPerMinute: 40_000,
    });
    expect(built("limits: suggested")?.limits).toBeNull();
    expect(warnings(mine("limits: suggested"))[0]).toContain("providers.mine.limits: nothing is suggested");
  });
  it.each([
    ["fireworks", "https://api.fireworks.ai", "https://api.fireworks.ai/inference/v1"],
    ["openrouter", "https://openrouter.ai/api", "https://openrouter.ai/api/v1"],
    ["claude", "https://api.anthropic.com/", "https://api.anthropic.com/v1"],
    ["gemini", "https://generativelanguage.googleapis.com/v1", "https://generativelanguage.googleapis.com/v1"],
    ["groq", "https://api.groq.com/other", "https://api.groq.com/other"],
  ])("of the registry is meant by a short address: %s at %s", (id, endpoint, expected) => {
    const loaded = config(`providers: { ${id}: { endpoint: "${endpoint}" } }`);
    expect(loaded.providers[id]?.endpoint).toBe(expected);
  });
  it("that was moved leaves the registry's further addresses behind", () => {
    const moved = config("providers: { antigravity: { endpoint: 'http://127.0.0.1:9' } }").providers["antigravity"];
    expect(moved?.moreEndpoints).toEqual([]);
    expect(config("").providers["antigravity"]?.moreEndpoints).not.toEqual([]);
  });
  it("has the dialect that its name says, as other gateways name them", () => {
    const type = (id: string) => config(`providers: { ${id}: { endpoint: "https://h/v1" } }`).providers[id]?.type;
    expect(type("openai-compatible-lab")).toBe("openai-compatible");
    expect(type("openai-compatible-responses-lab")).toBe("openai-responses-compatible");
    expect(type("anthropic-compatible-lab")).toBe("anthropic-compatible");
  });
  it("may have its own name as its type, which is taken for Chat and said so", () => {
    const text = "providers: { myprovider: { type: myprovider, endpoint: 'https://api.myprovider.com' } }";
    expect(config(text).providers["myprovider"]?.type).toBe("openai-compatible");
    expect(warnings(text)).toEqual([
      'providers.myprovider.type: "myprovider" is no type of its own here: taken as openai-compatible',
    ]);
  });
});

describe("a provider's problems", () => {
  it.each([
    ["a slip in a key", "exclude_models: [x]", 'unknown key "exclude_models"; did you mean "excluded_models"?'],
    ["a slip in a feature", "features: { visoin: true }", 'did you mean "vision"?'],
    ["a slip in a limit", "limits: { request_per_minute: 1 }", 'did you mean "requests_per_minute"?'],
    ["a slip in a cooldown", "cooldown: { max_resets_ms: 1 }", 'did you mean "max_reset_ms"?'],
    ["a slip in a model", "models: [{ name: m, aliass: x }]", 'did you mean "alias"?'],
    ["a model without a name", "models: [{ max_tokens: 1 }]", 'providers.mine.models[0]: "name" is missing'],
    ["an unknown strategy", "strategy: random", "must be one of: fill-first, round-robin, capability, weighted, score"],
    ["an unknown login", "auth_type: oauth", "must be one of: none, api_key, oauth_device_flow, oauth_pkce, import"],
    ["limits in words", "limits: plenty", "must be a map of whole numbers of at least 1, or the word suggested"],
    ["a limit of nothing", "limits: { requests_per_minute: 0 }", "must be at least 1"],
    [
      "a wait that begins beyond its end",
      "cooldown: { base_ms: 9, max_ms: 8 }",
      "base_ms (9) is longer than max_ms (8)",
    ],
    ["a further endpoint that is none", "more_endpoints: [x]", 'providers.mine.more_endpoints[0]: "x" is not a URL'],
    ["a list where a text belongs", "excluded_models: x", "must be a list of patterns"],
  ])("%s", (_, more, expected) => {
    expect(problems(mine(more)).join("\n")).toContain(expected);
  });
  it("are no problem where one word means two models, only a surprise", () => {
    expect(warnings(mine("models: [{ name: a, alias: x }, { name: b, alias: x }]"))).toEqual([
      'providers.mine.models[0]: "x" means mine/a; it could also mean mine/b',
    ]);
  });
});
