import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../base/secret.ts";
import type { Credential, LoginFacts } from "../accounts/credential.ts";
import { providerEntry } from "../config/__fixtures__/entries.ts";
import type { ProviderConfig, ProviderType } from "../config/schema.ts";
import { providerFrom } from "./compatible.ts";
import type { AuthorizeOptions, Provider } from "./provider.ts";
import { builtInProviders } from "./table.ts";

const key: Credential = { kind: "key", secret: new Secret("sk-key"), facts: {} };
const token = (facts: LoginFacts = {}): Credential => ({ kind: "token", secret: new Secret("tok-en"), facts });
const make = (type: ProviderType, more: Partial<ProviderConfig>): Provider =>
  providerFrom("x", { ...providerEntry(more), type });
const builtIn = (id: string, more: Partial<ProviderConfig> = {}): Provider => {
  const config = builtInProviders[id];
  const provider = config === undefined ? null : providerFrom(id, { ...config, ...more });
  if (provider === null) throw new Error(`no provider ${id}`);
  return provider;
};

describe("how a credential is shown", () => {
  it("Claude: a key as x-api-key, a login's token as a bearer with its beta", () => {
    expect(builtIn("claude").authorize(key)).toEqual([["x-api-key", "sk-key"]]);
    expect(builtIn("claude").authorize(token())).toEqual([
      ["authorization", "Bearer tok-en"],
      ["anthropic-beta", "oauth-2025-04-20"],
    ]);
  });
  it.each(["glm", "kimi", "minimax"])("%s: its key as x-api-key, and Anthropic's beta for nobody", (id) => {
    expect(builtIn(id).authorize(key)).toEqual([["x-api-key", "sk-key"]]);
    expect(builtIn(id).authorize(token())).toEqual([["authorization", "Bearer tok-en"]]);
  });
  it("Gemini: a key in Google's header, a token as a bearer", () => {
    expect(builtIn("gemini").authorize(key)).toEqual([["x-goog-api-key", "sk-key"]]);
    expect(builtIn("gemini").authorize(token())).toEqual([["authorization", "Bearer tok-en"]]);
  });
  it("Codex: a token names its workspace, a key does not", () => {
    expect(builtIn("codex").authorize(token({ accountId: "acc-1" }))).toEqual([
      ["authorization", "Bearer tok-en"],
      ["chatgpt-account-id", "acc-1"],
    ]);
    expect(builtIn("codex").authorize({ ...key, facts: { accountId: "acc-1" } })).toEqual([
      ["authorization", "Bearer sk-key"],
    ]);
  });
  it.each(["a\r\nx-evil: 1", "", "a b", "ä"])("Codex: %j is no account id that a header may carry", (accountId) => {
    expect(builtIn("codex").authorize(token({ accountId }))).toEqual([["authorization", "Bearer tok-en"]]);
  });
  it("Qwen: a login says that it is one, a key does not", () => {
    expect(builtIn("qwen").authorize(token())).toContainEqual(["x-dashscope-authtype", "qwen-oauth"]);
    expect(builtIn("qwen").authorize(key)).toEqual([["authorization", "Bearer sk-key"]]);
  });
  it("iFlow: signs the user agent that goes out, the session and the instant with the key", () => {
    const options: AuthorizeOptions = {
      clock: { now: () => 1_700_000_000_123, monotonic: () => 0 },
      random: { bytes: (count) => Buffer.alloc(count, 7) },
      userAgent: "curl/8",
    };
    const headers = new Map(builtIn("iflow").authorize(key, options));
    const session = headers.get("session-id") ?? "";
    expect(session).toMatch(/^session-[\w-]{20,}$/);
    expect(headers.get("x-iflow-timestamp")).toBe("1700000000123");
    expect(headers.get("x-iflow-signature")).toBe(
      createHmac("sha256", "sk-key").update(`curl/8:${session}:1700000000123`).digest("hex"),
    );
    expect(builtIn("iflow").authorize(key)).toEqual([["authorization", "Bearer sk-key"]]);
  });
  it("Copilot: a bearer; no other program's name in any header", () => {
    const provider = builtIn("copilot");
    const headers = [...provider.authorize(token()), ...(provider.bodyHeaders?.({}) ?? [])];
    expect(headers).toContainEqual(["authorization", "Bearer tok-en"]);
    expect(JSON.stringify(headers)).not.toMatch(/vscode|jetbrains|zed|GitHubCopilotChat/i);
  });
});

describe("the host a token is bound to", () => {
  const bound = (id: string, endpoint: string, more: Partial<ProviderConfig> = {}): string | null => {
    const origin = builtIn(id, more).originFor?.({ endpoint }) ?? null;
    return origin === null ? null : `${origin.scheme}://${origin.authority}`;
  };
  it.each([
    ["copilot", "https://api.individual.githubcopilot.com", "https://api.individual.githubcopilot.com"],
    ["copilot", "https://api.enterprise.githubcopilot.com/", "https://api.enterprise.githubcopilot.com"],
    ["qwen", "portal.qwen.ai", "https://portal.qwen.ai"],
    ["qwen", "dashscope.aliyuncs.com/compatible-mode/v1", "https://dashscope.aliyuncs.com"],
    ["qwen", "https://coding-intl.dashscope.aliyuncs.com/v1", "https://coding-intl.dashscope.aliyuncs.com"],
  ])("%s: %s is its own", (id, endpoint, expected) => {
    expect(bound(id, endpoint)).toBe(expected);
  });
  it.each([
    ["copilot", "https://evil.test"],
    ["copilot", "https://githubcopilot.com.evil.test"],
    ["copilot", "https://evilgithubcopilot.com"],
    ["copilot", "http://api.githubcopilot.com"],
    ["copilot", "https://api.githubcopilot.com:8443"],
    ["copilot", "https://api.githubcopilot.com@evil.test"],
    ["copilot", "https://evil.test/#.githubcopilot.com"],
    ["copilot", "https://evil.test?x=.githubcopilot.com"],
    ["copilot", "https://evil.test\\.githubcopilot.com"],
    ["copilot", "javascript:alert(1)"],
    ["copilot", ""],
    ["copilot", "http://127.0.0.1:9"],
    ["qwen", "https://bucket.oss-cn-hangzhou.aliyuncs.com"],
    ["qwen", "https://dashscope.aliyuncs.com.evil.test/v1"],
    ["qwen", "//evil.test"],
    ["qwen", "qwen.ai.evil.test"],
    ["qwen", "file:///etc/passwd"],
  ])("%s: %j is nobody's", (id, endpoint) => {
    expect(bound(id, endpoint)).toBeNull();
  });
  it("stays at the host its user configured, whatever the login says", () => {
    const here = { endpoint: "http://127.0.0.1:9000" };
    expect(bound("copilot", "https://api.githubcopilot.com", here)).toBeNull();
    expect(bound("copilot", "http://127.0.0.1:9001", here)).toBe("http://127.0.0.1:9001");
    expect(bound("copilot", "http://127.0.0.2:9001", here)).toBeNull();
    expect(bound("qwen", "https://mine.test:444/v1", { endpoint: "https://mine.test/v1" })).toBeNull();
  });
  it("never leaves the service's own names, whatever is said", () => {
    const piece = fc.constantFrom(
      "https://",
      "evil.test",
      ".",
      "githubcopilot.com",
      "@",
      "/",
      "\\",
      ":",
      "443",
      "#",
      "?",
      "%2e",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const origin = builtIn("copilot").originFor?.({ endpoint: pieces.join("") }) ?? null;
        expect(origin === null || /^(.+\.)?githubcopilot\.com$/.test(origin.host)).toBe(true);
        expect(origin === null || (origin.scheme === "https" && origin.port === 443)).toBe(true);
      }),
    );
  });
  it("has its own base path, or the configured one where the login names a bare host", () => {
    const provider = builtIn("qwen");
    const at = (endpoint: string): string | undefined =>
      provider.target("/chat/completions", provider.originFor?.({ endpoint }) ?? undefined);
    expect(at("portal.qwen.ai")).toBe("/v1/chat/completions");
    expect(at("dashscope.aliyuncs.com/compatible-mode/v1")).toBe("/compatible-mode/v1/chat/completions");
  });
  it("is the only one that the login's owner has", () => {
    const own = builtIn("copilot").forLogin?.({ endpoint: "https://api.business.githubcopilot.com" });
    expect(own?.origins.map(({ host }) => host)).toEqual(["api.business.githubcopilot.com"]);
    expect(own?.origin.host).toBe("api.business.githubcopilot.com");
    const hostile = builtIn("copilot").forLogin?.({ endpoint: "https://evil.test" });
    expect(hostile?.origins.map(({ host }) => host)).toEqual(["api.githubcopilot.com"]);
  });
  it.each(Object.keys(builtInProviders))("%s: a hostile fact moves no credential", (id) => {
    const config = builtInProviders[id];
    const provider = config === undefined ? null : providerFrom(id, config);
    const facts: LoginFacts = { endpoint: "https://evil.test", region: "evil.test", project: "evil.test" };
    const all = [provider, provider?.forLogin?.(facts)];
    const hosts = all.flatMap((each) => [...(each?.origins ?? []), each?.originFor?.(facts)]);
    expect(hosts.filter((origin) => origin?.host.includes("evil") === true)).toEqual([]);
  });
});

describe("Code Assist", () => {
  it.each(["gemini-cli", "antigravity"])("%s: the login's project where the entry names none", (id) => {
    expect(builtIn(id).ownFields).toBeUndefined();
    expect(builtIn(id).writeOptions("m").project).toBeUndefined();
    expect(builtIn(id).writeOptions("m", { project: "theirs" }).project).toBe("theirs");
    const own = builtIn(id).forLogin?.({ project: "theirs" });
    expect(own?.ownFields).toEqual({ project: "theirs" });
    expect(own?.writeOptions("m").project).toBe("theirs");
  });
  it("keeps the entry's project over a login's", () => {
    const own = builtIn("gemini-cli", { project: "mine" }).forLogin?.({ project: "theirs" });
    expect(own?.ownFields).toEqual({ project: "mine" });
    expect(own?.writeOptions("m").project).toBe("mine");
  });
  it("has Antigravity's three addresses in order", () => {
    const provider = builtIn("antigravity");
    expect(provider.origins.map(({ host }) => host)).toEqual([
      "daily-cloudcode-pa.googleapis.com",
      "daily-cloudcode-pa.sandbox.googleapis.com",
      "cloudcode-pa.googleapis.com",
    ]);
    for (const origin of provider.origins) {
      expect(provider.target("/v1internal:generateContent", origin)).toBe("/v1internal:generateContent");
    }
  });
  it("calls a further address below its own base path", () => {
    const provider = make("openai-compatible", { moreEndpoints: ["https://two.test/openai/v1"] });
    expect(provider.origins.map((origin) => provider.target("/chat/completions", origin))).toEqual([
      "/v1/chat/completions",
      "/openai/v1/chat/completions",
    ]);
  });
});

describe("Qwen's body", () => {
  const amend = (body: Readonly<Record<string, unknown>>): unknown => builtIn("qwen").amendBody?.(body);
  it("loses an empty list of tools, and what would choose from it", () => {
    expect(amend({ model: "m", tools: [], tool_choice: "required" })).toEqual({ model: "m" });
  });
  it("lets nobody force a tool while it thinks", () => {
    const tools = [{ type: "function" }];
    expect(amend({ enable_thinking: true, tools, tool_choice: "required" })).toMatchObject({ tool_choice: "auto" });
    expect(amend({ reasoning_effort: "high", tools, tool_choice: { type: "function" } })).toMatchObject({
      tool_choice: "auto",
    });
  });
  it.each([
    [{ tools: [{}], tool_choice: "required" }],
    [{ enable_thinking: true, tools: [{}], tool_choice: "none" }],
    [{ enable_thinking: true, tools: [{}] }],
    [{ messages: [] }],
  ])("stays the same object otherwise: %j", (body) => {
    expect(amend(body)).toBe(body);
  });
});

describe("MiniMax", () => {
  it.each([
    ["https://api.minimax.io/anthropic/v1", "claude", "/messages", "/anthropic/v1/messages"],
    ["https://api.minimaxi.com/anthropic", "claude", "/v1/messages", "/anthropic/v1/messages"],
    ["https://api.minimax.io/v1", "openai-chat", "/chat/completions", "/v1/chat/completions"],
    ["https://api.minimax.chat", "openai-chat", "/chat/completions", "/v1/chat/completions"],
  ])("speaks at %s what the path says: %s", (endpoint, format, call, target) => {
    const provider = builtIn("minimax", { endpoint });
    expect(provider.format).toBe(format);
    expect(provider.target(call)).toBe(target);
    const [name] = provider.authorize(key)[0] ?? [];
    expect(name).toBe(format === "claude" ? "x-api-key" : "authorization");
  });
});
