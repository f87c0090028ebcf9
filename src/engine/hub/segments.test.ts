/** Blocks out of what upstreams say in any order. */
import { describe, expect, it } from "vitest";
import { checkStream } from "./__fixtures__/check-stream.ts";
import type { Citation } from "./message.ts";
import { createSegments, type Segments } from "./segments.ts";
import type { StreamEvent } from "./stream.ts";

const from = { format: "openai-chat" } as const;
const make = (signature?: string): Segments =>
  createSegments({ ordinalSeed: () => "r", from: () => from, signThinking: () => signature });
const cited = (start: number): Citation => ({
  url: "https://example.com",
  start,
  end: start + 1,
  from: "openai-chat",
  raw: null,
});
const typesOf = (events: readonly StreamEvent[]): readonly string[] => events.map((event) => event.type);

function faults(events: readonly StreamEvent[]): readonly string[] {
  const usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
  return checkStream([
    { type: "reply-start", id: null, model: null },
    ...events,
    { type: "reply-end", finish: { reason: "stop", raw: null }, usage },
  ]);
}

describe("segments", () => {
  it("gives thinking its signature when it ends", () => {
    const segments = make("sig");
    const events = [...segments.prose("thinking", "hm"), ...segments.prose("text", "so"), ...segments.close()];
    expect(events).toContainEqual({ type: "thinking-end", block: 0, signature: "sig", from });
    expect(faults(events)).toEqual([]);
  });

  it("puts a whole block behind what was begun and before what follows", () => {
    const segments = make();
    const events = [
      ...segments.prose("text", "a"),
      ...segments.whole((block) => ({ type: "redacted-thinking", block, data: "x", from })),
      ...segments.prose("text", "b"),
      ...segments.close(),
    ];
    expect(typesOf(events)).toEqual([
      "text-start",
      "text-delta",
      "text-end",
      "redacted-thinking",
      "text-start",
      "text-delta",
      "text-end",
    ]);
    expect(faults(events)).toEqual([]);
  });

  it("makes it wait for a call whose arguments are not over", () => {
    const segments = make();
    const call = segments.startTool();
    const events = [...segments.toolDelta(call, { id: "c", name: "f", text: '{"x":' })];
    events.push(...segments.whole((block) => ({ type: "redacted-thinking", block, data: "x", from })));
    expect(typesOf(events)).not.toContain("redacted-thinking");
    events.push(...segments.toolDelta(call, { text: "1}" }), ...segments.close());
    expect(typesOf(events).slice(-2)).toEqual(["tool-end", "redacted-thinking"]);
    expect(faults(events)).toEqual([]);
  });

  it("counts the places of a citation from its own block", () => {
    const segments = make();
    const events = [...segments.prose("text", "12345")];
    const call = segments.startTool();
    events.push(...segments.toolDelta(call, { id: "c", name: "f", text: "{}" }), ...segments.prose("text", "678"));
    events.push(...segments.cite(cited(6)), ...segments.close());
    expect(events).toContainEqual({ type: "citation", block: 2, citation: { ...cited(6), start: 1, end: 2 } });
    expect(faults(events)).toEqual([]);
  });

  it("keeps a citation that came before its text, and names one that never got any", () => {
    const early = make();
    const events = [...early.cite(cited(0)), ...early.prose("text", "a"), ...early.close()];
    expect(typesOf(events)).toEqual(["text-start", "text-delta", "citation", "text-end"]);
    const late = make();
    expect([...late.cite(cited(0)), ...late.close()]).toEqual([
      { type: "dropped", what: "a citation of text that was already over" },
    ]);
  });

  it("takes a freeform call's text as it is", () => {
    const segments = make();
    const call = segments.startTool("custom");
    const events = [...segments.toolDelta(call, { id: "c", name: "patch", text: "{ not json" })];
    expect(segments.hasOpenArguments()).toBe(false);
    events.push(...segments.toolDelta(call, { text: "} }" }), ...segments.close());
    expect(events[0]).toMatchObject({ type: "tool-start", kind: "custom" });
    expect(events.map((event) => ("text" in event ? event.text : "")).join("")).toBe("{ not json} }");
  });

  it("signs the text that is being written, and says when there is none", () => {
    const segments = make();
    expect(segments.signText({ signature: "s", from })).toBe(false);
    const events = [...segments.prose("text", "a")];
    expect(segments.signText({ signature: "s", from })).toBe(true);
    expect([...events, ...segments.close()].at(-1)).toEqual({ type: "text-end", block: 0, signature: "s", from });
  });
});
