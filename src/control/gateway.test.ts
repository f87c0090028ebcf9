import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineVerbs, ModelJson } from "../base/controls-engine.ts";
import { VerbRefusal } from "../base/controls-engine.ts";
import type { Exchange } from "../base/exchange.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../base/http.ts";
import { systemClock } from "../base/clock.ts";
import { createRedactor } from "../base/redact.ts";
import { Secret } from "../base/secret.ts";
import { createGatewayHandler } from "./gateway.ts";
import { createPortControl } from "./port-control.ts";
import { addressed } from "./gateway-address.ts";
import { cpuMs } from "../../test/support/cpu.ts";

const key = "client-key-canary-0123456789";

const model: ModelJson = {
  id: "p/m",
  provider: "p",
  model: "m",
  kind: "chat",
  source: "config",
  max_tokens: 10,
  usable: true,
  capabilities: { streaming: true, functions: true, vision: false, code_generation: false, max_tokens: 10 },
};

function bench(verbs: Partial<EngineVerbs> = {}) {
  const calls: Exchange[] = [];
  const redactor = createRedactor();
  redactor.register(key);
  const handler = createGatewayHandler({
    engine: {
      isCall: ({ method, target }) => method === "POST" && /\/chat\/completions$|:generateContent$/.test(target),
      gateway: (exchange) => {
        calls.push(exchange);
        return Promise.resolve({ status: 200, headers: [], body: bodyOf(Buffer.from("{}")) });
      },
    },
    // What a test does not name is not asked for.
    verbs: { models: () => Promise.resolve([model]), ...verbs } as EngineVerbs,
    clientKey: new Secret(key),
    redactor,
    version: "9.9.9",
    // Beside what is tested here.
    control: createPortControl({
      isOn: () => false,
      adminToken: new Secret("admin-token-0123456789"),
      clientKey: new Secret(key),
      socketPath: "/nowhere",
      clock: systemClock,
      onGuessing: () => {},
    }),
    loginPage: { owns: () => false, handle: () => Promise.reject(new Error("no page here")) },
    metricsText: () => Promise.resolve(""),
  });
  const ask = async (
    method: string,
    target: string,
    options: { readonly headers?: HeaderPairs; readonly body?: string } = {},
  ): Promise<{ readonly status: number; readonly text: string }> => {
    const reply: HttpReply = await handler.handle({
      method,
      scheme: "http",
      host: "127.0.0.1",
      port: 1,
      target,
      headers: [["Authorization", `Bearer ${key}`], ...(options.headers ?? [])],
      client: "unknown",
      protocol: "http/1.1",
      authorized: false,
      body: bodyOf(Buffer.from(options.body ?? "")),
      signal: new AbortController().signal,
      tap: { id: "f", head: () => {}, chunk: () => {}, tell: () => {} },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of reply.body) chunks.push(chunk);
    return { status: reply.status, text: Buffer.concat(chunks).toString("utf8") };
  };
  return { handler, ask, calls };
}

describe("addressed", () => {
  it.each([
    ["/v1/providers/p%2Bq/chat/completions?x=1", "/v1/chat/completions?x=1", "p+q"],
    ["/v1/providers/p/messages/count_tokens", "/v1/messages/count_tokens", "p"],
    ["/v1/providers/%zz/embeddings", "/v1/embeddings", "%zz"],
    ["/v1/providers/p/q/embeddings", "/v1/providers/p/q/embeddings", null],
    ["/v1/providers/p/enabled", "/v1/providers/p/enabled", null],
    ["/v1beta/models/p/m:generateContent?alt=sse", "/v1beta/models/p%2Fm:generateContent?alt=sse", null],
    ["/v1/models/combo/a/b:countTokens", "/v1/models/combo%2Fa%2Fb:countTokens", null],
    ["/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent", null],
    ["/v1/models/p/m", "/v1/models/p/m", null],
    ["//v1//providers/p/v1/messages/?x=//y/", "/v1/messages?x=//y/", "p"],
    ["/v1/%70rovider%73/%70/chat/completions", "/v1/chat/completions", "p"],
    ["/", "/", null],
    ["/v1/models/a%2fb%2E%2e", "/v1/models/a%2fb%2E%2e", null],
  ])("%s is %s", (target, wanted, provider) => {
    expect(addressed({ target })).toMatchObject({ head: { target: wanted }, provider });
  });

  it("knows what only begins like a provider's address", () => {
    const astray = ["/v1/providers/p/q/embeddings", "/v1/providers/p/enabled", "/x/%70roviders//p/messages"];
    expect(astray.map((target) => addressed({ target }).isAstray)).toEqual([true, true, true]);
    const fine = ["/v1/providers/p/embeddings", "/v1/messages?to=/providers/p", "/v1/models/p/m"];
    expect(fine.map((target) => addressed({ target }).isAstray)).toEqual([false, false, false]);
  });

  it("of any length takes no time to speak of", () => {
    for (const piece of ["/", "//providers/", "%70", ":a", "%"]) {
      const target = `/v1/models${piece.repeat(16_000 / piece.length)}`;
      expect(cpuMs(() => void addressed({ target }))).toBeLessThan(500);
    }
  });
});

describe("the gateway", () => {
  it("has an answer for any target, with or without the key", async () => {
    const { ask, handler } = bench();
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.constantFrom("GET", "POST", "PUT", "HEAD"), async (rest, method) => {
        const target = `/${rest}`;
        const head = { method, scheme: "http" as const, host: "h", port: 1, target, headers: [] };
        handler.isCall(head);
        expect((await ask(method, target)).status).toBeLessThan(500);
      }),
    );
  });

  it("hands calls to the engine as it reads them, and says whether the key was shown", async () => {
    const { ask, calls } = bench();
    await ask("POST", "/v1/providers/p/chat/completions");
    await ask("POST", "/v1/chat/completions", { headers: [["x-api-key", "another"]] });
    await bench().ask("POST", "/v1/chat/completions");
    expect(calls).toEqual([
      expect.objectContaining({ target: "/v1/chat/completions", gateway: { provider: "p" }, authorized: true }),
      expect.objectContaining({ gateway: { provider: null }, authorized: true }),
    ]);
  });

  it.each<[string, HeaderPairs, object]>([
    [
      "/v1/models?provider=x",
      [],
      { error: { message: "no •••6789", type: "invalid_request_error", code: "not-found" } },
    ],
    ["/v1/models?provider=x", [["anthropic-version", "1"]], { type: "error", error: { type: "not_found_error" } }],
    ["/v1beta/models?provider=x", [], { error: { code: 404, status: "NOT_FOUND" } }],
  ])("says no at %s in the asker's dialect, without secrets", async (target, headers, shape) => {
    const { ask } = bench({ models: () => Promise.reject(new VerbRefusal("not-found", `no ${key}`)) });
    const { status, text } = await ask("GET", target, { headers });
    expect([status, JSON.parse(text)]).toEqual([404, expect.objectContaining({ error: expect.anything() })]);
    expect(JSON.parse(text)).toMatchObject(shape);
    expect(text).not.toContain(key);
  });

  it("knows Claude Code by its name, too", async () => {
    const { ask } = bench();
    const { text } = await ask("GET", "/v1/models?limit=1000", {
      headers: [["user-agent", "claude-cli/2.1.0 (external)"]],
    });
    expect(JSON.parse(text)).toMatchObject({ has_more: false, data: [{ type: "model", id: "p/m" }] });
    const plain = await ask("GET", "/v1/models?limit=1000", { headers: [["user-agent", "curl/8.0"]] });
    expect(JSON.parse(plain.text)).toMatchObject({ object: "list" });
  });

  it("says which field it means where the dialect has a place for it", async () => {
    const { ask } = bench();
    const slip = await ask("PUT", "/v1/providers/p/enabled", { body: '{"enable": true}' });
    expect([slip.status, JSON.parse(slip.text)]).toEqual([
      400,
      {
        error: {
          message: 'there is no field "enable" here (known are enabled); did you mean "enabled"?',
          type: "invalid_request_error",
          param: "enable",
          code: "invalid",
        },
      },
    ]);
  });

  it("a fault of ours is a 500", async () => {
    const { ask } = bench({ models: () => Promise.reject(new TypeError("oops")) });
    expect((await ask("GET", "/v1/models")).status).toBe(500);
    expect((await ask("GET", "/v1beta/models")).status).toBe(500);
  });

  it("reads no body that is too large, or none, and does not quote it", async () => {
    const { ask } = bench();
    const large = await ask("PUT", "/v1/providers/p/enabled", { body: "x".repeat(70_000) });
    expect(large.status).toBe(413);
    const broken = await ask("PUT", "/v1/providers/p/enabled", { body: "my-secret-word" });
    expect(broken.status).toBe(400);
    expect(broken.text).not.toContain("my-secret-word");
  });

  it("lists models that one talks with in the other dialects, all of them in OpenAI's", async () => {
    const models = [model, { ...model, id: "p/e", kind: "embedding" as const }, { ...model, id: "p/u", usable: false }];
    const { ask } = bench({ models: () => Promise.resolve(models) });
    const ids = async (target: string, headers: HeaderPairs = []): Promise<readonly string[]> =>
      [...(await ask("GET", target, { headers })).text.matchAll(/"(?:id|name)":"(?:models\/)?(p\/\w)"/g)].map(
        ([, id = ""]) => id,
      );
    expect(await ids("/v1/models")).toEqual(["p/m", "p/e"]);
    expect(await ids("/v1/models?provider=p")).toEqual(["p/m", "p/e", "p/u"]);
    expect(await ids("/v1/models", [["anthropic-version", "1"]])).toEqual(["p/m"]);
    expect(await ids("/v1beta/models")).toEqual(["p/m"]);
  });
});
