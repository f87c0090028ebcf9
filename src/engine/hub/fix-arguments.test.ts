import { describe, expect, it } from "vitest";
import { createArgumentFix, fixArguments, type ArgumentFix } from "./fix-arguments.ts";
import { createRestore, restoreReply } from "./restore.ts";
import type { StreamEvent } from "./stream.ts";
import { noUsage } from "./usage.ts";

const schema = {
  type: "object",
  properties: {
    size: { enum: [1, 2, 4] },
    count: { type: "integer" },
    on: { type: "boolean" },
    word: { type: "string" },
    free: {},
    list: { type: "array", items: { type: "number" } },
    inner: { anyOf: [{ $ref: "#/$defs/Inner" }, { type: "null" }] },
    either: { type: ["string", "integer"] },
  },
  $defs: { Inner: { type: "object", properties: { deep: { type: "number" } } } },
};

function fixed(args: object, fix: Partial<ArgumentFix> = {}): unknown {
  return JSON.parse(fixArguments(JSON.stringify(args), { schema, ...fix }));
}

describe("arguments that come back", () => {
  it("become what the client declared", () => {
    expect(fixed({ size: "2", count: "12", on: "true", word: 7, list: ["1.5", 2], inner: { deep: "3" } })).toEqual({
      size: 2,
      count: 12,
      on: true,
      word: "7",
      list: [1.5, 2],
      inner: { deep: 3 },
    });
  });

  it("become an object or a list where those were written as text", () => {
    expect(fixed({ list: "[1,2]", inner: '{"deep":1}' })).toEqual({ list: [1, 2], inner: { deep: 1 } });
  });

  it("stay as they are where they fit, or where nothing is sure", () => {
    const args = { count: "many", word: "12", free: "1", either: "5", unknown: "1", on: "yes" };
    expect(fixed(args)).toEqual(args);
    expect(fixed({ count: "007" })).toEqual({ count: "007" });
  });

  it("keep their very text when nothing has to change", () => {
    const text = '{ "count": 12345678901234567890, "word" : "x" }';
    expect(fixArguments(text, { schema })).toBe(text);
    expect(fixArguments('{"count":', { schema })).toBe('{"count":');
  });

  it("lose the argument that only we put in", () => {
    expect(fixed({ reason: "because" }, { schema: {}, drop: "reason" })).toEqual({});
    expect(fixed({ reason: "because", word: "x" }, { drop: "other" })).toEqual({ reason: "because", word: "x" });
  });

  it("end at a schema that points at itself", () => {
    const loop = { properties: { a: { $ref: "#/properties/a" } }, type: "object" };
    expect(fixArguments('{"a":"1"}', { schema: loop })).toBe('{"a":"1"}');
  });
});

function stream(...texts: readonly string[]): readonly StreamEvent[] {
  return [
    { type: "tool-start", block: 0, id: "c1", name: "t", kind: "function" },
    ...texts.map((text): StreamEvent => ({ type: "tool-delta", block: 0, text })),
    { type: "tool-end", block: 0, signature: "s" },
    { type: "text-delta", block: 1, text: "after" },
  ];
}

describe("in a stream", () => {
  it("are held until they are whole, and everything else passes", () => {
    const stage = createArgumentFix(new Map([["t", { schema }]]));
    expect(stream('{"count"', ':"3"}').flatMap(stage)).toEqual(stream('{"count":3}'));
  });

  it("of other tools pass piece by piece", () => {
    const stage = createArgumentFix(new Map([["other", { schema }]]));
    const events = stream('{"count"', ':"3"}');
    expect(events.flatMap(stage)).toEqual(events);
  });

  it("belong to the client's name of the tool", () => {
    const context = { toolNames: new Map([["t", "my tool"]]), argumentFixes: new Map([["my tool", { schema }]]) };
    const stage = createRestore(context);
    const events = stream('{"count":"3"}').flatMap((event) => stage?.(event) ?? []);
    expect(events.slice(0, 2)).toMatchObject([{ name: "my tool" }, { text: '{"count":3}' }]);
    const call = { type: "tool-call", id: "c1", name: "t", arguments: '{"count":"3"}', kind: "function" } as const;
    const finish = { reason: "tool-calls", raw: null } as const;
    const reply = { id: null, model: null, parts: [call], finish, usage: noUsage, losses: [] };
    expect(restoreReply(reply, context).parts).toEqual([{ ...call, name: "my tool", arguments: '{"count":3}' }]);
  });
});
