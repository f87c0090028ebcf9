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
  translateStream,
  typesOf,
  writerOptions,
  writeStream,
  type Loose,
} from "../__fixtures__/harness.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { formats } from "../table.ts";
import { finalResponse } from "./__fixtures__/streams.ts";
import { call, end, output, start, text, think, write } from "./__fixtures__/writing.ts";

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
