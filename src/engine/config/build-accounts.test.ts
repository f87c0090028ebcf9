import { describe, expect, it } from "vitest";
import { config, problems, warnings } from "./__fixtures__/parse.ts";

const one = (block: string, more = "") => config(`accounts: [{ ${block} }]\n${more}`).accounts[0];

describe("an account", () => {
  it("has everything its block says", () => {
    expect(
      one(
        "provider: claude, name: a, api_key: k, priority: 3, weight: 5, enabled: true, prefix: work, " +
          "limits: { requests_per_minute: 9 }, models: [{ name: m, alias: x }, { name: n }], excluded_models: ['*-x']",
      ),
    ).toMatchObject({
      provider: "claude",
      name: "a",
      source: { kind: "key" },
      priority: 3,
      weight: 5,
      enabled: true,
      prefix: "work",
      limits: { requestsPerMinute: 9 },
      models: [{ name: "m", alias: "x" }, { name: "n" }],
      excludedModels: ["*-x"],
      from: "config",
    });
    expect(one("provider: claude, api_key: k, limits: suggested")?.limits).toEqual({
      requestsPerMinute: 60,
      tokensPerMinute: 40_000,
    });
  });
  it("may go through a proxy of its own", () => {
    const loaded = config("accounts: [{ provider: claude, name: a, api_key: k, proxy: 'socks5://127.0.0.1' }]");
    expect(loaded.settings.networkProxy.keys).toEqual({ "claude/a": "socks5://127.0.0.1:1080" });
  });
  it("goes by the first name of a provider that has two", () => {
    expect(one("provider: github, name: g, accept_terms: true")).toMatchObject({
      provider: "copilot",
      source: { kind: "login" },
      enabled: true,
    });
  });
  it("gives its prefix to targets", () => {
    const accounts = "accounts: [{ provider: claude, name: a, api_key: k, prefix: my-office }]";
    expect(problems(`${accounts}\nroutes: [{ to: my-office/claude-x }]`)).toEqual([]);
    expect(problems(`${accounts}\nroutes: [{ to: my-ofice/claude-x }]`)[0]).toContain('did you mean "my-office"?');
  });
});

describe("where a credential comes from", () => {
  it("is a login of our own where the provider has logins, or where it is said", () => {
    expect(one("provider: codex, accept_terms: true")?.source).toEqual({ kind: "login" });
    expect(one("provider: claude, login: true, accept_terms: true")?.source).toEqual({ kind: "login" });
    expect(one("provider: claude, login: stored, accept_terms: true")?.source).toEqual({ kind: "login" });
  });
  it("is another program's login, found by itself or at a path", () => {
    expect(one("provider: claude, import: claude-code, accept_terms: true")?.source).toEqual({
      kind: "client",
      client: "claude-code",
      path: null,
    });
    expect(one("provider: codex, import: codex, token_file: ~/auth.json, accept_terms: true")?.source).toEqual({
      kind: "client",
      client: "codex",
      path: "/home/me/auth.json",
    });
    expect(one("provider: cursor")?.source).toEqual({ kind: "client", client: "cursor", path: null });
  });
  it("is a key where there is one, whatever the provider", () => {
    expect(one("provider: codex, api_key: k")).toMatchObject({ source: { kind: "key" }, enabled: true });
  });
});

describe("rerouting to a subscription", () => {
  const text = "accounts: [{ provider: claude, name: mine, import: claude-code }]";

  it("is off until its owner has accepted the terms, and says so", () => {
    expect(config(text).accounts[0]?.enabled).toBe(false);
    expect(warnings(text)).toEqual([
      "accounts[0]: account claude/mine is not used: it reroutes to the login of claude-code, which the provider's terms may forbid; read them, then add accept_terms: true",
    ]);
    expect(warnings("accounts: [{ provider: codex, name: mine }]")[0]).toContain("account codex/mine is not used");
  });
  it("is on, in silence, once they have", () => {
    const accepted = text.replace(" }", ", accept_terms: true }");
    expect(config(accepted).accounts[0]?.enabled).toBe(true);
    expect(warnings(accepted)).toEqual([]);
  });
  it("is asked of a token pasted for Cursor too, which is no key", () => {
    const pasted = "accounts: [{ provider: cursor, name: mine, api_key: k }]";
    expect(config(pasted).accounts[0]?.enabled).toBe(false);
    expect(warnings(pasted)[0]).toContain("account cursor/mine is not used: it reroutes to a login");
    const accepted = pasted.replace(" }", ", accept_terms: true }");
    expect(config(accepted).accounts[0]).toMatchObject({ enabled: true, source: { kind: "key" } });
  });
  it("says nothing about an account that is switched off", () => {
    expect(warnings(text.replace(" }", ", enabled: false }"))).toEqual([]);
    expect(warnings(text.replace(" }", ", enabled: false, accept_terms: true }"))).toEqual([]);
  });
  it.each([
    ["claude", "import: claude-code", "https://relay.example/v1", "api.anthropic.com is not sent to relay.example"],
    ["codex", "login: true", "https://relay.example", "chatgpt.com is not sent to relay.example"],
    ["copilot", "login: true", "https://copilot.example", "is not sent to copilot.example"],
    ["kiro", "login: true", "https://x.execute-api.us-east-1.amazonaws.com", "is not sent to x.execute-api"],
    ["kimi", "import: claude-code", "https://api.kimi.com/coding/v1", "api.anthropic.com is not sent to api.kimi.com"],
  ])("never sends a login elsewhere: %s, %s", (provider, how, endpoint, expected) => {
    const moved = `providers: { ${provider}: { endpoint: "${endpoint}" } }\naccounts: [{ provider: ${provider}, name: a, ${how}, accept_terms: true }]`;
    expect(config(moved).accounts[0]?.enabled).toBe(false);
    expect(warnings(moved).join("\n")).toContain(expected);
  });
  it.each([
    ["claude", "import: claude-code", "http://127.0.0.1:1"],
    ["copilot", "login: true", "https://api.business.githubcopilot.com"],
    ["kiro", "login: true", "https://q.eu-central-1.amazonaws.com"],
  ])("goes to the service's other addresses, and to this machine: %s at %s", (provider, how, endpoint) => {
    const moved = `providers: { ${provider}: { endpoint: "${endpoint}" } }\naccounts: [{ provider: ${provider}, name: a, ${how}, accept_terms: true }]`;
    expect(config(moved).accounts[0]?.enabled).toBe(true);
  });
});

describe("an account's problems", () => {
  it.each([
    ["a slip in a key", "provider: claude, api_key: k, accept_term: true", 'did you mean "accept_terms"?'],
    ["an unknown program", "provider: claude, import: claude", "must be one of: claude-code, codex, gemini-cli"],
    [
      "a program of another provider",
      "provider: openai, import: claude-code",
      "the login of claude-code is good for provider claude only",
    ],
    [
      "two credentials",
      "provider: claude, api_key: k, login: true",
      "has api_key and login; a credential comes from one place",
    ],
    [
      "a file without its program",
      "provider: claude, api_key: k, token_file: x",
      "needs import: the name of the program",
    ],
    ["a login that is denied", "provider: claude, login: false", "must be true (or stored)"],
    ["a prefix with a slash", "provider: claude, api_key: k, prefix: a/b", "names are letters, digits"],
    ["the combos' prefix", "provider: claude, api_key: k, prefix: combo", '"combo" is the prefix of combos'],
    ["a weight below nothing", "provider: claude, api_key: k, weight: -1", "must be at least 0"],
    ["a proxy that is none", "provider: claude, api_key: k, proxy: nowhere", "is not a proxy"],
    ["a model without a name", "provider: claude, api_key: k, models: [{ alias: x }]", '"name" is missing'],
  ])("%s", (_, block, expected) => {
    expect(problems(`accounts: [{ ${block} }]`).join("\n")).toContain(expected);
  });
});

describe("oauth", () => {
  it("gives logins what is not built in", () => {
    const loaded = config(
      "oauth: { gemini-cli: { client_id: i, client_secret: '${ANTHROPIC_API_KEY}', auth_url: 'https://h/a', token_url: 'https://h/t', refresh_url: 'http://127.0.0.1:1/r' }, github: { client_id: g } }",
    ).oauth;
    expect(loaded["gemini-cli"]).toMatchObject({
      clientId: "i",
      authUrl: "https://h/a",
      tokenUrl: "https://h/t",
      refreshUrl: "http://127.0.0.1:1/r",
    });
    expect(loaded["gemini-cli"]?.clientSecret?.reveal()).toBe("sk-ant-0123456789abcdef");
    expect(loaded["copilot"]).toEqual({ clientId: "g" });
  });
  it.each([
    [
      "an unknown provider",
      "{ gemni-cli: { client_id: x } }",
      'there is no provider "gemni-cli"; did you mean "gemini-cli"?',
    ],
    ["an unknown key", "{ codex: { token_uri: x } }", 'unknown key "token_uri"; did you mean "token_url"?'],
    ["no map", "{ codex: x }", "must be a map"],
    [
      "an address in the open",
      "{ codex: { token_url: 'http://h/t' } }",
      "oauth.codex.token_url: must begin with https://",
    ],
    ["no address", "{ codex: { auth_url: h } }", "is not a URL"],
    ["a password in it", "{ codex: { auth_url: 'https://u:sk-x@h' } }", "must not hold a user name or password"],
    ["a secret that is not set", "{ codex: { client_secret: '${NOPE}' } }", "environment variable NOPE is not set"],
  ])("refuses %s", (_, block, expected) => {
    const found = problems(`oauth: ${block}`).join("\n");
    expect(found).toContain(expected);
    expect(found).not.toContain("sk-x");
  });
});

describe("prices", () => {
  it("go by patterns of provider/model", () => {
    expect(
      config(
        "prices: { '*/claude-*': { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 }, '*': { input: 0, output: 0 } }",
      ).prices,
    ).toEqual({
      "*/claude-*": { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
      "*": { input: 0, output: 0 },
    });
  });
  it.each([
    ["half a price", "{ '*/x': { input: 1 } }", '"output" is missing'],
    ["a price below nothing", "{ '*/x': { input: -1, output: 1 } }", "must not be negative"],
    ["a price in words", "{ '*/x': { input: free, output: 1 } }", "must be a number: US dollars for a million tokens"],
    ["an unknown key", "{ '*/x': { input: 1, output: 1, cached_read: 1 } }", 'did you mean "cache_read"?'],
    ["a model alone", "{ gpt-5: { input: 1, output: 1 } }", 'write "*/gpt-5" or "PROVIDER/gpt-5"'],
  ])("refuse %s", (_, block, expected) => {
    expect(problems(`prices: ${block}`).join("\n")).toContain(expected);
  });
  it("say what a pattern without a provider probably means", () => {
    expect(warnings("prices: { 'claude-*': { input: 1, output: 1 } }")[0]).toContain('did you mean "*/claude-*"');
  });
});
