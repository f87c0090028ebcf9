import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHuffmanReader, huffmanLength, writeHuffman } from "./huffman.ts";

function coded(text: string): Buffer {
  const into = Buffer.alloc(huffmanLength(text) + 1, 0xee);
  const end = writeHuffman(text, into, 0);
  expect(end).toBe(into.length - 1);
  expect(into.at(-1)).toBe(0xee);
  return into.subarray(0, end);
}

const read = (bytes: Uint8Array): string | null => createHuffmanReader()(bytes, 0, bytes.length);
const everyByte = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

describe("the Huffman code", () => {
  it.each([
    ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
    ["no-cache", "a8eb10649cbf"],
    ["custom-value", "25a849e95bb8e8b4bf"],
    ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
    ["https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"],
    ["foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1", fooCookie()],
  ])("writes and reads %s as the RFC does", (text, hex) => {
    expect(coded(text).toString("hex")).toBe(hex);
    expect(read(Buffer.from(hex, "hex"))).toBe(text);
  });

  it("brings every byte back, alone, twice and among others", () => {
    for (const byte of everyByte) {
      for (const text of [byte, byte + byte, `a${byte}0`, `~${byte}\u0000${byte}`])
        expect(read(coded(text))).toBe(text);
    }
    expect(read(coded(everyByte.join("")))).toBe(everyByte.join(""));
  });

  it("brings any text back, from the middle of a buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(5), (bytes, before) => {
        const text = Buffer.from(bytes).toString("latin1");
        const around = Buffer.concat([Buffer.alloc(before, 0), coded(text), Buffer.from([0, 1])]);
        expect(createHuffmanReader()(around, before, around.length - 2)).toBe(text);
      }),
    );
  });

  it("has no code for nothing", () => {
    expect(coded("")).toHaveLength(0);
    expect(read(Buffer.alloc(0))).toBe("");
  });

  it.each([
    ["padding of zeros", "18"],
    ["padding with one zero in it", "1d"],
    ["eight bits of padding", "1fff"],
    ["only padding", "ff"],
    ["more padding than a code is long", "ffffff"],
    ["the end symbol", "ffffffff"],
    ["the end symbol behind a text", "1fffffffff"],
    ["the end symbol, and text behind it", "fffffffc1f"],
    ["a code of 13 bits that is cut off", "ffc0"],
  ])("refuses %s", (_, hex) => {
    expect(read(Buffer.from(hex, "hex"))).toBeNull();
  });

  it("reads exactly what it would write itself, of all one and two bytes", () => {
    const reader = createHuffmanReader();
    const into = Buffer.alloc(8);
    const others: string[] = [];
    for (let number = 0; number < 0x1_0100; number += 1) {
      const bytes = number < 0x100 ? Buffer.of(number) : Buffer.of((number - 0x100) >> 8, number & 0xff);
      const text = reader(bytes, 0, bytes.length);
      if (text === null) continue;
      if (!into.subarray(0, writeHuffman(text, into, 0)).equals(bytes)) others.push(bytes.toString("hex"));
    }
    expect(others).toEqual([]);
  });
});

/** The cookie of C.6.3. */
function fooCookie(): string {
  return "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007";
}
