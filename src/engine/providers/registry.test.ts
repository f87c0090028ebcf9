import { describe, expect, it } from "vitest";
import { providerEntry } from "../config/__fixtures__/entries.ts";
import { providerTypes } from "../config/schema.ts";
import { detectCapabilities, featureNames, isFeatureName, seedCapabilities, supportsFeature } from "./capabilities.ts";
import { clientName, defaultMappings, mapModel } from "./model-mapping.ts";
import { createRegistry, providerId, registerBuiltins } from "./registry.ts";
import {
  builtInProviders,
  defaultEndpoints,
  knownModels,
  secondNames,
  seedProviders,
  suggestedLimits,
} from "./table.ts";

const config = (id: string): NonNullable<(typeof builtInProviders)[string]> => {
  const found = builtInProviders[id];
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

describe("the registry", () => {
  const entry = { id: "mine", config: providerEntry() };

  it("refuses a name that is taken, in the seed's words", () => {
    const registry = createRegistry([entry]);
    expect(registry.register(entry)).toEqual({
      ok: false,
      error: { name: "DuplicateProvider", message: "provider already registered: mine" },
    });
    expect(registry.listAll()).toHaveLength(1);
  });

  it("says so where there is no such provider, on the prototype neither", () => {
    const registry = createRegistry([entry]);
    expect(registry.get("mine")).toEqual({ ok: true, value: entry });
    for (const name of ["yours", "toString", "__proto__"]) {
      expect(registry.get(name)).toEqual({
        ok: false,
        error: { name: "ProviderNotFound", message: `provider not found: ${name}` },
      });
    }
  });

  it("lists by kind, all, and those that are enabled", () => {
    const off = { id: "off", config: providerEntry({ enabled: false, kind: "direct" }) };
    const registry = createRegistry([entry, off]);
    expect(registry.listAll().map(({ id }) => id)).toEqual(["mine", "off"]);
    expect(registry.listEnabled().map(({ id }) => id)).toEqual(["mine"]);
    expect(registry.listByType("direct").map(({ id }) => id)).toEqual(["off"]);
  });

  it("knows second names, unless somebody has one as a first name", () => {
    const registry = registerBuiltins(createRegistry());
    expect(registry.get("github")).toMatchObject({ ok: true, value: { id: "copilot" } });
    registry.register({ id: "github", config: providerEntry() });
    expect(registry.get("github")).toMatchObject({ ok: true, value: { id: "github" } });
    expect(providerId(builtInProviders, "github")).toBe("copilot");
    expect(providerId(builtInProviders, "claude")).toBe("claude");
    expect(providerId({}, "github")).toBeNull();
  });
});

describe("what is built in", () => {
  const registry = registerBuiltins(createRegistry());
  const ids = registry.listAll().map(({ id }) => id);

  it("has the sixteen of the seed by exactly their names, six direct, five aggregators, five proprietary", () => {
    expect(seedProviders).toEqual(
      "claude gemini openai mistral groq deepseek openrouter together fireworks novita siliconflow kiro copilot roocode kiloai minimax".split(
        " ",
      ),
    );
    expect(ids).toEqual(expect.arrayContaining([...seedProviders]));
    const kinds = seedProviders.map((id) => config(id).kind);
    expect(["direct", "aggregator", "proprietary"].map((kind) => kinds.filter((each) => each === kind).length)).toEqual(
      [6, 5, 5],
    );
  });

  it("has the second seed's, the embedding services and Ollama besides, and nothing else", () => {
    const others = ids.filter((id) => !seedProviders.some((seed) => seed === id));
    expect(others.toSorted()).toEqual(
      "antigravity codex cohere cursor gemini-cli glm iflow jina kimi nebius ollama-local qwen voyage".split(" "),
    );
    expect(Object.values(secondNames).every((id) => ids.includes(id))).toBe(true);
    expect(Object.keys(secondNames).some((name) => ids.includes(name))).toBe(false);
  });

  it.each(Object.entries(builtInProviders))("%s: an address over TLS, words to find it by", (_, provider) => {
    for (const endpoint of [provider.endpoint, ...provider.moreEndpoints]) {
      const url = new URL(endpoint);
      expect(url.protocol).toBe(provider.kind === "local" ? "http:" : "https:");
      expect(endpoint.endsWith("/")).toBe(false);
    }
    expect(provider.description.length).toBeGreaterThan(10);
    expect(provider.tags.length).toBeGreaterThan(0);
    expect(provider.limits).toBeNull();
  });

  it.each([
    ["together", /open-source.*cost-effective/i],
    ["fireworks", /sub-second.*API first/i],
    ["openrouter", /models.*one API/i],
    ["roocode", /generation.*explanation.*refactoring/i],
    ["kiloai", /custom.*enterprise/i],
    ["minimax", /chinese.*bilingual.*fast/i],
  ])("%s keeps the seed's blurb", (id, blurb) => {
    expect(config(id).description).toMatch(blurb);
  });

  it("knows where each service of one address is", () => {
    for (const type of providerTypes.filter((each) => !each.endsWith("-compatible"))) {
      expect(defaultEndpoints[type]).toMatch(/^https:/);
    }
  });

  it.each([
    ["claude-3-5-sonnet", "claude", 200_000],
    ["claude-3-5-haiku", "claude", 200_000],
    ["claude-3-opus", "claude", 200_000],
    ["gemini-1.5-pro", "gemini", 1_000_000],
    ["gemini-1.5-flash", "gemini", 1_000_000],
    ["gemini-1.0-pro", "gemini", 32_000],
    ["gpt-4-turbo", "openai", 128_000],
    ["gpt-4", "openai", 8_000],
    ["gpt-3.5-turbo", "openai", 16_000],
  ])("%s of %s: %d tokens", (name, id, maxTokens) => {
    expect(knownModels(id, config(id))).toContainEqual(expect.objectContaining({ name, maxTokens }));
  });

  it("suggests the seed's limits for Claude", () => {
    expect(suggestedLimits["claude"]).toEqual({ requestsPerMinute: 60, tokensPerMinute: 40_000 });
  });
});

describe("capabilities", () => {
  it("keeps the seed's matrix", () => {
    const row = ({
      streaming,
      functions,
      vision,
      code_generation,
      max_tokens,
    }: (typeof seedCapabilities)["claude" | "kiro"]) =>
      [streaming, functions, vision, code_generation].map((can) => (can ? "✅" : "❌")).join("") + String(max_tokens);
    expect(row(seedCapabilities.claude)).toBe("✅✅✅✅200000");
    expect(Object.entries(seedCapabilities).map(([id, each]) => [id, ...Object.values(each)])).toEqual([
      ["claude", true, true, true, true, 200_000],
      ["gemini", true, true, true, false, 1_000_000],
      ["openai", true, true, true, false, 128_000],
      ["kiro", false, false, false, true, 0],
      ["copilot", true, false, false, true, 0],
    ]);
  });

  it.each(["claude", "gemini", "openai"] as const)("%s: what is found is what the seed says", (id) => {
    expect(detectCapabilities(id, config(id))).toEqual(seedCapabilities[id]);
  });

  it.each([
    ["kiro", 1_000_000],
    ["copilot", 0],
  ])("%s streams and calls tools today, so no call is kept away", (id, maxTokens) => {
    expect(detectCapabilities(id, config(id))).toEqual({
      streaming: true,
      functions: true,
      vision: true,
      code_generation: true,
      max_tokens: maxTokens,
    });
  });

  it("has exactly the seed's five keys", () => {
    expect(Object.keys(detectCapabilities("x", providerEntry()))).toEqual([...featureNames, "max_tokens"]);
    expect(isFeatureName("vision")).toBe(true);
    expect(isFeatureName("toString")).toBe(false);
  });

  it("goes by the models where they say something: any, any, the largest", () => {
    const entry = providerEntry({
      features: { streaming: true, functions: true },
      models: [
        { name: "a", maxTokens: 10, supportsStreaming: false, supportsFunctions: false },
        { name: "b", maxTokens: 30, supportsStreaming: false, supportsFunctions: true },
        { name: "c", alias: "sea" },
      ],
    });
    expect(detectCapabilities("x", entry)).toMatchObject({ streaming: false, functions: true, max_tokens: 30 });
    expect(supportsFeature("x", entry, "a", "functions")).toBe(false);
    expect(supportsFeature("x", entry, "sea", "streaming")).toBe(true);
    expect(supportsFeature("x", entry, "sea", "vision")).toBe(false);
  });

  it("takes a provider that says nothing to do what its dialect does", () => {
    expect(detectCapabilities("x", providerEntry())).toEqual({
      streaming: true,
      functions: true,
      vision: false,
      code_generation: false,
      max_tokens: 0,
    });
  });
});

describe("model mapping", () => {
  it("has the seed's three rows verbatim", () => {
    expect(defaultMappings).toEqual({
      "claude-3-5-sonnet": { claude: "claude-3-5-sonnet-20241022", openrouter: "anthropic/claude-3.5-sonnet" },
      "gpt-4-turbo": { openai: "gpt-4-turbo-preview", openrouter: "openai/gpt-4-turbo" },
      "gemini-1.5-pro": { gemini: "gemini-1.5-pro-preview-0514", openrouter: "google/gemini-pro-1.5" },
    });
  });
  it.each(
    Object.entries(defaultMappings).flatMap(([model, row]) =>
      Object.entries(row).map(([provider, name]) => [model, provider, name] as const),
    ),
  )("%s at %s is %s, and back", (model, provider, name) => {
    expect(mapModel(provider, config(provider), model)).toBe(name);
    expect(clientName(provider, config(provider), name)).toBe(model);
  });
  it("leaves a name that nobody maps", () => {
    expect(mapModel("groq", config("groq"), "claude-3-5-sonnet")).toBe("claude-3-5-sonnet");
    expect(mapModel("claude", config("claude"), "toString")).toBe("toString");
    expect(clientName("claude", config("claude"), "claude-x")).toBe("claude-x");
  });
  it("lets the file's own words win: mappings, then aliases, then the table", () => {
    const entry = providerEntry({
      modelMappings: { "gpt-4": "my-large", "gpt-4-turbo": "my-turbo" },
      models: [
        { name: "upstream", alias: "nice" },
        { name: "other", alias: "gpt-4" },
      ],
    });
    expect(mapModel("openai", entry, "gpt-4")).toBe("my-large");
    expect(mapModel("openai", entry, "gpt-4-turbo")).toBe("my-turbo");
    expect(mapModel("openai", entry, "nice")).toBe("upstream");
    expect(clientName("openai", entry, "upstream")).toBe("nice");
    expect(clientName("openai", entry, "my-large")).toBe("gpt-4");
  });
});
