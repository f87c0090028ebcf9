import { describe, expect, it } from "vitest";
import { problems, warnings } from "./__fixtures__/parse.ts";

const mine = (models: string): string =>
  `providers: { mine: { type: openai-compatible, endpoint: 'http://127.0.0.1:1', models: ${models} } }`;

describe("a name with two meanings", () => {
  it.each([
    [
      "an alias and a provider",
      "aliases: { claude: openai/gpt-5 }",
      'aliases.claude: "claude" is also the name of a provider: alone it means openai/gpt-5, in "claude/MODEL" the provider',
    ],
    [
      "an alias and a prefix",
      "accounts: [{ provider: openai, api_key: k, prefix: work }]\naliases: { work: openai/y }",
      'aliases.work: "work" is also the prefix of an account: alone it means openai/y, in "work/MODEL" the account',
    ],
    [
      "an alias and what another alias stands for",
      "aliases: { fast: haiku, haiku: claude/h }",
      'aliases.haiku: "haiku" is also what alias "fast" stands for: "fast" goes on to claude/h',
    ],
    [
      "an alias and the model of another alias",
      "aliases: { sonnet: claude/sonnet-x, sonnet-x: openrouter/y }",
      'aliases.sonnet-x: "sonnet-x" is also the model of alias "sonnet": alone it means openrouter/y, "sonnet" means claude/sonnet-x',
    ],
    [
      "an alias and a combo",
      "combos: { deep: [openai/x] }\naliases: { deep: openai/y }",
      'aliases.deep: "deep" means alias of openai/y; it could also mean combo/deep',
    ],
    [
      "an alias and a model of the file",
      `${mine("[{ name: big }]")}\naliases: { big: openai/y }`,
      'aliases.big: "big" means alias of openai/y; it could also mean mine/big',
    ],
    [
      "an alias and a model of the registry",
      "aliases: { claude-3-opus: openai/y }",
      'aliases.claude-3-opus: "claude-3-opus" means alias of openai/y; it could also mean claude/claude-3-opus',
    ],
    [
      "a combo and a model's alias",
      `${mine("[{ name: big, alias: deep }]")}\ncombos: { deep: [openai/x] }`,
      'combos.deep: "deep" means combo/deep; it could also mean mine/big',
    ],
    [
      "a prefix and a provider",
      "accounts: [{ provider: openai, api_key: k, prefix: groq }]",
      'accounts[0]: "groq" means provider groq; it could also mean prefix groq',
    ],
  ])("is told, with the one that counts: %s", (_, text, expected) => {
    expect(warnings(text)).toEqual([expected]);
    expect(problems(text)).toEqual([]);
  });

  it("is none where both are the same model", () => {
    expect(warnings("aliases: { claude-3-opus: claude/claude-3-opus, sonnet: claude/claude-sonnet-4-5 }")).toEqual([]);
  });
});

describe("a target", () => {
  it.each([
    ["a combo by its bare name", "combos: { deep: [openai/x] }\nroutes: [{ to: deep }]"],
    ["a model by the alias of its entry", `${mine("[{ name: m, alias: big }]")}\nroutes: [{ to: big }]`],
    [
      "a model by the alias of an account",
      "accounts: [{ provider: openai, api_key: k, models: [{ name: m, alias: big }] }]\nroutes: [{ to: big(high) }]",
    ],
    ["a model that a provider is known for", "routes: [{ to: claude-opus-4-1 }]"],
    ["a provider's second name", "routes: [{ to: github/gpt-5 }]"],
  ])("may be %s", (_, text) => {
    expect(problems(text)).toEqual([]);
  });
  it("may not be a combo inside a combo, with or without its word", () => {
    expect(problems("combos: { a: [openai/x], b: [a] }")[0]).toContain("a combo cannot hold a combo");
  });
});
