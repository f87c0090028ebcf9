import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dimensionsOf, toBase64, toFloats, toUnit } from "./vectors.ts";

const vectors = fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 40 });

describe("a vector's two spellings", () => {
  it("say the same, float by float", () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        expect(toFloats(toBase64(vector))).toEqual(vector);
        expect(dimensionsOf(toBase64(vector))).toBe(vector.length);
      }),
    );
  });
  it("are OpenAI's: 32 bits, little end first", () => {
    expect(toBase64([1, -2])).toBe(Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString("base64"));
  });
  it("leave alone what is in the wanted one already", () => {
    const list = [0.1, 0.2];
    expect(toFloats(list)).toBe(list);
    expect(toBase64("AACAPw==")).toBe("AACAPw==");
  });
  it("refuse base64 that is not whole floats", () => {
    expect(toFloats("AAA=")).toBeNull();
    expect(toFloats("")).toBeNull();
  });
  it("carry the longest vectors there are", () => {
    const vector = Array.from({ length: 65_536 }, (_, index) => Math.fround(Math.sin(index)));
    expect(toFloats(toBase64(vector))).toEqual(vector);
  });
});

describe("a vector of length one", () => {
  it("keeps its direction", () => {
    expect(toUnit([3, 4])).toEqual([0.6, 0.8]);
  });
  it("is left as it is when it has that length already, or none", () => {
    const unit = [0.6, 0.8];
    const nothing = [0, 0];
    expect(toUnit(unit)).toBe(unit);
    expect(toUnit(nothing)).toBe(nothing);
  });
});
