import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type QuotaJson, VerbRefusal } from "../base/controls-engine.ts";
import { accountBench } from "./__fixtures__/account-bench.ts";
import { anAccount, engineBench } from "./__fixtures__/engine-bench.ts";

/** Looks like a key and is none; it may turn up in one place only. */
const canary = "sk-or-canary-0123456789abcdef";

const cooling = anAccount({
  provider: "claude",
  name: "work",
  source: "login",
  state: "cooling",
  calls: 1_234,
  failures: 7,
  health: 0.8,
  credential: { state: "ok", expiresAt: null, who: "ann@example.org", plan: "Pro", fix: null },
  cooldowns: [
    {
      model: "opus",
      level: 2,
      until: "2026-11-21T12:00:00.000Z",
      remainingMs: 125_000,
      resetAt: null,
      kind: "rate-limit",
      reason: "too many requests",
    },
  ],
});

describe("accounts list", () => {
  it("is a table with what keeps an account from serving", async () => {
    const { type, out } = await accountBench([anAccount(), cooling]);
    expect(await type("accounts", "list")).toBe(0);
    const [head, first, second] = out().split("\n");
    expect(head).toMatch(/^ACCOUNT +LOGIN +STATE +PRIORITY +CALLS/);
    expect(first).toMatch(/^openrouter\/main +key +active/);
    expect(second).toContain("ann@example.org, Pro");
    expect(second).toContain("opus cools 2 min more (rate-limit: too many requests)");
    expect(second).toContain("1,234");
    // Columns stand under each other.
    expect(second?.indexOf("cooling")).toBe(head?.indexOf("STATE"));
  });

  it("is one JSON array, of one provider where that is asked", async () => {
    const one = await accountBench([anAccount(), cooling]);
    expect(await one.type("accounts", "list", "--json", "--provider", "claude")).toBe(0);
    expect(one.json()).toEqual([cooling]);
  });

  it("names the provider that was meant, with exit code 2", async () => {
    const { type, err } = await accountBench([]);
    expect(await type("accounts", "list", "--provider", "openruter")).toBe(2);
    expect(err()).toContain('there is no provider "openruter"; did you mean "openrouter"?');
  });

  it("lets nothing a provider said command the terminal", async () => {
    const evil = "\u001b]0;owned\u0007\u202e";
    const { type, out } = await accountBench([
      anAccount({
        lastError: evil,
        credential: { state: "needs-login", expiresAt: null, who: evil, plan: evil, fix: evil },
        cooldowns: cooling.cooldowns.map((one) => ({ ...one, model: evil, reason: evil, kind: evil })),
      }),
    ]);
    await type("accounts", "list");
    expect(out()).toContain("␛]0;owned␇");
    expect(out()).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });

  it("has a way to begin where nobody made an account yet", async () => {
    const { type, out, err } = await engineBench();
    expect(await type("accounts", "list")).toBe(0);
    expect(out()).toBe("");
    expect(err()).toContain("switchyard accounts add PROVIDER");
  });

  it("reads config and store when no core runs, and says what it cannot know", async () => {
    const made = await engineBench({ stdin: `${canary}\n` });
    expect(await made.type("accounts", "add", "openrouter", "--name", "spare")).toBe(0);
    writeFileSync(
      made.context.paths.configFile,
      `accounts:\n  - { provider: groq, name: mine, api_key: ${canary}-2, priority: 3 }\n`,
    );
    const before = made.out().length;
    expect(await made.type("accounts", "list", "--json")).toBe(0);
    expect(JSON.parse(made.out().slice(before))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: "groq/mine", from: "config", priority: 3, state: "active" }),
        expect.objectContaining({ id: "openrouter/spare", from: "store", source: "key" }),
      ]),
    );
    expect(made.err()).toContain("no core is running");
    expect(made.out() + made.err()).not.toContain(canary);
  });

  it("shows cooldowns that the last core left", async () => {
    const { type, context, json } = await engineBench();
    writeFileSync(context.paths.configFile, "accounts: [{ provider: groq, name: mine, api_key: abcdef0123456789 }]\n");
    const record = {
      account: "groq/mine",
      model: null,
      level: 1,
      until: null,
      resetAt: null,
      kind: "billing",
      reason: "no credit left",
      since: 1_790_000_000_000,
    };
    const tokens = { proxyToken: "x".repeat(32), clientKey: "y".repeat(32) };
    const state = { version: 2, generation: 1, ...tokens, cooldowns: [record], quota: [] };
    writeFileSync(context.paths.stateFile, JSON.stringify(state), { mode: 0o600 });
    expect(await type("accounts", "list", "--json")).toBe(0);
    expect(json()).toContainEqual(
      expect.objectContaining({
        id: "groq/mine",
        state: "stopped",
        cooldowns: [expect.objectContaining({ kind: "billing", reason: "no credit left" })],
      }),
    );
  });

  it("refuses a configuration that a core would refuse, with exit code 2", async () => {
    const { type, context, err } = await engineBench();
    writeFileSync(context.paths.configFile, "acounts: []\n");
    expect(await type("accounts", "list")).toBe(2);
    expect(err()).toContain("switchyard config validate");
  });
});

describe("accounts enable, disable and remove", () => {
  it("find an account by its id, or by a name that only one has", async () => {
    const { type, asked } = await accountBench([anAccount(), cooling]);
    expect(await type("accounts", "disable", "openrouter/main")).toBe(0);
    expect(await type("accounts", "enable", "work")).toBe(0);
    expect(await type("accounts", "remove", "work", "--yes")).toBe(0);
    expect(asked).toEqual([
      ["enabled", "openrouter/main", false],
      ["enabled", "claude/work", true],
      ["remove", "claude/work"],
    ]);
  });

  it("exit with 6 for an account that is not there, and name the nearest", async () => {
    const { type, err } = await accountBench([anAccount(), cooling]);
    expect(await type("accounts", "disable", "openrouter/mian")).toBe(6);
    expect(err()).toContain('did you mean "openrouter/main"?');
    expect(err()).toContain("switchyard accounts list");
  });

  it("exit with 6 for a name that two have", async () => {
    const { type, err, asked } = await accountBench([anAccount(), anAccount({ provider: "claude" })]);
    expect(await type("accounts", "remove", "main")).toBe(6);
    expect(err()).toContain("openrouter/main, claude/main");
    expect(asked).toEqual([]);
  });

  it.each([
    ["y\n", [], 0, [["remove", "openrouter/main"]]],
    ["n\n", [], 1, []],
    ["\n", [], 1, []],
    ["", ["--yes"], 0, [["remove", "openrouter/main"]]],
  ])("ask a person before a key is deleted: %j %j", async (stdin, flags, code, done) => {
    const { type, asked } = await accountBench([anAccount()], {}, { stdin, terminal: true });
    expect(await type("accounts", "remove", "openrouter/main", ...flags)).toBe(code);
    expect(asked).toEqual(done);
  });

  it("switch an account of config.yaml in the file when no core runs", async () => {
    const { type, context, json } = await engineBench();
    writeFileSync(
      context.paths.configFile,
      "# mine\naccounts:\n  - { provider: groq, name: a, api_key: abcdef0123456789 }\n",
    );
    expect(await type("accounts", "disable", "groq/a", "--json")).toBe(0);
    expect(json()).toMatchObject({ id: "groq/a", enabled: false, state: "disabled" });
    expect(readFileSync(context.paths.configFile, "utf8")).toMatch(/^# mine\n[^]*enabled: false/);
    expect(await type("accounts", "remove", "groq/a")).toBe(2);
  });
});

describe("accounts refresh", () => {
  it("renews a login", async () => {
    const { type, asked, out } = await accountBench([cooling]);
    expect(await type("accounts", "refresh", "claude/work")).toBe(0);
    expect(asked).toEqual([["refresh", "claude/work"]]);
    expect(out()).toContain("claude/work renewed");
  });

  it("exits with 7 when the provider will not", async () => {
    const refused = (): Promise<never> => Promise.reject(new VerbRefusal("upstream", "the provider answers 500"));
    const { type, err } = await accountBench([cooling], { refreshAccount: refused });
    expect(await type("accounts", "refresh", "claude/work")).toBe(7);
    expect(err()).toContain("the provider answers 500");
  });

  it.each([
    [anAccount(), "it is an API key"],
    [anAccount({ source: "client", client: "codex" }), "codex's to renew"],
  ])("exits with 6 where there is nothing of ours to renew", async (account, words) => {
    const { type, err, asked } = await accountBench([account]);
    expect(await type("accounts", "refresh", account.id)).toBe(6);
    expect(err()).toContain(words);
    expect(asked).toEqual([]);
  });
});

describe("accounts cooldown clear", () => {
  it("ends all of them, one account's, or one model's", async () => {
    const { type, asked, out } = await accountBench([anAccount(), cooling]);
    expect(await type("accounts", "cooldown", "clear")).toBe(0);
    expect(await type("accounts", "cooldown", "clear", "claude/work")).toBe(0);
    expect(await type("accounts", "cooldown", "clear", "claude/work", "--model", "opus")).toBe(0);
    expect(await type("accounts", "cooldown", "clear", "--model", "opus")).toBe(0);
    expect(asked).toEqual([
      ["clear", null, null],
      ["clear", "claude/work", null],
      ["clear", "claude/work", "opus"],
      ["clear", "claude/work", "opus"],
    ]);
    expect(out()).toContain("2 cooldowns ended");
  });

  it("needs a running core", async () => {
    const { type, err } = await engineBench();
    expect(await type("accounts", "cooldown", "clear")).toBe(3);
    expect(err()).toContain("switchyard start -d");
  });
});

describe("accounts quota", () => {
  const reading: QuotaJson = {
    account: "claude/work",
    plan: "Pro",
    source: "endpoint",
    readAt: new Date().toISOString(),
    windows: [
      {
        name: "5 h",
        model: null,
        limit: 1_000,
        remaining: 250,
        usedPercent: 75,
        resetAt: "2020-01-01T00:00:00.000Z",
        unlimited: false,
        runsOutAt: new Date(Date.now() + 3_600_000).toISOString(),
        exhausted: false,
      },
    ],
    error: null,
  };
  const silent: QuotaJson = { ...reading, windows: [], error: "the provider answers 503" };

  it("is a table of windows", async () => {
    const { type, out } = await accountBench([cooling], { quota: () => Promise.resolve([reading, silent]) });
    expect(await type("accounts", "quota")).toBe(0);
    expect(out()).toMatch(/claude\/work +Pro +5 h +75 % +250 of 1,000 +now +runs out in \S.* at this rate; as told/);
    expect(out()).toContain("not read anew: the provider answers 503");
  });

  it("exits with 7 when the named one told nothing", async () => {
    const { type, json, out } = await accountBench([cooling], { quota: () => Promise.resolve([silent]) });
    expect(await type("accounts", "quota", "work", "--json")).toBe(7);
    expect(json()).toEqual([silent]);
    expect(await type("accounts", "quota")).toBe(0);
    expect(out()).toContain("503");
  });
});

describe("help", () => {
  it.each([
    ["accounts", "add"],
    ["accounts", "login"],
    ["accounts", "import"],
    ["accounts", "cooldown", "clear"],
    ["usage"],
    ["providers", "status"],
    ["models", "add"],
    ["combos", "list"],
  ])("has examples: %s %s %s", async (...words) => {
    const { commandTable } = await import("./program.ts");
    const { context } = await engineBench();
    let command = commandTable(context, { exitCode: 0 });
    for (const word of words) {
      const next = command.commands.find((each) => each.name() === word);
      if (next === undefined) throw new Error(`no command ${words.join(" ")}`);
      command = next;
    }
    let text = "";
    command.configureOutput({ writeOut: (written) => (text += written) }).outputHelp();
    expect(text).toContain("Examples:\n  switchyard");
    expect(text).not.toContain("--api-key ");
  });
});
