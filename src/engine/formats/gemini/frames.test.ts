/** Bytes of both forms as the JSON texts in them. */
import { describe, expect, it } from "vitest";
import { createFrameReader } from "./frames.ts";

function texts(bytes: Uint8Array, size: number, maxChars?: number): readonly string[] {
  const reader = createFrameReader(maxChars);
  const out: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    out.push(...reader.push(bytes.subarray(at, at + size)).map(({ data }) => data));
  }
  return [...out, ...reader.end().map(({ data }) => data)];
}

const nested = '{"a":[{"b":"]} \\" ,{"},[]],"c":"שלום \u2028"}';

describe("frames", () => {
  it.each([
    ["a list", `[${nested},\r\n{"d":1}\n,\n\n{}]\n`, [nested, '{"d":1}', "{}"]],
    ["objects without a list", `${nested}\n{"d":1}`, [nested, '{"d":1}']],
    ["a list with a byte order mark and white space", `\ufeff \r\n[${nested}]`, [nested]],
    ["a list that is cut", `[${nested},{"d":`, [nested]],
    ["an empty list", "[]", []],
    ["events", `data: ${nested}\r\n\r\ndata:{}\n\n: ping\n\n`, [nested, "{}"]],
    ["events behind blank lines", `\n\n\ufeffdata: ${nested}\n\n`, [nested]],
    [
      "events, then bare JSON",
      `data: ${nested}\n\n{\n "error": {"code": 1}\n}\n`,
      [nested, '{\n "error": {"code": 1}\n}'],
    ],
    ["events, then a bare list", `data: ${nested}\r\n\r\n[{"error": 1}]`, [nested, '{"error": 1}']],
    ["nothing", " \n", []],
  ])("are found in %s, however it is cut", (_name, text, wanted) => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size += 1) expect(texts(bytes, size)).toEqual(wanted);
  });

  it("fail once one outgrows the bound, in both forms", () => {
    for (const text of [`[{"a":"${"x".repeat(200)}"}]`, `data: {"a":"${"x".repeat(200)}"}\n\n`]) {
      const reader = createFrameReader(100);
      for (const byte of Buffer.from(text)) reader.push(Buffer.from([byte]));
      expect(reader.failure()).toMatchObject({ kind: "too-large" });
      expect(reader.push(Buffer.from("data: {}\n\n"))).toEqual([]);
    }
  });
});
