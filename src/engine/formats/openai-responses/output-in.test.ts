/** Streams of servers that know the grammar by halves, of Codex's backend and of Copilot. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readStream, replyOf } from "../__fixtures__/harness.ts";
import { checkStream } from "../../hub/__fixtures__/check-stream.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import { hubUsage, reply, wanted, whole } from "./__fixtures__/replies.ts";
import { shownBlob, shownRedacted } from "./wire.ts";
import {
  added,
  call,
  called,
  completed,
  done,
  head,
  incomplete,
  message,
  reasoning,
  responsesStream,
  said,
  started,
  textDelta,
  thought,
  usage,
} from "./__fixtures__/streams.ts";

describe("Codex's backend and Copilot", () => {
  it("S24: Codex's own frames are read past, whatever limit they tell of", () => {
    const limits = { type: "codex.rate_limits", rate_limits: { limit_reached: true } };
    const wire = [limits, { type: "codex.response.metadata" }, ...started, { type: "keepalive" }, limits];
    expect(reply(...wire, ...said(0, "msg_1", "so"), completed(message("msg_1", "so"))).parts).toEqual([
      { type: "text", text: "so" },
    ]);
  });

  it("Copilot's ids change with every event: the place in the output tells what belongs together", () => {
    let count = 0;
    const rotated = (event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
      count += 1;
      const item = event["item"] as object | undefined;
      return {
        ...event,
        ...("item_id" in event ? { item_id: `x${count}` } : {}),
        ...(item === undefined ? {} : { item: { ...item, id: `y${count}` } }),
      };
    };
    const wire = [
      ...thought(0, "rs_1", ["let me ", "see"], "gAAAA"),
      ...said(1, "msg_1", "I ", "look"),
      ...called(2, "fc_1", "call_1", "read", "{", "}"),
      ...called(3, "fc_2", "call_2", "list", "{}"),
    ].map(rotated);
    const end = completed(
      reasoning("z1", "let me see", "gAAAA"),
      message("z2", "I look"),
      call("z3", "call_1", "read", "{}"),
      call("z4", "call_2", "list", "{}"),
    );
    expect(reply(...started, ...wire, end).parts).toMatchObject([
      { type: "thinking", text: "let me see", signature: "gAAAA" },
      { type: "text", text: "I look" },
      { id: "call_1", arguments: "{}" },
      { id: "call_2", arguments: "{}" },
    ]);
  });
});

describe("servers that know the grammar by halves", () => {
  it("S12: no event lines, CRLF and comments change nothing", () => {
    const bare = Buffer.from(whole)
      .toString()
      .replaceAll(/^event: .*\n/gm, ": hello\n")
      .replaceAll("\n", "\r\n");
    expect(replyOf(readStream("openai-responses", Buffer.from(bare)))).toEqual(wanted);
  });

  it("deltas without an item are read", () => {
    const wire = [
      { type: "response.output_text.delta", delta: "I " },
      { type: "response.output_text.delta", delta: "look" },
    ];
    expect(reply(...started, ...wire, completed()).parts).toEqual([{ type: "text", text: "I look" }]);
    expect(reply(...started, ...wire, completed(message("msg_9", "I look"))).parts).toHaveLength(1);
    expect(reply(...started, ...wire, done(3, message("msg_9", "I look")), completed()).parts).toHaveLength(1);
    const early = [
      textDelta(0, "msg_1", "I "),
      added(0, { type: "message", id: "msg_1" }),
      textDelta(0, "msg_1", "look"),
    ];
    const late = [...early, done(0, message("msg_1", "I look"))];
    expect(reply(...started, ...late, completed()).parts).toEqual([{ type: "text", text: "I look" }]);
  });

  it("items that are told only when they are done are read whole", () => {
    const wire = [
      done(0, reasoning("rs_1", "hm", "gAAAA")),
      done(1, message("msg_1", "so")),
      done(2, call("fc_1", "call_1", "read", '{"a":1}')),
    ];
    expect(reply(...started, ...wire, completed()).parts).toMatchObject([
      { type: "thinking", text: "hm", signature: "gAAAA" },
      { type: "text", text: "so" },
      { id: "call_1", arguments: '{"a":1}' },
    ]);
  });

  it("S9: what only the last event holds is read, and nothing that came before it twice", () => {
    const end = completed(reasoning("rs_1", "hm"), message("msg_1", "so"), call("fc_1", "call_1", "read", "{}"));
    expect(reply(...started, end).parts).toMatchObject([{ text: "hm" }, { text: "so" }, { id: "call_1" }]);
    const late = reply(
      ...started,
      ...said(0, "msg_1", "so"),
      completed(message("msg_1", "so"), call("fc_1", "call_1", "read", "{}")),
    );
    expect(late.parts).toMatchObject([{ text: "so" }, { id: "call_1" }]);
    const renumbered = reply(
      ...started,
      ...said(0, "msg_1", "so"),
      completed(reasoning("rs_1", "hm"), message("other", "so")),
    );
    expect(renumbered.parts).toMatchObject([{ text: "so" }, { type: "thinking", text: "hm" }]);
  });

  it("S5: items that share a number are told apart", () => {
    const wire = [...thought(0, "rs_1", ["hm"]), ...said(0, "msg_1", "so"), ...called(0, "fc_1", "c", "read", "{}")];
    expect(reply(...started, ...wire, ...called(0, "fc_2", "d", "list", "{}"), completed()).parts).toMatchObject([
      { text: "hm" },
      { text: "so" },
      { id: "c", name: "read" },
      { id: "d", name: "list" },
    ]);
  });

  it("T5: parallel calls whose deltas interleave stay apart", () => {
    const delta = (index: number, text: string): Readonly<Record<string, unknown>> => ({
      type: "response.function_call_arguments.delta",
      item_id: `fc_${index}`,
      output_index: index,
      delta: text,
    });
    const wire = [
      ...[0, 1, 2].map((index) => added(index, call(`fc_${index}`, `call_${index}`, "read", ""))),
      ...['{"x"', ":1}"].flatMap((piece) => [2, 0, 1].map((index) => delta(index, piece))),
      ...[0, 1, 2].map((index) => done(index, call(`fc_${index}`, `call_${index}`, "read", '{"x":1}'))),
    ];
    expect(reply(...started, ...wire, completed()).parts).toMatchObject(
      [0, 1, 2].map((index) => ({ id: `call_${index}`, arguments: '{"x":1}' })),
    );
  });

  it("Q7: a call without a call_id gets one that is not its item's", () => {
    const { call_id: _id, ...nameless } = call("fc_1", "", "read", "{}") as Record<string, unknown>;
    const [part] = reply(...started, done(0, nameless), completed()).parts;
    expect(part).toMatchObject({ id: expect.stringMatching(/^call_[0-9a-f]{24}$/) as string });
  });

  it("T22: text after a call is a block of its own", () => {
    const wire = [...called(0, "fc_1", "c", "read", "{}"), ...said(1, "msg_1", "so")];
    expect(reply(...started, ...wire, completed()).parts).toMatchObject([{ id: "c" }, { text: "so" }]);
  });

  it("S8: blanks and line ends at the edges of deltas stay", () => {
    expect(reply(...started, ...said(0, "msg_1", " a", "\n\n", " b "), completed()).parts).toEqual([
      { type: "text", text: " a\n\n b " },
    ]);
  });

  it("S7: the usage of the last event counts, and an upstream without one is estimated", () => {
    expect(reply(...started, completed(message("msg_1", "so"))).usage).toEqual(hubUsage);
    const bare = responsesStream(...started, ...said(0, "msg_1", "so"), { type: "response.completed", response: head });
    const context: ReplyContext = { estimateInput: () => 7 };
    expect(replyOf(readStream("openai-responses", bare, [], context)).usage).toMatchObject({
      input: 7,
      estimated: true,
    });
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
  });

  it("another Switchyard's tag names whose thinking it is", () => {
    const claude = { format: "claude", model: "claude-x" } as const;
    const wire = [
      ...thought(0, "rs_1", ["hm"], shownBlob("EqX", claude)),
      ...thought(1, "rs_2", [], shownRedacted("secret", claude)),
      ...said(2, "msg_1", "so"),
    ];
    expect(reply(...started, ...wire, completed()).parts).toMatchObject([
      { type: "thinking", text: "hm", signature: "EqX", from: claude },
      { type: "redacted-thinking", data: "secret", from: claude },
      { text: "so" },
    ]);
  });
});

it("whatever order events come in, blocks neither overlap nor stay open", () => {
  const place = fc.record({
    item_id: fc.constantFrom("a", "b", "", "c"),
    output_index: fc.nat(2),
    content_index: fc.nat(1),
  });
  const item = fc.constantFrom<object>(
    message("a", "so"),
    reasoning("b", "hm", "gAAAA"),
    call("c", "call_1", "read", '{"a":1}'),
    { type: "custom_tool_call", id: "a", call_id: "call_2", name: "patch", input: "raw" },
    { type: "web_search_call", id: "b" },
    { type: "function_call", id: "c" },
    {},
  );
  const types = [
    "output_text",
    "refusal",
    "reasoning_summary_text",
    "reasoning_text",
    "function_call_arguments",
    "custom_tool_call_input",
  ];
  const event = fc.oneof(
    fc.tuple(place, fc.constantFrom(...types), fc.constantFrom("x", "{", "}", "")).map(([where, type, delta]) => ({
      ...where,
      type: `response.${type}.delta`,
      delta,
    })),
    fc.tuple(place, fc.constantFrom(...types)).map(([where, type]) => ({
      ...where,
      type: `response.${type}.done`,
      text: "t",
      refusal: "t",
      arguments: "{}",
      input: "t",
    })),
    fc.tuple(fc.nat(2), item, fc.boolean()).map(([index, one, isDone]) => (isDone ? done : added)(index, one)),
    place.map((where) => ({
      ...where,
      type: "response.output_text.annotation.added",
      annotation: { type: "url_citation", url: "u" },
    })),
    place.map((where) => ({ ...where, type: "response.content_part.done", part: { type: "output_text", text: "t" } })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), fc.array(item, { maxLength: 3 }), (wire, output) => {
      const read = readStream("openai-responses", responsesStream(...started, ...wire, completed(...output)));
      expect(checkStream(read)).toEqual([]);
      expect(
        checkStream(readStream("openai-responses", responsesStream(...wire, incomplete("max_output_tokens")))),
      ).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
