/** The official Google Gen AI SDK as client: what it makes of our writers' bytes when the upstream speaks another dialect. */
import {
  ApiError,
  FunctionCallingConfigMode,
  GoogleGenAI,
  type GenerateContentResponse,
  type Part,
} from "@google/genai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bodyOf,
  chatArguments,
  chatCall,
  chatChunk,
  chatStream,
  chatUsage,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  readStream,
  replyOf,
  writeRequest,
  writerOptions,
  type Loose,
} from "../../src/engine/formats/__fixtures__/harness.ts";
import type { TextFormatId } from "../../src/engine/formats/format.ts";
import { formats } from "../../src/engine/formats/table.ts";
import { startLoopback, type Loopback } from "./loopback.ts";

const { client: ours } = formats.gemini;
const target = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse";
let upstream: Loopback;
let client: GoogleGenAI;

beforeAll(async () => {
  upstream = await startLoopback();
  client = new GoogleGenAI({ apiKey: "test", httpOptions: { baseUrl: upstream.url } });
});
afterAll(() => upstream.close());

const ask = { model: "gemini-x", contents: "hi" };

const claudeReply = claudeStream(
  claudeStart,
  { type: "ping" },
  ...claudeBlock(
    0,
    { type: "thinking", thinking: "", signature: "" },
    { type: "thinking_delta", thinking: "let me see" },
    { type: "signature_delta", signature: "EqX" },
  ),
  ...claudeBlock(
    1,
    { type: "text", text: "" },
    { type: "text_delta", text: "I look. " },
    { type: "text_delta", text: "שלום 👩‍👩‍👧" },
  ),
  ...claudeBlock(
    2,
    { type: "tool_use", id: "toolu_1", name: "read", input: {} },
    { type: "input_json_delta", partial_json: '{"path":' },
    { type: "input_json_delta", partial_json: '"/a"}' },
  ),
  ...claudeBlock(3, { type: "tool_use", id: "toolu_2", name: "read", input: {} }),
  ...claudeEnd("tool_use"),
);

const chatReply = chatStream(
  chatChunk({ role: "assistant", content: "" }),
  chatChunk({ reasoning_content: "let me see" }),
  chatChunk({ content: "I look. " }),
  chatChunk({ content: "שלום 👩‍👩‍👧" }),
  chatChunk(chatCall(0, "toolu_1", "read")),
  chatChunk(chatCall(1, "toolu_2", "read", "{}")),
  chatChunk(chatArguments(0, '{"path":"/a"}')),
  chatChunk({}, "tool_calls"),
  chatUsage,
  "[DONE]",
);

const replies = [
  ["claude", claudeReply, { promptTokenCount: 45, candidatesTokenCount: 7, cachedContentTokenCount: 30 }],
  ["openai-chat", chatReply, { promptTokenCount: 100, candidatesTokenCount: 20, cachedContentTokenCount: 40 }],
] as const satisfies readonly (readonly [TextFormatId, Uint8Array, object])[];

function play(from: TextFormatId, bytes: Uint8Array, pieceBytes = 41): void {
  const writer = ours.streamWriter({ ...writerOptions(), target });
  const body = Buffer.concat(readStream(from, bytes).flatMap((event) => writer.push(event)));
  upstream.play({ headers: ours.streamHeaders(target), body, pieceBytes });
}

async function collect(stream: AsyncIterable<GenerateContentResponse>): Promise<readonly GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const partsOf = (chunks: readonly GenerateContentResponse[]): readonly Part[] =>
  chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
const joined = (parts: readonly Part[], isThought: boolean): string =>
  parts.map((part) => ((part.thought ?? false) === isThought ? (part.text ?? "") : "")).join("");

describe.each(replies)("streaming from %s", (from, bytes, usage) => {
  it("gives text, thoughts, both calls of one name, the figures and the finish", async () => {
    play(from, bytes);
    const chunks = await collect(await client.models.generateContentStream(ask));
    const parts = partsOf(chunks);
    expect(joined(parts, false)).toBe("I look. שלום 👩‍👩‍👧");
    expect(joined(parts, true)).toBe("let me see");
    expect(chunks.flatMap((chunk) => chunk.functionCalls ?? [])).toEqual([
      { id: "toolu_1", name: "read", args: { path: "/a" } },
      { id: "toolu_2", name: "read", args: {} },
    ]);
    const last = chunks.at(-1);
    expect(last?.candidates?.[0]?.finishReason).toBe("STOP");
    expect(last?.usageMetadata).toMatchObject(usage);
    expect(last).toMatchObject({ modelVersion: "asked-model", responseId: from === "claude" ? "msg_1" : "chatcmpl-1" });
  });

  it("leaves a turn in the chat's history that the next request can be made of", async () => {
    const chat = client.chats.create({ model: "gemini-x" });
    play(from, bytes);
    await collect(await chat.sendMessageStream({ message: "look" }));
    expect(
      joined(
        chat.getHistory(true).flatMap(({ parts }) => parts ?? []),
        false,
      ),
    ).toContain("I look. ");
    play(from, bytes);
    const answers = ["toolu_1", "toolu_2"].map((id) => ({
      functionResponse: { id, name: "read", response: { output: id === "toolu_1" ? "first" : "second" } },
    }));
    await collect(await chat.sendMessageStream({ message: answers }));
    const read = ours.readRequest(upstream.asked(), target);
    if (!read.ok) throw new Error(read.error.message);
    const { messages } = bodyOf(writeRequest("claude", read.value.request));
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(["user", "assistant", "user"]);
    const content: readonly Loose[] = messages[1].content;
    const texts = content.filter(({ type }) => type === "text");
    expect(texts.map(({ text }) => text as string).join("")).toBe("I look. שלום 👩‍👩‍👧");
    expect(content.slice(texts.length)).toMatchObject([
      { type: "tool_use", id: "toolu_1", name: "read", input: { path: "/a" } },
      { type: "tool_use", id: "toolu_2", name: "read", input: {} },
    ]);
    expect(messages[2].content).toMatchObject([
      { type: "tool_result", tool_use_id: "toolu_1", content: "first" },
      { type: "tool_result", tool_use_id: "toolu_2", content: "second" },
    ]);
  });

  it("S20: is the same as the whole reply", async () => {
    upstream.play({
      headers: [["content-type", "application/json"]],
      body: ours.writeReply(replyOf(readStream(from, bytes)), { ...writerOptions(), target }),
    });
    const whole = await client.models.generateContent(ask);
    expect(joined(partsOf([whole]), false)).toBe("I look. שלום 👩‍👩‍👧");
    expect(whole.functionCalls).toMatchObject([{ id: "toolu_1" }, { id: "toolu_2" }]);
    expect(whole.usageMetadata).toMatchObject(usage);
    expect(whole.candidates?.[0]?.finishReason).toBe("STOP");
  });

  it("throws where the upstream was cut, instead of ending as if all were said", async () => {
    play(from, bytes.subarray(0, bytes.length - 330));
    const stream = await client.models.generateContentStream(ask);
    await expect(collect(stream)).rejects.toThrow(/closed the stream/);
  });
});

describe("errors inside a stream", () => {
  it("S15: are thrown, after what was said before", async () => {
    const block = claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "so far" });
    const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    play("claude", claudeStream(claudeStart, ...block, overloaded));
    const seen: GenerateContentResponse[] = [];
    const failure: unknown = await (async () => {
      for await (const chunk of await client.models.generateContentStream(ask)) seen.push(chunk);
    })().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 503 });
    expect(String(failure)).toContain("Overloaded");
    expect(seen.map((chunk) => chunk.text).join("")).toBe("so far");
  });

  it("leave the turn out of the chat's history", async () => {
    const chat = client.chats.create({ model: "gemini-x" });
    play("claude", claudeReply.subarray(0, claudeReply.length - 330));
    await expect(collect(await chat.sendMessageStream({ message: "look" }))).rejects.toThrow(ApiError);
    expect(chat.getHistory(true)).toEqual([]);
  });
});

describe("what a provider may do besides answering", () => {
  it("S21: a silence is bridged without being seen", async () => {
    const writer = ours.streamWriter({ ...writerOptions(), target });
    const said = readStream("claude", claudeReply);
    const body = Buffer.concat(
      said.flatMap((event) => [writer.keepAlive(), ...writer.push(event), writer.keepAlive()]),
    );
    upstream.play({ headers: ours.streamHeaders(target), body, pieceBytes: 17 });
    const chunks = await collect(await client.models.generateContentStream(ask));
    expect(joined(partsOf(chunks), false)).toBe("I look. שלום 👩‍👩‍👧");
  });

  it("a refusal is text with SAFETY", async () => {
    play("openai-chat", chatStream(chatChunk({ refusal: "I will not" }), chatChunk({}, "stop"), "[DONE]"));
    const chunks = await collect(await client.models.generateContentStream(ask));
    expect(joined(partsOf(chunks), false)).toBe("I will not");
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe("SAFETY");
  });

  it("a declined prompt says why", async () => {
    const details = { stop_details: { type: "refusal", explanation: "not this" } };
    play("claude", claudeStream(claudeStart, ...claudeEnd("refusal", details)));
    const [only] = await collect(await client.models.generateContentStream(ask));
    expect(only?.candidates?.[0]?.finishReason).toBe("SAFETY");
    // The SDK hides `finishMessage`.
    expect(only?.text).toBe("not this");
  });

  it("Gemini's own blocked prompt stays one", async () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 9 } };
    play("gemini", Buffer.from(`data: ${JSON.stringify(blocked)}\r\n\r\n`));
    const [only] = await collect(await client.models.generateContentStream(ask));
    expect(only?.promptFeedback?.blockReason).toBe("PROHIBITED_CONTENT");
    expect(only?.candidates).toBeUndefined();
  });

  it("T10: arguments cut by the limit are no call", async () => {
    const bytes = chatStream(chatChunk(chatCall(0, "a", "read", '{"path":')), chatChunk({}, "length"), "[DONE]");
    play("openai-chat", bytes);
    const chunks = await collect(await client.models.generateContentStream(ask));
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe("MAX_TOKENS");
    expect(chunks.flatMap((chunk) => chunk.functionCalls ?? [])).toEqual([]);
  });

  it("R1: a signed call comes back with its signature beside it", async () => {
    const signed = { functionCall: { name: "read", args: {} }, thoughtSignature: "c2lnbmF0dXJl" };
    const chunk = { candidates: [{ content: { parts: [signed], role: "model" }, finishReason: "STOP" }] };
    const chat = client.chats.create({ model: "gemini-x" });
    play("gemini", Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`));
    await collect(await chat.sendMessageStream({ message: "look" }));
    play("gemini", Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`));
    await collect(await chat.sendMessageStream({ message: "again" }));
    const read = ours.readRequest(upstream.asked(), target);
    if (!read.ok) throw new Error(read.error.message);
    const calls = read.value.request.messages.flatMap((message) =>
      message.parts.flatMap((part) => (part.type === "tool-call" ? [part] : [])),
    );
    expect(calls).toMatchObject([{ name: "read", signature: "c2lnbmF0dXJl", from: { format: "gemini" } }]);
  });
});

describe("whole answers", () => {
  it.each([
    ["context-overflow", 400, "INVALID_ARGUMENT"],
    ["auth", 401, "UNAUTHENTICATED"],
    ["rate-limit", 429, "RESOURCE_EXHAUSTED"],
    ["capacity", 503, "UNAVAILABLE"],
    ["model-not-found", 404, "NOT_FOUND"],
  ] as const)("throws its own error for %s, streamed or not", async (kind, status, word) => {
    for (const call of [() => client.models.generateContent(ask), () => client.models.generateContentStream(ask)]) {
      upstream.play(ours.writeError({ kind, message: "told" }));
      const failure: unknown = await call().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ApiError);
      expect(failure).toMatchObject({ status });
      expect(String(failure)).toContain(word);
    }
  });

  it("counts tokens", async () => {
    const answer = ours.countTokens?.writeCount(1234);
    if (answer === undefined) throw new Error("no answer to a count");
    upstream.play(answer);
    expect((await client.models.countTokens(ask)).totalTokens).toBe(1234);
  });
});

describe("what the SDK sends", () => {
  it("reaches Claude as a legal Messages request", async () => {
    play("claude", claudeReply);
    await collect(
      await client.models.generateContentStream({
        model: "gemini-x",
        contents: [
          { role: "user", parts: [{ text: "look" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] },
          { role: "model", parts: [{ functionCall: { name: "read", args: { a: 1 } } }] },
          { role: "user", parts: [{ functionResponse: { name: "read", response: { output: "found" } } }] },
        ],
        config: {
          systemInstruction: "be brief",
          maxOutputTokens: 50,
          stopSequences: ["END"],
          tools: [
            { functionDeclarations: [{ name: "read", parametersJsonSchema: { type: "object", properties: {} } }] },
          ],
          toolConfig: {
            functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ["read"] },
          },
        },
      }),
    );
    const read = ours.readRequest(upstream.asked(), target);
    if (!read.ok) throw new Error(read.error.message);
    const written = writeRequest("claude", read.value.request, { model: "claude-opus-4-6" });
    expect(bodyOf(written)).toMatchObject({
      model: "claude-opus-4-6",
      max_tokens: 50,
      system: [{ type: "text", text: "be brief" }],
      messages: [
        { role: "user", content: [{ type: "text", text: "look" }, { type: "image" }] },
        { role: "assistant", content: [{ type: "tool_use", name: "read", input: { a: 1 } }] },
        { role: "user", content: [{ type: "tool_result", content: "found" }] },
      ],
      tools: [{ name: "read", input_schema: { type: "object", properties: {} } }],
      tool_choice: { type: "tool", name: "read" },
      stop_sequences: ["END"],
      stream: true,
    });
  });
});
