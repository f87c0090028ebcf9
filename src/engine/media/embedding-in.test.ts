import { describe, expect, it } from "vitest";
import { readEmbeddingWish } from "./embedding-in.ts";

const target = "/v1/embeddings";
const model = "text-embedding-3-small";

describe("what is no call for embeddings", () => {
  it.each([
    ["a body that is no object", ["a"], /object/],
    ["no input", { model }, /`input` is missing/],
    ["an empty text", { model, input: "" }, /`input` is empty/],
    ["an empty list", { model, input: [] }, /`input` is empty/],
    ["a number", { model, input: 7 }, /`input` must be/],
    ["texts and numbers", { model, input: ["a", 1] }, /texts only/],
    ["numbers and texts", { model, input: [1, "a"] }, /mixes token ids/],
    ["numbers that are no ids", { model, input: [1.5] }, /mixes token ids/],
    ["an empty list of ids", { model, input: [[1], []] }, /texts only/],
    ["an empty first list of ids", { model, input: [[]] }, /texts only/],
    ["null among texts", { model, input: ["a", null] }, /texts only/],
    ["2,049 inputs", { model, input: Array.from({ length: 2049 }, () => "a") }, /2049 entries; 2048/],
    ["dimensions of none", { model, input: "a", dimensions: 0 }, /`dimensions`/],
    ["dimensions as text", { model, input: "a", dimensions: "256" }, /`dimensions`/],
    ["another encoding", { model, input: "a", encoding_format: "int8" }, /`encoding_format`/],
  ])("%s", (_, body, message) => {
    const read = readEmbeddingWish(body, target);
    expect(read).toMatchObject({ ok: false, error: { kind: "bad-request", message: expect.stringMatching(message) } });
  });
  it("Gemini's without content, or without requests", () => {
    const path = "/v1beta/models/gemini-embedding-001";
    expect(readEmbeddingWish({}, `${path}:embedContent`)).toMatchObject({ ok: false });
    expect(readEmbeddingWish({ requests: [] }, `${path}:batchEmbedContents`)).toMatchObject({ ok: false });
    expect(readEmbeddingWish({ requests: [{}] }, `${path}:batchEmbedContents`)).toMatchObject({ ok: false });
  });
});

describe("the inputs of a call", () => {
  it.each([
    ["a text", "a", ["a"]],
    ["texts", ["a", "b"], ["a", "b"]],
    ["token ids are one input", [1, 2, 3], [[1, 2, 3]]],
    ["lists of token ids", [[1], [2, 3]], [[1], [2, 3]]],
    ["parts with images", [{ text: "a" }, { image: "b" }], [{ text: "a" }, { image: "b" }]],
  ])("%s", (_, input, inputs) => {
    const read = readEmbeddingWish({ model, input }, target);
    expect(read).toMatchObject({ ok: true, value: { inputs, encoding: "float", dimensions: null } });
  });
  it("may be 2,048", () => {
    expect(readEmbeddingWish({ model, input: Array.from({ length: 2048 }, () => "a") }, target).ok).toBe(true);
  });
  it("null is how the SDKs say nothing", () => {
    const read = readEmbeddingWish({ model, input: "a", dimensions: null, encoding_format: null }, target);
    expect(read).toMatchObject({ ok: true, value: { dimensions: null, encoding: "float" } });
  });
});

describe("Gemini's two calls", () => {
  it("one content is one vector", () => {
    const read = readEmbeddingWish(
      {
        content: { parts: [{ text: "a" }, { text: "b" }] },
        taskType: "RETRIEVAL_QUERY",
        title: "t",
        outputDimensionality: 256,
      },
      "/v1beta/models/gemini-embedding-001:embedContent",
    );
    expect(read).toMatchObject({
      ok: true,
      value: {
        inputs: ["a\nb"],
        isSingle: true,
        dimensions: 256,
        title: "t",
        purpose: { word: "RETRIEVAL_QUERY" },
        model: "gemini-embedding-001",
      },
    });
  });
  it("reads protobuf's other spelling, and the newer models' object", () => {
    const read = readEmbeddingWish(
      { requests: [{ content: { parts: [{ text: "a" }] }, embed_content_config: { output_dimensionality: 64 } }] },
      "/v1beta/models/gemini-embedding-2:batchEmbedContents",
    );
    expect(read).toMatchObject({ ok: true, value: { dimensions: 64, isSingle: false, isMixed: false } });
  });
  it("notices contents that want different things", () => {
    const one = { content: { parts: [{ text: "a" }] }, taskType: "RETRIEVAL_QUERY" };
    const other = { content: { parts: [{ text: "b" }] }, taskType: "CLUSTERING" };
    const read = readEmbeddingWish({ requests: [one, other] }, "/v1beta/models/m:batchEmbedContents");
    expect(read).toMatchObject({ ok: true, value: { isMixed: true, purpose: { word: "RETRIEVAL_QUERY" } } });
  });
});
