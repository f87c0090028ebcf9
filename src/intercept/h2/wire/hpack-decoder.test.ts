import { describe, expect, it } from "vitest";
import { createHpackDecoder, HpackError, type FieldBlock, type HpackDecoder } from "./hpack-decoder.ts";
import { staticNames, staticValues } from "./hpack-table.ts";

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");
const read = (decoder: HpackDecoder, hex: string): FieldBlock => decoder.decode(bytesOf(hex), 64 * 1024, 100);
const readOne = (hex: string): FieldBlock => read(createHpackDecoder(), hex);

/** a: 1 and b: 2, put in the table. */
const a1 = "40 01 61 01 31";
const b2 = "40 01 62 01 32";

describe("fields by number", () => {
  it("has 61 fixed ones", () => {
    expect(staticNames).toHaveLength(62);
    for (let index = 1; index <= 61; index += 1) {
      expect(readOne((0x80 | index).toString(16)).raw).toEqual([staticNames[index], staticValues[index]]);
    }
  });

  it.each([
    [1, ":authority", ""],
    [2, ":method", "GET"],
    [3, ":method", "POST"],
    [4, ":path", "/"],
    [7, ":scheme", "https"],
    [8, ":status", "200"],
    [14, ":status", "500"],
    [15, "accept-charset", ""],
    [16, "accept-encoding", "gzip, deflate"],
    [19, "accept", ""],
    [28, "content-length", ""],
    [31, "content-type", ""],
    [38, "host", ""],
    [50, "range", ""],
    [58, "user-agent", ""],
    [61, "www-authenticate", ""],
  ])("%i is %s: %s", (index, name, value) => {
    expect([staticNames[index], staticValues[index]]).toEqual([name, value]);
  });

  it("shares the texts of the tables between blocks", () => {
    const decoder = createHpackDecoder();
    expect(read(decoder, a1).raw).toEqual(["a", "1"]);
    expect(read(decoder, `${b2} bf be bf`).raw).toEqual(["b", "2", "a", "1", "b", "2", "a", "1"]);
  });

  it.each([
    ["0", "80"],
    ["62 of an empty table", "be"],
    ["63 of a table with one", `${a1} bf`],
    ["0 behind other fields", "82 80"],
    ["200 in a long form", "ff 49"],
    ["62 for a name", "7e 01 31"],
    ["62 for a name outside the table", "0f 2f 01 31"],
  ])("refuses number %s", (_, hex) => {
    expect(() => readOne(hex)).toThrow(HpackError);
  });
});

describe("numbers", () => {
  it("may have zeros in front, and an end", () => {
    expect(readOne("3f 80 80 80 00 82").raw).toEqual([":method", "GET"]);
  });

  it.each([
    ["of six bytes", "ff 80 80 80 80 01"],
    ["that is larger than 32 bits", "ff ff ff ff ff ff ff ff ff 7f"],
    ["that never ends", `00 7f ${"ff".repeat(100)}`],
  ])("refuses one %s", (_, hex) => {
    expect(() => readOne(hex)).toThrow(HpackError);
  });

  it("refuses a text longer than the block without asking for memory", () => {
    expect(() => readOne("00 7f ff ff ff 7f 61")).toThrow("longer than the rest");
    expect(() => readOne("00 ff ff ff ff 7f 61")).toThrow("longer than the rest");
  });
});

describe("a block that is cut off", () => {
  const whole = bytesOf(
    `3f e1 1f 82 ${a1} 00 88 25a849e95ba97d7f 89 25a849e95bb8e8b4bf 10 03 616263 01 64 be 0f 0d 01 39`,
  );

  it("is read up to the end of a field or refused, at every byte", () => {
    const all = createHpackDecoder().decode(whole, 64 * 1024, 100);
    expect(all).toMatchObject({ never: [6], tooLarge: false });
    expect(all.raw).toHaveLength(12);
    for (let end = 0; end < whole.length; end += 1) {
      let raw: readonly string[] | null = null;
      try {
        ({ raw } = createHpackDecoder().decode(whole.subarray(0, end), 64 * 1024, 100));
      } catch (error) {
        expect(error).toBeInstanceOf(HpackError);
      }
      if (raw !== null) expect(raw).toEqual(all.raw.slice(0, raw.length));
    }
  });

  it("is read from any place of any array", () => {
    const around = new Uint8Array(whole.length + 7);
    around.set(whole, 3);
    const view = around.subarray(3, 3 + whole.length);
    expect(createHpackDecoder().decode(view, 64 * 1024, 100).raw).toHaveLength(12);
  });
});

describe("a text in bad Huffman code", () => {
  it.each(["00 01 61 81 18", "00 01 61 82 1fff", "00 84 ffffffff 01 61", "40 01 61 81 00"])("%s is refused", (hex) => {
    expect(() => readOne(hex)).toThrow("Huffman");
  });
});

describe("never-indexed fields", () => {
  it("are told by the place of their name", () => {
    expect(readOne(`82 10 01 61 01 31 ${a1} 1f 0d 01 39`)).toEqual({
      raw: [":method", "GET", "a", "1", "a", "1", "content-length", "9"],
      never: [2, 6],
      tooLarge: false,
    });
  });
});

describe("the table of the decoder", () => {
  it("forgets the oldest first", () => {
    const decoder = createHpackDecoder();
    // 34 bytes each: two fit into 70.
    expect(read(decoder, `3f27 ${a1} ${b2} be bf`).raw.slice(4)).toEqual(["b", "2", "a", "1"]);
    expect(read(decoder, "40 01 63 01 33 be bf").raw.slice(2)).toEqual(["c", "3", "b", "2"]);
    expect(() => read(decoder, "c0")).toThrow(HpackError);
  });

  it("takes a name out of an entry that has to go for the new one", () => {
    const decoder = createHpackDecoder();
    expect(read(decoder, `3f03 ${a1} 7e 01 35 be`).raw).toEqual(["a", "1", "a", "5", "a", "5"]);
  });

  it("is empty after a field that is larger than all of it", () => {
    const decoder = createHpackDecoder();
    expect(read(decoder, `3f03 ${a1} 40 01 62 03 333333`).raw).toEqual(["a", "1", "b", "333"]);
    expect(() => read(decoder, "be")).toThrow(HpackError);
  });

  it("holds 128 of the smallest fields", () => {
    const decoder = createHpackDecoder();
    const block = bytesOf("40 00 00".repeat(200));
    expect(decoder.decode(block, 64 * 1024, 1_000).raw).toHaveLength(400);
    expect(read(decoder, "ff 3e").raw).toEqual(["", ""]);
    expect(() => read(decoder, "ff 3f")).toThrow(HpackError);
  });

  it("is emptied by a size of nothing and goes on at any size after it", () => {
    const decoder = createHpackDecoder();
    read(decoder, a1);
    expect(read(decoder, `20 3fe11f ${b2} be`).raw).toEqual(["b", "2", "b", "2"]);
    expect(() => read(decoder, "bf")).toThrow(HpackError);
    expect(() => read(createHpackDecoder(), `20 ${a1} be`)).toThrow(HpackError);
  });

  it("refuses a size above what we announced", () => {
    expect(readOne("3fe11f").raw).toEqual([]);
    expect(() => readOne("3fe21f")).toThrow("4097 bytes");
    expect(() => read(createHpackDecoder(8192), "3fe23f")).toThrow("8193 bytes");
  });

  it("grows when we announced more and the sender says so", () => {
    const decoder = createHpackDecoder(8192);
    const large = (name: string): string => `40 01 ${name} 7f a11e ${"78".repeat(4000)}`;
    expect(() => read(decoder, `${large("61")} ${large("62")} bf`)).toThrow("no field 63");
    const wide = createHpackDecoder(8192);
    expect(read(wide, `3fe13f ${large("61")} ${large("62")} bf`).raw[4]).toBe("a");
  });

  it("refuses a size behind a field", () => {
    expect(() => readOne("82 20")).toThrow("within a block");
    expect(() => readOne("82 3fe11f")).toThrow("within a block");
  });

  it("wants to hear of a smaller size once the peer knows of it", () => {
    const decoder = createHpackDecoder(100);
    expect(read(decoder, `${a1} ${b2} 40 01 63 01 33 c0`).raw.slice(-2)).toEqual(["a", "1"]);
    decoder.acknowledged();
    expect(() => read(decoder, "82")).toThrow("smaller size");
    expect(() => read(decoder, "3f46 82")).toThrow("101 bytes");
    expect(read(decoder, "3f45 be bf").raw).toEqual(["c", "3", "b", "2"]);
    expect(read(decoder, "82").raw).toEqual([":method", "GET"]);
    expect(() => read(decoder, "c0")).toThrow(HpackError);
  });

  it("has nothing to hear when the size did not become smaller", () => {
    const decoder = createHpackDecoder();
    decoder.acknowledged();
    expect(read(decoder, "82").raw).toEqual([":method", "GET"]);
  });
});

describe("a list that is too large", () => {
  it("is one byte above what is allowed, and not one that just fits", () => {
    const hex = "82 84"; // :method GET is 42, :path / is 38
    expect(createHpackDecoder().decode(bytesOf(hex), 80, 9)).toMatchObject({ tooLarge: false });
    expect(createHpackDecoder().decode(bytesOf(hex), 79, 9)).toEqual({
      raw: [":method", "GET"],
      never: null,
      tooLarge: true,
    });
  });

  it("has a field too many", () => {
    expect(createHpackDecoder().decode(bytesOf("82 84 86"), 9_999, 3).tooLarge).toBe(false);
    const read = createHpackDecoder().decode(bytesOf("82 84 10 01 61 01 31"), 9_999, 2);
    expect(read).toEqual({ raw: [":method", "GET", ":path", "/"], never: null, tooLarge: true });
  });

  it("collects nothing behind the field that was too much, though it would fit", () => {
    const hex = `82 00 01 61 05 3131313131 84`;
    expect(createHpackDecoder().decode(bytesOf(hex), 79, 9).raw).toEqual([":method", "GET"]);
  });

  it("keeps the table in step", () => {
    const decoder = createHpackDecoder();
    expect(decoder.decode(bytesOf(`82 ${a1} ${b2}`), 50, 9)).toMatchObject({ tooLarge: true, raw: [":method", "GET"] });
    expect(read(decoder, "be bf").raw).toEqual(["b", "2", "a", "1"]);
  });

  it("costs no more than its bytes when it names one large field again and again", () => {
    const decoder = createHpackDecoder();
    read(decoder, `40 01 61 7f a11e ${"78".repeat(4000)}`);
    const bomb = decoder.decode(Buffer.alloc(100_000, 0xbe), 64 * 1024, 10_000);
    expect(bomb.tooLarge).toBe(true);
    expect(bomb.raw).toHaveLength(2 * Math.floor((64 * 1024) / 4033));
    expect(new Set(bomb.raw).size).toBe(2);
  });
});
