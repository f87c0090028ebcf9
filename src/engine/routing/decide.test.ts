import { describe, expect, it } from "vitest";
import { defaultConfig } from "../config/defaults.ts";
import { accountEntry, providerEntry } from "../config/__fixtures__/entries.ts";
import type { Config } from "../config/schema.ts";
import { decide } from "./decide.ts";
import { compileRules, headMayMatch, type CallFacts } from "./rules.ts";

const local = providerEntry({ models: [{ name: "qwen3-coder" }], modelMappings: { "gpt-4": "my-large" } });

const base: Config = {
  ...defaultConfig,
  providers: { ...defaultConfig.providers, local, spare: { ...local, priority: 1, models: [{ name: "claude-mini" }] } },
  accounts: [accountEntry({ provider: "claude", name: "work" })],
  combos: { deep: ["claude/claude-sonnet-4-5", "fast"] },
  aliases: { fast: "local/qwen3-coder", quick: "fast" },
};

const call: CallFacts = {
  client: "claude-code",
  host: "api.anthropic.com",
  path: "/v1/messages",
  model: "claude-sonnet-4-5",
};

function decideWith(routes: Config["routes"], facts: CallFacts = call, verbose = false) {
  return decide({ ...base, routes }, compileRules(routes), facts, { verbose });
}
const rule = (to: string, match: Config["routes"][number]["match"] = {}): Config["routes"][number] => ({
  match,
  to,
  fallback: "error",
  enabled: true,
});

describe("decide", () => {
  it("passes through when no rule matches, and says so", () => {
    const decision = decideWith([rule("local/x", { client: "codex" })]);
    expect(decision).toMatchObject({ action: "passthrough", rule: null });
    expect(decision.why.map(({ text }) => text)).toEqual(["no rule matches: passed through"]);
  });

  it("takes the first rule that matches", () => {
    const decision = decideWith([
      rule("local/a", { model: "gpt-*" }),
      rule("local/b", { model: "claude-*" }),
      rule("local/c"),
    ]);
    expect(decision).toMatchObject({ action: "reroute", rule: 2, targets: [{ provider: "local", model: "b" }] });
  });

  it("says on request why earlier rules did not match", () => {
    const decision = decideWith([rule("local/a", { client: "codex" }), rule("local/b")], call, true);
    expect(decision.why[0]?.text).toBe("rule 1 does not match: client is claude-code, the rule wants codex");
  });

  it("asks no rule that is switched off, whose place stays counted", () => {
    const off = { ...rule("local/a"), enabled: false };
    const decision = decideWith([off, rule("local/b")], call, true);
    expect(decision).toMatchObject({ rule: 2 });
    expect(decision.why[0]?.text).toBe("rule 1 does not match: it is switched off");
    expect(decideWith([off])).toMatchObject({ action: "passthrough", rule: null });
    const [compiled] = compileRules([off]);
    expect([
      compiled?.matchesHost("api.anthropic.com"),
      compiled?.matchesHead({ client: "x", host: "h", path: "/" }),
    ]).toEqual([false, false]);
  });

  it("matches hosts whatever their case, and other fields as they are", () => {
    expect(decideWith([rule("local/a", { host: "API.Anthropic.com" })]).action).toBe("reroute");
    expect(decideWith([rule("local/a", { model: "Claude-*" })]).action).toBe("passthrough");
  });

  it("does not match a rule about models when the call names none", () => {
    expect(decideWith([rule("local/a", { model: "*" })], { ...call, model: null }).action).toBe("passthrough");
    expect(decideWith([rule("local/a")], { ...call, model: null }).action).toBe("reroute");
  });

  it("walks a combo, its aliases included", () => {
    expect(decideWith([rule("combo/deep")])).toMatchObject({
      combo: "deep",
      targets: [
        { provider: "claude", model: "claude-sonnet-4-5" },
        { provider: "local", model: "qwen3-coder" },
      ],
    });
  });

  it("follows aliases of aliases", () => {
    expect(decideWith([rule("quick")])).toMatchObject({ targets: [{ provider: "local", model: "qwen3-coder" }] });
  });

  it("applies the provider's own name for a model", () => {
    expect(decideWith([rule("local/gpt-4")])).toMatchObject({ targets: [{ provider: "local", model: "my-large" }] });
  });

  it("expands a wildcard to usable providers: those with the asked model first, then by priority", () => {
    // `openai` would have to serve it, `openrouter` has no account, `spare` lists another claude model.
    expect(decideWith([rule("*/claude-*")])).toMatchObject({
      targets: [
        { provider: "claude", model: "claude-sonnet-4-5" },
        { provider: "spare", model: "claude-mini" },
      ],
    });
  });

  it("takes a provider named outright at its word in a wildcard", () => {
    const open = { ...base, providers: { ...base.providers, open: { ...local, models: [] } } };
    const routes = [rule("open/*")];
    expect(decide(open, compileRules(routes), call)).toMatchObject({
      targets: [{ provider: "open", model: "claude-sonnet-4-5" }],
    });
  });

  it("keeps the rule and names the reason when a wildcard fits nothing", () => {
    const decision = decideWith([rule("*/gemini-*")]);
    expect(decision).toMatchObject({ action: "reroute", targets: [] });
    expect(decision.why.at(-1)?.text).toContain("fits no provider");
  });

  it("knows block and passthrough", () => {
    expect(decideWith([rule("block")]).action).toBe("block");
    expect(decideWith([rule("passthrough"), rule("block")]).action).toBe("passthrough");
  });
});

describe("what the head alone can say", () => {
  const head = { client: "claude-code", host: "api.anthropic.com", path: "/v1/messages" };
  it.each([
    ["no rules", [], false],
    ["a rule for another host", [rule("local/a", { host: "api.openai.com" })], false],
    ["a rule about models only", [rule("local/a", { model: "claude-*" })], true],
    ["pass-through first, whatever the model", [rule("passthrough"), rule("local/a")], false],
    ["pass-through first for some models", [rule("passthrough", { model: "x" }), rule("local/a")], true],
    ["block", [rule("block", { client: "claude-*" })], true],
  ])("%s", (_, routes, expected) => {
    expect(headMayMatch(compileRules(routes), head)).toBe(expected);
  });
});
