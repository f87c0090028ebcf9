/** Stream grammar and bytes: rows S1–S23 of the public-issue list that concern Claude and Chat. */
import { describe, expect, it } from "vitest";
import { checkStream } from "../hub/__fixtures__/check-stream.ts";
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
  readStream,
  replyOf,
  translateStream,
  typesOf,
  writerOptions,
  writeStream,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const hello = [chatChunk({ role: "assistant", content: "" }), chatChunk({ content: "hello" })] as const;
const last = (format: "claude" | "openai-chat", bytes: Uint8Array): unknown => readStream(format, bytes).at(-1);
const textBlock = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text });
const stopOf = (bytes: Uint8Array): unknown =>
  (frames(bytes) as readonly Loose[]).find((frame) => frame["type"] === "message_delta")?.["delta"].stop_reason;

describe("how a stream ends", () => {
  it("S1: says tool_calls and tool_use though the upstream said stop", () => {
    const chat = chatStream(chatChunk(chatCall(0, "a", "one", "{}")), chatChunk({}, "stop"), "[DONE]");
    expect(stopOf(translateStream("openai-chat", "claude", chat))).toBe("tool_use");
    const claude = claudeStream(
      claudeStart,
      ...claudeBlock(0, { type: "tool_use", id: "t", name: "one", input: {} }),
      ...claudeEnd("end_turn"),
    );
    expect(Buffer.from(translateStream("claude", "openai-chat", claude)).toString()).toContain(
      '"finish_reason":"tool_calls"',
    );
  });

  it("does not say tool_use where there is no call", () => {
    const bytes = chatStream(...hello, chatChunk({}, "tool_calls"), "[DONE]");
    expect(stopOf(translateStream("openai-chat", "claude", bytes))).toBe("end_turn");
    expect(replyOf(readStream("openai-chat", bytes)).finish).toEqual({ reason: "stop", raw: "tool_calls" });
  });

  it("S2: marks an end without a finish as truncated, in both dialects, to both clients", () => {
    const chat = chatStream(...hello);
    const claude = claudeStream(claudeStart, ...textBlock("hello"));
    expect(last("openai-chat", chat)).toMatchObject({ type: "error", error: { kind: "truncated" } });
    expect(last("claude", claude)).toMatchObject({ type: "error", error: { kind: "truncated" } });
    expect(typesOf(translateStream("openai-chat", "claude", chat)).at(-1)).toBe("error");
    const toChat = frames(translateStream("claude", "openai-chat", claude));
    expect(toChat.at(-1)).toHaveProperty("error");
    expect(toChat).not.toContain("[DONE]");
  });

  it("S2: marks a complete call without a finish as truncated: another call may have been on its way", () => {
    expect(last("openai-chat", chatStream(chatChunk(chatCall(0, "a", "one", "{}"))))).toMatchObject({ type: "error" });
  });

  it("takes the upstream's own [DONE] for a forgotten finish when everything is whole", () => {
    expect(last("openai-chat", chatStream(...hello, "[DONE]"))).toMatchObject({
      type: "reply-end",
      finish: { reason: "stop" },
    });
    const call = chatStream(chatChunk(chatCall(0, "a", "one", "{}")), "[DONE]");
    expect(last("openai-chat", call)).toMatchObject({ finish: { reason: "tool-calls" } });
    const cut = chatStream(chatChunk(chatCall(0, "a", "one", '{"x')), "[DONE]");
    expect(last("openai-chat", cut)).toMatchObject({ type: "error", error: { kind: "truncated" } });
  });

  it("takes a finish without [DONE] for whole", () => {
    expect(last("openai-chat", chatStream(...hello, chatChunk({}, "stop")))).toMatchObject({ type: "reply-end" });
  });

  it.each([
    ["end_turn", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["stop_sequence", "stop"],
    ["refusal", "content_filter"],
    ["pause_turn", "stop"],
  ])("says Claude's %s to a Chat client as %s, and to a Claude client as it was", (raw, word) => {
    const bytes = claudeStream(claudeStart, ...textBlock("x"), ...claudeEnd(raw));
    expect(Buffer.from(translateStream("claude", "openai-chat", bytes)).toString()).toContain(
      `"finish_reason":"${word}"`,
    );
    expect(stopOf(translateStream("claude", "claude", bytes))).toBe(raw);
  });

  it.each([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
  ])("says Chat's %s to a Claude client as %s", (raw, word) => {
    const bytes = chatStream(...hello, chatChunk({}, raw), "[DONE]");
    expect(stopOf(translateStream("openai-chat", "claude", bytes))).toBe(word);
  });

  it("S13: ends a Chat stream with exactly one [DONE] and a Claude stream with none", () => {
    const bytes = chatStream(...hello, chatChunk({}, "stop"), chatUsage, "[DONE]", "[DONE]");
    expect(
      frames(translateStream("openai-chat", "openai-chat", bytes)).filter((frame) => frame === "[DONE]"),
    ).toHaveLength(1);
    const claude = Buffer.from(translateStream("openai-chat", "claude", bytes)).toString();
    expect(claude).not.toContain("[DONE]");
    for (const frame of claude.trimEnd().split("\n\n")) {
      const [event, data] = frame.split("\n");
      expect(event).toBe(`event: ${(JSON.parse((data ?? "").slice("data: ".length)) as Loose)["type"]}`);
    }
  });
});

describe("what a stream says", () => {
  it("S7: tells the usage that comes after the finish", () => {
    const bytes = chatStream(...hello, chatChunk({}, "stop"), chatUsage, "[DONE]");
    const frame = (frames(translateStream("openai-chat", "claude", bytes)) as readonly Loose[]).find(
      (one) => one["type"] === "message_delta",
    );
    expect(frame?.["usage"]).toEqual({
      input_tokens: 60,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 40,
      output_tokens: 20,
    });
  });

  it("keeps the usage chunk from a Chat client that did not ask, and gives it to one that did", () => {
    const bytes = claudeStream(claudeStart, ...textBlock("x"), ...claudeEnd("end_turn"));
    const asked = frames(
      translateStream("claude", "openai-chat", bytes, { wantsStreamUsage: true }),
    ) as readonly Loose[];
    expect(asked.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 45, completion_tokens: 7, total_tokens: 52 },
    });
    const silent = frames(
      translateStream("claude", "openai-chat", bytes, { wantsStreamUsage: false }),
    ) as readonly Loose[];
    expect(JSON.stringify(silent)).not.toContain("usage");
    expect(silent.every((frame) => (frame as unknown) === "[DONE]" || frame["choices"].length === 1)).toBe(true);
  });

  it("S8: keeps blanks and line ends at the edges of deltas", () => {
    const bytes = chatStream(
      chatChunk({ content: "\n\n" }),
      chatChunk({ content: " foo" }),
      chatChunk({ content: "  " }),
      chatChunk({}, "stop"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toEqual([{ type: "text", text: "\n\n foo  " }]);
    expect(Buffer.from(translateStream("openai-chat", "claude", bytes)).toString()).toContain('"text":" foo"');
  });

  it("S9: does not double text that a last chunk repeats whole", () => {
    const repeated = {
      id: "c",
      choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
    };
    expect(replyOf(readStream("openai-chat", chatStream(...hello, repeated, "[DONE]"))).parts).toEqual([
      { type: "text", text: "hello" },
    ]);
    expect(replyOf(readStream("openai-chat", chatStream(repeated, "[DONE]"))).parts).toEqual([
      { type: "text", text: "hello" },
    ]);
  });

  it("S10: opens no empty block", () => {
    const bytes = chatStream(
      chatChunk({ role: "assistant", content: "" }),
      chatChunk({ content: null, refusal: null }),
      chatChunk(chatCall(0, "a", "one", "{}")),
      chatChunk({ content: "" }),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toHaveLength(1);
  });

  it("S11 S12 S23: reads the same from odd bytes", () => {
    const text = `﻿: hi\r\n\r\ndata:${JSON.stringify(chatChunk({ content: "é\u2028👩‍👩‍👧" }))}\r\n\r\ndata: ${JSON.stringify(chatChunk({}, "stop"))}`;
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(replyOf(readStream("openai-chat", bytes, [cut])).parts).toEqual([{ type: "text", text: "é\u2028👩‍👩‍👧" }]);
    }
  });

  it("S21: pings in each dialect's own harmless way", () => {
    const ping = (format: "claude" | "openai-chat"): string =>
      Buffer.from(formats[format].client.streamWriter(writerOptions()).keepAlive()).toString();
    expect(ping("claude")).toBe('event: ping\ndata: {"type":"ping"}\n\n');
    expect(ping("openai-chat")).toBe(": keep-alive\n\n");
  });

  it("tells a refusal as text and stop reason to Claude, and as refusal to Chat", () => {
    const chat = chatStream(
      chatChunk({ refusal: "I " }),
      chatChunk({ refusal: "won't" }),
      chatChunk({}, "stop"),
      "[DONE]",
    );
    const shown = translateStream("openai-chat", "claude", chat);
    expect(stopOf(shown)).toBe("refusal");
    expect(replyOf(readStream("claude", shown)).parts).toEqual([{ type: "text", text: "I won't" }]);
    const details = { stop_details: { type: "refusal", category: "cyber", explanation: "not this" } };
    const claude = claudeStream(claudeStart, ...claudeEnd("refusal", details));
    const deltas = frames(translateStream("claude", "openai-chat", claude)) as readonly Loose[];
    expect(deltas.map((frame) => frame["choices"]?.[0]?.delta.refusal).filter(Boolean)).toEqual(["not this"]);
  });

  it("puts an estimate into the first frame and the upstream's figures into the last", () => {
    const bytes = chatStream(...hello, chatChunk({}, "stop"), chatUsage, "[DONE]");
    const [start] = frames(translateStream("openai-chat", "claude", bytes)) as readonly Loose[];
    expect(start?.["message"].usage.input_tokens).toBeGreaterThan(0);
  });

  it("estimates the usage of an upstream that tells none, and says that it did", () => {
    const events = readStream("openai-chat", chatStream(...hello, chatChunk({}, "stop"), "[DONE]"), [], {
      estimateInput: () => 77,
    });
    expect(events.at(-1)).toMatchObject({ usage: { input: 77, output: 2, estimated: true } });
  });

  it("cuts the text at a stop sequence the upstream could not be given", () => {
    const bytes = chatStream(
      chatChunk({ content: "one EN" }),
      chatChunk({ content: "D5 two" }),
      chatChunk(chatCall(0, "a", "one", "{}")),
      chatChunk({}, "tool_calls"),
      chatUsage,
      "[DONE]",
    );
    const events = readStream("openai-chat", bytes, [], { cutAt: ["END5"] });
    expect(checkStream(events)).toEqual([]);
    const reply = replyOf(events);
    expect(reply.parts).toEqual([{ type: "text", text: "one " }]);
    expect(reply.finish).toMatchObject({ reason: "stop-sequence", stopSequence: "END5" });
    expect(reply.usage.input).toBe(100);
    const shown = frames(writeStream("claude", events)) as readonly Loose[];
    expect(shown.find((frame) => frame["type"] === "message_delta")?.["delta"]).toEqual({
      stop_reason: "stop_sequence",
      stop_sequence: "END5",
    });
  });

  it("adds the usage buffer for the client only, and never below zero", () => {
    const writer = formats.claude.client.streamWriter({ ...writerOptions(), usageBuffer: 2000 });
    const usage = { input: 10, output: 1, cacheRead: 30, cacheWrite: 0, reasoning: 0, estimated: false };
    const bytes = Buffer.concat([
      ...writer.push({ type: "reply-start", id: "r", model: "m", usage }),
      ...writer.push({ type: "reply-end", finish: { reason: "stop", raw: null }, usage }),
    ]);
    const shown = frames(bytes) as readonly Loose[];
    expect(shown.at(-2)?.["usage"].input_tokens).toBe(2000);
  });
});

describe("errors inside a stream", () => {
  it("S6: never makes a success of a reply without choices", () => {
    expect(formats["openai-chat"].provider.readReply({ id: "x", choices: [] })).toMatchObject({ ok: false });
    expect(last("openai-chat", chatStream({ id: "x", choices: [] }, "[DONE]"))).toMatchObject({ type: "error" });
  });

  it.each([
    [
      "openai-chat",
      chatStream({ error: { message: "busy", type: "server_error", code: "server_is_overloaded" } }),
      "capacity",
    ],
    ["openai-chat", chatStream({ error: { message: "slow down", code: 429 } }), "rate-limit"],
    ["claude", claudeStream({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }), "capacity"],
    [
      "claude",
      claudeStream({ type: "error", error: { type: "rate_limit_error", message: "slow down" } }),
      "rate-limit",
    ],
  ] as const)("S16: classes an error that comes first in a 200 stream of %s", (format, bytes, kind) => {
    expect(readStream(format, bytes)).toMatchObject([{ type: "error", error: { kind } }]);
  });

  it("S15: ends with the client's own error after content", () => {
    const bytes = chatStream(...hello, { error: { message: "boom", type: "server_error" } });
    const shown = frames(translateStream("openai-chat", "claude", bytes)) as readonly Loose[];
    expect(shown.at(-1)).toEqual({ type: "error", error: { type: "api_error", message: "boom" } });
    const back = claudeStream(claudeStart, ...textBlock("x"), {
      type: "error",
      error: { type: "api_error", message: "boom" },
    });
    expect(frames(translateStream("claude", "openai-chat", back)).at(-1)).toMatchObject({ error: { message: "boom" } });
  });

  it("S22: drops an event that was cut in its middle before it tells of the cut", () => {
    const whole = chatStream(...hello);
    const bytes = whole.subarray(0, whole.length - 20);
    const events = readStream("openai-chat", bytes);
    expect(events.at(-1)).toMatchObject({ type: "error", error: { kind: "truncated" } });
    expect(typesOf(writeStream("claude", events)).at(-1)).toBe("error");
  });

  it("calls bytes that are no JSON a broken protocol", () => {
    expect(last("openai-chat", chatStream(...hello, "{broken"))).toMatchObject({
      type: "error",
      error: { kind: "protocol" },
    });
  });
});

describe("S20: a stream collected for a client that wants none", () => {
  it("equals the upstream's own whole reply", () => {
    const streamed = replyOf(
      readStream(
        "openai-chat",
        chatStream(
          chatChunk({ role: "assistant", reasoning_content: "hm" }),
          chatChunk({ content: "he" }),
          chatChunk({ content: "llo" }),
          chatChunk(chatCall(0, "a", "one", '{"x":1}')),
          chatChunk({}, "tool_calls"),
          chatUsage,
          "[DONE]",
        ),
      ),
    );
    const whole = formats["openai-chat"].provider.readReply({
      id: "chatcmpl-1",
      model: "served-model",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "hello",
            reasoning_content: "hm",
            tool_calls: [{ id: "a", type: "function", function: { name: "one", arguments: '{"x":1}' } }],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: chatUsage.usage,
    });
    expect(whole).toEqual({ ok: true, value: streamed });
    const shown = JSON.parse(
      Buffer.from(formats.claude.client.writeReply(streamed, writerOptions())).toString(),
    ) as Loose;
    expect(shown).toMatchObject({
      type: "message",
      role: "assistant",
      stop_reason: "tool_use",
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "text", text: "hello" },
        { type: "tool_use", id: "a", name: "one", input: { x: 1 } },
      ],
    });
  });
});
