/** The stream a Responses client gets: the order that the official client, the AI SDK and Codex all take. */
import { describe, expect, it } from "vitest";
import {
  chatCall,
  chatChunk,
  chatStream,
  chatUsage,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  frames,
  readRequest,
  translateStream,
  typesOf,
  writerOptions,
  writeStream,
  type Loose,
} from "../__fixtures__/harness.ts";
import { readCarrier } from "../../hub/carrier.ts";
import type { Citation } from "../../hub/message.ts";
import type { FinishReason, StreamEvent } from "../../hub/stream.ts";
import { formats } from "../table.ts";
import { finalResponse } from "./__fixtures__/streams.ts";

const usage = { input: 100, output: 20, cacheRead: 40, cacheWrite: 10, reasoning: 5, estimated: false };
const start: StreamEvent = { type: "reply-start", id: "chatcmpl-1", model: "served" };
const end = (reason: FinishReason = "stop"): StreamEvent => ({
  type: "reply-end",
  finish: { reason, raw: null },
  usage,
});
const text = (block: number, ...deltas: readonly string[]): readonly StreamEvent[] => [
  { type: "text-start", block },
  ...deltas.map((delta): StreamEvent => ({ type: "text-delta", block, text: delta })),
  { type: "text-end", block },
];
const call = (block: number, id: string, ...deltas: readonly string[]): readonly StreamEvent[] => [
  { type: "tool-start", block, id, name: "read", kind: "function" },
  ...deltas.map((delta): StreamEvent => ({ type: "tool-delta", block, text: delta })),
  { type: "tool-end", block },
];
const think = (block: number, words: string, signed: object = {}): readonly StreamEvent[] => [
  { type: "thinking-start", block },
  ...(words === "" ? [] : [{ type: "thinking-delta", block, text: words } as const]),
  { type: "thinking-end", block, from: { format: "claude", model: "claude-x" }, ...signed },
];

const write = (...events: readonly StreamEvent[]): Uint8Array => writeStream("openai-responses", events);
const output = (...events: readonly StreamEvent[]): readonly Loose[] =>
  finalResponse(write(start, ...events, end()))["output"] as readonly Loose[];

describe("the order of events", () => {
  it("is that of OpenAI's own API, numbered from 0, each with its event line", () => {
    const bytes = write(
      start,
      ...think(0, "hm"),
      ...text(1, "I ", "look"),
      ...call(2, "call_1", '{"a":1}'),
      end("tool-calls"),
    );
    expect(typesOf(bytes)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const all = frames(bytes) as readonly Loose[];
    expect(all.map((frame) => frame["sequence_number"])).toEqual(all.map((_frame, index) => index));
    const lines = Buffer.from(bytes)
      .toString()
      .matchAll(/^event: (.*)\ndata: /gm);
    expect([...lines].map(([, name]) => name)).toEqual(all.map((frame) => frame["type"]));
  });

  it("S4 S5: every item is added before its deltas and done once, its number its place in the output, its id its own", () => {
    const bytes = write(start, ...think(0, "hm"), ...text(1, "a"), ...call(2, "x", "{}"), ...call(3, "y", "{}"), end());
    const items = new Map<unknown, { readonly index: number; isDone: boolean }>();
    for (const frame of frames(bytes) as readonly Loose[]) {
      const index = frame["output_index"] as number;
      const item = frame["item"] as Loose | undefined;
      if (frame["type"] === "response.output_item.added") {
        expect(index).toBe(items.size);
        items.set(item?.["id"], { index, isDone: false });
      } else if (frame["type"] === "response.output_item.done") {
        const known = items.get(item?.["id"]);
        expect(known).toEqual({ index, isDone: false });
        if (known !== undefined) known.isDone = true;
      } else if ("item_id" in frame) expect(items.get(frame["item_id"])).toEqual({ index, isDone: false });
    }
    expect(items.size).toBe(4);
    expect((finalResponse(bytes)["output"] as readonly Loose[]).map((item) => item["id"])).toEqual([...items.keys()]);
  });

  it("S3: the last event holds every finished item, with the usage Codex wants", () => {
    const bytes = write(start, ...text(0, "so"), ...call(1, "x", ""), end("tool-calls"));
    expect(finalResponse(bytes)).toMatchObject({
      id: "resp_chatcmpl-1",
      object: "response",
      created_at: 1_700_000_000,
      model: "asked-model",
      status: "completed",
      store: false,
      output: [
        { type: "message", status: "completed", content: [{ type: "output_text", text: "so", annotations: [] }] },
        { type: "function_call", call_id: "x", name: "read", arguments: "{}", status: "completed" },
      ],
      usage: {
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
        output_tokens: 20,
        output_tokens_details: { reasoning_tokens: 5 },
        total_tokens: 120,
      },
    });
  });

  it("S13: ends without a [DONE], and T11: begins with the response though a call comes first", () => {
    const bytes = write(start, ...call(0, "x", "{}"), end("tool-calls"));
    expect(Buffer.from(bytes).toString()).not.toContain("[DONE]");
    expect(typesOf(bytes)[0]).toBe("response.created");
  });

  it("S10 R13: opens no item that stays empty", () => {
    const empty = [...text(0), ...think(1, "", { from: undefined }), ...text(2)];
    expect(typesOf(write(start, ...empty, end()))).toEqual([
      "response.created",
      "response.in_progress",
      "response.completed",
    ]);
  });

  it("T22: makes a message of its own of text after a call, and one message of texts in a row", () => {
    const items = output(...text(0, "a"), ...text(1, "b"), ...call(2, "x", "{}"), ...text(3, "c"));
    expect(items.map((item) => item["type"])).toEqual(["message", "function_call", "message"]);
    expect(items[0]?.["content"]).toMatchObject([{ text: "a" }, { text: "b" }]);
    expect(items[2]?.["content"]).toMatchObject([{ text: "c" }]);
  });

  it("T9 T12: makes one item of 500 deltas, and empty arguments a valid object", () => {
    const pieces = Array.from({ length: 500 }, (_one, index) => (index === 0 ? '{"a":"' : index === 499 ? '"}' : "x"));
    expect(output(...call(0, "x", ...pieces))).toMatchObject([{ arguments: `{"a":"${"x".repeat(498)}"}` }]);
    const bytes = write(start, ...call(0, "x"), end());
    const delta = (frames(bytes) as readonly Loose[]).find((frame) =>
      String(frame["type"]).endsWith("arguments.delta"),
    );
    expect(delta?.["delta"]).toBe("{}");
  });

  it("gives items ids that the API would take back: its letters, and no more than 64 of them", () => {
    const long: StreamEvent = { type: "reply-start", id: `gen:${"x".repeat(200)}`, model: null };
    const bytes = write(long, ...text(0, "a"), end());
    const [item] = finalResponse(bytes)["output"] as readonly Loose[];
    expect(item?.["id"]).toMatch(/^msg_[A-Za-z0-9_-]{1,60}$/);
    expect(finalResponse(write({ ...start, id: "resp_7" }, end()))["id"]).toBe("resp_7");
    expect(finalResponse(write({ ...start, id: null }, end()))["id"]).toBe("resp_fallback-1");
  });
});

describe("what items hold", () => {
  it("R6: reasoning wears OpenAI's own blob, or the tag of whose it is", () => {
    const own = { format: "openai-responses", model: "gpt-x" };
    const [first, second, third] = output(
      ...think(0, "hm", { signature: "gAAAA", from: own }),
      ...think(1, "ha", { signature: "EqX" }),
      { type: "redacted-thinking", block: 2, data: "secret", from: { format: "claude" } },
    );
    expect(first).toMatchObject({ type: "reasoning", summary: [{ text: "hm" }], encrypted_content: "gAAAA" });
    expect(readCarrier(String(second?.["encrypted_content"]))).toEqual({
      from: { format: "claude", model: "claude-x" },
      signature: "EqX",
    });
    expect(third).toMatchObject({ summary: [] });
    expect(String(third?.["encrypted_content"])).toMatch(/^switchyard\./);
  });

  it("R9: reasoning without words is kept for its blob", () => {
    expect(output(...think(0, "", { signature: "EqX" }))).toMatchObject([{ type: "reasoning", summary: [] }]);
  });

  it("refusals are parts of the message", () => {
    const refusal: readonly StreamEvent[] = [
      { type: "refusal-start", block: 1 },
      { type: "refusal-delta", block: 1, text: "no" },
      { type: "refusal-end", block: 1 },
    ];
    expect(output(...text(0, "a"), ...refusal)).toMatchObject([
      {
        content: [
          { type: "output_text", text: "a" },
          { type: "refusal", refusal: "no" },
        ],
      },
    ]);
  });

  it("refusals are text to Codex, which reads nothing else", () => {
    const writer = formats["openai-responses"].client.streamWriter({ ...writerOptions(), variant: "codex" });
    const finish = { reason: "content-filter", raw: null, explanation: "not this" } as const;
    const events: readonly StreamEvent[] = [start, { type: "reply-end", finish, usage }];
    expect(finalResponse(Buffer.concat(events.flatMap((event) => writer.push(event))))).toMatchObject({
      status: "incomplete",
      output: [{ content: [{ type: "output_text", text: "not this" }] }],
    });
  });

  it("notes on sources are added to the text they belong to", () => {
    const cite = (citation: Partial<Citation>): StreamEvent => ({
      type: "citation",
      block: 0,
      citation: { from: "claude", raw: {}, ...citation },
    });
    const [first = start, ...rest] = text(0, "so it is");
    const own = { type: "file_citation", file_id: "f", filename: "a", index: 1 };
    const bytes = write(
      start,
      first,
      ...rest.slice(0, 1),
      cite({ url: "https://example.com", title: "E", start: 0, end: 2 }),
      cite({ url: "https://example.org" }),
      cite({ from: "openai-responses", raw: own }),
      cite({ text: "of a document" }),
      ...rest.slice(1),
      end(),
    );
    const [item] = finalResponse(bytes)["output"] as readonly Loose[];
    const notes = [
      { type: "url_citation", start_index: 0, end_index: 2, url: "https://example.com", title: "E" },
      { type: "url_citation", start_index: 0, end_index: 8, url: "https://example.org", title: "https://example.org" },
      own,
    ];
    expect(item?.["content"]).toMatchObject([{ text: "so it is", annotations: notes }]);
    const added = (frames(bytes) as readonly Loose[]).filter((frame) =>
      String(frame["type"]).endsWith("annotation.added"),
    );
    expect(added.map((frame) => [frame["annotation_index"], frame["annotation"]])).toEqual(
      notes.map((note, at) => [at, note]),
    );
    const writer = formats["openai-responses"].client.streamWriter(writerOptions());
    for (const event of [start, first, cite({ text: "of a document" })]) writer.push(event);
    expect(writer.losses()).toEqual([expect.stringMatching(/^citation: /)]);
  });

  it("pictures the model drew are items, or links where only their address is known", () => {
    const image = (source: Extract<StreamEvent, { type: "image" }>["part"]["source"]): StreamEvent => ({
      type: "image",
      block: 0,
      part: { type: "image", source },
    });
    expect(output(image({ kind: "base64", mediaType: "image/webp", data: "AAAA" }))).toMatchObject([
      { type: "image_generation_call", status: "completed", result: "AAAA", output_format: "webp" },
    ]);
    expect(output(image({ kind: "url", url: "https://example.com/a.png" }))).toMatchObject([
      { type: "message", content: [{ text: "![image](https://example.com/a.png)" }] },
    ]);
  });

  it("items of OpenAI's own tools come back whole; others' are put into words where there are any", () => {
    const raw = { type: "web_search_call", id: "ws_1", status: "completed" };
    const opaque = (from: "openai-responses" | "claude", more: object): StreamEvent => ({
      type: "opaque",
      block: 0,
      part: { type: "opaque", from, name: "x", raw, ...more },
    });
    expect(output(opaque("openai-responses", {}))).toEqual([raw]);
    expect(output(opaque("claude", {}))).toEqual([]);
    expect(output(opaque("claude", { text: "searched" }))).toMatchObject([{ content: [{ text: "searched" }] }]);
  });

  it("freeform calls hold raw text, and names in a namespace are the client's own", () => {
    const custom: readonly StreamEvent[] = [
      { type: "tool-start", block: 0, id: "x", name: "patch", kind: "custom" },
      { type: "tool-delta", block: 0, text: "*** {" },
      { type: "tool-end", block: 0 },
    ];
    const bytes = write(start, ...custom, end("tool-calls"));
    expect(typesOf(bytes)).toContain("response.custom_tool_call_input.done");
    expect(finalResponse(bytes)["output"]).toMatchObject([
      { type: "custom_tool_call", call_id: "x", name: "patch", input: "*** {" },
    ]);
    const request = readRequest("openai-responses", {
      model: "gpt-x",
      input: "hi",
      tools: [{ type: "namespace", name: "ns", tools: [{ type: "function", name: "read" }] }],
    });
    const events = [
      start,
      { ...custom[0], name: "ns__read", kind: "function" } as StreamEvent,
      custom[2] ?? start,
      end(),
    ];
    const named = writeStream("openai-responses", events, request);
    expect(finalResponse(named)["output"]).toMatchObject([{ type: "function_call", namespace: "ns", name: "read" }]);
    const told = (frames(named) as readonly Loose[]).find((frame) => String(frame["type"]).endsWith("arguments.done"));
    expect(told?.["name"]).toBe("read");
  });
});

describe("ends", () => {
  it.each([
    ["stop", "completed", null],
    ["tool-calls", "completed", null],
    ["stop-sequence", "completed", null],
    ["pause", "completed", null],
    ["unknown", "completed", null],
    ["length", "incomplete", { reason: "max_output_tokens" }],
    ["content-filter", "incomplete", { reason: "content_filter" }],
  ] as const)("%s is %s", (reason, status, details) => {
    const bytes = write(start, ...text(0, "so"), end(reason));
    expect(typesOf(bytes).at(-1)).toBe(`response.${status}`);
    expect(finalResponse(bytes)).toMatchObject({ status, incomplete_details: details });
  });

  it("T10: marks a call whose arguments were cut as incomplete", () => {
    expect(finalResponse(write(start, ...call(0, "x", '{"a":'), end("length")))).toMatchObject({
      status: "incomplete",
      output: [{ type: "function_call", status: "incomplete", arguments: '{"a":' }],
    });
  });

  it("S15: an error is a failed response with what there is, and nothing follows it", () => {
    const error = { kind: "truncated", message: "cut" } as const;
    const open = text(1, "so f").slice(0, 2);
    const bytes = write(start, ...think(0, "hm"), ...open, { type: "error", error }, ...text(2, "late"), end());
    expect(typesOf(bytes).filter((type) => /completed|failed|incomplete|error/.test(String(type)))).toEqual([
      "response.failed",
    ]);
    expect(finalResponse(bytes)).toMatchObject({
      status: "failed",
      error: { code: "stream_truncated", message: "cut" },
      output: [{ type: "reasoning" }, { type: "message", status: "incomplete", content: [{ text: "so f" }] }],
    });
  });

  it("an error before anything else still is a response: Codex pays no heed to bare errors", () => {
    const bytes = write({ type: "error", error: { kind: "billing", message: "no credit" } });
    expect(typesOf(bytes)).toEqual(["response.created", "response.in_progress", "response.failed"]);
    expect(finalResponse(bytes)).toMatchObject({ error: { code: "insufficient_quota", message: "no credit" } });
  });

  it("U4: a full context and a wait are told so that Codex acts on them", () => {
    const told = (error: Extract<StreamEvent, { type: "error" }>["error"]): unknown =>
      finalResponse(write({ type: "error", error }))["error"];
    expect(told({ kind: "context-overflow", message: "prompt is too long: 9000 tokens > 8192 maximum" })).toEqual({
      code: "context_length_exceeded",
      message:
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
    });
    expect(told({ kind: "rate-limit", message: "slow down", retryAfterMs: 2500 })).toEqual({
      code: "rate_limit_exceeded",
      message: "slow down Please try again in 3s.",
    });
  });
});

describe("from other dialects", () => {
  it("T21: empty tool_calls in each delta close nothing", () => {
    const chunks = ["a", "b", "c"].map((content) => chatChunk({ content, tool_calls: [] }));
    const bytes = translateStream(
      "openai-chat",
      "openai-responses",
      chatStream(...chunks, chatChunk({}, "stop"), "[DONE]"),
    );
    expect(finalResponse(bytes)["output"]).toMatchObject([{ content: [{ text: "abc" }] }]);
    expect(typesOf(bytes).filter((type) => type === "response.output_item.added")).toHaveLength(1);
  });

  it("S1 S7: a call ended with stop is completed, and the usage behind the finish is told", () => {
    const bytes = chatStream(chatChunk(chatCall(0, "a", "read", "{}")), chatChunk({}, "stop"), chatUsage, "[DONE]");
    expect(finalResponse(translateStream("openai-chat", "openai-responses", bytes))).toMatchObject({
      status: "completed",
      usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 40 } },
    });
  });

  it("U2: the cache is part of the input, whatever the upstream counts it as", () => {
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "so" }),
      ...claudeEnd("end_turn"),
    );
    expect(finalResponse(translateStream("claude", "openai-responses", bytes))["usage"]).toMatchObject({
      input_tokens: 45,
      input_tokens_details: { cached_tokens: 30, cache_write_tokens: 5 },
      output_tokens: 7,
      total_tokens: 52,
    });
  });

  it("S2: a stream that was cut fails", () => {
    const bytes = translateStream("openai-chat", "openai-responses", chatStream(chatChunk({ content: "so" })));
    expect(typesOf(bytes).at(-1)).toBe("response.failed");
  });
});

it("S21: keeps a stream alive with a comment", () => {
  const writer = formats["openai-responses"].client.streamWriter(writerOptions());
  expect(Buffer.from(writer.keepAlive()).toString()).toMatch(/^: .*\n\n$/);
});

it("says again what was wished, as far as clients look at it there", () => {
  const request = {
    toolChoice: { type: "tool", name: "read" },
    responseFormat: { type: "json-object" },
    verbosity: "low",
    thinking: { mode: "level", level: "high", show: true },
    parallelToolCalls: false,
    maxTokens: 10,
  } as const;
  expect(finalResponse(writeStream("openai-responses", [start, end()], request))).toMatchObject({
    tool_choice: { type: "function", name: "read" },
    text: { format: { type: "json_object" }, verbosity: "low" },
    reasoning: { effort: "high", summary: "auto" },
    parallel_tool_calls: false,
    max_output_tokens: 10,
  });
});

it("adds the usage buffer to what the client sees", () => {
  const writer = formats["openai-responses"].client.streamWriter({ ...writerOptions(), usageBuffer: 2000 });
  const bytes = Buffer.concat([start, end()].flatMap((event) => writer.push(event)));
  expect(finalResponse(bytes)["usage"]).toMatchObject({ input_tokens: 2100, total_tokens: 2120 });
});
