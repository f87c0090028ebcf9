import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHuffmanMemo } from "./huffman-memo.ts";
import { createHuffmanReader, huffmanLength, writeHuffman } from "./huffman.ts";

function coded(text: string): Buffer {
  const into = Buffer.alloc(huffmanLength(text));
  writeHuffman(text, into, 0);
  return into;
}

/** Reads blocks of texts; `reads` counts what was really decoded. */
function memo(): { readonly block: (...texts: readonly string[]) => readonly (string | null)[]; reads: number } {
  const reader = createHuffmanReader();
  const counted = createHuffmanMemo((bytes, start, end) => {
    self.reads += 1;
    return reader(bytes, start, end);
  });
  const self = {
    reads: 0,
    block(...texts: readonly string[]) {
      counted.begin();
      return texts.map((text) => {
        const bytes = Buffer.concat([Buffer.of(0xaa), coded(text), Buffer.of(0x55)]);
        return counted.read(bytes, 1, bytes.length - 1);
      });
    },
  };
  return self;
}

const token = "Bearer sk-0123456789-abcdefgh";

describe("texts that come again", () => {
  it("are read once", () => {
    const seen = memo();
    for (let turn = 0; turn < 5; turn += 1) {
      expect(seen.block(token, "/v1/messages?beta=true")).toEqual([token, "/v1/messages?beta=true"]);
    }
    expect(seen.reads).toBe(2);
  });

  it("are read again when one byte is another, at either end or in the middle, short or long", () => {
    for (const text of [token, "w".repeat(1_000)]) {
      const seen = memo();
      for (const at of [0, Math.floor(text.length / 2), text.length - 1]) {
        const other = `${text.slice(0, at)}z${text.slice(at + 1)}`;
        expect(seen.block(text)).toEqual([text]);
        expect(seen.block(other)).toEqual([other]);
      }
    }
  });

  it("are found again after a place changed many times", () => {
    const seen = memo();
    for (let turn = 0; turn < 50; turn += 1) seen.block(`/v1/threads/${turn + 1_000}/messages`);
    for (let turn = 0; turn < 20; turn += 1) seen.block(token);
    expect(seen.reads).toBeLessThan(60);
  });

  it("are not kept when they are very long", () => {
    const seen = memo();
    const long = "a".repeat(10_000);
    for (let turn = 0; turn < 3; turn += 1) expect(seen.block(long)).toEqual([long]);
    expect(seen.reads).toBe(3);
  });

  it("are not kept when they are bad", () => {
    const memo = createHuffmanMemo(createHuffmanReader());
    const bad = Buffer.alloc(20, 0xff);
    for (let turn = 0; turn < 2; turn += 1) {
      memo.begin();
      expect(memo.read(bad, 0, bad.length)).toBeNull();
    }
  });

  it("are what they would be without a memory, over any blocks", () => {
    const text = fc.oneof(
      fc.constantFrom(token, `${token}x`, "y".repeat(300), `${"y".repeat(299)}z`, ""),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    );
    fc.assert(
      fc.property(fc.array(fc.array(text, { maxLength: 6 }), { maxLength: 30 }), (blocks) => {
        const seen = memo();
        for (const texts of blocks) expect(seen.block(...texts)).toEqual(texts);
      }),
    );
  });
});
