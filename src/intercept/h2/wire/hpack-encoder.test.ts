import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHpackDecoder, type FieldBlock } from "./hpack-decoder.ts";
import { createHpackEncoder, type HpackEncoder } from "./hpack-encoder.ts";
import { staticNames, staticValues } from "./hpack-table.ts";

const hexOf = (encoder: HpackEncoder, raw: readonly string[], never: readonly number[] | null = null): string =>
  Buffer.from(encoder.encode(raw, never)).toString("hex");

function pair(): (raw: readonly string[], never?: readonly number[] | null) => FieldBlock {
  const encoder = createHpackEncoder();
  const decoder = createHpackDecoder();
  return (raw, never = null) => decoder.decode(encoder.encode(raw, never), 2 ** 24, 10_000);
}

describe("what the encoder writes", () => {
  it("is one byte for each of the 61 fixed fields", () => {
    const encoder = createHpackEncoder();
    for (let index = 1; index <= 61; index += 1) {
      const field = [staticNames[index] ?? "", staticValues[index] ?? ""];
      expect(hexOf(encoder, field)).toBe((0x80 | index).toString(16));
    }
  });

  it("is one byte for a field that went before, also when its name had another value since", () => {
    const encoder = createHpackEncoder();
    expect(hexOf(encoder, ["a", "1", "a", "2", "accept", "*/*"])).toBe("40016101317e013253032a2f2a");
    expect(hexOf(encoder, ["accept", "*/*", "a", "2", "a", "1"])).toBe("bebfc0");
  });

  it("puts what changes every time nowhere, under the number of its name", () => {
    const encoder = createHpackEncoder();
    expect(hexOf(encoder, ["content-length", "9", ":path", "/a"])).toBe("0f0d013904022f61");
    expect(hexOf(encoder, ["content-length", "8", ":path", "/b"])).toBe("0f0d013804022f62");
  });

  it("puts it in the table when it does not change after all", () => {
    const encoder = createHpackEncoder();
    expect(hexOf(encoder, [":path", "/aa"])).toBe("04032f6161");
    expect(hexOf(encoder, [":path", "/aa"])).toBe("44826063");
    expect(hexOf(encoder, [":path", "/aa"])).toBe("be");
  });

  it("puts it there once for its name when no field has that", () => {
    const encoder = createHpackEncoder();
    hexOf(encoder, ["x-request-id", "1"]);
    expect(hexOf(encoder, ["x-request-id", "2"])).toBe("0f2f0132");
  });

  it("leaves out of the table what would take half of it", () => {
    const encoder = createHpackEncoder();
    const most = "x".repeat(2048 - 32 - 1);
    expect(encoder.encode(["a", most], null)[0]).toBe(0x40);
    expect(hexOf(encoder, ["a", most])).toBe("be");
    expect(encoder.encode(["b", `${most}x`], null)[0]).toBe(0x00);
    expect(encoder.encode(["b", `${most}x`], null)[0]).toBe(0x00);
  });

  it("is Huffman code only where that is shorter, and only once", () => {
    const encoder = createHpackEncoder();
    expect(hexOf(encoder, ["~~", "~~"])).toBe("40027e7e027e7e");
    expect(encoder.encode(["bb", "aaaaaaaa"], null)).toHaveLength(1 + 3 + 6);
    expect(encoder.encode(["date", "aaaaaaaa"], null)).toHaveLength(2 + 9);
  });

  it("marks what nobody may index, and never makes an entry of it nor uses one", () => {
    const encoder = createHpackEncoder();
    const raw = ["authorization", "k", ":method", "GET", "n", "v"];
    const expected = "1f08016b120347455410016e0176";
    expect(hexOf(encoder, raw, [0, 2, 4])).toBe(expected);
    expect(hexOf(encoder, raw, [4, 2, 0])).toBe(expected);
  });

  it("is a view of one buffer, and a fresh one after a very large block", () => {
    const encoder = createHpackEncoder();
    const { buffer } = encoder.encode(["a", "1"], null);
    expect(encoder.encode(["a", "2"], null).buffer).toBe(buffer);
    const large = encoder.encode(["a", "x".repeat(100_000)], null).buffer;
    expect(large.byteLength).toBeGreaterThan(100_000);
    expect(encoder.encode(["a", "3"], null).buffer.byteLength).toBe(1024);
  });
});

describe("the size of the peer's table", () => {
  const sizes = (...announced: readonly number[]): string => {
    const encoder = createHpackEncoder();
    for (const bytes of announced) encoder.setPeerTableSize(bytes);
    return hexOf(encoder, [":method", "GET"]);
  };

  it.each([
    ["stays as it is", [], "82"],
    ["is larger than what we use", [65_536], "82"],
    ["is smaller", [100], "3f4582"],
    ["is nothing", [0], "2082"],
    ["is smaller and larger again", [100, 4096], "3f453fe11f82"],
    ["is smaller and a little larger", [100, 200], "3f453fa90182"],
    ["becomes smaller twice", [200, 100], "3f4582"],
    ["goes up and down", [8192, 30, 8192, 31, 8192], "3e3fe11f82"],
  ])("%s", (_, announced, hex) => {
    expect(sizes(...announced)).toBe(hex);
  });

  it("is said once", () => {
    const encoder = createHpackEncoder();
    encoder.setPeerTableSize(100);
    hexOf(encoder, []);
    expect(hexOf(encoder, [":method", "GET"])).toBe("82");
    encoder.setPeerTableSize(4096);
    expect(hexOf(encoder, [":method", "GET"])).toBe("3fe11f82");
  });

  it("of nothing means no entries", () => {
    const encoder = createHpackEncoder();
    encoder.setPeerTableSize(0);
    expect(hexOf(encoder, ["a", "1", "a", "1"])).toBe("2000016101310001610131");
  });

  it("that shrinks for a moment takes the entries with it", () => {
    const encoder = createHpackEncoder();
    hexOf(encoder, ["a", "1", "b", "2"]);
    encoder.setPeerTableSize(40);
    encoder.setPeerTableSize(4096);
    // b fits into 40 bytes, a does not.
    expect(hexOf(encoder, ["b", "2", "a", "1"])).toMatch(/^3f093fe11fbe40/);
  });
});

describe("a block that is written and read again", () => {
  const names = [":method", ":path", ":status", "cookie", "content-length", "x-request-id", "a", "accept-encoding", ""];
  const latin1 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const field = fc.record({
    name: fc.oneof(fc.constantFrom(...names), latin1),
    value: fc.oneof(
      fc.constantFrom("", "GET", "/", "200", "1", "gzip, deflate"),
      latin1,
      fc.integer({ min: 0, max: 5_000 }).map((length) => "v".repeat(length)),
    ),
    never: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
  });
  const step = fc.record({
    fields: fc.array(field, { maxLength: 20 }),
    sizes: fc.array(fc.nat(6_000), { maxLength: 2 }),
  });

  it("is the same, over any sequence of blocks and sizes", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const encoder = createHpackEncoder();
        const decoder = createHpackDecoder();
        for (const { fields, sizes } of steps) {
          for (const bytes of sizes) encoder.setPeerTableSize(bytes);
          const raw = fields.flatMap(({ name, value }) => [name, value]);
          const never = fields.flatMap((each, place) => (each.never ? [2 * place] : []));
          const read = decoder.decode(encoder.encode(raw, never.length === 0 ? null : never), 2 ** 24, 1_000);
          expect(read).toEqual({ raw, never: never.length === 0 ? null : never, tooLarge: false });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is the same after thousands of entries have come and gone", () => {
    const send = pair();
    for (let turn = 0; turn < 3_000; turn += 1) {
      const raw = [
        "a",
        `${turn % 7}`,
        `n${turn % 300}`,
        `${turn}`,
        "b",
        `${turn >> 3}`,
        "c",
        "always",
        ":path",
        `/${turn}`,
      ];
      expect(send(raw).raw).toEqual(raw);
    }
  });

  it("is the same with every byte there is, and a megabyte", () => {
    const send = pair();
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("latin1");
    const raw = [every, every, "b", every.repeat(4096), every, every];
    expect(send(raw).raw).toEqual(raw);
    expect(send(raw, [0, 2]).never).toEqual([0, 2]);
  });

  it("keeps the marks of long lists", () => {
    const send = pair();
    const raw = Array.from({ length: 200 }, (_, place) => `${place % 8}`);
    const never = Array.from({ length: 50 }, (_, place) => 4 * place);
    for (let turn = 0; turn < 2; turn += 1) expect(send(raw, never)).toEqual({ raw, never, tooLarge: false });
  });
});
