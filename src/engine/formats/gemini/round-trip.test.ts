/** A body of this dialect through the hub and back, and what any body at all becomes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRecord } from "../../../base/json.ts";
import { frozen, type Loose } from "../__fixtures__/harness.ts";
import type { GeminiBackend } from "./backend.ts";
import { readGeminiRequest } from "./request-in.ts";
import { writeGeminiBody } from "./request-out.ts";

const studio: GeminiBackend = { schema: "gemini", ids: true, format: "gemini" };
const antigravity: GeminiBackend = { schema: "antigravity", ids: true, format: "antigravity" };

function carried(body: unknown, model: string, backend = studio): Loose | null {
  const read = readGeminiRequest(frozen(body), { model: "asked", stream: true });
  if (!read.ok) return null;
  const written = writeGeminiBody(frozen(read.value.request), { model, maxTokensDefault: 100 }, backend);
  return written.ok ? (JSON.parse(JSON.stringify(written.value.body)) as Loose) : null;
}

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const base64 = fc.stringMatching(/^[A-Za-z0-9+/]{4,12}$/);
const signature = fc.option(base64, { nil: undefined });
const withSignature = (part: object, thoughtSignature: string | undefined): object =>
  thoughtSignature === undefined ? part : { ...part, thoughtSignature };

const userPart = fc.oneof(
  word.map((text) => ({ text })),
  base64.map((data) => ({ inlineData: { mimeType: "image/png", data } })),
  base64.map((data) => ({ inlineData: { mimeType: "application/pdf", data } })),
  base64.map((data) => ({ inlineData: { mimeType: "audio/wav", data } })),
  word.map((name) => ({ fileData: { mimeType: "image/png", fileUri: `gs://b/${name}` } })),
  word.map((name) => ({ fileData: { mimeType: "image/png", fileUri: `https://e.com/${name}.png` } })),
);
const modelPart = fc.oneof(
  fc.tuple(word, signature).map(([text, sign]) => withSignature({ text }, sign)),
  fc.tuple(word, signature).map(([text, sign]) => withSignature({ text, thought: true }, sign)),
  word.map((code) => ({ executableCode: { language: "PYTHON", code } })),
);
const answer = fc.oneof(
  word.map((output) => ({ output })),
  word.map((error) => ({ error })),
  fc.tuple(word, fc.integer()).map(([key, value]) => ({ [`x_${key}`]: value })),
);

/** Steps: the user speaks, the model speaks and calls, every call is answered. */
const step = fc.record({
  user: fc.array(userPart, { minLength: 1, maxLength: 3 }),
  said: fc.array(modelPart, { maxLength: 2 }),
  calls: fc.array(fc.tuple(word, fc.dictionary(word, fc.integer(), { noNullPrototype: true }), base64, answer), {
    maxLength: 3,
  }),
});

const conversation = fc.tuple(fc.array(step, { maxLength: 3 }), word).map(([steps, last]) => {
  let count = 0;
  const contents = steps.flatMap(({ user, said, calls }) => {
    const ids = calls.map(() => `c${(count += 1)}`);
    const model = [
      ...said,
      ...calls.map(([name, args, sign], index) =>
        withSignature({ functionCall: { id: ids[index], name, args } }, index === 0 ? sign : undefined),
      ),
    ];
    const results = calls.map(([name, , , response], index) => ({
      functionResponse: { id: ids[index], name, response },
    }));
    return [
      { role: "user", parts: user },
      ...(model.length === 0 ? [] : [{ role: "model", parts: model }]),
      ...(results.length === 0 ? [] : [{ role: "user", parts: results }]),
    ];
  });
  return [...contents, { role: "user", parts: [{ text: last }] }];
});

/**
 * The same conversation with neighbours of one role in one content, and with neighbouring unsigned texts of the model's
 * in one part: how the writer says it.
 */
function joined(contents: readonly { readonly role: string; readonly parts: readonly object[] }[]): readonly unknown[] {
  const whole: { role: string; parts: readonly Loose[] }[] = [];
  for (const { role, parts } of contents) {
    let before = whole[whole.length - 1];
    if (before?.role !== role) whole.push((before = { role, parts: [] }));
    for (const part of parts) before.parts = role === "model" ? withPart(before.parts, part) : [...before.parts, part];
  }
  return whole;
}

function withPart(parts: readonly Loose[], part: Loose): readonly Loose[] {
  const before = parts[parts.length - 1];
  const isOpen = (one: Loose): boolean => one["text"] !== undefined && one["thoughtSignature"] === undefined;
  return before !== undefined && isOpen(before) && isOpen(part) && before["thought"] === part["thought"]
    ? [...parts.slice(0, -1), { ...before, text: `${before["text"]}${part["text"]}` }]
    : [...parts, part];
}

const settings = fc.record(
  {
    systemInstruction: fc
      .array(word, { minLength: 1, maxLength: 2 })
      .map((texts) => ({ parts: texts.map((text) => ({ text })) })),
    generationConfig: fc.record(
      {
        temperature: fc.constantFrom(0, 0.5, 2),
        topP: fc.constantFrom(0.1, 1),
        topK: fc.integer({ min: 1, max: 40 }),
        seed: fc.integer(),
        maxOutputTokens: fc.integer({ min: 1, max: 60_000 }),
        stopSequences: fc.array(word, { minLength: 1, maxLength: 5 }),
        mediaResolution: fc.constant("MEDIA_RESOLUTION_LOW"),
        thinkingConfig: fc.constantFrom<object>(
          { thinkingLevel: "LOW", includeThoughts: true },
          { thinkingLevel: "HIGH" },
          { includeThoughts: false },
        ),
      },
      { requiredKeys: ["temperature"] },
    ),
    safetySettings: fc.constant([{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }]),
    labels: fc.dictionary(word, word, { noNullPrototype: true }),
    serviceTier: fc.constantFrom("flex", "standard", "priority"),
  },
  { requiredKeys: [] },
);

const functions = fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((names) => ({
  tools: [
    {
      functionDeclarations: names.map((name) => ({
        name,
        parametersJsonSchema: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      })),
    },
  ],
  toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: names.slice(0, 2) } },
}));

describe("a body of this dialect", () => {
  it("comes through the hub as it went in", () => {
    fc.assert(
      fc.property(conversation, settings, fc.option(functions, { nil: {} }), (contents, more, tools) => {
        const body = { ...more, ...tools, contents };
        expect(carried(body, "gemini-3-flash-preview")).toEqual({ ...body, contents: joined(contents) });
      }),
      { numRuns: 120 },
    );
  });
});

/** What the API answers with a 400. */
function complaints(contents: unknown): readonly string[] {
  const found: string[] = [];
  let open: readonly unknown[] = [];
  let role: unknown = "model";
  for (const content of contents as readonly Loose[]) {
    const parts = content["parts"] as readonly Loose[];
    if (content["role"] === role) found.push(`two ${String(role)} contents in a row`);
    role = content["role"];
    if (parts.length === 0) found.push("a content without parts");
    for (const part of parts)
      if (Object.keys(part).length === 0 || (part["text"] === "" && part["thoughtSignature"] === undefined))
        found.push("an empty part");
    const answers = parts.flatMap((part) => (part["functionResponse"] === undefined ? [] : [part["functionResponse"]]));
    if (role === "user") {
      if (JSON.stringify(answers.map((one) => [one.id, one.name])) !== JSON.stringify(open))
        found.push("calls and answers do not pair");
      if (!answers.every((one) => isRecord(one.response))) found.push("an answer that is no object");
      open = [];
    } else {
      const calls = parts.flatMap((part) => (part["functionCall"] === undefined ? [] : [part["functionCall"]]));
      if (!calls.every((one) => isRecord(one.args))) found.push("arguments that are no object");
      open = calls.map((one) => [one.id, one.name]);
    }
  }
  if (open.length > 0) found.push("calls without answers");
  return found;
}

const anyPart = fc.oneof(
  userPart,
  modelPart,
  fc.record(
    {
      functionCall: fc.record({ id: word, name: word, args: fc.anything() }, { requiredKeys: [] }),
      thoughtSignature: word,
    },
    { requiredKeys: [] },
  ),
  fc.record({
    functionResponse: fc.record(
      { id: word, name: word, response: fc.json().map((text) => JSON.parse(text) as unknown) },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ text: fc.string({ maxLength: 2 }), thought: fc.boolean(), thoughtSignature: word }, { requiredKeys: [] }),
);
const anyContents = fc.array(
  fc.record(
    { role: fc.constantFrom("user", "model", "function"), parts: fc.array(anyPart, { maxLength: 4 }) },
    { requiredKeys: ["parts"] },
  ),
  { maxLength: 6 },
);

describe("any history whatever", () => {
  it.each([
    ["gemini-2.5-pro", studio],
    ["gemini-3.7-flash", studio],
    ["claude-opus-4-6-thinking", antigravity],
  ] as const)("becomes one that %s takes", (model, backend) => {
    let written = 0;
    fc.assert(
      fc.property(anyContents, (contents) => {
        const parsed: unknown = JSON.parse(JSON.stringify({ contents }));
        const body = carried(parsed, model, backend);
        if (body === null) return;
        written += 1;
        expect(complaints(body["contents"])).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(written).toBeGreaterThan(50);
  });

  it("never throws, whatever the JSON", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.json(), (text, config) => {
        const value: unknown = JSON.parse(text);
        const more: unknown = JSON.parse(config);
        const parts = [{ text: "a" }, value, { functionCall: more }, { functionResponse: value }, { fileData: more }];
        const bodies: readonly unknown[] = [
          value,
          { contents: value, generationConfig: more, tools: more, toolConfig: more, systemInstruction: value },
          {
            contents: [{ role: "model", parts: value }, { parts: more }],
            tools: [value, { functionDeclarations: more }],
          },
          { contents: [{ parts }], generateContentRequest: more },
        ];
        for (const body of bodies) expect(() => carried(body, "gemini-3-pro")).not.toThrow();
      }),
      { numRuns: 150 },
    );
  });
});
