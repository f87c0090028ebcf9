import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { colorJson, prettyJson } from "./json.ts";
import { cpuMs } from "../../../test/support/cpu.ts";

describe("JSON for reading", () => {
  it("is laid out as JSON.stringify would", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect([...prettyJson(text)].join("\n")).toBe(JSON.stringify(JSON.parse(text), null, 2));
      }),
    );
  });

  it("keeps numbers, escapes and duplicate keys as they stand", () => {
    expect([...prettyJson('{"a":1.0000000000000000001,"a":"\\u001b[2J"}')]).toEqual([
      "{",
      '  "a": 1.0000000000000000001,',
      '  "a": "\\u001b[2J"',
      "}",
    ]);
  });

  it("shows what there is of a body that was cut", () => {
    expect([...prettyJson('{"model":"x","messages":[{"text":"hel')]).toEqual([
      "{",
      '  "model": "x",',
      '  "messages": [',
      "    {",
      '      "text": "hel',
    ]);
  });

  it("reads a string of several megabytes", () => {
    const image = "A".repeat(4_000_000);
    expect([...prettyJson(`{"data":"${image}","escaped":"${'\\"'.repeat(500_000)}"}`)]).toHaveLength(4);
  });

  it("makes only the lines that are asked for", () => {
    const lines = prettyJson(`[${"1,".repeat(2_000_000)}1]`);
    const ms = cpuMs(() => {
      for (let line = 0; line < 40; line += 1) lines.next();
    });
    expect(ms).toBeLessThan(200);
  });

  it("colours keys, strings, numbers and literals without changing the text", () => {
    const line = '  "max": 12.5, "on": true, "x": "a\\"b"';
    const spans = colorJson(line);
    expect(spans.map((span) => span.text).join("")).toBe(line);
    expect(spans.filter((span) => span.style !== undefined).map((span) => span.style)).toEqual([
      "key",
      "number",
      "key",
      "literal",
      "key",
      "string",
    ]);
  });
});
