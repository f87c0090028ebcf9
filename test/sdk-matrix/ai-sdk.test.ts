/** The AI SDK (`ai` with its OpenAI, Anthropic and Google providers) on the same pairs: its readers are other than the official ones'. */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import {
  APICallError,
  generateText,
  jsonSchema,
  Output,
  streamText,
  tool,
  type LanguageModel,
  type ModelMessage,
  type ToolSet,
} from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { type Turn } from "../support/provider-turn.ts";
import { fetchThrough, type Dialect } from "./clients.ts";
import { counts, modelTo, pairs, play, startRig, thinkerTo, ways, type Rig, type Script } from "./rig.ts";
import { png, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

function languageModel(dialect: Dialect, name: string): LanguageModel {
  const options = { apiKey: "sk-the-clients-own", fetch: fetchThrough(rig.dispatcher) };
  switch (dialect) {
    case "openai-chat":
      return createOpenAI(options).chat(name);
    case "openai-responses":
      return createOpenAI(options).responses(name);
    case "claude":
      return createAnthropic(options)(name);
    case "gemini":
      return createGoogleGenerativeAI(options)(name);
  }
}

interface Asking {
  readonly dialect: Dialect;
  readonly model: string;
  readonly stream: boolean;
  readonly messages: ModelMessage[];
  readonly tools?: ToolSet;
  readonly thinks?: boolean;
}

/** What each provider package is told so that its model thinks and shows it. Nothing is stored at the provider. */
const thinking = {
  openai: { reasoningEffort: "high", reasoningSummary: "auto", store: false, forceReasoning: true },
  anthropic: { thinking: { type: "enabled", budgetTokens: 2048 } },
  google: { thinkingConfig: { includeThoughts: true } },
} as const;

async function ask({ dialect, model, stream, messages, tools, thinks }: Asking) {
  const options = {
    model: languageModel(dialect, model),
    maxRetries: 0,
    messages,
    maxOutputTokens: 4096,
    ...(tools === undefined ? {} : { tools }),
    providerOptions: thinks === true ? thinking : { openai: { store: false } },
  };
  if (!stream) {
    const { text, reasoningText, toolCalls, finishReason, usage, response } = await generateText(options);
    return { text, reasoningText, toolCalls, finishReason, usage, messages: response.messages };
  }
  let failure: unknown = null;
  const result = streamText({
    ...options,
    onError: ({ error }) => {
      failure = error;
    },
  });
  for await (const part of result.fullStream) if (part.type === "error") failure = part.error;
  if (failure !== null) throw failure as Error;
  return {
    text: await result.text,
    reasoningText: await result.reasoningText,
    toolCalls: await result.toolCalls,
    finishReason: await result.finishReason,
    usage: await result.usage,
    messages: (await result.response).messages,
  };
}

const readFile = tool({
  description: readTool.description,
  inputSchema: jsonSchema<{ path: string }>({
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  }),
});
// The package's own types do not fit each other under exactOptionalPropertyTypes.
const tools = { read_file: readFile } as unknown as ToolSet;

const question: ModelMessage[] = [
  { role: "system", content: "Answer briefly." },
  { role: "user", content: "Who is there?" },
];

describe.each(pairs)("the AI SDK on %s answered by %s", (dialect, provider) => {
  const model = modelTo(provider);
  const script = (...turns: readonly Turn[]): Script => play(rig.fake(provider), ...turns);

  describe.each(ways)("%s", (_, stream) => {
    it("text, stop and figures", async () => {
      const { asked } = script({ type: "says", parts: [{ type: "text", text: "Grüße, 世界 👩‍👩‍👧." }] });
      const heard = await ask({ dialect, model, stream, messages: question });
      expect(heard).toMatchObject({ text: "Grüße, 世界 👩‍👩‍👧.", finishReason: "stop" });
      expect(heard.usage).toMatchObject({
        inputTokens: counts.input,
        outputTokens: counts.output,
        inputTokenDetails: { cacheReadTokens: counts.cached },
      });
      expect(asked[0]).toMatchObject({ system: "Answer briefly.", userTexts: ["Who is there?"], stream });
    });

    it("thinking, parallel calls, results with a failure, and the answer", async () => {
      const { asked, seen } = script(
        {
          type: "says",
          interleaved: true,
          parts: [
            { type: "thinking", text: "There are two to read." },
            { type: "text", text: "I read." },
            { name: "read_file", input: { path: "/a" } },
            { name: "read_file", input: { path: "/b" } },
          ],
        },
        { type: "text", text: "One is missing." },
      );
      const asking = { dialect, model: thinkerTo(provider), stream, tools, thinks: true };
      const heard = await ask({ ...asking, messages: question });
      expect(heard).toMatchObject({ text: "I read.", finishReason: "tool-calls" });
      expect(heard.toolCalls.map(({ toolName, input }) => [toolName, input])).toEqual([
        ["read_file", { path: "/a" }],
        ["read_file", { path: "/b" }],
      ]);
      if (dialect !== "openai-chat") expect(heard.reasoningText).toBe("There are two to read.");
      const results = heard.toolCalls.map(({ toolCallId, toolName }, index) => ({
        type: "tool-result" as const,
        toolCallId,
        toolName,
        output:
          index === 0
            ? ({ type: "text", value: "content of a" } as const)
            : ({ type: "error-text", value: "no such file" } as const),
      }));
      const end = await ask({
        ...asking,
        messages: [...question, ...heard.messages, { role: "tool", content: results }],
      });
      expect(end).toMatchObject({ text: "One is missing.", finishReason: "stop" });
      expect(seen().map(({ status }) => status)).toEqual([200, 200]);
      // The Google package wraps its results: {name, content}.
      expect(asked[1]?.toolResults[0]).toContain("content of a");
      expect(asked[1]?.toolResults[1]).toContain("no such file");
    });

    it("an image, a structured answer and a limit", async () => {
      const { asked } = script({ type: "text", text: "A dot." });
      const content = [
        { type: "image" as const, image: png, mediaType: "image/png" },
        { type: "text" as const, text: "What is it?" },
      ];
      await ask({ dialect, model, stream, messages: [{ role: "user", content }] });
      expect(asked[0]?.imageData).toEqual([png]);
      script({ type: "says", parts: [{ type: "text", text: "So far" }], stop: "length" });
      expect(await ask({ dialect, model, stream, messages: question })).toMatchObject({ finishReason: "length" });
    });

    it.each([400, 429, 500])("an error %i", async (status) => {
      script({ type: "error", status, message: "Not like this." });
      const failure: unknown = await ask({ dialect, model, stream, messages: question }).catch(
        (error: unknown) => error,
      );
      if (!APICallError.isInstance(failure)) throw new Error(`expected an API call error, got ${String(failure)}`);
      expect(failure.statusCode).toBe(status);
      expect(failure.message).toContain("Not like this.");
      expect(failure.isRetryable).toBe(status !== 400);
    });
  });

  it.each([
    { type: "error", status: 500, message: "Broken." } as const,
    { type: "cut" } as const,
    { type: "eof" } as const,
  ])("does not take a stream that ends with %o for an answer", async (ending) => {
    script({ type: "says", parts: [{ type: "text", text: "This will not be finished." }], ending });
    const heard = await ask({ dialect, model, stream: true, messages: question }).then(
      ({ finishReason }) => finishReason,
      () => "thrown",
    );
    // Its readers do not throw on a missing end; what is no error to them is at least no proper stop.
    expect(["thrown", "error", "other", "unknown"]).toContain(heard);
  });

  it("a structured answer", async () => {
    const { asked } = script({ type: "text", text: '{"answer":42}' });
    const schema = jsonSchema<{ answer: number }>({
      type: "object",
      properties: { answer: { type: "integer" } },
      required: ["answer"],
      additionalProperties: false,
    });
    const { output } = await generateText({
      model: languageModel(dialect, model),
      maxRetries: 0,
      prompt: "What is it?",
      output: Output.object({ schema }),
    });
    expect(output).toEqual({ answer: 42 });
    // What the package itself asks in another way than by a schema (a tool, an instruction) is not ours to see to.
    if (dialect !== "claude") expect(asked[0]?.schema).toMatchObject({ properties: { answer: {} } });
  });
});

describe("the AI SDK on openai-responses with its defaults, which refer to stored items by their ids", () => {
  const others = pairs.filter(([client, provider]) => client === "openai-responses" && client !== provider);
  it.each(others)("%s answered by %s", async (dialect, provider) => {
    const { asked } = play(
      rig.fake(provider),
      {
        type: "says",
        parts: [
          { type: "text", text: "I read." },
          { name: "read_file", input: { path: "/a" } },
        ],
      },
      { type: "text", text: "Read." },
      { type: "text", text: "Nothing more." },
    );
    const model = languageModel(dialect, modelTo(provider));
    const first = await generateText({ model, maxRetries: 0, messages: question, tools });
    const result = (toolCallId: string) =>
      ({ type: "tool-result", toolCallId, toolName: "read_file", output: { type: "text", value: "content" } }) as const;
    const results = first.toolCalls.map(({ toolCallId }) => result(toolCallId));
    const messages: ModelMessage[] = [...question, ...first.response.messages, { role: "tool", content: results }];
    const second = await generateText({ model, maxRetries: 0, messages, tools });
    expect(second.text).toBe("Read.");
    const more: ModelMessage[] = [...messages, ...second.response.messages, { role: "user", content: "And?" }];
    const third = await generateText({ model, maxRetries: 0, messages: more, tools });
    expect(third.text).toBe("Nothing more.");
    expect(asked[2]?.assistantTexts.filter((text) => text !== "")).toEqual(["I read.", "Read."]);
    expect(asked[2]?.toolResults).toEqual(["content"]);
  });
});
