import { describe, expect, it } from "vitest";
import type { HubRequest } from "../../hub/request.ts";
import { frozen } from "../__fixtures__/harness.ts";
import { readGeminiRequest, readRequest } from "./request-in.ts";

const target = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
const hi = [{ role: "user", parts: [{ text: "hi" }] }];

function read(body: object): HubRequest {
  const result = readRequest(frozen({ contents: hi, ...body }), target);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.request;
}

function losses(body: object): readonly string[] {
  const result = readRequest({ contents: hi, ...body }, target);
  return result.ok ? result.value.losses : [];
}

describe("a Gemini request", () => {
  it("takes model and stream from its address", () => {
    expect(read({})).toMatchObject({ model: "gemini-2.5-pro", stream: true, wantsStreamUsage: true });
  });

  it("refuses what is none, in words", () => {
    expect(readRequest([], target)).toMatchObject({ ok: false, error: { kind: "bad-request" } });
    expect(readRequest({}, target)).toMatchObject({ ok: false, error: { message: "contents: a list is required" } });
    expect(readRequest({ contents: hi }, "/v1beta/models")).toMatchObject({
      ok: false,
      error: { message: "model: a name is required" },
    });
    expect(readRequest({ contents: [{ role: "robot", parts: [] }] }, target)).toMatchObject({
      ok: false,
      error: { message: 'contents[0]: role "robot" is not known' },
    });
  });

  it("may be wrapped for counting", () => {
    const body = { generateContentRequest: { model: "models/gemini-3-pro", contents: hi } };
    const counted = readGeminiRequest(body, { model: "", stream: false });
    expect(counted).toMatchObject({
      ok: true,
      value: { request: { model: "gemini-3-pro", messages: [{ role: "user" }] } },
    });
  });

  it.each([
    ["text", "Be brief."],
    ["parts", { parts: [{ text: "Be brief." }] }],
    ["one part", { parts: { text: "Be brief." } }],
    ["a role of its own", { role: "user", parts: [{ text: "Be brief." }] }],
    ["a part alone", { text: "Be brief." }],
  ])("has a system instruction as %s", (_shape, systemInstruction) => {
    expect(read({ systemInstruction }).messages[0]).toEqual({
      role: "system",
      parts: [{ type: "text", text: "Be brief." }],
    });
  });

  it("may be written in snake_case, names of arguments untouched", () => {
    const request = read({
      system_instruction: { parts: [{ text: "s" }] },
      generation_config: {
        max_output_tokens: 10,
        stop_sequences: ["x"],
        thinking_config: { include_thoughts: true, thinking_budget: 100 },
        response_mime_type: "application/json",
        response_schema: { type: "OBJECT", properties: { a_b: { type: "STRING" } } },
      },
      tools: [
        { function_declarations: [{ name: "f", parameters_json_schema: { type: "object", properties: { x_y: {} } } }] },
      ],
      tool_config: { function_calling_config: { mode: "ANY", allowed_function_names: ["f"] } },
      contents: [
        { role: "model", parts: [{ function_call: { name: "f", args: { x_y: 1 } }, thought_signature: "c2ln" }] },
        { role: "user", parts: [{ function_response: { name: "f", response: { output: "ok" } } }] },
        { role: "user", parts: [{ inline_data: { mime_type: "image/png", data: "aQ==" } }] },
      ],
    });
    expect(request).toMatchObject({
      maxTokens: 10,
      stop: ["x"],
      thinking: { mode: "budget", tokens: 100, show: true },
      responseFormat: { type: "json-schema", schema: { type: "object", properties: { a_b: { type: "string" } } } },
      tools: [{ kind: "function", name: "f", parameters: { properties: { x_y: {} } } }],
      toolChoice: { type: "tool", name: "f" },
      messages: [
        { role: "system" },
        { role: "assistant", parts: [{ type: "tool-call", arguments: '{"x_y":1}', signature: "c2ln" }] },
        { role: "tool", parts: [{ type: "text", text: "ok" }] },
        { role: "user", parts: [{ type: "image", source: { kind: "base64", mediaType: "image/png", data: "aQ==" } }] },
      ],
    });
  });

  it("keeps what only Google knows, each under its path", () => {
    const safetySettings = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }];
    const request = read({
      safetySettings,
      cachedContent: "cachedContents/1",
      labels: { team_name: "a" },
      generationConfig: { temperature: 1, speechConfig: { languageCode: "de" }, responseModalities: ["AUDIO"] },
      toolConfig: { retrievalConfig: { languageCode: "de" } },
    });
    expect(request.extras.gemini).toEqual({
      safetySettings,
      cachedContent: "cachedContents/1",
      labels: { team_name: "a" },
      "generationConfig.speechConfig": { languageCode: "de" },
      "generationConfig.responseModalities": ["AUDIO"],
      "toolConfig.retrievalConfig": { languageCode: "de" },
    });
  });

  it("keeps an answer's shape that the hub has no word for", () => {
    const generationConfig = { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["a"] } };
    expect(read({ generationConfig })).toMatchObject({
      extras: {
        gemini: {
          "generationConfig.responseMimeType": "text/x.enum",
          "generationConfig.responseSchema": generationConfig.responseSchema,
        },
      },
    });
    expect(read({ generationConfig: { responseMimeType: "application/json" } }).responseFormat).toEqual({
      type: "json-object",
    });
  });

  it.each([
    [{ thinkingBudget: 0 }, { mode: "off" }],
    [{ thinkingBudget: -1 }, { mode: "dynamic" }],
    [
      { thinkingBudget: 2048, includeThoughts: true },
      { mode: "budget", tokens: 2048, show: true },
    ],
    [{ thinkingLevel: "HIGH" }, { mode: "level", level: "high" }],
    [{ includeThoughts: false }, { mode: "dynamic", show: false }],
    [{}, undefined],
  ])("wishes to think: %j", (thinkingConfig, expected) => {
    expect(read({ generationConfig: { thinkingConfig } }).thinking).toEqual(expected);
  });

  it("asks for log probabilities and a service tier in its own words", () => {
    const request = read({ generationConfig: { responseLogprobs: true, logprobs: 3 }, serviceTier: "STANDARD" });
    expect(request).toMatchObject({ logprobs: { top: 3 }, serviceTier: "default" });
  });
});

describe("tools of a Gemini request", () => {
  it("are functions in either kind of schema, and Google's own", () => {
    const request = read({
      tools: [
        {
          functionDeclarations: [
            { name: "a", description: "A", parameters: { type: "OBJECT", properties: { x: { type: "NUMBER" } } } },
            { name: "b" },
          ],
        },
        { googleSearch: {}, urlContext: {} },
        { codeExecution: {} },
        { googleMaps: { enableWidget: true } },
      ],
    });
    expect(request.tools).toEqual([
      {
        kind: "function",
        name: "a",
        description: "A",
        parameters: { type: "object", properties: { x: { type: "number" } } },
      },
      { kind: "function", name: "b", parameters: { type: "object", properties: {} } },
      { kind: "server", name: "googleSearch", from: "gemini", raw: { googleSearch: {} }, ability: "web-search" },
      { kind: "server", name: "urlContext", from: "gemini", raw: { urlContext: {} }, ability: "web-fetch" },
      { kind: "server", name: "codeExecution", from: "gemini", raw: { codeExecution: {} }, ability: "code-execution" },
      { kind: "server", name: "googleMaps", from: "gemini", raw: { googleMaps: { enableWidget: true } } },
    ]);
  });

  it("and a shape for the answer may name types in Google's words inside real JSON Schema", () => {
    const schema = { type: "OBJECT", properties: { n: { type: "INTEGER" } }, required: ["n"] };
    const request = read({
      tools: [{ functionDeclarations: [{ name: "a", parametersJsonSchema: schema }] }],
      generationConfig: { responseMimeType: "application/json", responseJsonSchema: schema },
    });
    const meant = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    expect(request.tools).toEqual([{ kind: "function", name: "a", parameters: meant }]);
    expect(request.responseFormat).toEqual({ type: "json-schema", schema: meant });
  });

  it.each([
    [{ mode: "AUTO" }, { type: "auto" }],
    [{ mode: "NONE" }, { type: "none" }],
    [{ mode: "ANY" }, { type: "required" }],
    [
      { mode: "ANY", allowedFunctionNames: ["a"] },
      { type: "tool", name: "a" },
    ],
    [
      { mode: "ANY", allowedFunctionNames: ["a", "b"] },
      { type: "allowed", mode: "required", names: ["a", "b"] },
    ],
    [
      { mode: "VALIDATED", allowedFunctionNames: ["a"] },
      { type: "allowed", mode: "auto", names: ["a"] },
    ],
    [{ mode: "MODE_UNSPECIFIED" }, undefined],
  ])("are chosen by %j", (functionCallingConfig, expected) => {
    expect(read({ toolConfig: { functionCallingConfig } }).toolChoice).toEqual(expected);
  });

  it("held to their schema stay so for Google, and are not strict for others", () => {
    const request = read({
      tools: [{ functionDeclarations: [{ name: "a" }] }],
      toolConfig: { functionCallingConfig: { mode: "VALIDATED" } },
    });
    expect(request.toolChoice).toEqual({ type: "auto" });
    expect(request.tools[0]).not.toHaveProperty("strict");
    expect(request.extras.gemini).toEqual({ "toolConfig.functionCallingConfig": { mode: "VALIDATED" } });
  });

  it("name what is not read of them", () => {
    expect(losses({ tools: [{ functionDeclarations: [{ name: "a", response: { type: "OBJECT" } }] }] })).toEqual([
      "tool: response of a",
    ]);
  });
});
