/** Every back end both ways: what it is asked, and what an OpenAI client makes of its reply. */
import { describe, expect, it } from "vitest";
import { embeddingBackends, geminiBackend } from "./embedding-backends.ts";
import { optionsFor, write } from "./__fixtures__/media.ts";
import { embeddingModels, writeMedia } from "./index.ts";
import { toBase64 } from "./vectors.ts";

const texts = ["The first text.", "Zweiter Text."];
const first = [0.25, -0.5, 0.125];
const second = [1, 0, -1];

/** As OpenAI writes it. */
function listReply(vectors: readonly unknown[], usage: unknown = { prompt_tokens: 9, total_tokens: 9 }) {
  return {
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
    model: "served-model",
    usage,
  };
}

const wantedData = [
  { object: "embedding", index: 0, embedding: first },
  { object: "embedding", index: 1, embedding: second },
];

describe("OpenAI's shape", () => {
  it.each(["openai", "together", "fireworks", "nebius", "openrouter", "mine"])("%s: the call as it came", (id) => {
    const body = { model: "asked", input: texts, encoding_format: "float", dimensions: 3, user: "u-1" };
    const call = write("embeddings", body, { provider: { id } });
    expect(call.path).toBe("/embeddings");
    expect(call.bodies).toEqual([{ ...body, model: "the-model" }]);
    expect(call.losses).toEqual([]);
    expect(call.answer(listReply([first, second]))).toEqual({
      body: null,
      usage: { input: 9, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
      model: "served-model",
      losses: [],
    });
  });
  it("a single text stays a text, and fields nobody knows stay", () => {
    const call = write("embeddings", { model: "asked", input: "a", truncate_prompt_tokens: -1 }, {});
    expect(call.bodies).toEqual([{ model: "the-model", input: "a", truncate_prompt_tokens: -1 }]);
  });
  it("base64 that is asked for and comes is not touched", () => {
    const call = write("embeddings", { input: "a", encoding_format: "base64" }, { provider: { id: "openai" } });
    expect(call.bodies[0]?.["encoding_format"]).toBe("base64");
    expect(call.answer(listReply([toBase64(first)])).body).toBeNull();
  });
  it("a server that does not know base64 is made good for: its lists are spelled anew, the rest of its reply stays", () => {
    const call = write("embeddings", { input: texts, encoding_format: "base64" }, {});
    const reply = { ...listReply([first, second]), provider: "a shop of its own" };
    expect(call.answer(reply).body).toEqual({
      ...reply,
      data: [
        { object: "embedding", index: 0, embedding: toBase64(first) },
        { object: "embedding", index: 1, embedding: toBase64(second) },
      ],
    });
  });
  it("base64 that nobody asked for becomes lists", () => {
    const call = write("embeddings", { input: "a" }, {});
    expect(call.answer(listReply([toBase64(first)])).body).toMatchObject({ data: [{ embedding: first }] });
  });
  it("base64 that is no floats is an error, not garbage", () => {
    expect(() => write("embeddings", { input: "a" }, {}).answer(listReply(["AAA="]))).toThrow(/protocol/);
  });
  it("a length that was not kept is named", () => {
    const call = write("embeddings", { input: "a", dimensions: 256 }, {});
    expect(call.answer(listReply([first])).losses).toEqual([
      "reply: the vectors have 3 dimensions, 256 were asked for",
    ]);
  });
  it("tokens that were not counted are estimated for the ledger", () => {
    const read = write("embeddings", { input: ["four letters", "more"] }, {}).answer(listReply([first, second], null));
    expect(read).toMatchObject({ body: null, usage: { input: 4, estimated: true } });
  });
  it.each([
    ["nothing at all", {}],
    ["an empty list", { data: [] }],
    ["items without vectors", { data: [{ index: 0 }] }],
  ])("%s is no reply", (_, reply) => {
    expect(() => write("embeddings", { input: "a" }, {}).answer(reply)).toThrow(
      /protocol: the upstream sent 0 vectors/,
    );
  });
});

describe("back ends with words of their own", () => {
  it("Mistral", () => {
    const body = { input: texts, encoding_format: "base64", dimensions: 512, user: "u-1", output_dtype: "float" };
    const call = write("embeddings", body, { provider: { id: "mistral" }, model: "codestral-embed" });
    expect(call.bodies).toEqual([
      {
        model: "codestral-embed",
        input: texts,
        encoding_format: "base64",
        output_dimension: 512,
        output_dtype: "float",
      },
    ]);
    expect(call.losses).toEqual(["parameter: user"]);
    expect(call.answer(listReply([toBase64(first), toBase64(second)])).body).toBeNull();
  });
  it("Mistral's other model has one length only", () => {
    const call = write(
      "embeddings",
      { input: "a", dimensions: 512 },
      {
        provider: { id: "mistral" },
        model: "mistral-embed",
      },
    );
    expect(call.bodies).toEqual([{ model: "mistral-embed", input: "a" }]);
    expect(call.losses).toEqual(["parameter: dimensions: mistral-embed has one length only"]);
  });
  it("Voyage", () => {
    const body = {
      input: texts,
      encoding_format: "float",
      dimensions: 3,
      input_type: "search_query",
      truncation: false,
    };
    const call = write("embeddings", body, { provider: { id: "voyage" }, model: "voyage-3.5" });
    expect(call.bodies).toEqual([
      { model: "voyage-3.5", input: texts, output_dimension: 3, input_type: "query", truncation: false },
    ]);
    expect(call.losses).toEqual([]);
    const reply = listReply([first, second], { total_tokens: 12 });
    expect(call.answer(reply)).toMatchObject({ body: null, usage: { input: 12, estimated: false } });
  });
  it("Voyage is asked for base64 by its name, and for lists by saying nothing", () => {
    const call = write("embeddings", { input: "a", encoding_format: "base64" }, { provider: { id: "voyage" } });
    expect(call.bodies).toEqual([{ model: "the-model", input: "a", encoding_format: "base64" }]);
  });
  it("Jina", () => {
    const body = {
      input: texts,
      encoding_format: "base64",
      dimensions: 3,
      input_type: "document",
      late_chunking: true,
    };
    const call = write("embeddings", body, { provider: { id: "jina" }, model: "jina-embeddings-v3" });
    expect(call.bodies).toEqual([
      {
        model: "jina-embeddings-v3",
        input: texts,
        embedding_type: "base64",
        dimensions: 3,
        task: "retrieval.passage",
        late_chunking: true,
      },
    ]);
    expect(call.answer(listReply([toBase64(first), toBase64(second)])).body).toBeNull();
  });
  it("Jina's own words for its own tasks go through", () => {
    const call = write("embeddings", { input: "a", task: "nl2code.query" }, { provider: { id: "jina" } });
    expect(call.bodies).toEqual([{ model: "the-model", input: "a", task: "nl2code.query" }]);
    expect(call.losses).toEqual([]);
  });
  it("OpenRouter", () => {
    const body = { input: "a", input_type: "query", provider: { order: ["x"] } };
    const call = write("embeddings", body, { provider: { id: "openrouter" }, model: "openai/text-embedding-3-small" });
    expect(call.bodies).toEqual([
      {
        model: "openai/text-embedding-3-small",
        input: "a",
        input_type: "search_query",
        provider: { order: ["x"] },
      },
    ]);
  });
  it("Cohere", () => {
    const body = { model: "asked", input: texts, encoding_format: "base64", dimensions: 1024, input_type: "query" };
    const call = write("embeddings", body, { provider: { id: "cohere" }, model: "embed-v4.0" });
    expect(call.path).toBe("/embed");
    expect(call.bodies).toEqual([
      {
        model: "embed-v4.0",
        texts,
        embedding_types: ["float"],
        output_dimension: 1024,
        input_type: "search_query",
      },
    ]);
    const read = call.answer({
      id: "5807ee2e-0cda-445a-9ec8-864c60a06606",
      embeddings: { float: [first, second] },
      texts,
      meta: { api_version: { version: "2" }, billed_units: { input_tokens: 7 } },
      response_type: "embeddings_by_type",
    });
    expect(read.body).toEqual({
      object: "list",
      data: [
        { object: "embedding", index: 0, embedding: toBase64(first) },
        { object: "embedding", index: 1, embedding: toBase64(second) },
      ],
      model: "asked",
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
    expect(read.usage).toMatchObject({ input: 7, estimated: false });
  });
  it("Cohere insists on a purpose: what was chosen for it is named", () => {
    const call = write(
      "embeddings",
      { input: "a", dimensions: 64 },
      {
        provider: { id: "cohere" },
        model: "embed-english-v3.0",
      },
    );
    expect(call.bodies).toEqual([
      { model: "embed-english-v3.0", texts: ["a"], embedding_types: ["float"], input_type: "search_document" },
    ]);
    expect(call.losses).toEqual([
      "parameter: dimensions: embed-english-v3.0 has one length only",
      "parameter: input_type must be said and was not: search_document was sent",
    ]);
  });
  it("Cohere's own door for OpenAI clients is known by its address", () => {
    const provider = { id: "cohere", server: "api.cohere.ai/compatibility/v1" };
    const call = write("embeddings", { input: "a" }, { provider, model: "embed-v4.0" });
    expect(call).toMatchObject({ path: "/embeddings", bodies: [{ model: "embed-v4.0", input: "a" }] });
  });
  it("a second entry for a known server is known by its address", () => {
    const provider = { id: "team-vectors", server: "api.voyageai.com/v1" };
    const call = write("embeddings", { input: "a", dimensions: 3 }, { provider });
    expect(call.bodies).toEqual([{ model: "the-model", input: "a", output_dimension: 3 }]);
  });
});

describe("Gemini", () => {
  const provider = { id: "gemini", format: "gemini" } as const;
  const model = "gemini-embedding-001";

  it("for an OpenAI client", () => {
    const body = { model: "asked", input: texts, encoding_format: "float", input_type: "document", user: "u-1" };
    const call = write("embeddings", body, { provider, model });
    expect(call.path).toBe("/models/gemini-embedding-001:batchEmbedContents");
    const shared = { model: "models/gemini-embedding-001", taskType: "RETRIEVAL_DOCUMENT" };
    expect(call.bodies).toEqual([{ requests: texts.map((text) => ({ ...shared, content: { parts: [{ text }] } })) }]);
    expect(call.losses).toEqual(["parameter: user"]);
    const read = call.answer({
      embeddings: [{ values: first }, { values: second }],
      usageMetadata: { promptTokenCount: 8 },
    });
    expect(read.body).toEqual({
      object: "list",
      data: wantedData,
      model: "asked",
      usage: { prompt_tokens: 8, total_tokens: 8 },
    });
  });
  it("a model's name is never a way to another place", () => {
    const call = write("embeddings", { input: "a" }, { provider, model: "../../files/\ud800" });
    expect(call.path).toBe("/models/files/%EF%BF%BD:batchEmbedContents");
  });
  it("vectors that were cut get length one, as OpenAI's have; whole ones stay as they came", () => {
    const reply = { embeddings: [{ values: [3, 4] }] };
    const cut = write("embeddings", { input: "a", dimensions: 2 }, { provider, model });
    expect(cut.bodies[0]?.["requests"]).toMatchObject([{ outputDimensionality: 2 }]);
    expect(cut.answer(reply).body?.["data"]).toMatchObject([{ embedding: [0.6, 0.8] }]);
    const whole = write("embeddings", { input: "a" }, { provider, model });
    expect(whole.answer(reply).body?.["data"]).toMatchObject([{ embedding: [3, 4] }]);
  });
  it("counts nothing by default: the client gets an estimate", () => {
    const read = write("embeddings", { input: "four letters" }, { provider, model }).answer({
      embeddings: [{ values: first }],
    });
    expect(read).toMatchObject({ usage: { input: 3, estimated: true }, body: { usage: { prompt_tokens: 3 } } });
  });
  it("for its own client changes the model's name and nothing else", () => {
    const request = {
      model: "models/asked",
      content: { parts: [{ inlineData: { mimeType: "image/png", data: "AA" } }] },
    };
    const target = "/v1beta/models/asked:batchEmbedContents";
    const call = write("embeddings", { requests: [request], later: 1 }, { provider, model, target });
    expect(call.path).toBe("/models/gemini-embedding-001:batchEmbedContents");
    expect(call.bodies).toEqual([{ requests: [{ ...request, model: "models/gemini-embedding-001" }], later: 1 }]);
    expect(call.answer({ embeddings: [{ values: first }], usageMetadata: { promptTokenCount: 2 } })).toMatchObject({
      body: null,
      usage: { input: 2 },
    });
    const single = { content: { parts: [{ text: "a" }] } };
    const one = write("embeddings", single, { provider, model, target: "/v1beta/models/asked:embedContent" });
    expect(one).toMatchObject({ path: "/models/gemini-embedding-001:embedContent", bodies: [single] });
    expect(one.answer({ embedding: { values: first } }).body).toBeNull();
  });
  it("client, OpenAI's server: one content", () => {
    const body = {
      content: { parts: [{ text: "a" }] },
      taskType: "RETRIEVAL_QUERY",
      title: "t",
      outputDimensionality: 3,
    };
    const call = write("embeddings", body, { provider: { id: "openai" }, target: "/v1beta/models/asked:embedContent" });
    expect(call.bodies).toEqual([{ model: "the-model", input: ["a"], dimensions: 3 }]);
    expect(call.losses).toEqual(["parameter: taskType", "parameter: title"]);
    expect(call.answer(listReply([toBase64(first)])).body).toEqual({
      embedding: { values: first },
      usageMetadata: { promptTokenCount: 9 },
    });
  });
  it("client, Voyage's server: a batch, in its order", () => {
    const requests = texts.map((text) => ({ content: { parts: [{ text }] }, taskType: "RETRIEVAL_QUERY" }));
    const target = "/v1beta/models/asked:batchEmbedContents";
    const call = write("embeddings", { requests }, { provider: { id: "voyage" }, target });
    expect(call.bodies).toEqual([{ model: "the-model", input: texts, input_type: "query" }]);
    const reply = listReply([first, second]);
    const shuffled = { ...reply, data: reply.data.toReversed() };
    expect(call.answer(shuffled).body).toMatchObject({ embeddings: [{ values: first }, { values: second }] });
  });
});

describe("what a back end cannot take is refused before it is asked, so that another target may try", () => {
  const openai = { id: "openai" };
  it.each([
    ["token ids at Gemini", { input: [1, 2] }, { id: "g", format: "gemini" }, /token ids/],
    ["token ids at Voyage", { input: [[1], [2]] }, { id: "voyage" }, /token ids/],
    ["parts with images at OpenAI", { input: [{ image: "x" }] }, openai, /text only/],
    ["anything at Claude", { input: "a" }, { id: "c", format: "claude" }, /no embeddings/],
    ["anything at Code Assist", { input: "a" }, { id: "c", format: "gemini-cli" }, /no embeddings/],
    ["anything at Antigravity", { input: "a" }, { id: "c", format: "antigravity" }, /no embeddings/],
    ["anything at Vertex AI", { input: "a" }, { id: "v", format: "gemini", variant: "vertex" }, /no embeddings/],
    ["anything at Codex", { input: "a" }, { id: "x", format: "openai-responses", variant: "codex" }, /no embeddings/],
  ] as const)("%s", (_, body, provider, message) => {
    expect(writeMedia("embeddings", body, optionsFor({ provider }))).toMatchObject({
      ok: false,
      error: { kind: "unsupported", message: expect.stringMatching(message) },
    });
  });
  it("token ids go to OpenAI, which reads them", () => {
    expect(write("embeddings", { input: [1, 2] }, { provider: openai }).bodies).toEqual([
      { model: "the-model", input: [1, 2] },
    ]);
  });
  it("a Gemini client's image goes to Gemini only", () => {
    const body = { content: { parts: [{ inlineData: { mimeType: "image/png", data: "AA" } }] } };
    const options = optionsFor({ provider: { id: "jina" }, target: "/v1beta/models/m:embedContent" });
    expect(writeMedia("embeddings", body, options)).toMatchObject({ ok: false, error: { kind: "unsupported" } });
  });
});

describe("a list that is too long for one call", () => {
  const vectorFor = (index: number): readonly number[] => [index, 0.5];

  it.each([
    ["cohere", "openai-chat", 96],
    ["gemini", "gemini", 100],
    ["voyage", "openai-chat", 1000],
    ["siliconflow", "openai-chat", 32],
  ] as const)("is sent in parts to %s", (id, format, most) => {
    const inputs = Array.from({ length: 2048 }, (_, index) => `text ${index}`);
    const call = write("embeddings", { model: "asked", input: inputs }, { provider: { id, format } });
    const parts = call.bodies.map((body) => body["texts"] ?? body["input"] ?? body["requests"]);
    expect(parts.every((part: readonly unknown[]) => part.length <= most)).toBe(true);
    expect(parts.flatMap((part: readonly unknown[]) => part)).toHaveLength(2048);
    let at = 0;
    const replies = parts.map((part: readonly unknown[]) => {
      const vectors = part.map(() => vectorFor(at++));
      if (id === "cohere") return { embeddings: { float: vectors }, meta: { billed_units: { input_tokens: 2 } } };
      if (id === "gemini") {
        return { embeddings: vectors.map((values) => ({ values })), usageMetadata: { promptTokenCount: 2 } };
      }
      return listReply(vectors, { total_tokens: 2 });
    });
    const { body, usage } = call.answer(...replies);
    expect(body).toMatchObject({ object: "list", model: "asked", usage: { prompt_tokens: 2 * parts.length } });
    expect(body?.["data"]).toEqual(
      inputs.map((_, index) => ({ object: "embedding", index, embedding: vectorFor(index) })),
    );
    expect(usage).toMatchObject({ input: 2 * parts.length, estimated: false });
  });
  it("is split by tokens where those are bounded", () => {
    const long = "word ".repeat(8000);
    const call = write("embeddings", { input: [long, long, "short"] }, { provider: { id: "mistral" } });
    expect(call.bodies.map((body) => body["input"].length)).toEqual([1, 2]);
  });
  it("is refused where it would take more calls than anybody waits for", () => {
    const input = Array.from({ length: 2048 }, () => "word ".repeat(2000));
    const options = optionsFor({ provider: { id: "mistral" } });
    expect(writeMedia("embeddings", { input }, options)).toMatchObject({ ok: false, error: { kind: "too-large" } });
  });
  it("one vector too few in any part is an error", () => {
    const input = Array.from({ length: 97 }, () => "a");
    const call = write("embeddings", { input }, { provider: { id: "cohere" } });
    const whole = { embeddings: { float: Array.from({ length: 96 }, () => first) } };
    expect(() => call.answer(whole, { embeddings: { float: [] } })).toThrow(/0 vectors for 1 inputs/);
  });
});

describe("the largest reply there is", () => {
  it("2,048 vectors of 3,072 numbers are spelled anew without a hitch", () => {
    const vector = Array.from({ length: 3072 }, (_, index) => Math.fround(Math.sin(index)));
    const input = Array.from({ length: 2048 }, () => "a");
    const call = write("embeddings", { input, encoding_format: "base64" }, {});
    const { body } = call.answer(listReply(input.map(() => vector)));
    expect(body?.["data"]).toHaveLength(2048);
    expect(body?.["data"][2047].embedding).toBe(toBase64(vector));
  });
});

describe("the table", () => {
  it("has seven back ends and more, each with a name or an address", () => {
    const rows = [...embeddingBackends, geminiBackend];
    expect(rows.length).toBeGreaterThanOrEqual(7);
    for (const { ids, server } of rows) expect(ids.length > 0 || server !== null).toBe(true);
    const names = rows.flatMap(({ ids }) => ids);
    expect(new Set(names).size).toBe(names.length);
  });
  it("knows models by provider", () => {
    expect(embeddingModels("voyage")).toEqual(["voyage-*"]);
    expect(embeddingModels("gemini")).toContain("gemini-embedding-*");
    expect(embeddingModels("openrouter")).toEqual([]);
    expect(embeddingModels("nobody")).toEqual([]);
  });
});
