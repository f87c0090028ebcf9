/** Embeddings and images through the pipeline: targets, accounts, several calls, errors, streams. A fake `send` answers. */
import { describe, expect, it } from "vitest";
import type { Exchange } from "../../base/exchange.ts";
import type { FlowFact } from "../../base/flow.ts";
import { bodyOf, type HeaderPairs, type HttpReply, type HttpRequest } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createSignatureLedger } from "../hub/signature-ledger.ts";
import { systemRandom } from "../../base/random.ts";
import { createResponseMemory } from "./response-memory.ts";
import { mediaCall } from "../media/index.ts";
import { configured } from "../routing/availability.ts";
import type { RouteTarget } from "../routing/targets.ts";
import { keys, loadConfigText } from "./__fixtures__/config.ts";
import { gather, json, streamed } from "./__fixtures__/rig.ts";
import { createDedupe } from "./dedupe.ts";
import type { WalkResult } from "./walk.ts";
import { createPool } from "../accounts/create-pool.ts";
import { keyCredentials } from "../accounts/key-credentials.ts";
import { noObserver } from "../observer.ts";
import { handleMedia } from "./media.ts";
import { createViews } from "./view.ts";

const yaml = `
providers:
  voyage: { type: openai-compatible, endpoint: https://api.voyageai.com/v1 }
  cohere: { type: openai-compatible, endpoint: https://api.cohere.com/v2 }
  local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000", auth_type: none }
accounts:
  - { provider: openai, name: a, api_key: "\${A}" }
  - { provider: openai, name: b, api_key: "\${B}" }
  - { provider: voyage, name: v, api_key: "\${A}" }
  - { provider: cohere, name: c, api_key: "\${A}" }
  - { provider: gemini, name: g, api_key: "\${B}" }
`;

interface Sent {
  readonly url: string;
  readonly headers: HeaderPairs;
  readonly json: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly target?: string;
  readonly body: unknown;
  readonly to: readonly string[];
  readonly authorized?: boolean;
  readonly signal?: AbortSignal;
}

type Play = (sent: Sent, turn: number) => HttpReply | Promise<HttpReply>;

function createBench(play: Play) {
  const config = loadConfigText(yaml);
  const view = createViews(() => config)();
  const sent: Sent[] = [];
  const facts: FlowFact[] = [];
  const clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };
  const send = async (request: HttpRequest): Promise<HttpReply> => {
    const text = Buffer.concat(await gather(request.body)).toString();
    const one = {
      url: `${request.scheme}://${request.host}:${request.port}${request.target}`,
      headers: request.headers,
      // Everything the engine sends is a JSON object.
      json: JSON.parse(text) as Readonly<Record<string, unknown>>,
    };
    sent.push(one);
    return play(one, sent.length);
  };
  const ledger = createSignatureLedger({ clock });
  const tools = {
    send,
    clock,
    after: () => () => {},
    ledger,
    dedupe: createDedupe({ clock }),
    pool: createPool({ config: () => config, stored: () => [], clock, random: systemRandom }),
    credentials: keyCredentials,
    observer: noObserver,
    random: systemRandom,
    availability: () => configured(config),
    responses: createResponseMemory({ clock, random: systemRandom }),
  };
  const ask = (asked: Asked): Promise<WalkResult> => {
    const target = asked.target ?? "/v1/embeddings";
    const exchange: Exchange = {
      method: "POST",
      scheme: "https",
      host: "api.openai.com",
      port: 443,
      target,
      headers: [
        ["authorization", "Bearer sk-client-own-key"],
        ["user-agent", "OpenAI/JS 6.49.0"],
      ],
      client: "node",
      protocol: "http/1.1",
      authorized: asked.authorized ?? true,
      body: bodyOf(""),
      signal: asked.signal ?? new AbortController().signal,
      tap: {
        id: "flow-1",
        head: () => {},
        chunk: () => {},
        tell: (fact) => void facts.push(fact),
      },
    };
    const targets = asked.to.map((words): RouteTarget => {
      const [provider = "", ...model] = words.split("/");
      return { provider, model: model.join("/"), prefix: null };
    });
    const kind = mediaCall(target);
    if (kind === null) throw new Error(`${target} is no media call`);
    return handleMedia({ tools, view, exchange, kind, body: asked.body, bytes: 100, combo: null, targets });
  };
  return { sent, facts, ask };
}

async function textOf(result: WalkResult): Promise<string> {
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`);
  return Buffer.concat(await gather(result.reply.body)).toString();
}

function listReply(vectors: readonly unknown[]): object {
  return {
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
    model: "served",
    usage: { prompt_tokens: 3, total_tokens: 3 },
  };
}

describe("embeddings", () => {
  it("go to the target with its key, and the very bytes of the reply come back", async () => {
    const bytes = `  ${JSON.stringify(listReply([[0.1, 0.20000000001]]))}\n`;
    const { ask, sent, facts } = createBench(() => json(200, bytes, [["x-request-id", "req-1"]]));
    const result = await ask({ body: { model: "asked", input: "a" }, to: ["openai/text-embedding-3-small"] });
    expect(await textOf(result)).toBe(bytes);
    expect(result).toMatchObject({ reply: { status: 200 } });
    expect(result.ok && result.reply.headers).toContainEqual(["x-request-id", "req-1"]);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe("https://api.openai.com:443/v1/embeddings");
    expect(sent[0]?.json).toEqual({ model: "text-embedding-3-small", input: "a" });
    expect(sent[0]?.headers).toContainEqual(["authorization", `Bearer ${keys.A}`]);
    expect(JSON.stringify(sent[0]?.headers)).not.toContain("sk-client-own-key");
    expect(sent[0]?.headers).toContainEqual(["user-agent", "OpenAI/JS 6.49.0"]);
    expect(facts).toContainEqual({
      type: "usage",
      usage: { input: 3, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    });
    expect(facts).toContainEqual({ type: "described", model: { served: "served" } });
    expect(facts).toContainEqual({
      type: "described",
      provider: "openai",
      account: "a",
      formats: { upstream: "openai-chat" },
    });
    expect(facts.map(({ type }) => type)).toContain("attempt-ended");
  });
  it("of more inputs than one call takes are asked for in several, and losses are named", async () => {
    const { ask, sent, facts } = createBench(({ json: body }) => {
      const texts = body["texts"];
      const float = Array.isArray(texts) ? texts.map(() => [1, 2]) : [];
      return json(200, { embeddings: { float }, meta: { billed_units: { input_tokens: 5 } } });
    });
    const input = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    const result = await ask({ body: { model: "asked", input, user: "u" }, to: ["cohere/embed-v4.0"] });
    expect(sent.map(({ url }) => url)).toEqual(Array.from({ length: 3 }, () => "https://api.cohere.com:443/v2/embed"));
    expect(JSON.parse(await textOf(result))).toMatchObject({ data: { length: 200 }, usage: { prompt_tokens: 15 } });
    expect(facts.filter(({ type }) => type === "attempt-started")).toHaveLength(1);
    expect(facts).toContainEqual({
      type: "losses",
      losses: ["parameter: user", "parameter: input_type must be said and was not: search_document was sent"],
    });
  });
  it("go to Gemini's address for Gemini", async () => {
    const { ask, sent } = createBench(() => json(200, { embeddings: [{ values: [1, 2] }] }));
    const result = await ask({ body: { input: "a", encoding_format: "base64" }, to: ["gemini/gemini-embedding-001"] });
    expect(sent[0]?.url).toBe(
      "https://generativelanguage.googleapis.com:443/v1beta/models/gemini-embedding-001:batchEmbedContents",
    );
    expect(sent[0]?.headers).toContainEqual(["x-goog-api-key", keys.B]);
    expect(JSON.parse(await textOf(result))).toMatchObject({ data: [{ embedding: "AACAPwAAAEA=" }] });
  });
  it("go on to the next account, then to the next target", async () => {
    const { ask, sent } = createBench((_, turn) => {
      if (turn === 1) return json(429, { error: { message: "slow down", code: "rate_limit_exceeded" } });
      if (turn === 2) throw new UpstreamError("refused", "connect", "connection refused");
      return json(200, listReply([[1]]));
    });
    const result = await ask({ body: { input: "a" }, to: ["openai/m", "local/m"] });
    expect(result.ok).toBe(true);
    expect(sent.map(({ url }) => url)).toEqual([
      "https://api.openai.com:443/v1/embeddings",
      "https://api.openai.com:443/v1/embeddings",
      "http://127.0.0.1:8000/v1/embeddings",
    ]);
  });
  it("that a target cannot take go on without asking it", async () => {
    const { ask, sent } = createBench(() => json(200, listReply([[1]])));
    const result = await ask({ body: { input: [1, 2, 3] }, to: ["voyage/voyage-3.5", "openai/m"] });
    expect(result.ok).toBe(true);
    expect(sent.map(({ url }) => url)).toEqual(["https://api.openai.com:443/v1/embeddings"]);
  });
  it("that are wrong are not asked for anywhere", async () => {
    const { ask, sent } = createBench(() => json(200, {}));
    const result = await ask({ body: { input: "" }, to: ["openai/m", "voyage/m"] });
    expect(result).toMatchObject({ ok: false, error: { kind: "bad-request" }, attempts: 0, whole: null });
    expect(sent).toEqual([]);
  });
  it.each([
    [
      "an error inside a 200",
      json(200, { error: { message: "no such model", code: "model_not_found" } }),
      "model-not-found",
    ],
    ["bytes that are no JSON", json(200, "<html>"), "protocol"],
    ["a redirect", json(302, "", [["location", "https://elsewhere.example"]]), "upstream"],
    ["vectors that are missing", json(200, listReply([])), "protocol"],
    ["a packing that is none", json(200, "{}", [["content-encoding", "gzip"]]), "protocol"],
    ["an error in a packing that is none", json(401, "{}", [["content-encoding", "gzip"]]), "auth"],
  ])("%s is an error", async (_, reply, kind) => {
    const { ask, facts } = createBench(() => reply);
    const result = await ask({ body: { input: "a" }, to: ["local/m"] });
    expect(result).toMatchObject({ ok: false, error: { kind } });
    expect(facts.filter(({ type }) => type === "attempt-ended")).toHaveLength(1);
  });
  it("of a provider that quotes the key it refuses come back without it", async () => {
    const { ask } = createBench(() => json(401, { error: { message: `bad key ${keys.A}`, code: "invalid_api_key" } }));
    const result = await ask({ body: { input: "a" }, to: ["voyage/m"] });
    expect(result).toMatchObject({ ok: false, error: { kind: "auth" }, whole: { status: 401 } });
    expect(JSON.stringify(result)).not.toContain(keys.A);
    expect(!result.ok && result.whole !== null && Buffer.from(result.whole.body).toString()).toContain("bad key •••");
  });
  it("need the proxy token where a stored key is used", async () => {
    const { ask, sent } = createBench(() => json(200, listReply([[1]])));
    const refused = await ask({ body: { input: "a" }, to: ["openai/m", "nobody/m"], authorized: false });
    expect(refused).toMatchObject({ ok: false, error: { kind: "proxy-auth" }, attempts: 0 });
    expect(sent).toEqual([]);
    const open = await ask({ body: { input: "a" }, to: ["local/m"], authorized: false });
    expect(open.ok).toBe(true);
  });
  it("of a client that has gone are asked for no more", async () => {
    const { ask, sent } = createBench(() => json(200, listReply([[1]])));
    const result = await ask({ body: { input: "a" }, to: ["openai/m"], signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ok: false, error: { kind: "client-gone" } });
    expect(sent).toEqual([]);
  });
  it("to nobody are refused", async () => {
    const { ask } = createBench(() => json(200, {}));
    expect(await ask({ body: { input: "a" }, to: [] })).toMatchObject({ ok: false, error: { kind: "no-account" } });
  });
});

describe("images", () => {
  const target = "/v1/images/generations";
  const png = "iVBORw0KGgoAAAANSUhEUg==";
  const drawn = {
    candidates: [{ content: { parts: [{ inlineData: { mimeType: "image/png", data: png } }] } }],
    usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1290 },
  };

  it("that were drawn before one failed are not thrown away", async () => {
    const { ask, sent, facts } = createBench((_, turn) =>
      turn < 3 ? json(200, drawn) : json(429, { error: { message: "slow down" } }),
    );
    const body = { model: "gpt-image-1", prompt: "a red panda", n: 4 };
    const result = await ask({ target, body, to: ["gemini/gemini-2.5-flash-image"] });
    expect(JSON.parse(await textOf(result))).toMatchObject({ data: [{ b64_json: png }, { b64_json: png }] });
    expect(sent).toHaveLength(3);
    expect(facts).toContainEqual({ type: "losses", losses: ["reply: 2 of 4 images were made"] });
  });
  it("of which the first one fails are an error", async () => {
    const { ask, sent } = createBench(() => json(500, { error: { message: "broken" } }));
    const body = { prompt: "a red panda", n: 4 };
    const result = await ask({ target, body, to: ["local/dall-e-3"] });
    expect(result).toMatchObject({ ok: false, error: { kind: "upstream" }, attempts: 1 });
    expect(sent).toHaveLength(1);
  });
  it("in parts are passed on untouched, and counted", async () => {
    const events = [
      `event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"${png}"}\n\n`,
      `event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"${png}","usage":{"input_tokens":5,"output_tokens":9,"total_tokens":14}}\n\n`,
    ].join("");
    const { ask, sent, facts } = createBench(() => streamed(events, { size: 7 }));
    const body = { prompt: "a red panda", stream: true, partial_images: 1 };
    const result = await ask({ target, body, to: ["openai/gpt-image-1"] });
    expect(facts.some(({ type }) => type === "attempt-ended")).toBe(false);
    expect(await textOf(result)).toBe(events);
    expect(result.ok && result.reply.headers).toContainEqual(["content-type", "text/event-stream"]);
    expect(sent[0]?.json).toEqual({ ...body, model: "gpt-image-1" });
    expect(facts).toContainEqual({ type: "usage", usage: expect.objectContaining({ input: 5, output: 9 }) });
    expect(facts.filter(({ type }) => type === "attempt-ended")).toHaveLength(1);
  });
  it("in parts that are cut break for the client too", async () => {
    const cut = new UpstreamError("reset", "body", "the connection broke");
    const { ask, facts } = createBench(() => streamed("event: image_generation.partial_image\n", { cut }));
    const result = await ask({ target, body: { prompt: "a", stream: true }, to: ["openai/gpt-image-1"] });
    await expect(textOf(result)).rejects.toBe(cut);
    expect(facts).toContainEqual({ type: "attempt-ended", status: 200, error: "truncated: the connection broke" });
  });
  it("in parts that nobody reads give their upstream back", async () => {
    const { ask, facts } = createBench(() => streamed("event: image_generation.partial_image\n"));
    const result = await ask({ target, body: { prompt: "a", stream: true }, to: ["openai/gpt-image-1"] });
    if (result.ok) await result.reply.body[Symbol.asyncIterator]().return?.();
    expect(facts.filter(({ type }) => type === "attempt-ended")).toHaveLength(1);
  });
});
