import { describe, expect, it } from "vitest";
import type { ModelJson } from "../../base/controls-engine.ts";
import { accountEntry, providerEntry } from "../config/__fixtures__/entries.ts";
import { defaultConfig } from "../config/defaults.ts";
import type { Config } from "../config/schema.ts";
import type { FetchedModel } from "../providers/model-lists.ts";
import { aliasReport } from "./collisions.ts";
import { comboReport } from "./combo-report.ts";
import { modelCatalog } from "./models.ts";

const local = providerEntry({ models: [{ name: "qwen3-coder", maxTokens: 131_072, alias: "coder" }] });
const base: Config = {
  ...defaultConfig,
  providers: {
    claude: pickProvider("claude"),
    openrouter: pickProvider("openrouter"),
    kiro: pickProvider("kiro"),
    local,
  },
  accounts: [
    accountEntry({ provider: "claude", name: "work", prefix: "team" }),
    accountEntry({ provider: "openrouter", name: "or", models: [{ name: "z-ai/glm-4.6", alias: "glm" }] }),
  ],
};

function pickProvider(id: string): Config["providers"][string] {
  const found = defaultConfig.providers[id];
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

describe("alias collisions", () => {
  const report = (more: Partial<Config>) => aliasReport({ ...base, ...more }, more.accounts ?? base.accounts);

  it("has none where every name means one thing", () => {
    expect(report({ aliases: { fast: "local/qwen3-coder" } })).toEqual({
      aliases: { fast: "local/qwen3-coder" },
      collisions: [],
    });
  });
  it.each([
    [
      "an alias that looks like provider/model",
      { aliases: { "claude/x": "local/y" } },
      "claude/x",
      "model x of provider claude",
    ],
    ["an alias that looks like prefix/model", { aliases: { "team/x": "local/y" } }, "team/x", "model x of prefix team"],
    [
      "an alias and a combo",
      { aliases: { deep: "local/y" }, combos: { deep: ["local/y"] } },
      "deep",
      "alias of local/y",
    ],
    ["an alias and a model's alias", { aliases: { coder: "claude/y" } }, "coder", "alias of claude/y"],
    ["a combo and an account's alias", { combos: { glm: ["local/y"] } }, "glm", "combo/glm"],
  ])("%s", (_, more, name, taken) => {
    const { collisions } = report(more);
    expect(collisions).toEqual([{ name, meanings: expect.any(Array), taken }]);
    expect(collisions[0]?.meanings.length).toBe(2);
  });
  it("two models under one alias", () => {
    const providers = { ...base.providers, other: providerEntry({ models: [{ name: "big", alias: "coder" }] }) };
    expect(report({ providers }).collisions).toEqual([
      { name: "coder", meanings: ["local/qwen3-coder", "other/big"], taken: "local/qwen3-coder" },
    ]);
  });
  it("an alias that goes to the model of its own name is none", () => {
    expect(report({ aliases: { "qwen3-coder": "local/qwen3-coder" } }).collisions).toEqual([]);
  });
  it("a prefix that is a provider's name", () => {
    const accounts = [accountEntry({ provider: "openrouter", prefix: "claude" })];
    expect(report({ accounts }).collisions).toEqual([
      { name: "claude", meanings: ["provider claude", "prefix claude"], taken: "provider claude" },
    ]);
  });
});

describe("combos", () => {
  const report = (members: readonly string[], more: Partial<Config> = {}) =>
    comboReport({ ...base, ...more, combos: { c: members } })[0];

  it("need no warning with two members on two accounts", () => {
    expect(report(["claude/claude-opus-4-5", "local/qwen3-coder"])).toEqual({
      name: "c",
      members: [
        { text: "claude/claude-opus-4-5", provider: "claude", model: "claude-opus-4-5", usable: true, reason: null },
        { text: "local/qwen3-coder", provider: "local", model: "qwen3-coder", usable: true, reason: null },
      ],
      warning: null,
    });
  });
  it.each([
    [["claude/a"], /one member/],
    [["claude/a", "claude/b"], /one account/],
    [["claude/a", "kiro/b"], /one account/],
    [["claude/a", "groq/b"], /one account/],
    [["noone/a", "nobody/b"], /none of its members/],
  ])("%j: warned", (members, words) => {
    expect(report(members)?.warning).toMatch(words);
  });
  it("count two accounts of one provider as two", () => {
    const accounts = [...base.accounts, accountEntry({ provider: "claude", name: "home" })];
    expect(report(["claude/a", "claude/b"], { accounts })?.warning).toBeNull();
    expect(report(["team/a", "team/b"], { accounts })?.warning).toMatch(/one account/);
  });
  it("say why a member cannot be used", () => {
    expect(report(["kiro/a", "nobody/b"])?.members).toMatchObject([
      { usable: false, provider: "kiro", reason: expect.stringContaining("account") },
      { usable: false, reason: "no providers support model: nobody/b" },
    ]);
  });
  it("show who a wildcard stands for before anybody has asked", () => {
    expect(report(["*/claude-*", "local/x"])?.members[0]).toEqual({
      text: "*/claude-*",
      provider: "claude",
      model: "claude-*",
      usable: true,
      reason: null,
    });
  });
});

describe("the catalog of models", () => {
  const fetched = new Map<string, readonly FetchedModel[]>([
    ["claude", [{ name: "claude-opus-4-5", kind: "chat", maxTokens: 200_000, vision: false }]],
    ["openrouter", [{ name: "openai/text-embedding-3-small", kind: "embedding", maxTokens: 8_192 }]],
    ["local", [{ name: "not-in-the-file", kind: "chat", maxTokens: null }]],
  ]);
  const custom = { openrouter: [{ name: "my/tune", max_tokens: 5, alias: "tune" }] };
  const config: Config = {
    ...base,
    aliases: { quick: "local/coder" },
    combos: { deep: ["claude/claude-opus-4-5", "quick"] },
  };
  const rows = (more: Partial<Config> = {}): ReadonlyMap<string, ModelJson> =>
    new Map(modelCatalog({ config: { ...config, ...more }, fetched, custom }).map((row) => [row.id, row]));

  it.each([
    ["quick", { kind: "alias", provider: "local", model: "qwen3-coder", max_tokens: 131_072, source: "config" }],
    ["combo/deep", { kind: "combo", provider: "claude", model: "claude-opus-4-5" }],
    ["claude/claude-opus-4-5", { kind: "chat", source: "provider", max_tokens: 200_000, usable: true }],
    ["team/claude-opus-4-5", { provider: "claude", source: "provider" }],
    ["claude/claude-3-5-sonnet", { source: "built-in", max_tokens: 200_000 }],
    ["local/coder", { model: "qwen3-coder", source: "config", max_tokens: 131_072, usable: true }],
    ["openrouter/glm", { model: "z-ai/glm-4.6", source: "config" }],
    ["openrouter/tune", { model: "my/tune", source: "custom", max_tokens: 5 }],
    ["openrouter/openai/text-embedding-3-small", { kind: "embedding", source: "provider" }],
  ])("has %s", (id, expected) => {
    expect(rows().get(id)).toMatchObject(expected);
  });
  it("believes the provider about its own model", () => {
    expect(rows().get("claude/claude-opus-4-5")?.capabilities).toEqual({
      streaming: true,
      functions: true,
      vision: false,
      code_generation: true,
      max_tokens: 200_000,
    });
  });
  it("shows nothing besides a list in the file", () => {
    expect([...rows().keys()].filter((id) => id.startsWith("local/"))).toEqual(["local/coder"]);
  });
  it("shows each name once", () => {
    const all = modelCatalog({ config, fetched, custom }).map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
  });
  it("leaves out what is left out of service, and providers that are off", () => {
    const claude = { ...pickProvider("claude"), excludedModels: ["*opus*"] };
    const off = { ...local, enabled: false };
    const ids = [...rows({ providers: { ...base.providers, claude, local: off } }).keys()];
    expect(ids).toContain("claude/claude-3-5-haiku");
    expect(ids.filter((id) => /^(claude\/.*opus|local\/)/.test(id))).toEqual([]);
  });
  it("says what cannot be used", () => {
    expect(rows({ accounts: [] }).get("claude/claude-opus-4-5")?.usable).toBe(false);
  });
});
