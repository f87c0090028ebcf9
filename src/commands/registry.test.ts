import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type EngineVerbs,
  type ProviderCheckJson,
  type ProviderStatusJson,
  VerbRefusal,
} from "../base/controls-engine.ts";
import { aModel, aProvider, engineBench, type EngineBench, knowing, someMetrics } from "./__fixtures__/engine-bench.ts";

const local = aProvider("local", { kind: "local", auth_type: "none", enabled: false, models: [] });
const kiro = aProvider("kiro", { kind: "proprietary", enabled: false });
const known = knowing(aProvider("openrouter"), local, kiro);

async function accountBench(more: Partial<EngineVerbs> = {}): Promise<EngineBench> {
  return engineBench({ verbs: { ...known, ...more } });
}

const evil = "\u001b]0;owned\u0007\u202e";
const commanding = /(?!\n)\p{Cc}|\u202e/u;

describe("providers", () => {
  it("are listed with their state, all or of one kind", async () => {
    const { type, out } = await accountBench();
    expect(await type("providers", "list")).toBe(0);
    expect(out()).toMatch(/openrouter +aggregator +openai-compatible +on +api_key +1 +2 +all of openrouter/);
    expect(out()).toMatch(/local +local +openai-compatible +off +none/);
    expect(out()).toMatch(/kiro +proprietary +openai-compatible +off/);
    const one = await accountBench();
    expect(await one.type("providers", "list", "--kind", "local", "--json")).toBe(0);
    expect(one.json()).toEqual([local]);
  });

  it("have kinds, and the nearest is named: exit code 2", async () => {
    const { type, err } = await accountBench();
    expect(await type("providers", "list", "--kind", "agregator")).toBe(2);
    expect(err()).toContain('did you mean "aggregator"?');
    expect(err()).toContain("direct, aggregator, proprietary, compatible, local");
  });

  it("are shown one by one", async () => {
    const { type, out } = await accountBench();
    expect(await type("providers", "show", "openrouter")).toBe(0);
    expect(out()).toContain("can        streaming, functions, code_generation   up to 200,000 tokens");
    expect(out()).toContain("limits     60 requests a minute");
    expect(await type("providers", "show", "openruter")).toBe(2);
  });

  it("let nothing of theirs command the terminal", async () => {
    const { type, out } = await engineBench({
      verbs: knowing(aProvider("x", { description: evil, endpoint: evil, type: evil, tags: [evil], models: [evil] })),
    });
    await type("providers", "list");
    await type("providers", "show", "x");
    expect(out()).toContain("␛]0;owned␇");
    expect(out()).not.toMatch(commanding);
  });

  it("are switched by the core, or in config.yaml when none runs", async () => {
    const asked: unknown[][] = [];
    const running = await accountBench({
      setProviderEnabled(id, enabled) {
        asked.push([id, enabled]);
        return Promise.resolve({ ...local, enabled });
      },
    });
    expect(await running.type("providers", "enable", "local")).toBe(0);
    expect(asked).toEqual([["local", true]]);
    const { type, context, json } = await engineBench();
    writeFileSync(context.paths.configFile, "# mine\nsettings: { bypass: true }\n");
    expect(await type("providers", "disable", "groq", "--json")).toBe(0);
    expect(json()).toMatchObject({ id: "groq", enabled: false });
    expect(readFileSync(context.paths.configFile, "utf8")).toMatch(/^# mine\n[^]*groq:[^]*enabled: false/);
    expect(await type("providers", "disable", "grok")).toBe(2);
  });

  const status = (provider: string, more: Partial<ProviderStatusJson> = {}): ProviderStatusJson => ({
    provider,
    status: "degraded",
    reason: "90 % of the last hour's calls were answered",
    accounts: { total: 2, active: 1, cooling: 1, stopped: 0 },
    last_success: "2026-11-21T12:00:00.000Z",
    last_error: "429 too many",
    metrics: someMetrics(provider),
    ...more,
  });

  it("tell how they did, in one line each or at length", async () => {
    const idle = { status: "no-account", metrics: someMetrics("kiro", { requests: 0 }) } as const;
    const { type, out, err } = await accountBench({
      providerStatus: (id) => Promise.resolve(status(id, id === "kiro" ? idle : {})),
    });
    expect(await type("providers", "status")).toBe(0);
    expect(out()).toMatch(/openrouter +degraded +1\/2 +10 +1 +420 ms +\$1\.25 +90 %/);
    expect(out()).not.toContain("kiro");
    expect(err()).toContain("1 more are known");
    expect(await type("providers", "status", "openrouter")).toBe(0);
    expect(out()).toContain("first byte   420 ms usually, 1,800 ms at worst");
    expect(out()).toContain("rate-limit");
  });

  it("show the limits that the registry suggests", async () => {
    const suggested = { requests_per_minute: 60, tokens_per_minute: 40_000, max_tokens_per_request: null };
    const { type, out } = await accountBench({
      providers: () => Promise.resolve([aProvider("claude", { suggested_limits: suggested })]),
      provider: () => Promise.resolve(aProvider("claude", { suggested_limits: suggested })),
    });
    expect(await type("providers", "show", "claude")).toBe(0);
    expect(out()).toContain("suggested  60 requests a minute, 40,000 tokens a minute (limits: suggested");
  });

  it("are asked themselves whether they are there: exit code 7 where not", async () => {
    const base = { provider: "openrouter", http_status: 200, latency_ms: 42, credential_checked: true } as const;
    let check: ProviderCheckJson = { ...base, status: "healthy", reason: "it took the credential" };
    const { type, out } = await accountBench({ checkProvider: () => Promise.resolve(check) });
    expect(await type("providers", "check", "openrouter")).toBe(0);
    expect(out()).toContain("openrouter is healthy (42 ms): it took the credential");
    check = { ...base, status: "unauthorized", reason: "it refused the credential", http_status: 401 };
    expect(await type("providers", "check", "openrouter", "--json")).toBe(7);
    expect(out()).toContain(JSON.stringify({ schemaVersion: 1, ...check }));
  });

  it("cannot tell how they did when no core runs: exit code 3", async () => {
    const { type, err } = await engineBench();
    expect(await type("providers", "status")).toBe(3);
    expect(err()).toContain("switchyard start -d");
  });
});

describe("models", () => {
  it("are listed with what each name means", async () => {
    const models = [
      aModel("sonnet", { kind: "alias", provider: "claude", model: "claude-sonnet-4-5" }),
      aModel("groq/x"),
    ];
    const { type, out } = await accountBench({ models: () => Promise.resolve(models) });
    expect(await type("models", "list")).toBe(0);
    expect(out()).toMatch(/sonnet +claude\/claude-sonnet-4-5 +alias +built-in +131,072 +functions +yes/);
    expect(out()).toMatch(/groq\/x +- +chat/);
  });

  it("are asked of the providers anew where that is wished", async () => {
    const asked: unknown[] = [];
    const { type } = await accountBench({
      models(question) {
        asked.push(question);
        return Promise.resolve([]);
      },
    });
    expect(await type("models", "list", "--refresh")).toBe(0);
    expect(await type("models", "list", "--provider", "openrouter")).toBe(0);
    expect(asked).toEqual([
      { provider: null, refresh: true },
      { provider: "openrouter", refresh: false },
    ]);
  });

  it("pass a provider's trouble on as exit code 7", async () => {
    const { type } = await accountBench({ models: () => Promise.reject(new VerbRefusal("upstream", "no answer")) });
    expect(await type("models", "list")).toBe(7);
  });

  it("are added to config.yaml and taken out again, with or without a core", async () => {
    const { type, context, out, err } = await engineBench();
    writeFileSync(
      context.paths.configFile,
      "providers:\n  local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000/v1', auth_type: none }\n",
    );
    expect(await type("models", "add", "local", "qwen3-coder", "--max-tokens", "131072", "--alias", "coder")).toBe(0);
    expect(readFileSync(context.paths.configFile, "utf8")).toContain("qwen3-coder");
    const before = out().length;
    expect(await type("models", "list", "--provider", "local", "--json")).toBe(0);
    expect(JSON.parse(out().slice(before))).toMatchObject([
      { id: "local/coder", model: "qwen3-coder", max_tokens: 131_072 },
    ]);
    expect(await type("models", "add", "local", "qwen3-coder")).toBe(2);
    expect(err()).toContain("already");
    expect(await type("models", "remove", "local", "qwen3-coder")).toBe(0);
    expect(readFileSync(context.paths.configFile, "utf8")).not.toContain("qwen3-coder");
    expect(await type("models", "remove", "local", "qwen3-coder")).toBe(2);
    const asked: unknown[][] = [];
    const running = await accountBench({
      customModels: () => Promise.resolve({ openrouter: ["x"] }),
      addCustomModel(...words) {
        asked.push(words);
        return Promise.resolve();
      },
    });
    expect(await running.type("models", "add", "openrouter", "a/b", "--json")).toBe(0);
    expect(running.json()).toEqual({ schemaVersion: 1, provider: "openrouter", name: "a/b" });
    expect(asked).toEqual([["openrouter", { name: "a/b" }]]);
  });
});

describe("combos", () => {
  it("are shown as chains, with what each member means now and what is wrong", async () => {
    const { type, out, err } = await accountBench({
      combos: () =>
        Promise.resolve([
          {
            name: "deep",
            members: [
              { text: "sonnet", provider: "claude", model: "claude-sonnet-4-5", usable: true, reason: null },
              { text: "groq/x", provider: "groq", model: "x", usable: false, reason: "no usable account" },
            ],
            warning: "its members stand on one account: nothing to fall back to",
          },
        ]),
      aliases: () =>
        Promise.resolve({
          aliases: {},
          collisions: [{ name: "fast", meanings: ["alias of a/b", "combo/fast"], taken: "alias of a/b" }],
        }),
    });
    expect(await type("combos", "list")).toBe(0);
    expect(out().split("\n")).toEqual([
      "combo/deep",
      "  1. sonnet  = claude/claude-sonnet-4-5  usable",
      "  2. groq/x  not usable: no usable account",
      "  warning: its members stand on one account: nothing to fall back to",
      "",
    ]);
    expect(err()).toContain('"fast" could mean alias of a/b or combo/fast; it means alias of a/b');
  });

  it("are read from config.yaml when no core runs", async () => {
    const { type, context, json } = await engineBench();
    writeFileSync(context.paths.configFile, "combos: { deep: [groq/a, openrouter/b] }\n");
    expect(await type("combos", "list", "--json")).toBe(0);
    expect(json()).toMatchObject([
      { name: "deep", members: [{ text: "groq/a", usable: false }, { text: "openrouter/b" }] },
    ]);
  });
});

describe("routes explain", () => {
  const question = [
    "routes",
    "explain",
    "--client",
    "claude-code",
    "--host",
    "api.anthropic.com",
    "--model",
    "claude-x",
  ];

  it("tells every account's score on a line of its own, and whose cooldowns count", async () => {
    const { type, context, out } = await engineBench();
    const key = (name: string, priority: number): string =>
      `  - { provider: groq, name: ${name}, api_key: abcdef0123456789${name}, priority: ${priority} }\n`;
    writeFileSync(
      context.paths.configFile,
      `accounts:\n${key("one", 1)}${key("two", 2)}routes: [{ to: groq/llama }]\nsettings: { selection: { strategy: score } }\n`,
    );
    expect(await type(...question)).toBe(0);
    const lines = out().split("\n");
    const at = lines.findIndex((line) => line.trimStart().startsWith("select"));
    expect(lines[at]).toMatch(/^ {2}select +groq: score: one \d.*\(priority .*cooldown/);
    expect(lines[at + 1]).toMatch(/^ +two \d.*\(priority/);
  });

  it("knows the accounts of the store without a core", async () => {
    const { type, context, out } = await engineBench({ stdin: "sk-0123456789abcdef" });
    writeFileSync(context.paths.configFile, "routes: [{ to: groq/llama }]\n");
    expect(await type("accounts", "add", "groq", "--name", "stored")).toBe(0);
    expect(await type(...question)).toBe(0);
    expect(out()).toContain("1. groq/llama  (openai-chat)  account stored");
  });
});
