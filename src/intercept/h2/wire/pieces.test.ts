import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pieces } from "./pieces.ts";

describe("bytes that wait", () => {
  it("come out as they went in, whatever the sizes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -5_000, max: -1 })), { maxLength: 60 }),
        (steps) => {
          const pieces = new Pieces();
          const into: number[] = [];
          const out: number[] = [];
          let next = 0;
          for (const step of steps) {
            if (step < 0) {
              const bytes = Buffer.from(Array.from({ length: -step }, () => (next += 1) & 0xff));
              into.push(...bytes);
              pieces.push(bytes);
              // Whoever reads into it again does not change what waits, if it is small.
              if (bytes.length < 1_024) bytes.fill(0);
            } else out.push(...(pieces.take(step * 50) ?? []));
            expect(pieces.bytes).toBe(into.length - out.length);
          }
          for (let part = pieces.take(700); part !== null; part = pieces.take(700)) out.push(...part);
          expect(out).toEqual(into);
        },
      ),
    );
  });

  it("keep no more than four times themselves of what they were cut from", () => {
    const pieces = new Pieces();
    for (const size of [1, 900, 1_024, 5_000, 16_384]) pieces.push(Buffer.allocUnsafeSlow(64 * 1024).subarray(0, size));
    let kept = 0;
    const seen = new Set<ArrayBufferLike>();
    const { bytes } = pieces;
    for (let part = pieces.take(1e9); part !== null; part = pieces.take(1e9)) {
      if (!seen.has(part.buffer)) kept += part.buffer.byteLength;
      seen.add(part.buffer);
    }
    expect(kept).toBeLessThanOrEqual(4 * bytes);
    expect(kept).toBeGreaterThanOrEqual(bytes);
  });

  it("are forgotten when they are dropped", () => {
    const pieces = new Pieces();
    pieces.push(Buffer.from("abc"));
    pieces.take(1);
    expect(pieces.drop()).toBe(2);
    expect(pieces.take(9)).toBeNull();
    pieces.push(Buffer.from("d"));
    expect(pieces.take(9)?.toString()).toBe("d");
    expect(pieces.drop()).toBe(0);
  });
});
