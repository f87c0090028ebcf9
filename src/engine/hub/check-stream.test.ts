import { describe, expect, it } from "vitest";
import { accumulate } from "./accumulate.ts";
import { checkStream } from "./__fixtures__/check-stream.ts";
import { replay } from "./replay.ts";
import type { HubReply } from "./reply.ts";
import type { StreamEvent } from "./stream.ts";
import { noUsage } from "./usage.ts";

const start: StreamEvent = { type: "reply-start", id: "r", model: "m" };
const end: StreamEvent = { type: "reply-end", finish: { reason: "stop", raw: null }, usage: noUsage };
const text = (block: number): readonly StreamEvent[] => [
  { type: "text-start", block },
  { type: "text-delta", block, text: "x" },
  { type: "text-end", block },
];

describe("the grammar of a stream", () => {
  it.each<[string, readonly StreamEvent[]]>([
    ["an empty reply", [start, end]],
    ["blocks one after the other", [start, ...text(0), ...text(1), end]],
    ["an error alone", [{ type: "error", error: { kind: "network", message: "" } }]],
    [
      "an error in the middle of a block",
      [start, { type: "text-start", block: 0 }, { type: "error", error: { kind: "truncated", message: "" } }],
    ],
  ])("allows %s", (_name, events) => {
    expect(checkStream(events)).toEqual([]);
  });

  it.each<[string, readonly StreamEvent[], string]>([
    ["no start", [...text(0), end], "text-start before reply-start"],
    ["two starts", [start, start, end], "a second reply-start"],
    ["no end", [start, ...text(0)], "neither reply-end nor error"],
    ["anything after the end", [start, end, end], "reply-end after the end"],
    ["a hole in the numbers", [start, ...text(1), end], "text has number 1, expected 0"],
    ["a delta outside", [start, { type: "tool-delta", block: 0, text: "" }, end], "tool 0 is not open"],
    [
      "overlapping blocks",
      [start, { type: "text-start", block: 0 }, { type: "thinking-start", block: 1 }, end],
      "thinking 1 begins while text 0 is open",
    ],
    ["an end inside a block", [start, { type: "text-start", block: 0 }, end], "reply-end while a block is open"],
    [
      "a call without an id",
      [
        start,
        { type: "tool-start", block: 0, id: "", name: "a", kind: "function" },
        { type: "tool-end", block: 0 },
        end,
      ],
      "tool 0 has no id",
    ],
    ["negative usage", [start, { type: "usage", usage: { ...noUsage, input: -1 } }, end], "usage input is -1"],
  ])("names %s", (_name, events, fault) => {
    expect(checkStream(events)).toContain(fault);
  });

  it("replays a reply so that it accumulates to itself", () => {
    const reply: HubReply = {
      id: "r",
      model: "m",
      parts: [
        { type: "thinking", text: "hm", signature: "s", from: { format: "claude" } },
        { type: "redacted-thinking", data: "d", from: { format: "claude" } },
        { type: "text", text: "x" },
        { type: "refusal", text: "no" },
        { type: "tool-call", id: "a", name: "b", arguments: "", kind: "custom" },
        { type: "opaque", from: "claude", name: "server_tool_use", raw: {} },
      ],
      finish: { reason: "stop", raw: null },
      usage: noUsage,
      losses: [],
    };
    expect(checkStream(replay(reply))).toEqual([]);
    expect(accumulate(replay(reply))).toEqual({ ok: true, value: reply });
    expect(accumulate(replay(reply).slice(0, -1))).toMatchObject({ ok: false, error: { kind: "truncated" } });
  });
});
