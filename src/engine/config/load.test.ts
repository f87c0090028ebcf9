import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultConfig } from "./defaults.ts";
import { config, options, parse, problems } from "./__fixtures__/parse.ts";
import { loadConfig, type LoadOptions } from "./load.ts";
import type { AccountConfig } from "./schema.ts";

/** Messages alone: what they are about is said in them. */
function warnings(text: string): readonly string[] {
  const result = parse(text);
  return result.ok ? result.warnings.map(({ message }) => message) : [`not ok: ${JSON.stringify(result.problems)}`];
}

function keyOf(account: AccountConfig | undefined): string | undefined {
  return account?.source.kind === "key" ? account.source.key.reveal() : undefined;
}

describe("the whole contract", () => {
  const contract = readFileSync(new URL("./__fixtures__/contract.yaml", import.meta.url), "utf8");

  it("loads", () => {
    const loaded = config(contract);
    expect(loaded.providers["local"]).toMatchObject({
      type: "openai-compatible",
      endpoint: "http://127.0.0.1:8000/v1",
      authType: "none",
      priority: 1,
      models: [{ name: "qwen3-coder", maxTokens: 131_072 }],
      modelMappings: { "gpt-4": "my-large" },
    });
    expect(loaded.accounts.map(({ provider, name, priority }) => ({ provider, name, priority }))).toEqual([
      { provider: "openrouter", name: "or-main", priority: 1 },
      { provider: "claude", name: "work", priority: 100 },
    ]);
    expect(keyOf(loaded.accounts[0])).toBe("sk-or-0123456789abcdef");
    expect(loaded.routes).toEqual([
      {
        match: { client: "claude-code", host: "api.anthropic.com", model: "claude-*" },
        to: "combo/deep",
        fallback: "error",
        enabled: true,
      },
    ]);
    expect(loaded.settings.usageBuffer).toBe(2000);
  });

  it("is the page's, word for word, and warns of nothing", () => {
    expect(warnings(contract)).toEqual([]);
    expect(config(contract).dormant).toEqual({});
    expect(config(contract).providers["local"]).toMatchObject({
      models: [{ name: "qwen3-coder", supportsFunctions: true, supportsStreaming: true }],
      features: { streaming: true, functions: true, vision: false, codeGeneration: true, multimodal: false },
      limits: { requestsPerMinute: 60, tokensPerMinute: 40_000, maxTokensPerRequest: 8192 },
      cooldown: { baseMs: 1000, maxMs: 120_000, maxResetMs: 1_800_000 },
    });
  });

  it("says which parts this version does not act on, and keeps nothing of them that may be secret", () => {
    expect(warnings("gateway: { key: sk-very-secret }")).toEqual(["accepted, not active in this version: gateway"]);
    expect(config("gateway: { key: sk-very-secret }").dormant).toEqual({ gateway: true });
  });
});

describe("settings", () => {
  const settings = (text: string, more: Partial<LoadOptions> = {}) => config(`settings: ${text}`, more).settings;

  it("are active without a warning", () => {
    const text =
      "settings: { thinking_budget: { mode: auto }, system_prompt: { mode: append, text: x }, bypass: true, " +
      "dedupe: { enabled: true }, request_logs: true }";
    expect(warnings(text)).toEqual([]);
  });
  it("take thinking from the file: a number of tokens, or a base that grows", () => {
    expect(settings("{ thinking_budget: { mode: passthrough, tokens: 5 } }").thinkingBudget).toEqual({
      mode: "passthrough",
    });
    expect(settings("{ thinking_budget: { mode: auto } }").thinkingBudget).toEqual({ mode: "auto" });
    expect(settings("{ thinking_budget: { mode: custom, tokens: 4096 } }").thinkingBudget).toEqual({
      mode: "custom",
      tokens: 4096,
    });
    expect(settings("{ thinking_budget: { mode: adaptive } }").thinkingBudget).toEqual({
      mode: "adaptive",
      tokens: 8192,
    });
    expect(settings("{ thinking_budget: { mode: adaptive, tokens: 2000 } }").thinkingBudget).toEqual({
      mode: "adaptive",
      tokens: 2000,
    });
  });
  it("lay a text around the system prompt, for all or by provider", () => {
    expect(settings("{ system_prompt: { mode: none, text: resting } }").systemPrompt.all).toBeNull();
    const text =
      "{ system_prompt: { mode: prepend, text: Be brief., providers: { openai: { mode: append }, claude: { mode: none }, " +
      "openrouter: { text: Be kind. } } } }";
    expect(settings(text).systemPrompt).toEqual({
      all: { prepend: "Be brief." },
      providers: { openai: { append: "Be brief." }, claude: {}, openrouter: { prepend: "Be kind." } },
    });
  });
  it("may say a mode or a text that only the providers' entries use", () => {
    expect(settings("{ system_prompt: { mode: append, providers: { openai: { text: x } } } }").systemPrompt).toEqual({
      all: null,
      providers: { openai: { append: "x" } },
    });
    expect(settings("{ system_prompt: { text: x, providers: { openai: { mode: prepend } } } }").systemPrompt).toEqual({
      all: null,
      providers: { openai: { prepend: "x" } },
    });
  });
  it("take the request log from the environment too", () => {
    const env = { ...options.env, ENABLE_REQUEST_LOGS: "true" };
    expect(settings("{ request_logs: true }").requestLogs).toBe(true);
    expect(settings("{ request_logs: false }", { env }).requestLogs).toBe(true);
    expect(settings("{}", { env: { ...env, ENABLE_REQUEST_LOGS: "false" } }).requestLogs).toBe(false);
  });
  it("answer the small calls of the Claude CLI, and share no replies, unless told otherwise", () => {
    expect(settings("{}")).toMatchObject({ bypass: true, dedupe: { enabled: false, windowMs: 5000 } });
    expect(settings("{ bypass: false, dedupe: { enabled: true, window_ms: 250 } }")).toMatchObject({
      bypass: false,
      dedupe: { enabled: true, windowMs: 250 },
    });
  });
});

describe("no file, or an empty one", () => {
  it("is the default configuration", () => {
    expect(loadConfig({ ...options, path: "/nowhere/config.yaml" })).toMatchObject({ ok: true, warnings: [] });
    expect(config("")).toEqual(defaultConfig);
    expect(config("# nothing yet\n")).toEqual(defaultConfig);
    expect(config("accounts:\nroutes:\n")).toEqual(defaultConfig);
  });
});

describe("problems", () => {
  it.each([
    [
      "usage_bufer under settings",
      "settings:\n  usage_bufer: 1",
      '2:3: settings.usage_bufer: unknown key "usage_bufer"; did you mean "usage_buffer"?',
    ],
    [
      "a camel-case key",
      "accounts:\n  - provider: claude\n    apiKey: x\n    enabled: false",
      '3:5: accounts[0].apiKey: unknown key "apiKey"; did you mean "api_key"?',
    ],
    [
      "a key like nothing known",
      "listen: { zzzzzzzz: 1 }",
      '1:11: listen.zzzzzzzz: unknown key "zzzzzzzz"; known here: host, port, proxy_auth, control_api',
    ],
    ["a prototype key", "__proto__: { x: 1 }", '1:1: __proto__: unknown key "__proto__"; known here: listen'],
    ["a prototype name", "aliases: { __proto__: local/x }", '1:12: aliases.__proto__: unknown key "__proto__"'],
    ["a wrong type", "listen:\n  port: none", "2:9: listen.port: must be a number"],
    ["a number too large", "listen: { port: 99999 }", "1:17: listen.port: must be at most 65535"],
    [
      "a word that is no choice",
      "listen: { proxy_auth: maybe }",
      "1:23: listen.proxy_auth: must be one of: reroute, always, off",
    ],
    ["a list where a map belongs", "providers: []", "1:12: providers: must be a map"],
    ["a text where a list belongs", "routes: passthrough", "1:9: routes: must be a list"],
    ["a missing field", "routes:\n  - match: { model: x }", '2:5: routes[0]: "to" is missing'],
    ["a file that is no map", "- a", "1:1: must be a map of sections, such as `routes:`"],
    ["broken YAML", "listen: {", "not valid YAML"],
    ["a key said twice", "listen: { port: 1, port: 2 }", "not valid YAML: Map keys must be unique"],
    [
      "an unknown provider",
      "routes:\n  - to: opnai/gpt-5",
      '2:9: routes[0].to: there is no provider "opnai"; did you mean "openai"?',
    ],
    [
      "an unknown combo",
      "combos: { deep: [openai/x] }\nroutes:\n  - to: combo/dep",
      '3:9: routes[0].to: there is no combo "dep"; did you mean "deep"?',
    ],
    [
      "an unknown alias",
      "aliases: { sonnet: claude/x }\nroutes:\n  - to: sonet",
      '3:9: routes[0].to: "sonet" is no alias, and a target is written provider/model; did you mean "sonnet"?',
    ],
    ["a slip in a keyword", "routes:\n  - to: passthru", 'did you mean "passthrough"?'],
    ["aliases in a circle", "aliases: { a: b, b: a }", "1:15: aliases.a: alias goes in a circle: b → a → b"],
    ["a combo in a combo", "combos: { a: [openai/x], b: [combo/a] }", "1:30: combos.b[0]: a combo cannot hold a combo"],
    ["a keyword in a combo", "combos: { a: [block] }", '"block" can stand in a route only'],
    ["a wildcard that fits no provider", 'routes:\n  - to: "zz*/x"', '2:9: routes[0].to: no provider fits "zz*"'],
    [
      "a provider without a type",
      "providers: { mine: { endpoint: https://h/v1 } }",
      '1:14: providers.mine: provider "mine" needs a type',
    ],
    [
      "an unknown type",
      "providers: { mine: { type: openai-compatable, endpoint: https://h } }",
      'unknown type "openai-compatable"; did you mean "openai-compatible"?',
    ],
    [
      "a provider without an endpoint",
      "providers: { mine: { type: openai-compatible } }",
      'provider "mine" needs an endpoint',
    ],
    [
      "an endpoint that is no URL",
      "providers: { mine: { type: openai-compatible, endpoint: localhost } }",
      "is not a URL",
    ],
    [
      "a password in an endpoint",
      "providers: { mine: { type: openai-compatible, endpoint: 'https://u:p@h/' } }",
      "must not hold a user name or password",
    ],
    [
      "another scheme",
      "providers: { mine: { type: openai-compatible, endpoint: 'file:///etc' } }",
      "must begin with https://",
    ],
    [
      "an account of no provider",
      "accounts:\n  - { provider: cluade, api_key: k }",
      '2:17: accounts[0].provider: there is no provider "cluade"; did you mean "claude"?',
    ],
    ["an account without a key", "accounts:\n  - { provider: claude, name: a }", 'account "a" has no api_key'],
    [
      "an account said twice",
      "accounts:\n  - { provider: claude, name: a, api_key: k }\n  - { provider: claude, name: a, api_key: k }",
      'provider claude has another account named "a"',
    ],
    [
      "a variable that is not set",
      'accounts:\n  - { provider: claude, api_key: "${NO_SUCH_KEY}" }',
      "2:34: accounts[0].api_key: environment variable NO_SUCH_KEY is not set",
    ],
    [
      "a key file that is not there",
      "accounts:\n  - { provider: claude, api_key: { file: ~/nope } }",
      "cannot read the key file /home/me/nope (ENOENT)",
    ],
    [
      "a listener for everyone",
      "listen: { host: 0.0.0.0 }",
      "1:17: listen.host: 0.0.0.0 can be reached from other machines",
    ],
    [
      "a fixed thinking budget without its tokens",
      "settings:\n  thinking_budget: { mode: custom }",
      "2:20: settings.thinking_budget: mode custom needs tokens, such as tokens: 8192",
    ],
    [
      "tokens to think with, and no mode",
      "settings:\n  thinking_budget: { tokens: 9 }",
      "2:20: settings.thinking_budget: tokens need a mode: custom or adaptive",
    ],
    [
      "an adaptive budget that starts from nothing",
      "settings: { thinking_budget: { mode: adaptive, tokens: 0 } }",
      "1:56: settings.thinking_budget.tokens: the base of mode adaptive must be at least 1",
    ],
    [
      "a system prompt without its text",
      "settings:\n  system_prompt: { mode: append, text: ' ' }",
      "2:18: settings.system_prompt: mode append needs a text",
    ],
    [
      "a text that no mode places",
      "settings:\n  system_prompt: { text: x }",
      "2:18: settings.system_prompt: a text needs a mode: prepend or append",
    ],
    [
      "a provider's text that no mode places",
      "settings:\n  system_prompt: { mode: none, providers: { claude: { text: x } } }",
      "2:53: settings.system_prompt.providers.claude: a text needs a mode: prepend or append",
    ],
    [
      "a system prompt for an unknown provider",
      "settings: { system_prompt: { providers: { cluade: { mode: none } } } }",
      '1:43: settings.system_prompt.providers.cluade: there is no provider "cluade"; did you mean "claude"?',
    ],
    ["a root file that is not there", "upstream: { ca: [missing.pem] }", "cannot read /etc/switchyard/missing.pem"],
    [
      "connect_to without a port",
      "upstream: { connect_to: { api.openai.com: 127.0.0.1:1 } }",
      '"api.openai.com" is not host:port',
    ],
  ])("%s", (_, text, expected) => {
    expect(problems(text).join("\n")).toContain(expected);
  });

  it("reports all of them, in the order of the file", () => {
    expect(
      problems("settings: { usage_bufer: 1 }\nlisten: { prot: 2, port: x }\nbogus: 1").map(
        (each) => each.split(" ")[0],
      ),
    ).toEqual(["1:13:", "2:11:", "2:26:", "3:1:"]);
  });

  it("never says the value of a key", () => {
    const secret = "sk-very-secret-value";
    const text = `accounts:\n  - { provider: claude, api_key: [${secret}] }\n  - { provider: x, api_key: ${secret} }`;
    expect(problems(text).join()).not.toContain(secret);
    const loaded = parse(`accounts:\n  - { provider: claude, api_key: ${secret} }`);
    expect(JSON.stringify(loaded) + inspect(loaded, { depth: 9 })).not.toContain(secret);
  });

  it("refuses a file beyond 1 MiB", () => {
    expect(problems(`# ${"x".repeat(1024 * 1024)}`)[0]).toContain("larger than 1 MiB");
  });

  it("refuses a YAML alias bomb", () => {
    const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1},`.repeat(9)}]`);
    expect(problems(bomb.join("\n"))[0]).toContain("not usable YAML");
  });
});

describe("keys", () => {
  const key = (api: string): string | undefined =>
    keyOf(config(`accounts:\n  - { provider: claude, api_key: ${api} }`).accounts[0]);

  it("come from the environment, a file, or the text itself", () => {
    expect(key('"${ANTHROPIC_API_KEY}"')).toBe("sk-ant-0123456789abcdef");
    expect(key("{ file: ~/.keys/claude }")).toBe("sk-ant-from-a-file");
    expect(key("sk-literal")).toBe("sk-literal");
  });
  it("need no variable while the account is off", () => {
    expect(
      config('accounts:\n  - { provider: claude, enabled: false, api_key: "${UNSET}" }').accounts[0],
    ).toMatchObject({
      source: { kind: "none" },
      enabled: false,
    });
  });
  it("cannot hold what no header can", () => {
    expect(problems('accounts:\n  - { provider: claude, api_key: "a\\r\\nx-evil: 1" }')[0]).toContain("outside ASCII");
  });
});

describe("providers", () => {
  it("lays a block over the built-in one of that name", () => {
    const { providers } = config("providers: { claude: { priority: 3, models: [{ name: claude-x, max_tokens: 5 }] } }");
    expect(providers["claude"]).toMatchObject({
      endpoint: "https://api.anthropic.com/v1",
      priority: 3,
      authType: "api_key",
    });
    expect(providers["openai"]).toBeDefined();
  });
  it("takes a registry id as a type", () => {
    const { providers } = config("providers: { second: { type: openrouter } }");
    expect(providers["second"]).toMatchObject({ type: "openai-compatible", endpoint: "https://openrouter.ai/api/v1" });
  });
  it("needs a key when it has an account with one, none otherwise", () => {
    const block = "providers: { mine: { type: openai-compatible, endpoint: 'http://127.0.0.1:1' } }";
    expect(config(block).providers["mine"]?.authType).toBe("none");
    expect(config(`${block}\naccounts: [{ provider: mine, api_key: k }]`).providers["mine"]?.authType).toBe("api_key");
  });
  it("warns when keys leave for another host, or unencrypted", () => {
    expect(warnings("providers: { claude: { endpoint: 'http://relay.example/v1' } }")).toEqual([
      "keys of claude travel unencrypted to relay.example; use https:// if the server has it",
      "keys of claude go to relay.example instead of api.anthropic.com",
    ]);
  });
  it("takes an entry of a binary dialect like any other", () => {
    const text = "providers: { g: { type: cursor, auth_type: none } }\nroutes: [{ to: g/x }, { to: gemini/y }]";
    expect(warnings(text)).toEqual([]);
    expect(config(text).providers["g"]).toMatchObject({ type: "cursor" });
  });
});

describe("what wins over the file", () => {
  it("is the environment, and over that the command line", () => {
    const env = { ...options.env, SWITCHYARD_PORT: "9000" };
    expect(config("listen: { port: 1 }", { env }).listen.port).toBe(9000);
    expect(config("listen: { port: 1 }", { env, overrides: { port: 0 } }).listen.port).toBe(0);
  });
  it("is checked like the file", () => {
    expect(problems("", { overrides: { host: "192.168.1.5" } })[0]).toContain("listen.host");
    expect(problems("", { env: { SWITCHYARD_PORT: "many" } })[0]).toContain("SWITCHYARD_PORT: must be a port number");
    expect(config("listen: { proxy_auth: always }", { overrides: { host: "0.0.0.0" } }).listen.host).toBe("0.0.0.0");
    const open = "listen: { proxy_auth: always, control_api: on }";
    expect(problems(open, { overrides: { host: "0.0.0.0" } })[0]).toContain(
      "listen.control_api: 0.0.0.0 can be reached",
    );
    expect(problems("listen: { control_api: true }")[0]).toContain("listen.control_api: must be one of: off, on");
    expect([config(open).listen.controlApi, config("").listen.controlApi]).toEqual([true, false]);
  });
});

describe("a key in another field's place", () => {
  const key = "sk-ant-0123456789abcdefghij";

  it.each([
    ["a provider's name", `routes: [{ to: ${key} }]`],
    ["a type", `providers: { x: { type: ${key} } }`],
    ["a key of the file", `${key}: 1`],
    ["an account's provider", `accounts: [{ provider: ${key} }]`],
  ])("%s: the problem says what is wrong and not the key", (_, text) => {
    const said = JSON.stringify(parse(text));
    expect(said).toContain("•••");
    expect(said).not.toContain("0123456789");
  });
});

describe("any input at all", () => {
  it("gives a configuration or problems, never an exception", () => {
    const words = fc.constantFrom(
      "routes",
      "to",
      "match",
      "settings",
      "providers",
      "__proto__",
      "x",
      "api_key",
      "type",
    );
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant("claude/x"));
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(words, tie("node"), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        const result = parse(JSON.stringify(value));
        for (const { line, column, message } of result.ok ? [] : result.problems) {
          expect(Math.min(line, column, message.length)).toBeGreaterThan(0);
        }
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof parse(text).ok).toBe("boolean");
      }),
    );
  });
});
