import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import { bodyOf, type HttpReply, type HttpRequest } from "../../base/http.ts";
import { Secret } from "../../base/secret.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import type { Credential } from "../accounts/credential.ts";
import { providerEntry } from "../config/__fixtures__/entries.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { createDiscovery, type Discovery, type ModelListResult } from "./discover.ts";
import { checkHealth, type HealthResult } from "./health-check.ts";
import { builtInProviders } from "./table.ts";

const key: Credential = { kind: "key", secret: new Secret("sk-key-of-mine"), facts: {} };
const { signal } = new AbortController();

type Answer = (request: HttpRequest) => Partial<HttpReply> | Promise<Partial<HttpReply>>;

/** A provider that answers as told and remembers what it was asked. */
function provider(answer: Answer) {
  const asked: HttpRequest[] = [];
  const time = { now: 0 };
  const deps = {
    send: async (request: HttpRequest): Promise<HttpReply> => {
      asked.push(request);
      return { status: 200, headers: [], body: bodyOf(""), ...(await answer(request)) };
    },
    clock: { now: () => time.now, monotonic: () => time.now },
    random: { bytes: (count: number) => Buffer.alloc(count, 1) },
  };
  return { deps, asked, time };
}

const json = (value: unknown, status = 200): Partial<HttpReply> => ({ status, body: bodyOf(JSON.stringify(value)) });
const config = (id: string, more: Partial<ProviderConfig> = {}): ProviderConfig => {
  const found = builtInProviders[id];
  if (found === undefined) throw new Error(`no ${id}`);
  return { ...found, ...more };
};
const list = (
  discovery: Discovery,
  id: string,
  entry = config(id),
  credential: Credential | null = key,
  refresh = false,
): Promise<ModelListResult> => discovery.list({ id, config: entry, credential, signal, refresh });

describe("asking a provider for its models", () => {
  it.each([
    ["claude", "https://api.anthropic.com/v1/models?limit=1000"],
    ["openai", "https://api.openai.com/v1/models"],
    ["gemini", "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000"],
    ["openrouter", "https://openrouter.ai/api/v1/models"],
    ["groq", "https://api.groq.com/openai/v1/models"],
    ["kiloai", "https://api.kilo.ai/api/openrouter/models"],
    ["copilot", "https://api.githubcopilot.com/models"],
    ["cohere", "https://api.cohere.com/v1/models"],
    ["ollama-local", "http://127.0.0.1:11434/api/tags"],
  ])("%s: at %s", async (id, url) => {
    const { deps, asked } = provider(() => json({ data: [{ id: "m" }] }));
    const result = await list(createDiscovery(deps), id);
    expect(result).toMatchObject({ ok: true, models: [{ name: "m" }] });
    const [request] = asked;
    expect(`${request?.scheme}://${headerValue(request?.headers ?? [], "host")}${request?.target}`).toBe(url);
    expect(request?.method).toBe("GET");
  });

  it("shows the credential the provider's way", async () => {
    const { deps, asked } = provider(() => json({ data: [] }));
    await list(createDiscovery(deps), "claude");
    expect(asked[0]?.headers).toContainEqual(["x-api-key", "sk-key-of-mine"]);
    expect(asked[0]?.headers).toContainEqual(["anthropic-version", "2023-06-01"]);
  });

  it("goes where the token belongs", async () => {
    const { deps, asked } = provider(() => json({ data: [] }));
    const token: Credential = {
      kind: "token",
      secret: new Secret("tok"),
      facts: { endpoint: "https://api.business.githubcopilot.com" },
    };
    await list(createDiscovery(deps), "copilot", config("copilot"), token);
    const hostile: Credential = { ...token, facts: { endpoint: "https://evil.test" } };
    await list(createDiscovery(deps), "copilot", config("copilot"), hostile);
    expect(asked.map(({ host }) => host)).toEqual(["api.business.githubcopilot.com", "api.githubcopilot.com"]);
  });

  it("follows pages, but not for ever", async () => {
    const { deps, asked } = provider(({ target }) => json({ data: [{ id: target }], has_more: true, last_id: "a&b" }));
    const result = await list(createDiscovery(deps), "claude");
    expect(asked).toHaveLength(5);
    expect(asked[1]?.target).toBe("/v1/models?limit=1000&after_id=a%26b");
    expect(result.ok && result.models.length).toBe(2);
  });

  it("asks again after ten minutes, when told to, or at another address", async () => {
    const { deps, asked, time } = provider(() => json({ data: [{ id: "m" }] }));
    const discovery = createDiscovery(deps);
    await list(discovery, "openai");
    time.now = 599_999;
    expect(await list(discovery, "openai")).toMatchObject({ ok: true, cached: true });
    expect(asked).toHaveLength(1);
    time.now = 600_000;
    expect(await list(discovery, "openai")).toMatchObject({ cached: false });
    await list(discovery, "openai", config("openai"), key, true);
    await list(discovery, "openai", config("openai", { endpoint: "https://two.test/v1" }));
    expect(asked).toHaveLength(4);
    expect([...discovery.known().keys()]).toEqual(["openai"]);
  });

  it("keeps what it knew when asking fails", async () => {
    let status = 200;
    const { deps } = provider(() => json({ data: [{ id: "m" }] }, status));
    const discovery = createDiscovery(deps);
    await list(discovery, "openai");
    status = 500;
    expect(await list(discovery, "openai", config("openai"), key, true)).toMatchObject({ ok: false, status: 500 });
    expect(discovery.known().get("openai")).toMatchObject([{ name: "m" }]);
  });

  it("asks a server of this machine in OpenAI's way when it is not Ollama", async () => {
    const { deps, asked } = provider(({ target }) =>
      target === "/v1/models" ? json({ data: [{ id: "m" }] }) : { status: 404 },
    );
    const entry = providerEntry({ kind: "local" });
    expect(await list(createDiscovery(deps), "mine", entry, null)).toMatchObject({ ok: true, models: [{ name: "m" }] });
    expect(asked.map(({ target }) => target)).toEqual(["/api/tags", "/v1/models"]);
  });

  it.each(["codex", "antigravity"])("%s has none to ask for", async (id) => {
    const { deps, asked } = provider(() => json({ data: [] }));
    expect(await list(createDiscovery(deps), id)).toMatchObject({ ok: false, status: null });
    expect(asked).toEqual([]);
  });

  it.each([
    ["a refusal", (): Partial<HttpReply> => ({ status: 401, body: bodyOf("no sk-key-of-mine") }), 401, "answered 401"],
    [
      "a redirect",
      (): Partial<HttpReply> => ({ status: 302, headers: [["location", "https://evil.test"]] }),
      302,
      "answered 302",
    ],
    ["a page", (): Partial<HttpReply> => ({ body: bodyOf("<html>") }), 200, "JSON"],
    ["something else", (): Partial<HttpReply> => json({ hello: 1 }), 200, "list of models"],
    ["bytes without end", (): Partial<HttpReply> => ({ body: endless() }), 200, "too many bytes"],
  ])("says what was wrong with %s, and no secret", async (_, answer, status, words) => {
    const { deps, asked } = provider(answer);
    const result = await list(createDiscovery(deps), "openai");
    expect(result).toMatchObject({ ok: false, status, message: expect.stringContaining(words) });
    expect(JSON.stringify(result)).not.toContain("sk-key");
    expect(asked.map(({ host }) => host)).toEqual(["api.openai.com"]);
  });

  it("unpacks an answer that was packed unasked", async () => {
    const packed = gzipSync(JSON.stringify({ data: [{ id: "m" }] }));
    const { deps } = provider(() => ({ headers: [["content-encoding", "gzip"]], body: bodyOf(packed) }));
    expect(await list(createDiscovery(deps), "openai")).toMatchObject({ ok: true, models: [{ name: "m" }] });
  });

  it("stops when its asker goes, and lets go of the connection", async () => {
    const { deps, asked } = provider(
      ({ signal: given }) =>
        new Promise((_, reject) => given.addEventListener("abort", () => reject(new Error("aborted")))),
    );
    const asker = new AbortController();
    const result = createDiscovery(deps).list({
      id: "openai",
      config: config("openai"),
      credential: key,
      signal: asker.signal,
    });
    asker.abort();
    expect(await result).toMatchObject({ ok: false, message: "the question was given up" });
    expect(asked[0]?.signal.aborted).toBe(true);
  });
});

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(1024 * 1024, 32);
}

describe("the health of a provider", () => {
  const check = (answer: Answer, id = "openai", credential: Credential | null = key): Promise<HealthResult> =>
    checkHealth(provider(answer).deps, { id, config: config(id), credential, signal });

  it.each([
    [200, "healthy", true],
    [401, "unauthorized", true],
    [403, "unauthorized", true],
    [404, "healthy", false],
    [429, "limited", false],
    [500, "failing", false],
    [503, "failing", false],
  ] as const)("a list that answers %d: %s", async (status, expected, credentialChecked) => {
    expect(await check(() => json({ data: [] }, status))).toMatchObject({
      status: expected,
      httpStatus: status,
      credentialChecked,
    });
  });

  it("measures what it took", async () => {
    const { deps, time } = provider(() => {
      time.now += 42;
      return json({ data: [] });
    });
    expect(await checkHealth(deps, { id: "openai", config: config("openai"), credential: key, signal })).toMatchObject({
      latencyMs: 42,
    });
  });

  it("shows no credential where there is no cheap call for it", async () => {
    const { deps, asked } = provider(() => ({ status: 404 }));
    const result = await checkHealth(deps, { id: "codex", config: config("codex"), credential: key, signal });
    expect(result).toMatchObject({ status: "healthy", credentialChecked: false });
    expect(asked[0]).toMatchObject({ method: "HEAD", target: "/" });
    expect(headerValue(asked[0]?.headers ?? [], "authorization")).toBeUndefined();
  });

  it("asks Kiro for its models, in the region of the login's profile", async () => {
    const profileArn = "arn:aws:codewhisperer:eu-central-1:123456789012:profile/FAKE";
    const login = { kind: "token", secret: new Secret("aoa-x"), facts: { profileArn, region: "us-west-2" } } as const;
    const models = [
      {
        modelId: "claude-sonnet-4.6",
        modelName: "Sonnet",
        supportedInputTypes: ["TEXT", "IMAGE"],
        tokenLimits: { maxInputTokens: 1_000_000 },
      },
      { modelId: "auto" },
    ];
    const { deps, asked } = provider(() => json({ models }));
    const question = { id: "kiro", config: config("kiro"), credential: login, signal };
    expect(await createDiscovery(deps).list(question)).toMatchObject({
      ok: true,
      models: [
        { name: "claude-sonnet-4.6", maxTokens: 1_000_000, vision: true },
        { name: "auto", maxTokens: null },
      ],
    });
    expect(asked[0]).toMatchObject({ method: "GET", host: "q.eu-central-1.amazonaws.com" });
    expect(new URLSearchParams(asked[0]?.target.split("?")[1]).get("profileArn")).toBe(profileArn);
    expect(asked[0]?.target).toMatch(/^\/listAvailableModels\?origin=AI_EDITOR/);
    expect(headerValue(asked[0]?.headers ?? [], "tokentype")).toBeUndefined();
    expect(await checkHealth(deps, question)).toMatchObject({ status: "healthy", credentialChecked: true });
  });

  it("says why it cannot be reached", async () => {
    const refused = (): never => {
      throw new UpstreamError("refused", "connect", "nobody listens at api.openai.com:443");
    };
    expect(await check(refused)).toMatchObject({
      status: "unreachable",
      httpStatus: null,
      reason: expect.stringContaining("nobody listens"),
    });
  });
});
