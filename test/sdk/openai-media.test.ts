/** The official OpenAI SDK as client: what it makes of our answers when embeddings and images come from elsewhere. */
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mediaError, readMedia, writeMedia, type MediaKind, type MediaProvider } from "../../src/engine/media/index.ts";
import { startLoopback, type Loopback } from "./loopback.ts";

let upstream: Loopback;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startLoopback();
  client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "test", maxRetries: 0 });
});
afterAll(() => upstream.close());

const headers = [["content-type", "application/json"]] as const;

/** Our answer to `body` when `provider` says `reply`. */
function play(kind: MediaKind, body: object, provider: Partial<MediaProvider>, ...replies: readonly unknown[]): void {
  const target = kind === "embeddings" ? "/v1/embeddings" : "/v1/images/generations";
  const written = writeMedia(kind, body, {
    provider: { id: "mine", format: "openai-chat", server: "localhost/v1", ...provider },
    model: "upstream-model",
    target,
    callId: "flow-1",
    createdAt: 1_700_000_000,
  });
  if (!written.ok) throw new Error(written.error.message);
  const read = readMedia(replies, written.value.context);
  if (!read.ok) throw new Error(read.error.message);
  upstream.play({ headers, body: read.value.body ?? Buffer.from(JSON.stringify(replies[0])), pieceBytes: 1000 });
}

const gemini = { id: "gemini", format: "gemini" } as const;
const floats = [
  [0.25, -0.5, 3],
  [1, 0, -0.125],
];

describe("client.embeddings.create", () => {
  const input = ["one", "two"];
  const wanted = { object: "list", model: "text-embedding-3-small", usage: { prompt_tokens: 2, total_tokens: 2 } };

  it("asks for base64 by itself and finds the floats again, whoever made them", async () => {
    const usageMetadata = { promptTokenCount: 2 };
    const reply = { embeddings: floats.map((values) => ({ values })), usageMetadata };
    const body = { model: "text-embedding-3-small", input };
    play("embeddings", { ...body, encoding_format: "base64" }, gemini, reply);
    const answer = await client.embeddings.create(body);
    expect(upstream.asked()).toEqual({ ...body, encoding_format: "base64" });
    expect(answer).toMatchObject(wanted);
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(floats);
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1]);
  });
  it("finds them from a compatible server that does not know base64", async () => {
    const data = floats.map((embedding, index) => ({ object: "embedding", index, embedding }));
    const reply = { ...wanted, data };
    play("embeddings", { model: "m", input, encoding_format: "base64" }, {}, reply);
    const answer = await client.embeddings.create({ model: "m", input });
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(floats);
  });
  it("gets lists where it asks for lists", async () => {
    const body = { model: "text-embedding-3-small", input, encoding_format: "float" } as const;
    const reply = { embeddings: { float: floats }, meta: { billed_units: { input_tokens: 2 } } };
    play("embeddings", body, { id: "cohere" }, reply);
    const answer = await client.embeddings.create(body);
    expect(answer).toMatchObject({ ...wanted, data: floats.map((embedding) => ({ embedding })) });
  });
  it("reads a vector of 4,096 dimensions to the last float", async () => {
    const values = Array.from({ length: 4096 }, (_, index) => Math.fround(Math.cos(index)));
    play("embeddings", { model: "m", input: "a", encoding_format: "base64" }, gemini, { embeddings: [{ values }] });
    const answer = await client.embeddings.create({ model: "m", input: "a" });
    expect(answer.data[0]?.embedding).toEqual(values);
  });
  it("understands a refusal", async () => {
    const written = writeMedia(
      "embeddings",
      { input: [] },
      {
        provider: { ...gemini, server: "" },
        model: "m",
        target: "/v1/embeddings",
        callId: "flow-1",
        createdAt: 0,
      },
    );
    if (written.ok) throw new Error("an empty input was taken");
    const answer = mediaError(written.error, "openai");
    upstream.play({ status: answer.status, headers: answer.headers, body: answer.body });
    const failed = client.embeddings.create({ model: "m", input: [] });
    await expect(failed).rejects.toBeInstanceOf(APIError);
    await expect(failed).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      message: expect.stringContaining("`input` is empty"),
    });
  });
});

describe("client.images.generate", () => {
  const png = "iVBORw0KGgoAAAANSUhEUg==";
  const drawn = {
    candidates: [{ content: { parts: [{ inlineData: { mimeType: "image/png", data: png } }] } }],
    usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1290 },
  };

  it("gets bytes from Gemini where it asked gpt-image", async () => {
    const body = { model: "gpt-image-1", prompt: "a red panda", n: 2 };
    play("images", body, gemini, drawn, drawn);
    const answer = await client.images.generate(body);
    expect(answer).toMatchObject({
      created: 1_700_000_000,
      data: [{ b64_json: png }, { b64_json: png }],
      usage: { input_tokens: 8, output_tokens: 2580, total_tokens: 2588 },
    });
  });
  it("gets a link from Gemini where it asked dall-e-3", async () => {
    const body = { model: "dall-e-3", prompt: "a red panda" };
    play("images", body, gemini, drawn);
    const answer = await client.images.generate(body);
    expect(answer.data?.[0]?.url).toBe(`data:image/png;base64,${png}`);
  });
  it("gets bytes from Nebius", async () => {
    const body = { prompt: "a red panda", response_format: "b64_json" } as const;
    play("images", body, { id: "nebius" }, { id: "text2img-1", data: [{ b64_json: png }] });
    const answer = await client.images.generate(body);
    expect(answer.data).toEqual([{ b64_json: png }]);
  });
});
