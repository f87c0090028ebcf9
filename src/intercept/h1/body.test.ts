import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBodyScanner, FramingError } from "./body.ts";
import type { BodyFraming } from "./head.ts";

/** Feeds the pieces and gathers what the scanner took for payload and what it left. */
function scan(
  framing: BodyFraming,
  pieces: readonly Buffer[],
): { payload: string; left: string; done: boolean; trailers: unknown } {
  const scanner = createBodyScanner(framing);
  const payload: Buffer[] = [];
  const left: Buffer[] = [];
  for (const piece of pieces) {
    const taken = scanner.done ? 0 : scanner.push(piece, (bytes) => payload.push(bytes));
    left.push(piece.subarray(taken));
  }
  return {
    payload: Buffer.concat(payload).toString("latin1"),
    left: Buffer.concat(left).toString("latin1"),
    done: scanner.done,
    trailers: scanner.trailers,
  };
}

const chunked = "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nX-T: a\r\nY:b\r\n\r\n";

describe("chunked bodies", () => {
  it("end at the same byte however they are split, and leave the next message alone", () => {
    const bytes = Buffer.from(`${chunked}GET /next`);
    for (let first = 0; first <= bytes.length; first += 1) {
      const result = scan({ kind: "chunked" }, [bytes.subarray(0, first), bytes.subarray(first)]);
      expect(result).toEqual({
        payload: "hello!",
        left: "GET /next",
        done: true,
        trailers: [
          ["X-T", "a"],
          ["Y", "b"],
        ],
      });
    }
  });

  it("survive byte by byte", () => {
    const pieces = [...Buffer.from(chunked)].map((byte) => Buffer.from([byte]));
    expect(scan({ kind: "chunked" }, pieces)).toMatchObject({ payload: "hello!", done: true, left: "" });
  });

  it.each([
    ["a size that is no number", "x\r\n"],
    ["a negative size", "-1\r\n"],
    ["a size with a bare LF", "5\nhello\r\n"],
    ["an endless size line", "5;".padEnd(9000, "a")],
    ["an endless number", `${"f".repeat(20)}\r\n`],
    ["a chunk longer than it says", "2\r\nabc\r\n"],
    ["a nameless trailer", "0\r\n: x\r\n\r\n"],
    ["an endless trailer section", `0\r\n${"a: b\r\n".repeat(20_000)}`],
  ])("refuse %s", (_name, text) => {
    expect(() => scan({ kind: "chunked" }, [Buffer.from(text)])).toThrow(FramingError);
  });

  it("never hang, overrun or lose bytes, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (pieces) => {
        try {
          const buffers = pieces.map((piece) => Buffer.from(piece));
          const result = scan({ kind: "chunked" }, buffers);
          expect(result.left.length).toBeLessThanOrEqual(Buffer.concat(buffers).length);
        } catch (error) {
          expect(error).toBeInstanceOf(FramingError);
        }
      }),
    );
  });
});

describe("counted bodies", () => {
  it("take exactly their length", () => {
    expect(scan({ kind: "length", bytes: 4 }, [Buffer.from("ab"), Buffer.from("cdGET")])).toMatchObject({
      payload: "abcd",
      left: "GET",
      done: true,
    });
  });

  it("are not done one byte early", () => {
    expect(scan({ kind: "length", bytes: 4 }, [Buffer.from("abc")]).done).toBe(false);
  });
});

it("a body until close is never done", () => {
  expect(scan({ kind: "until-close" }, [Buffer.from("abc")])).toMatchObject({ payload: "abc", done: false, left: "" });
});
