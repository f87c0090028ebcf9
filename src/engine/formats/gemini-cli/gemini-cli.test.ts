/** The Gemini CLI's envelope: what its own reader makes of our streams, and what its backend gets from us. */
import { describe, expect, it } from "vitest";
import { isRecord, own, parseJson } from "../../../base/json.ts";
import {
  bodyOf,
  chatCall,
  chatChunk,
  chatStream,
  chatUsage,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  frozen,
  readStream,
  replyOf,
  writerOptions,
  writeOptions,
  writeRequest,
  type Loose,
} from "../__fixtures__/harness.ts";
import type { TextFormatId } from "../format.ts";
import { formats } from "../table.ts";
import { geminiCli } from "./index.ts";

const target = "/v1internal:streamGenerateContent?alt=sse";
const contents = [{ role: "user", parts: [{ text: "hi" }] }];
const body = frozen({
  model: "gemini-3-pro",
  project: "clients-project",
  user_prompt_id: "prompt-1",
  request: { contents, session_id: "session-1", generationConfig: { temperature: 0.5 } },
});

const hub = (given: unknown = body, at = target) => {
  const read = geminiCli.client.readRequest(given, at);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
};

/**
 * As the CLI's core reads its backend (late 2026): lines that begin with `data: `, joined up to a blank line, what is not
 * JSON dropped without a word; the reply under `response`, its id from `traceId`.
 */
function readAsCli(bytes: Uint8Array): readonly Loose[] {
  const out: Loose[] = [];
  let held: string[] = [];
  for (const line of Buffer.from(bytes).toString("utf8").split(/\r?\n/)) {
    if (line.startsWith("data: ")) held.push(line.slice("data: ".length).trim());
    else if (line === "" && held.length > 0) {
      const parsed = parseJson(held.join("\n"));
      const response = parsed.ok ? own(parsed.value, "response") : undefined;
      if (parsed.ok && isRecord(response)) out.push({ ...response, responseId: own(parsed.value, "traceId") });
      held = [];
    }
  }
  return out;
}

function shown(from: TextFormatId, bytes: Uint8Array): Uint8Array {
  const writer = geminiCli.client.streamWriter({ ...writerOptions(), target });
  const said = readStream(from, bytes);
  return Buffer.concat(said.flatMap((event) => [...writer.push(event), writer.keepAlive()]));
}

const claude = claudeStream(
  claudeStart,
  ...claudeBlock(
    0,
    { type: "thinking", thinking: "", signature: "" },
    { type: "thinking_delta", thinking: "hm" },
    { type: "signature_delta", signature: "EqX" },
  ),
  ...claudeBlock(1, { type: "text", text: "" }, { type: "text_delta", text: "I look. שלום\n\n" }),
  ...claudeBlock(
    2,
    { type: "tool_use", id: "toolu_1", name: "read", input: {} },
    { type: "input_json_delta", partial_json: '{\n"path": "/a"}' },
  ),
  ...claudeEnd("tool_use"),
);
const chat = chatStream(
  chatChunk({ reasoning_content: "hm" }),
  chatChunk({ content: "I look. שלום\n\n" }),
  chatChunk(chatCall(0, "toolu_1", "read", '{"path":\n"/a"}')),
  chatChunk({}, "tool_calls"),
  chatUsage,
  "[DONE]",
);

describe("what the CLI reads", () => {
  it.each([
    ["claude", claude, "msg_1"],
    ["openai-chat", chat, "chatcmpl-1"],
  ] as const)("is the whole reply of a %s upstream", (from, bytes, id) => {
    const chunks = readAsCli(shown(from, bytes));
    const parts = chunks.flatMap((chunk) => chunk["candidates"][0].content.parts as readonly Loose[]);
    expect(parts).toEqual([
      { text: "hm", thought: true },
      { text: "I look. שלום\n\n" },
      {
        functionCall: { id: "toolu_1", name: "read", args: { path: "/a" } },
        thoughtSignature: "skip/thought/signature/validator",
      },
      { text: "" },
    ]);
    expect(chunks.at(-1)).toMatchObject({
      candidates: [{ finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: from === "claude" ? 45 : 100 },
      responseId: id,
      modelVersion: "asked-model",
    });
  });

  it("has no finish after a cut, so that it is not taken for whole", () => {
    const bytes = shown("claude", claude.subarray(0, claude.length - 330));
    const chunks = readAsCli(bytes);
    expect(chunks.length).toBeGreaterThan(0);
    expect(JSON.stringify(chunks)).not.toContain("finishReason");
    expect(Buffer.from(bytes).toString()).toContain('data: {"error":{"code":502,');
  });

  it("is enveloped when it is whole, too, and an error is not", () => {
    const reply = replyOf(readStream("claude", claude));
    const whole = JSON.parse(Buffer.from(geminiCli.client.writeReply(reply, writerOptions())).toString()) as Loose;
    expect(whole).toMatchObject({
      response: { candidates: [{ finishReason: "STOP" }], usageMetadata: { promptTokenCount: 45 } },
      traceId: "msg_1",
    });
    const answer = geminiCli.client.writeError({ kind: "rate-limit", message: "slow", retryAfterMs: 1000 });
    expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({ error: { code: 429 } });
    expect(Buffer.from(geminiCli.client.countTokens?.writeCount(5).body ?? []).toString()).toBe('{"totalTokens":5}');
  });

  it("is blocked as Google blocks, inside the envelope", () => {
    const blocked = { promptFeedback: { blockReason: "SAFETY" } };
    const [only] = readAsCli(shown("gemini", Buffer.from(`data: ${JSON.stringify(blocked)}\n\n`)));
    expect(only).toMatchObject({ promptFeedback: { blockReason: "SAFETY" } });
  });
});

describe("calls of the CLI", () => {
  it("are told by method and body", () => {
    const shape = (given: unknown, at: string): object => geminiCli.client.shape(given, at);
    expect(shape(body, target)).toEqual({ operation: "reply", model: "gemini-3-pro", stream: true });
    expect(shape(body, "/v1internal:generateContent")).toMatchObject({ operation: "reply", stream: false });
    const count = { request: { model: "models/gemini-3-pro", contents } };
    expect(shape(count, "/v1internal:countTokens")).toEqual({
      operation: "count",
      model: "gemini-3-pro",
      stream: false,
    });
    expect(shape({ metadata: {} }, "/v1internal:loadCodeAssist")).toEqual({
      operation: "other",
      model: null,
      stream: false,
    });
    expect(shape(null, "/")).toEqual({ operation: "other", model: null, stream: false });
  });

  it("keep the envelope's fields for a writer of the same kind", () => {
    const { request, losses } = hub();
    expect(request).toMatchObject({
      model: "gemini-3-pro",
      stream: true,
      temperature: 0.5,
      messages: [{ role: "user", parts: [{ text: "hi" }] }],
      extras: { "gemini-cli": { project: "clients-project", user_prompt_id: "prompt-1", session_id: "session-1" } },
    });
    expect(losses).toEqual([]);
    expect(JSON.stringify(request.extras.gemini)).not.toContain("session");
  });

  it("are read in either spelling, and name what is strange", () => {
    const other = { model: "m", userPromptId: "p", surprise: 1, request: { contents, sessionId: "s" } };
    const { request, losses } = hub(other);
    expect(request.extras["gemini-cli"]).toEqual({ user_prompt_id: "p", session_id: "s" });
    expect(losses).toEqual(["parameter: surprise of the envelope"]);
  });

  it("may be counted", () => {
    const { request } = hub({ request: { model: "models/gemini-3-pro", contents } }, "/v1internal:countTokens");
    expect(request).toMatchObject({ model: "gemini-3-pro", stream: false });
  });

  it("without a request or a model are refused", () => {
    for (const bad of [null, [], {}, { model: "m" }, { model: "m", request: 1 }, { request: { contents } }]) {
      expect(geminiCli.client.readRequest(bad, target)).toMatchObject({ ok: false, error: { kind: "bad-request" } });
    }
  });

  it("go to another backend under the same method", () => {
    expect(geminiCli.callTarget(target, "x")).toBe(target);
    expect(geminiCli.callTarget("/v1internal:countTokens", "x")).toBe("/v1internal:countTokens");
  });
});

describe("calls to the CLI's backend", () => {
  const plain = () => hub({ model: "m", request: { contents } }).request;

  it("name the account's project, the model and this call", () => {
    const written = writeRequest("gemini-cli", plain(), { project: "mine", callId: "flow-1", model: "gemini-3-pro" });
    expect(written.path).toBe(target);
    expect(bodyOf(written)).toEqual({
      model: "gemini-3-pro",
      project: "mine",
      user_prompt_id: "flow-1",
      request: { contents, session_id: "flow-1" },
    });
    expect(written.losses).toEqual([]);
  });

  it("carry the client's own names, in whichever envelope it said them, but never its project", () => {
    const own = bodyOf(writeRequest("gemini-cli", hub().request, { project: "mine", callId: "flow-1" }));
    expect(own).toMatchObject({ project: "mine", user_prompt_id: "prompt-1", request: { session_id: "session-1" } });
    const read = formats.antigravity.client.readRequest(
      { model: "m", userAgent: "antigravity", request: { contents, sessionId: "-1" } },
      target,
    );
    if (!read.ok) throw new Error(read.error.message);
    const fromOther = writeRequest("gemini-cli", read.value.request, { project: "mine", callId: "flow-1" });
    expect(bodyOf(fromOther)).toMatchObject({ user_prompt_id: "flow-1", request: { session_id: "-1" } });
    expect(JSON.stringify(bodyOf(fromOther))).not.toContain("userAgent");
    expect(fromOther.losses).toEqual([]);
  });

  it("leave out what there is no honest word for", () => {
    const { callId: _callId, ...options } = { ...writeOptions, project: "mine" };
    const written = geminiCli.provider.writeRequest(plain(), options);
    if (!written.ok) throw new Error(written.error.message);
    expect(bodyOf(written.value)).toEqual({ model: options.model, project: "mine", request: { contents } });
  });

  it("are not made without a project", () => {
    const { project: _project, ...options } = writeOptions;
    const written = geminiCli.provider.writeRequest(plain(), options);
    expect(written).toMatchObject({ ok: false, error: { kind: "unsupported" } });
    expect(!written.ok && written.error.message).toContain("project");
  });

  it("have another address when no stream is asked for", () => {
    const { request } = hub(body, "/v1internal:generateContent");
    expect(writeRequest("gemini-cli", request).path).toBe("/v1internal:generateContent");
  });

  it.each(["gemini", "antigravity", "claude", "openai-chat"] as const)("of the CLI can go to %s", (provider) => {
    const written = writeRequest(provider, hub().request, { model: "gemini-3-pro" });
    expect(JSON.stringify(bodyOf(written))).toContain('"hi"');
    expect(JSON.stringify(bodyOf(written))).not.toContain("clients-project");
  });
});

describe("edits of an enveloped body", () => {
  it("change the request inside and leave the envelope alone", () => {
    const edited = geminiCli.edits.systemPrompt(body, { prepend: "be brief" });
    expect(edited).toEqual({
      ...body,
      request: { ...body.request, systemInstruction: { parts: [{ text: "be brief" }] } },
    });
    expect(geminiCli.edits.systemPrompt(body, {})).toBe(body);
    expect(geminiCli.edits.withoutBlobs(body)).toBe(body);
    expect(geminiCli.edits.thinking({ metadata: 1 }, null)).toEqual({ metadata: 1 });
  });

  it("say thinking as the named model takes it", () => {
    const edited = geminiCli.edits.thinking(body, { mode: "level", level: "high" });
    expect(edited).toMatchObject({
      request: { generationConfig: { thinkingConfig: { thinkingLevel: expect.any(String) } } },
    });
  });
});

describe("replies of the backend", () => {
  const response = {
    candidates: [{ content: { parts: [{ text: "hi" }], role: "model" }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 },
    modelVersion: "served",
  };

  it("are taken out of the envelope; its trace names the reply", () => {
    const events = readStream(
      "gemini-cli",
      Buffer.from(`data: ${JSON.stringify({ response, traceId: "trace-1" })}\r\n\r\n`),
    );
    expect(replyOf(events)).toMatchObject({
      id: "trace-1",
      model: "served",
      parts: [{ text: "hi" }],
      usage: { input: 3 },
    });
    expect(geminiCli.provider.readReply({ response, traceId: "trace-1" })).toMatchObject({ value: { id: "trace-1" } });
    expect(replyOf(readStream("gemini-cli", Buffer.from(`data: ${JSON.stringify(response)}\n\n`)))).toMatchObject({
      parts: [{ text: "hi" }],
    });
  });

  it("with an error, in the envelope or not, are errors", () => {
    const error = { code: 429, message: "slow", status: "RESOURCE_EXHAUSTED" };
    for (const wire of [{ error }, { response: { error } }]) {
      const events = readStream("gemini-cli", Buffer.from(`data: ${JSON.stringify(wire)}\n\n`));
      expect(events).toMatchObject([{ type: "error", error: { kind: "rate-limit" } }]);
    }
  });

  it.each(["gemini", "gemini-cli", "antigravity"] as const)("reach a client of %s with their signatures", (client) => {
    const signed = { functionCall: { name: "read", args: {} }, thoughtSignature: "c2ln" };
    const wire = { response: { ...response, candidates: [{ content: { parts: [signed] }, finishReason: "STOP" }] } };
    const writer = formats[client].client.streamWriter({ ...writerOptions(), target });
    for (const provider of ["gemini-cli", "antigravity"] as const) {
      const events = readStream(provider, Buffer.from(`data: ${JSON.stringify(wire)}\n\n`));
      expect(replyOf(events).parts).toMatchObject([{ signature: "c2ln", from: { format: provider } }]);
    }
    const events = readStream("gemini-cli", Buffer.from(`data: ${JSON.stringify(wire)}\n\n`));
    expect(Buffer.concat(events.flatMap((event) => writer.push(event))).toString()).toContain(
      '"thoughtSignature":"c2ln"',
    );
  });
});
