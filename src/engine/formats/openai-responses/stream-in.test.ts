/** Responses streams as OpenAI writes them, and how they end. */
import { describe, expect, it } from "vitest";
import { readStream, replyOf, writeStream } from "../__fixtures__/harness.ts";
import { checkStream } from "../../hub/__fixtures__/check-stream.ts";
import { replay } from "../../hub/replay.ts";
import type { HubReply } from "../../hub/reply.ts";
import { events, hubUsage, reply, wanted, whole } from "./__fixtures__/replies.ts";
import {
  added,
  call,
  called,
  completed,
  done,
  failed,
  head,
  incomplete,
  message,
  reasoning,
  responsesStream,
  said,
  started,
  textDelta,
  thought,
} from "./__fixtures__/streams.ts";

const from = { format: "openai-responses", model: "gpt-served" };

describe("OpenAI's own streams", () => {
  it("become reasoning with its blob, text, calls and usage, nothing twice", () => {
    const read = readStream("openai-responses", whole);
    expect(checkStream(read)).toEqual([]);
    expect(replyOf(read)).toEqual(wanted);
  });

  it("S11: read the same wherever the bytes are cut", () => {
    const readAt = (cuts: readonly number[]): string => JSON.stringify(readStream("openai-responses", whole, cuts));
    const read = readAt([]);
    for (let cut = 0; cut <= whole.length; cut += 1) expect(readAt([cut])).toBe(read);
    expect(readAt(Array.from(whole, (_byte, index) => index))).toBe(read);
  });

  it("stream each piece as it comes", () => {
    const texts = readStream("openai-responses", whole).flatMap((event) =>
      event.type === "text-delta" || event.type === "tool-delta" || event.type === "thinking-delta" ? [event.text] : [],
    );
    expect(texts).toEqual(["let me ", "see", "I look. ", "שלום 👩‍👩‍👧", '{"path":', '"/a"}', "{}"]);
    expect(
      events(
        ...started,
        added(0, call("fc_1", "call_1", "read", "")),
        completed(call("fc_1", "call_1", "read", "")),
      )[1],
    ).toMatchObject({ type: "tool-start", id: "call_1", name: "read" });
  });

  it("R9: keep reasoning that is all blob, and leave out what is neither", () => {
    expect(reply(...started, ...thought(0, "rs_1", [], "gAAAA"), ...said(1, "msg_1", "so"), completed()).parts).toEqual(
      [
        { type: "thinking", text: "", signature: "gAAAA", from, itemId: "rs_1" },
        { type: "text", text: "so" },
      ],
    );
    expect(reply(...started, ...thought(0, "rs_1", []), ...said(1, "msg_1", "so"), completed()).parts).toHaveLength(1);
  });

  it("make paragraphs of the parts of a summary", () => {
    const delta = (part: number, text: string): Readonly<Record<string, unknown>> => ({
      type: "response.reasoning_summary_text.delta",
      item_id: "rs_1",
      output_index: 0,
      summary_index: part,
      delta: text,
    });
    const wire = [
      added(0, reasoning("rs_1", "")),
      delta(0, "one"),
      delta(0, "!"),
      delta(1, "two"),
      done(0, reasoning("rs_1", "")),
    ];
    expect(reply(...started, ...wire, completed()).parts).toMatchObject([{ text: "one!\n\ntwo" }]);
  });

  it("R14: read reasoning once where it comes as it was thought and as a summary", () => {
    const place = { item_id: "rs_1", output_index: 0, content_index: 0, summary_index: 0 };
    const wire = [
      added(0, reasoning("rs_1", "")),
      { type: "response.reasoning_text.delta", ...place, delta: "all of it" },
      { type: "response.reasoning_summary_text.delta", ...place, delta: "short" },
      done(0, reasoning("rs_1", "short", "gAAAA")),
    ];
    expect(reply(...started, ...wire, completed()).parts).toMatchObject([{ text: "all of it", signature: "gAAAA" }]);
  });

  it("tell refusals, notes on sources and drawn pictures", () => {
    const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
    const note = { type: "url_citation", url: "https://example.com", title: "E", start_index: 0, end_index: 2 };
    const drawn = {
      type: "image_generation_call",
      id: "ig_1",
      status: "completed",
      result: "AAAA",
      output_format: "webp",
    };
    const wire = [
      added(0, { type: "message", id: "msg_1", role: "assistant", content: [] }),
      textDelta(0, "msg_1", "so"),
      { type: "response.output_text.annotation.added", ...place, annotation_index: 0, annotation: note },
      { type: "response.refusal.delta", ...place, content_index: 1, delta: "no" },
      done(0, {
        type: "message",
        id: "msg_1",
        content: [
          { type: "output_text", text: "so", annotations: [note] },
          { type: "refusal", refusal: "no" },
        ],
      }),
      { type: "response.image_generation_call.generating", item_id: "ig_1", output_index: 1 },
      done(1, drawn),
    ];
    expect(reply(...started, ...wire, completed()).parts).toEqual([
      {
        type: "text",
        text: "so",
        citations: [{ url: "https://example.com", title: "E", start: 0, end: 2, from: "openai-responses", raw: note }],
      },
      { type: "refusal", text: "no" },
      { type: "image", source: { kind: "base64", mediaType: "image/webp", data: "AAAA" } },
    ]);
  });

  it("keep the items of the provider's own tools whole", () => {
    const search = {
      type: "web_search_call",
      id: "ws_1",
      status: "completed",
      action: { type: "search", query: "cats" },
    };
    const wire = [
      added(0, { ...search, status: "in_progress" }),
      { type: "response.web_search_call.searching", item_id: "ws_1", output_index: 0 },
      done(0, search),
      ...said(1, "msg_1", "so"),
    ];
    expect(reply(...started, ...wire, completed(search, message("msg_1", "so"))).parts).toEqual([
      { type: "opaque", from: "openai-responses", name: "web_search_call", raw: search },
      { type: "text", text: "so" },
    ]);
  });

  it("tell freeform calls as raw text", () => {
    const item = { type: "custom_tool_call", id: "ctc_1", call_id: "call_1", name: "patch", input: "" };
    const place = { item_id: "ctc_1", output_index: 0 };
    const wire = [
      added(0, item),
      { type: "response.custom_tool_call_input.delta", ...place, delta: "*** {" },
      { type: "response.custom_tool_call_input.delta", ...place, delta: " Begin" },
      { type: "response.custom_tool_call_input.done", ...place, input: "*** { Begin" },
      done(0, { ...item, input: "*** { Begin" }),
    ];
    expect(reply(...started, ...wire, completed())).toMatchObject({
      parts: [{ type: "tool-call", kind: "custom", id: "call_1", name: "patch", arguments: "*** { Begin" }],
      finish: { reason: "tool-calls" },
    });
  });
});

describe("ends", () => {
  it.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content-filter"],
    ["something_new", "unknown"],
  ])("incomplete for %s is %s", (reason, wanted) => {
    expect(reply(...started, ...said(0, "msg_1", "so"), incomplete(reason)).finish).toEqual({
      reason: wanted,
      raw: reason,
    });
  });

  it("T10: keep length where it cut a call's arguments", () => {
    const cut = reply(
      ...started,
      added(0, call("fc_1", "c", "read", "")),
      { type: "response.function_call_arguments.delta", item_id: "fc_1", output_index: 0, delta: '{"a":' },
      incomplete("max_output_tokens"),
    );
    expect(cut).toMatchObject({ finish: { reason: "length" }, parts: [{ arguments: '{"a":' }] });
  });

  it("T10: do not call cut arguments a finished turn", () => {
    const wire = [...called(0, "fc_1", "c", "read", '{"a":'), completed()];
    expect(events(...started, ...wire).at(-1)).toMatchObject({ type: "error", error: { kind: "protocol" } });
  });

  it("S2: are truncated without a terminal, even after whole items", () => {
    const wire = [...started, ...said(0, "msg_1", "so")];
    expect(readStream("openai-responses", responsesStream(...wire)).at(-1)).toMatchObject({
      type: "error",
      error: { kind: "truncated" },
    });
    for (let cut = 0; cut < whole.length - 2; cut += 5) {
      const read = readStream("openai-responses", whole.subarray(0, cut));
      expect(read.at(-1)).toMatchObject({ type: "error", error: { kind: "truncated" } });
    }
  });

  it("take [DONE] for the upstream's word, if everything is whole", () => {
    const text = Buffer.from("data: [DONE]\n\n");
    const all = Buffer.concat([responsesStream(...started, ...said(0, "msg_1", "so")), text]);
    expect(replyOf(readStream("openai-responses", all)).finish.reason).toBe("stop");
    const open = Buffer.concat([responsesStream(...started, textDelta(0, "msg_1", "so")), text]);
    expect(readStream("openai-responses", open).at(-1)).toMatchObject({ error: { kind: "truncated" } });
    expect(replyOf(readStream("openai-responses", Buffer.concat([whole, text])))).toEqual(wanted);
  });

  it("S14 S16: are errors and nothing else when nothing was said before", () => {
    expect(events(...started, failed("rate_limit_exceeded", "Rate limit reached. Please try again in 1.3s."))).toEqual([
      {
        type: "error",
        error: {
          kind: "rate-limit",
          message: "Rate limit reached. Please try again in 1.3s.",
          raw: "rate_limit_exceeded",
          retryAfterMs: 1300,
        },
      },
    ]);
    expect(events({ type: "error", code: "server_is_overloaded", message: "busy", param: null })).toMatchObject([
      { error: { kind: "capacity" } },
    ]);
    expect(
      events({ type: "error", error: { type: "usage_limit_reached", message: "x", resets_in_seconds: 60 } }),
    ).toMatchObject([{ error: { kind: "quota", retryAfterMs: 60_000 } }]);
    expect(events({ type: "response.cancelled", response: { ...head, status: "cancelled" } })).toMatchObject([
      { error: { kind: "upstream", raw: "cancelled" } },
    ]);
  });

  it("S15: are errors after what was said", () => {
    const read = events(...started, textDelta(0, "msg_1", "so"), failed("server_error", "oops"));
    expect(read.map((event) => event.type)).toEqual(["reply-start", "text-start", "text-delta", "error"]);
  });

  it("hold no words of Chat servers that fail behind a 200", () => {
    const bytes = Buffer.from('data: {"error":{"message":"busy","code":"server_is_overloaded"}}\n\n');
    expect(readStream("openai-responses", bytes)).toMatchObject([{ error: { kind: "capacity" } }]);
    expect(readStream("openai-responses", Buffer.from("data: {oops\n\ndata: x\n\n"))).toMatchObject([
      { error: { kind: "protocol" } },
    ]);
  });
});

describe("what the request had to change is undone", () => {
  it("names, freeform tools and stop sequences", () => {
    const wire = [
      ...said(0, "msg_1", "be", "fore EN", "D after"),
      ...called(1, "fc_1", "c", "wire_name", '{"input":"raw"}'),
    ];
    const context = { toolNames: new Map([["wire_name", "patch"]]), customTools: new Set(["patch"]) };
    const bytes = responsesStream(...started, ...wire, completed());
    expect(replyOf(readStream("openai-responses", bytes, [], context)).parts[1]).toMatchObject({
      name: "patch",
      kind: "custom",
      arguments: "raw",
    });
    const cut = replyOf(readStream("openai-responses", bytes, [], { cutAt: ["END"] }));
    expect(cut).toMatchObject({
      parts: [{ text: "before " }],
      finish: { reason: "stop-sequence", stopSequence: "END" },
    });
  });
});

describe("through our own writer", () => {
  it("an answer with everything comes back the same", () => {
    const full: HubReply = {
      id: "resp_1",
      model: "asked-model",
      parts: [
        {
          type: "thinking",
          text: "hm",
          signature: "gAAAA",
          from: { format: "openai-responses", model: "asked-model" },
        },
        { type: "redacted-thinking", data: "secret", from: { format: "claude" } },
        { type: "text", text: "so" },
        { type: "refusal", text: "no" },
        { type: "tool-call", id: "a", name: "read", arguments: "{}", kind: "function" },
        { type: "tool-call", id: "b", name: "patch", arguments: "raw {", kind: "custom" },
        { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
      ],
      finish: { reason: "tool-calls", raw: "completed" },
      usage: hubUsage,
      losses: [],
    };
    const back = replyOf(readStream("openai-responses", writeStream("openai-responses", replay(full))));
    const withoutIds = back.parts.map((part) => {
      const { itemId: _id, ...rest } = { itemId: "", ...part };
      return rest;
    });
    expect({ ...back, parts: withoutIds }).toEqual(full);
  });
});
