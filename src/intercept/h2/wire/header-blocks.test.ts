import { describe, expect, it } from "vitest";
import { ConnectionError, errorCodes } from "./codes.ts";
import { HeaderBlocks } from "./header-blocks.ts";

const endHeaders = 0x4;
const endStream = 0x1;
const hasPriority = 0x20;
const isPadded = 0x8;
const text = (value: string): Buffer => Buffer.from(value);

function codeOf(run: () => unknown): number | null {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof ConnectionError ? error.code : -1;
  }
}

describe("a head", () => {
  it("in one frame", () => {
    const blocks = new HeaderBlocks(100);
    expect(blocks.begin(endHeaders | endStream, 1, text("abc"))).toEqual({
      id: 1,
      bytes: text("abc"),
      endStream: true,
      isOwnParent: false,
    });
    expect(blocks.isOpen).toBe(false);
  });

  it("in several, of which the first says whether the stream ends", () => {
    const blocks = new HeaderBlocks(100);
    const first = text("ab");
    expect(blocks.begin(endStream, 1, first)).toBeNull();
    // A view of what was read, which is read into again.
    first.fill("x");
    expect(blocks.isOpen).toBe(true);
    expect(blocks.goOn(0, 1, text("c"))).toBeNull();
    expect(blocks.goOn(endHeaders, 1, text("de"))).toMatchObject({ bytes: text("abcde"), endStream: true });
    expect(blocks.isOpen).toBe(false);
  });

  it("without padding and priority", () => {
    const blocks = new HeaderBlocks(100);
    const priority = [0, 0, 0, 7, 1];
    const payload = Buffer.from([2, ...priority, 65, 66, 0, 0]);
    expect(blocks.begin(endHeaders | hasPriority | isPadded, 1, payload)).toMatchObject({
      bytes: text("AB"),
      isOwnParent: false,
    });
  });

  it("that depends on itself is told apart, exclusively or not", () => {
    for (const first of [0, 0x80]) {
      const payload = Buffer.from([first, 0, 0, 7, 1, 65]);
      expect(new HeaderBlocks(100).begin(endHeaders | hasPriority, 7, payload)?.isOwnParent).toBe(true);
      expect(new HeaderBlocks(100).begin(endHeaders | hasPriority, 9, payload)?.isOwnParent).toBe(false);
    }
  });

  it("is refused when it is cut off, goes on from nothing, or from another stream", () => {
    expect(codeOf(() => new HeaderBlocks(9).begin(hasPriority, 1, Buffer.alloc(4)))).toBe(errorCodes.frameSizeError);
    expect(codeOf(() => new HeaderBlocks(9).goOn(endHeaders, 1, text("")))).toBe(errorCodes.protocolError);
    const blocks = new HeaderBlocks(100);
    blocks.begin(0, 1, text("a"));
    expect(codeOf(() => blocks.goOn(endHeaders, 3, text("b")))).toBe(errorCodes.protocolError);
  });

  it("has a bound, in bytes and in frames", () => {
    const long = new HeaderBlocks(5);
    long.begin(0, 1, text("abc"));
    expect(long.goOn(0, 1, text("de"))).toBeNull();
    expect(codeOf(() => long.goOn(endHeaders, 1, text("f")))).toBe(errorCodes.enhanceYourCalm);
    const empty = new HeaderBlocks(5);
    empty.begin(0, 1, text(""));
    let frames = 1;
    while (frames < 1_000 && codeOf(() => empty.goOn(0, 1, text(""))) === null) frames += 1;
    expect(frames).toBe(64);
  });
});
