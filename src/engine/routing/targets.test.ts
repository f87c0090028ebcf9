import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountEntry, providerEntry } from "../config/__fixtures__/entries.ts";
import { defaultConfig } from "../config/defaults.ts";
import type { AccountConfig, Config } from "../config/schema.ts";
import type { Availability } from "./availability.ts";
import { configured } from "./availability.ts";
import { decide } from "./decide.ts";
import { modelNameProblem, splitSuffix } from "./model-name.ts";
import { resolveModel } from "./resolve.ts";
import { compileRules } from "./rules.ts";
import { isExcluded } from "./serving.ts";
import { meaningOf, type RouteTarget } from "./targets.ts";

const local = providerEntry({
  models: [{ name: "qwen3-coder", alias: "coder" }],
  modelMappings: { "gpt-4": "my-large" },
});
const prod = accountEntry({ provider: "claude", name: "prod", prefix: "claude-prod" });
const config: Config = {
  ...defaultConfig,
  providers: { ...defaultConfig.providers, local },
  accounts: [
    prod,
    accountEntry({
      provider: "openrouter",
      name: "or",
      prefix: "or",
      models: [{ name: "anthropic/claude-sonnet-4.5", alias: "sonnet-or" }],
    }),
    accountEntry({ provider: "openai", name: "main", excludedModels: ["*-pro"] }),
  ],
  aliases: {
    quick: "local/coder",
    "claude/x": "local/qwen3-coder",
    star: "*/claude-*",
    both: "combo/deep",
    loop: "pool",
    pool: "loop",
  },
  combos: { deep: ["claude/claude-opus-4-5", "quick"], nested: ["combo/deep", "quick"] },
};

const meant = (to: string, asked: string | null = null, more: Partial<Config> = {}, availability?: Availability) => {
  const meaning = meaningOf({ ...config, ...more }, to, asked, availability);
  if (meaning.kind !== "targets") throw new Error(meaning.kind);
  return meaning;
};
const names = (targets: readonly RouteTarget[]): readonly string[] =>
  targets.map(({ provider, model, prefix }) => `${prefix === null ? "" : `${prefix}:`}${provider}/${model}`);
const targets = (...all: Parameters<typeof meant>): readonly string[] => names(meant(...all).targets);
const notes = (...all: Parameters<typeof meant>): string => meant(...all).notes.join("\n");

describe("the order in which a name is read", () => {
  it.each([
    ["an explicit provider/model", "claude/claude-opus-4-5", ["claude/claude-opus-4-5"]],
    ["an explicit one before an alias of that name", "claude/x", ["claude/x"]],
    ["a provider by its second name", "github/gpt-5", ["copilot/gpt-5"]],
    ["a model's own slashes", "openrouter/z-ai/glm-4.6", ["openrouter/z-ai/glm-4.6"]],
    ["a prefix", "claude-prod/claude-opus-4-5", ["claude-prod:claude/claude-opus-4-5"]],
    ["a prefix and an account's alias", "or/sonnet-or", ["or:openrouter/anthropic/claude-sonnet-4.5"]],
    ["an alias", "quick", ["local/qwen3-coder"]],
    ["an alias of a combo", "both", ["claude/claude-opus-4-5", "local/qwen3-coder"]],
    ["a combo", "combo/deep", ["claude/claude-opus-4-5", "local/qwen3-coder"]],
    ["a combo's bare name", "deep", ["claude/claude-opus-4-5", "local/qwen3-coder"]],
    ["a bare model name", "claude-opus-4-5", ["claude/claude-opus-4-5"]],
    ["an alias of a model entry", "coder", ["local/qwen3-coder"]],
    ["an alias of an account, without its prefix", "sonnet-or", ["openrouter/anthropic/claude-sonnet-4.5"]],
    ["a mapped name", "local/gpt-4", ["local/my-large"]],
    ["the default table", "claude/claude-3-5-sonnet", ["claude/claude-3-5-sonnet-20241022"]],
    ["a wish about thinking", "local/gpt-4(high)", ["local/my-large(high)"]],
  ])("%s: %s", (_, to, expected) => {
    expect(targets(to)).toEqual(expected);
  });

  it("reads a wildcard after an alias, with what was asked for", () => {
    expect(targets("star", "claude-opus-4-5")).toEqual(["claude/claude-opus-4-5"]);
  });

  it("does not follow aliases in a circle, or combos in combos", () => {
    expect(targets("loop")).toEqual([]);
    expect(notes("loop")).toContain("circle");
    expect(targets("combo/nested")).toEqual(["local/qwen3-coder"]);
    expect(notes("combo/nested")).toContain("not followed");
    expect(meant("combo/nested").combo).toBe("nested");
  });

  it("says what nobody has", () => {
    expect(notes("no-such-model")).toBe("no providers support model: no-such-model");
    expect(notes("nobody/m")).toBe(
      "there is no provider and no account prefix named nobody\nno providers support model: nobody/m",
    );
    expect(notes("combo/none")).toBe("there is no combo named none");
  });

  it.each(["kiro/claude-sonnet-4.5", "cursor/gpt-5"])("%s: a binary dialect is a target like any other", (to) => {
    expect(targets(to, "m")).toEqual([to]);
    expect(notes(to, "m")).toBe("");
  });
});

describe("a prefix", () => {
  it("stands for every account that has it, by their providers' priority", () => {
    const accounts = [...config.accounts, accountEntry({ provider: "local", name: "box", prefix: "claude-prod" })];
    const providers = { ...config.providers, local: { ...local, priority: 1 } };
    expect(targets("claude-prod/m", null, { accounts, providers })).toEqual([
      "claude-prod:local/m",
      "claude-prod:claude/m",
    ]);
  });
  it("is that of enabled accounts, of the store too", () => {
    const accounts = [{ ...prod, enabled: false }];
    expect(targets("claude-prod/m", null, { accounts })).toEqual([]);
    const stored: AccountConfig = { ...prod, from: "store" };
    const availability = { ...configured({ ...config, accounts }), accounts: [stored] };
    expect(targets("claude-prod/m", null, { accounts }, availability)).toEqual(["claude-prod:claude/m"]);
  });
  it("yields to a provider of that name", () => {
    const accounts = [{ ...prod, prefix: "openai" }];
    expect(targets("openai/gpt-5", null, { accounts })).toEqual(["openai/gpt-5"]);
  });
  it("does not serve what its accounts do not list, or leave out", () => {
    expect(targets("or/another")).toEqual([]);
    expect(notes("or/another")).toContain("account openrouter/or does not list it: another");
    const accounts = [{ ...prod, excludedModels: ["*opus*"] }];
    expect(targets("claude-prod/claude-OPUS-4-5", null, { accounts })).toEqual([]);
    expect(notes("claude-prod/claude-opus-4-5", null, { accounts })).toContain("leaves it out");
  });
  it("with a star stands for the model that was asked for", () => {
    expect(targets("claude-prod/*", "claude-x")).toEqual(["claude-prod:claude/claude-x"]);
    expect(targets("claude-prod/*")).toEqual([]);
  });
});

describe("a bare model name", () => {
  const two = { ...config.providers, first: { ...local, priority: 1, models: [], serves: ["claude-*"] } };

  it("goes to all that support it: who names it first, then by priority", () => {
    const listing = { ...two, named: { ...local, priority: 500, models: [{ name: "claude-opus-4-5" }] } };
    expect(targets("claude-opus-4-5", null, { providers: listing })).toEqual([
      "named/claude-opus-4-5",
      "first/claude-opus-4-5",
      "claude/claude-opus-4-5",
    ]);
  });
  it("goes to those that can be used, where there are any", () => {
    const availability = { ...configured(config), isUsable: (id: string) => id === "first" };
    expect(targets("claude-opus-4-5", null, { providers: two }, availability)).toEqual(["first/claude-opus-4-5"]);
    const nobody = { ...configured(config), isUsable: () => false };
    expect(targets("claude-opus-4-5", null, { providers: two }, nobody)).toHaveLength(2);
  });
  it("is known where the provider itself listed it", () => {
    const listed = (id: string): ReadonlySet<string> | null =>
      id === "groq" ? new Set(["openai/gpt-oss-120b"]) : null;
    const availability = { ...configured(config), listed };
    expect(targets("openai/gpt-oss-120b", null, {}, availability)).toEqual(["openai/openai/gpt-oss-120b".slice(7)]);
    expect(
      targets("gpt-oss-120b", null, {}, { ...availability, listed: () => new Set(["gpt-oss-120b"]) }).length,
    ).toBeGreaterThan(1);
  });
  it("means nothing where names must have a provider or a prefix; aliases and combos say theirs", () => {
    const settings = { ...config.settings, forceModelPrefix: true };
    expect(targets("claude-opus-4-5", null, { settings })).toEqual([]);
    expect(notes("claude-opus-4-5", null, { settings })).toContain("settings.force_model_prefix");
    for (const to of ["claude/claude-opus-4-5", "claude-prod/m", "quick", "deep"]) {
      expect(targets(to, null, { settings })).not.toEqual([]);
    }
  });
  it("does not go to disabled providers", () => {
    const providers = { claude: { ...providerEntry({ serves: ["claude-*"] }), enabled: false } };
    expect(targets("claude-x", null, { providers })).toEqual([]);
  });
});

describe("excluded models", () => {
  it.each([
    ["gpt-5", "gpt-5", true],
    ["gpt-5", "GPT-5", true],
    ["gpt-5", "gpt-5-mini", false],
    ["gpt-*", "gpt-5(high)", true],
    ["*-pro", "gpt-5-pro", true],
    ["*-pro", "gpt-5-pro-x", false],
    ["*opus*", "claude-opus-4-5", true],
  ])("%s covers %s: %s", (pattern, model, expected) => {
    expect(isExcluded([pattern], model)).toBe(expected);
  });
  it.each(["open/m-pro", "m-pro", "*/m-*", "open/*"])("%s: never served there, and said why", (to) => {
    const providers = { open: providerEntry({ excludedModels: ["*-pro"], serves: ["m-*"] }) };
    expect(targets(to, "m-pro", { providers })).toEqual([]);
    expect(notes(to, "m-pro", { providers })).toContain("provider open leaves m-pro out (excluded_models)");
    expect(targets(to.replace("-pro", "-mini"), "m-mini", { providers })).toEqual(["open/m-mini"]);
  });
  it("holds for the name a model is mapped to", () => {
    const providers = { open: providerEntry({ excludedModels: ["dear"], modelMappings: { cheap: "dear" } }) };
    expect(targets("open/cheap", null, { providers })).toEqual([]);
  });
});

describe("a name that no client may say", () => {
  it.each(["", "  ", "a\u0000b", "a\nb", "a\u0085b", "..", "../../etc/passwd", "a/../b", "a\\b", "x".repeat(257)])(
    "%j",
    (name) => {
      expect(modelNameProblem(name)).toMatch(/^model: /);
      expect(resolveModel({ config }, name)).toMatchObject({ action: "refuse", error: { kind: "bad-request" } });
    },
  );
  it.each(["gpt-4.1", "anthropic/claude-sonnet-4.5", "accounts/fireworks/models/x", "qwen3:8b", "模型", "m(high)"])(
    "not %j",
    (name) => {
      expect(modelNameProblem(name)).toBeNull();
    },
  );
  it("splits off what is said about thinking", () => {
    expect(splitSuffix("gpt-5(high)")).toEqual({ name: "gpt-5", suffix: "(high)" });
    expect(splitSuffix("gpt-5")).toEqual({ name: "gpt-5", suffix: "" });
  });
});

describe("a call without a rule", () => {
  it("goes where its model's name says", () => {
    expect(resolveModel({ config }, "both")).toMatchObject({
      action: "reroute",
      rule: null,
      to: "both",
      combo: "deep",
      fallback: "error",
      targets: [{ provider: "claude" }, { provider: "local" }],
    });
  });
  it("is refused in the seed's words where nobody serves it", () => {
    const decision = resolveModel({ config }, "no-such");
    expect(decision).toMatchObject({
      action: "refuse",
      error: {
        kind: "model-not-found",
        status: 404,
        message: expect.stringContaining("no providers support model: no-such"),
      },
    });
  });
  it.each(["block", "passthrough"])("knows no keyword: %s is a model like any other", (name) => {
    expect(resolveModel({ config }, name).action).toBe("refuse");
  });
  it("always answers, whatever it is asked for", () => {
    const word = fc.constantFrom(
      "claude",
      "kiro",
      "/",
      "*",
      "combo",
      "..",
      "deep",
      "loop",
      "or",
      "\u0000",
      "(",
      ")",
      "constructor",
      "__proto__",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const decision = resolveModel({ config }, words.join(""));
        expect(decision.action === "reroute" ? decision.targets.length > 0 : decision.error.message !== "").toBe(true);
      }),
    );
  });
});

describe("decide", () => {
  it("goes by the availability it is given", () => {
    const routes: Config["routes"] = [{ match: {}, to: "*/claude-*", fallback: "error", enabled: true }];
    const facts = { client: "c", host: "h", path: "/", model: "claude-x" };
    const rules = compileRules(routes);
    expect(decide({ ...config, routes }, rules, facts)).toMatchObject({
      targets: [{ provider: "claude", prefix: null }],
    });
    const availability = { ...configured(config), isUsable: () => false };
    expect(decide({ ...config, routes }, rules, facts, { availability })).toMatchObject({ targets: [] });
  });
});
