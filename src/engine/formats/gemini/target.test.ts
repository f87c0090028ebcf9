import { describe, expect, it } from "vitest";
import { callTarget, methodOf, modelOf, modelPath, shape, wantsSse } from "./target.ts";

const targets = [
  ["/v1beta/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro", "reply", false],
  ["/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "gemini-2.5-pro", "reply", true],
  ["/v1/models/gemini-3-pro-preview:generateContent", "gemini-3-pro-preview", "reply", false],
  ["/v1alpha/models/gemini-3-flash:countTokens", "gemini-3-flash", "count", false],
  ["/v1beta/tunedModels/mine-1:generateContent", "tunedModels/mine-1", "reply", false],
  [
    "/v1beta1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    "gemini-2.5-flash",
    "reply",
    true,
  ],
  ["/v1/projects/p/locations/l/endpoints/123:generateContent", "endpoints/123", "reply", false],
  ["/v1beta/models/gemini-embedding-001:embedContent", "gemini-embedding-001", "other", false],
  ["/v1beta/models/anthropic%2Fclaude-sonnet-4:generateContent", "anthropic/claude-sonnet-4", "reply", false],
  ["/v1beta/models/qwen:7b:generateContent", "qwen:7b", "reply", false],
  ["/v1beta/models", null, "other", false],
] as const;

describe("a Gemini target", () => {
  it.each(targets)("%s is read", (target, model, operation, stream) => {
    expect(shape({}, target)).toEqual({ model, operation, stream });
  });

  it("names its method, for envelopes too", () => {
    expect(methodOf("/v1internal:streamGenerateContent?alt=sse")).toBe("streamGenerateContent");
    expect(methodOf("/v1beta/models")).toBeNull();
  });

  it("asks for events only with alt=sse", () => {
    expect(wantsSse("/v1beta/models/m:streamGenerateContent?alt=sse&key=1")).toBe(true);
    expect(wantsSse("/v1beta/models/m:streamGenerateContent?$alt=sse")).toBe(true);
    expect(wantsSse("/v1beta/models/m:streamGenerateContent?alt=json")).toBe(false);
    expect(wantsSse("/v1beta/models/m:streamGenerateContent")).toBe(false);
  });

  it("goes to another model of the same dialect with its method and query", () => {
    expect(callTarget("/v1/models/a:streamGenerateContent?alt=sse", "gemini-3-pro")).toBe(
      "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse",
    );
    expect(callTarget("/v1beta/tunedModels/a:countTokens", "tunedModels/b")).toBe("/v1beta/tunedModels/b:countTokens");
  });

  it("never leaves the place of models, whatever the name", () => {
    expect(modelPath("../../files/x", "generateContent")).toBe("/models/files/x:generateContent");
    expect(modelPath("a?b=c#d e", "generateContent")).toBe("/models/a%3Fb%3Dc%23d%20e:generateContent");
    expect(modelPath("half \ud800", "generateContent")).toBe("/models/half%20%EF%BF%BD:generateContent");
    expect(modelOf(`/v1beta${modelPath("vendor/model:free", "generateContent")}`)).toBe("vendor/model:free");
  });
});
