import { describe, expect, it } from "vitest";
import type { HubRequest } from "../../hub/request.ts";
import type { Loose } from "../__fixtures__/harness.ts";
import { antigravity, studio, write, written, type Asked } from "./__fixtures__/written.ts";
import type { GeminiBackend } from "./request-out.ts";

describe("the generation config", () => {
  const config = (request: Partial<HubRequest>, asked: Asked = {}): Loose =>
    written(request, asked).body["generationConfig"] ?? {};

  it("Q16: has the client's ten tokens as ten, and none where it named none", () => {
    expect(config({ maxTokens: 10, tools: [{ kind: "function", name: "f", parameters: {} }] })).toEqual({
      maxOutputTokens: 10,
    });
    expect(written({}).body).not.toHaveProperty("generationConfig");
  });

  it("lowers what is more than model or backend take, and says so", () => {
    expect(config({ maxTokens: 100_000 })).toEqual({ maxOutputTokens: 65_536 });
    expect(config({ maxTokens: 32_000 }, { model: "gemini-2.0-flash" })).toEqual({ maxOutputTokens: 8192 });
    expect(config({ maxTokens: 32_000 }, { backend: antigravity })).toEqual({ maxOutputTokens: 16_384 });
    expect(config({ maxTokens: 32_000 }, { options: { maxTokensLimit: 100 } })).toEqual({ maxOutputTokens: 100 });
    expect(written({ maxTokens: 100_000 }).losses.join()).toContain("max_tokens: 100000 became 65536");
    expect(config({}, { backend: antigravity, model: "claude-sonnet-4-5" })).toEqual({ maxOutputTokens: 4096 });
  });

  it("takes five stop sequences; the reply is cut at the others", () => {
    const result = write({ stop: ["1", "", "2", "3", "4", "5", "6"] });
    expect(result).toMatchObject({ ok: true, value: { replyContext: { cutAt: ["6"] } } });
    expect(config({ stop: ["1", "", "2", "3", "4", "5", "6"] })).toEqual({ stopSequences: ["1", "2", "3", "4", "5"] });
  });

  it("has sampling, and penalties only where the model takes them", () => {
    const wish = { temperature: 0.5, topP: 0.9, topK: 5, seed: 7, presencePenalty: 0.2, frequencyPenalty: 0 };
    const sampling = { temperature: 0.5, topP: 0.9, topK: 5, seed: 7 };
    expect(config(wish)).toEqual(sampling);
    expect(written(wish).losses).toEqual(["parameter: presencePenalty: this model takes none"]);
    expect(config(wish, { model: "gemini-2.0-flash" })).toEqual({
      ...sampling,
      presencePenalty: 0.2,
      frequencyPenalty: 0,
    });
    expect(config(wish, { backend: { ...studio, schema: "vertex" } })).toMatchObject({ presencePenalty: 0.2 });
  });

  it("asks for an answer's shape in real JSON Schema, or in the old words", () => {
    const schema = { type: "object", properties: { a: { type: ["string", "null"] } }, additionalProperties: false };
    const responseFormat = { type: "json-schema", schema } as const;
    const responseMimeType = "application/json";
    expect(config({ responseFormat })).toEqual({ responseMimeType, responseJsonSchema: schema });
    expect(config({ responseFormat }, { model: "gemini-2.0-flash" })).toEqual({
      responseMimeType,
      responseSchema: { type: "object", properties: { a: { type: "string", nullable: true } } },
    });
    expect(config({ responseFormat: { type: "json-object" } })).toEqual({ responseMimeType });
  });

  it("asks in words where tools or the model forbid the field", () => {
    const request: Partial<HubRequest> = {
      responseFormat: { type: "json-schema", schema: { type: "object" } },
      tools: [{ kind: "function", name: "f", parameters: {} }],
    };
    const { body, losses } = written(request);
    expect(body).not.toHaveProperty("generationConfig");
    expect(body["systemInstruction"].parts[0].text).toContain('JSON Schema:\n{"type":"object"}');
    expect(losses.join()).toContain("response-format");
    expect(config(request, { model: "gemini-3-pro-preview" })).toMatchObject({ responseMimeType: "application/json" });
    expect(written({ responseFormat: { type: "json-object" } }, { model: "claude-sonnet-4-6" }).body).toHaveProperty(
      "systemInstruction",
    );
  });
});

describe("fields beside the conversation", () => {
  it("Q17: safety settings of the client are kept, and none are added", () => {
    const safetySettings = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }];
    expect(written({ extras: { gemini: { safetySettings } } }).body["safetySettings"]).toEqual(safetySettings);
    expect(written({}).body).toEqual({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
  });

  it("go where their path says, and only where the backend knows them", () => {
    const extras = {
      gemini: {
        labels: { a: "b" },
        "generationConfig.speechConfig": { languageCode: "de" },
        "toolConfig.retrievalConfig": {},
      },
    };
    expect(written({ extras }).body).toMatchObject({
      labels: { a: "b" },
      generationConfig: { speechConfig: { languageCode: "de" } },
      toolConfig: { retrievalConfig: {} },
    });
    const backend: GeminiBackend = { ...antigravity, extraFields: new Set() };
    const { body, losses } = written({ extras, serviceTier: "flex" }, { backend });
    expect(body).not.toHaveProperty("labels");
    expect(losses.join()).toContain("labels: this backend has no such field");
    expect(losses.join()).toContain("service_tier");
  });

  it("of other dialects are named where Google has none", () => {
    const { losses } = written({
      verbosity: "low",
      logprobs: {},
      parallelToolCalls: false,
      tools: [{ kind: "function", name: "f", parameters: {} }],
      extras: { "openai-chat": { logit_bias: { 1: 1 }, store: true }, antigravity: { project: "p" } },
      messages: [{ role: "user", parts: [{ type: "text", text: "hi", cache: {} }] }],
    });
    expect(losses).toEqual([
      "parameter: verbosity: Gemini has no such field",
      "parameter: logprobs: an answer carries none back",
      "parameter: logit_bias: Gemini has no such field",
      "cache-mark: Gemini caches by itself; the client's marks were left out",
      "parameter: parallel_tool_calls: Gemini has no such field",
    ]);
  });

  it("of Responses and of the envelopes that say nothing about the answer are not worth a line", () => {
    const responses = { clientTools: {}, include: [], client_metadata: {}, truncation: "auto", stream_options: {} };
    const envelope = { project: "p", user_prompt_id: "u", session_id: "s", enabled_credit_types: [] };
    expect(written({ extras: { "openai-responses": responses, "gemini-cli": envelope } }).losses).toEqual([]);
  });

  it("say which tier and what kinds of answer in Google's words", () => {
    expect(written({ serviceTier: "default" }).body["serviceTier"]).toBe("standard");
    expect(written({ serviceTier: "auto" }).body).not.toHaveProperty("serviceTier");
    const extras = { "openai-chat": { modalities: ["image", "text"] } };
    expect(written({ extras }).body["generationConfig"]).toEqual({ responseModalities: ["TEXT", "IMAGE"] });
  });

  it("that ask for several answers are refused: one is all that can be carried", () => {
    for (const extras of [{ "openai-chat": { n: 2 } }, { gemini: { "generationConfig.candidateCount": 2 } }]) {
      expect(write({ extras })).toMatchObject({ ok: false, error: { kind: "unsupported" } });
    }
    expect(write({ extras: { "openai-chat": { n: 1 } } }).ok).toBe(true);
  });
});
