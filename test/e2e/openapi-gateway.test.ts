/** Everything that only the port answers, model calls in every dialect first: each answer is what the served document says. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AskOptions } from "../support/api.ts";
import { type ApiDocument, openDocument, type Operation } from "../support/api-document.ts";
import { createWalk, filled, filledHeaders, type Step, type Walk, walkOf } from "../support/api-walk.ts";
import {
  chatBody,
  type GatewayBench,
  geminiBody,
  messagesBody,
  startGatewayBench,
  version,
} from "../support/gateway-bench.ts";
import { kiroRequest } from "../support/kiro-client.ts";
import { field } from "../support/provider-turn.ts";

let bench: GatewayBench;
let document: ApiDocument;
let walk: Walk;
beforeAll(async () => {
  bench = await startGatewayBench();
  document = await openDocument(bench.api);
  walk = createWalk(() => bench.api, document);
}, 60_000);
afterAll(() => bench.stage.close());

const onPort = (): readonly Operation[] => document.operations.filter(({ surfaces }) => surfaces.includes("port"));

describe("every operation of the port", () => {
  it("is refused without the client key, and with a wrong one, in the dialect of its address", async () => {
    for (const operation of onPort()) {
      const { key, method } = operation;
      const options: AskOptions = method === "GET" ? { method } : { method, body: {} };
      for (const wrong of [{}, { "x-api-key": "wrong-key-0123456789" }]) {
        const headers = { ...filledHeaders(operation), ...wrong };
        const answer = await bench.api.port(filled(operation), { ...options, headers });
        expect([key, answer.status, document.problems(key, answer)]).toEqual([key, 401, []]);
      }
    }
  });

  it("is opened by the client key in each of its four places", async () => {
    const { clientKey } = bench.api;
    for (const [path, headers] of [
      ["/v1/providers", { authorization: `Bearer ${clientKey}` }],
      ["/v1/providers", { "x-api-key": clientKey }],
      ["/v1/providers", { "x-goog-api-key": clientKey }],
      [`/v1/providers?key=${clientKey}`, {}],
    ] as const) {
      const answer = await bench.api.port(path, { headers });
      expect([answer.status, document.problems("GET /v1/providers", answer)]).toEqual([200, []]);
    }
  });

  it("is refused to web pages and to foreign names", async () => {
    for (const operation of document.operations.filter(({ surfaces }) => surfaces.some((each) => each !== "socket"))) {
      const { key, method } = operation;
      for (const headers of [{ origin: "https://evil.example" }, { host: "evil.example" }]) {
        const answer = await bench.api.keyed(filled(operation), { method, headers });
        expect([key, answer.status, document.problems(key, answer)]).toEqual([key, 403, []]);
      }
    }
  });

  it("that has a body of ours refuses what is none", async () => {
    for (const operation of onPort().filter(({ method, tag }) => method !== "GET" && tag !== "calls")) {
      const { key, hasBody } = operation;
      const path = filled(operation);
      await walk.askPort(key, path, 400, { body: "{" });
      await walk.askPort(key, path, 413, { body: `{"a": "${"x".repeat(70_000)}"}` });
      const slip = await walk.askPort(key, path, 400, { body: { nonesuch: 1 } });
      expect([key, field(field(slip.json, "error"), "param")]).toEqual([key, "nonesuch"]);
      if (hasBody) await walk.askPort(key, path, 400);
    }
  });
});

const body = (value: unknown, headers: Readonly<Record<string, string>> = {}): AskOptions => ({ body: value, headers });
const streamed = { stream: true };
const ask = "Say hello.";

const googleSteps = (version_: string): Readonly<Record<string, readonly Step[]>> => {
  const at = (method: string): string => `/${version_}/models/{model}:${method}`;
  const named = (model: string, method: string): string => `/${version_}/models/${model}:${method}`;
  const both = (method: string, sent: unknown, model = "goog/gemini-listed"): readonly Step[] => [
    [named(model, method), 200, body(sent)],
    [named(encodeURIComponent(model), method), 200, body(sent)],
    [named("nobody-has-this", method), 404, body(sent)],
  ];
  const content = { parts: [{ text: "a" }] };
  return {
    [`POST ${at("generateContent")}`]: both("generateContent", geminiBody),
    [`POST ${at("streamGenerateContent")}`]: [
      ...both("streamGenerateContent", geminiBody),
      [`${named("local/m", "streamGenerateContent")}?alt=sse`, 200, body(geminiBody)],
    ],
    [`POST ${at("countTokens")}`]: both("countTokens", geminiBody),
    [`POST ${at("embedContent")}`]: both("embedContent", { content }, "pics/embed-1"),
    [`POST ${at("batchEmbedContents")}`]: both(
      "batchEmbedContents",
      { requests: [{ model: "models/pics/embed-1", content }] },
      "pics/embed-1",
    ),
  };
};

const kiroTarget = { "x-amz-target": "KiroRuntimeService.GenerateAssistantResponse" };
const kiroBody = (modelId: string): object => kiroRequest({ content: ask, modelId });

const envelope = (model: string): object => ({ model, project: "p", request: geminiBody });
const countEnvelope = (model: string): object => ({ request: { ...geminiBody, model: `models/${model}` } });

const steps: Readonly<Record<string, readonly Step[]>> = {
  "POST /v1/chat/completions": [
    ["/v1/chat/completions", 200, body(chatBody("local/m"))],
    ["/v1/chat/completions", 200, body(chatBody("anthro/m", streamed))],
    ["/v1/chat/completions", 404, body(chatBody("nobody-has-this"))],
    ["/v1/chat/completions", 403, body(chatBody("forbidden-model"))],
    ["/v1/chat/completions", 503, body(chatBody("off/model"))],
    ["/v1/chat/completions", 400, body({ messages: [] })],
  ],
  "POST /v1/responses": [
    ["/v1/responses", 200, body({ model: "resp/m", input: ask })],
    ["/v1/responses", 200, body({ model: "local/m", input: ask, ...streamed })],
    ["/v1/responses", 404, body({ model: "nobody-has-this", input: ask })],
  ],
  "POST /v1/responses/input_tokens": [
    ["/v1/responses/input_tokens", 200, body({ model: "resp/m", input: ask })],
    ["/v1/responses/input_tokens", 200, body({ model: "local/m", input: ask })],
    ["/v1/responses/input_tokens", 404, body({ model: "nobody-has-this", input: ask })],
  ],
  "POST /v1/responses/compact": [
    ["/v1/responses/compact", 200, body({ model: "resp/m", input: ask })],
    ["/v1/responses/compact", 400, body({ model: "local/m", input: ask })],
    ["/v1/responses/compact", 404, body({ model: "nobody-has-this", input: ask })],
  ],
  "POST /v1/messages": [
    ["/v1/messages", 200, body(messagesBody("anthro/m"), version)],
    ["/v1/messages", 200, body(messagesBody("local/m", streamed), version)],
    ["/v1/messages", 404, body(messagesBody("nobody-has-this"), version)],
    ["/v1/messages", 403, body(messagesBody("forbidden-model"), version)],
  ],
  "POST /v1/messages/count_tokens": [
    ["/v1/messages/count_tokens", 200, body(messagesBody("anthro/m"), version)],
    ["/v1/messages/count_tokens", 200, body(messagesBody("local/m"), version)],
    ["/v1/messages/count_tokens", 404, body(messagesBody("nobody-has-this"), version)],
  ],
  ...googleSteps("v1"),
  ...googleSteps("v1beta"),
  ...googleSteps("v1alpha"),
  "POST /v1internal:generateContent": [
    ["/v1internal:generateContent", 200, body(envelope("local/m"))],
    ["/v1internal:generateContent", 404, body(envelope("nobody-has-this"))],
  ],
  "POST /v1internal:streamGenerateContent": [
    ["/v1internal:streamGenerateContent?alt=sse", 200, body(envelope("local/m"))],
    ["/v1internal:streamGenerateContent", 200, body(envelope("local/m"))],
    ["/v1internal:streamGenerateContent?alt=sse", 404, body(envelope("nobody-has-this"))],
  ],
  "POST /v1internal:countTokens": [
    ["/v1internal:countTokens", 200, body(countEnvelope("local/m"))],
    ["/v1internal:countTokens", 404, body(countEnvelope("nobody-has-this"))],
  ],
  "POST /v1/embeddings": [
    ["/v1/embeddings", 200, body({ model: "pics/embed-1", input: "a" })],
    ["/v1/embeddings", 404, body({ model: "nobody-has-this", input: "a" })],
  ],
  "POST /v1/images/generations": [
    ["/v1/images/generations", 200, body({ model: "pics/draw-1", prompt: "a cat" })],
    ["/v1/images/generations", 404, body({ model: "nobody-has-this", prompt: "a cat" })],
  ],
  "POST /v1/providers/{provider}/chat/completions": [
    ["/v1/providers/local/chat/completions", 200, body(chatBody("gpt-4"))],
    ["/v1/providers/local/chat/completions", 200, body(chatBody("local/gpt-4", streamed))],
    ["/v1/providers/local/chat/completions", 404, body(chatBody("anthro/claude-x"))],
    ["/v1/providers/nobody/chat/completions", 404, body(chatBody("m"))],
  ],
  "POST /v1/providers/{provider}/responses": [
    ["/v1/providers/resp/responses", 200, body({ model: "m", input: ask })],
    ["/v1/providers/nobody/responses", 404, body({ model: "m", input: ask })],
  ],
  "POST /v1/providers/{provider}/messages": [
    ["/v1/providers/anthro/messages", 200, body(messagesBody("m"), version)],
    ["/v1/providers/nobody/messages", 404, body(messagesBody("m"), version)],
  ],
  "POST /v1/providers/{provider}/messages/count_tokens": [
    ["/v1/providers/anthro/messages/count_tokens", 200, body(messagesBody("m"), version)],
    ["/v1/providers/nobody/messages/count_tokens", 404, body(messagesBody("m"), version)],
  ],
  "POST /v1/providers/{provider}/embeddings": [
    ["/v1/providers/pics/embeddings", 200, body({ model: "e", input: "a" })],
    ["/v1/providers/nobody/embeddings", 404, body({ model: "e", input: "a" })],
  ],
  "POST /v1/providers/{provider}/images/generations": [
    ["/v1/providers/pics/images/generations", 200, body({ model: "d", prompt: "a" })],
    ["/v1/providers/nobody/images/generations", 404, body({ model: "d", prompt: "a" })],
  ],
  "POST /generateAssistantResponse": [
    ["/generateAssistantResponse", 200, body(kiroBody("local/m"))],
    ["/generateAssistantResponse", 400, body(kiroBody("nobody-has-this"))],
    ["/generateAssistantResponse", 403, body(kiroBody("forbidden-model"))],
    ["/generateAssistantResponse", 503, body(kiroBody("off/model"))],
  ],
  "POST /": [
    ["/", 200, body(kiroBody("anthro/m"), kiroTarget)],
    ["/", 400, body(kiroBody("nobody-has-this"), kiroTarget)],
    ["/", 403, body(kiroBody("forbidden-model"), kiroTarget)],
  ],
  "GET /v1beta/models": [
    ["/v1beta/models?pageSize=1000", 200],
    ["/v1beta/models?provider=nobody", 404],
  ],
  "GET /v1beta/models/{model}": [
    ["/v1beta/models/goog/gemini-listed", 200],
    ["/v1beta/models/none", 404],
  ],
  "GET /v1alpha/models": [
    ["/v1alpha/models", 200],
    ["/v1alpha/models?provider=nobody", 404],
  ],
  "GET /v1alpha/models/{model}": [
    ["/v1alpha/models/goog/gemini-listed", 200],
    ["/v1alpha/models/none", 404],
  ],
  "GET /healthz": [["/healthz", 200]],
  "GET /openapi.json": [["/openapi.json", 200]],
  "GET /metrics": [["/metrics", 200]],
};

describe("asked and answered as documented", () => {
  it("is every operation of this walk", () => {
    const mine = document.operations.filter((operation) => walkOf(operation) === "gateway").map(({ key }) => key);
    expect(Object.keys(steps).toSorted()).toEqual(mine.toSorted());
  });

  it.each(Object.entries(steps))("%s", async (key, asked) => {
    for (const step of asked) await walk.askPort(key, ...step);
    expect([key, document.answered.has(key)]).toEqual([key, true]);
  });

  it("lists of models in Anthropic's shape, for those who name its version or are Claude Code", async () => {
    for (const headers of [version, { "user-agent": "claude-cli/2.1.0 (external, cli)" }]) {
      const list = await walk.askPort("GET /v1/models", "/v1/models?limit=1000", 200, { headers });
      expect(list.json).toMatchObject({
        has_more: false,
        data: expect.arrayContaining([expect.objectContaining({ type: "model" })]),
      });
      const one = await walk.askPort("GET /v1/models/{model}", "/v1/models/combo/duo", 200, { headers });
      expect(one.json).toMatchObject({ type: "model", id: "combo/duo" });
      await walk.askPort("GET /v1/models/{model}", "/v1/models/no/such", 404, { headers });
    }
  });

  it("the document is the same on both surfaces", async () => {
    const onPortToo = await bench.api.keyed("/openapi.json");
    expect(onPortToo.json).toEqual(await bench.api.get("/api/openapi.json"));
  });

  it("no path at all, in words", async () => {
    const nothing = await bench.api.keyed("/v1/nothing");
    expect([nothing.status, field(field(nothing.json, "error"), "code")]).toEqual([404, "not_found"]);
  });

  it("and every operation was, every code that the port alone says occurred", () => {
    const mine = document.operations.filter((operation) => walkOf(operation) === "gateway");
    expect(mine.filter(({ key }) => !document.answered.has(key))).toEqual([]);
    expect([...document.refused].some((each) => each.endsWith(" invalid_api_key"))).toBe(true);
  });
});
