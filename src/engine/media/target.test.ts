import { describe, expect, it } from "vitest";
import { mediaCall, mediaDialect, mediaModel } from "./index.ts";

describe("a media call is known by its path", () => {
  it.each([
    ["/v1/embeddings", "embeddings", "openai"],
    ["/v1/embeddings/?trace=1", "embeddings", "openai"],
    ["/embeddings", "embeddings", "openai"],
    ["/api/v1/embeddings", "embeddings", "openai"],
    ["/openai/deployments/my-ada/embeddings?api-version=2025-04-01", "embeddings", "openai"],
    ["/v1/images/generations", "images", "openai"],
    ["/inference/v1/images/generations", "images", "openai"],
    ["/v1beta/models/gemini-embedding-001:embedContent?key=k", "embeddings", "gemini"],
    ["/v1beta/models/gemini-embedding-001:batchEmbedContents", "embeddings", "gemini"],
    ["/v1beta/models/gemini-embedding-001%3AbatchEmbedContents", "embeddings", "gemini"],
  ] as const)("%s is %s", (target, kind, dialect) => {
    expect(mediaCall(target)).toBe(kind);
    expect(mediaDialect(target)).toBe(dialect);
  });
  it.each([
    "/v1/chat/completions",
    "/v1/images/edits",
    "/v1/images",
    "/v1/embeddings/models",
    "/v1beta/models/gemini-2.5-pro:generateContent",
    "/v1/chat/completions?next=/v1/embeddings",
    // Ollama's own.
    "/api/embeddings",
    "/api/embed",
    "",
  ])("%s is none", (target) => {
    expect(mediaCall(target)).toBeNull();
  });
});

describe("a media call's model", () => {
  it.each([
    ["/v1/embeddings", { model: "text-embedding-3-small" }, "text-embedding-3-small"],
    ["/openai/deployments/my%20ada/embeddings", { input: "a" }, "my ada"],
    ["/v1beta/models/gemini-embedding-001:embedContent", { content: {} }, "gemini-embedding-001"],
    ["/v1beta/models/a:embedContent", { model: "models/b" }, "a"],
    ["/v1beta/models/vendor%2Fm:embedContent", {}, "vendor/m"],
    ["/v1beta/tunedModels/mine:embedContent", {}, "tunedModels/mine"],
    ["/v1/images/generations", { prompt: "a" }, null],
    ["/v1/embeddings", "text", null],
    ["/openai/deployments/%zz/embeddings", {}, "%zz"],
  ])("%s %j: %s", (target, body, model) => {
    expect(mediaModel(target, body)).toBe(model);
  });
});
