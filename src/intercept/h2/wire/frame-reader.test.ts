import { describe, expect, it } from "vitest";
import { endStream, frame, kinds, ping, windowUpdate } from "../../../../test/support/h2-frames.ts";
import { padded } from "../../../../test/support/wire-peer.ts";
import { ConnectionError, errorCodes } from "./codes.ts";
import { FrameReader, withoutPadding, type FrameSink } from "./frame-reader.ts";

/** Writes down what is read; pieces of one frame's DATA as one. */
function reading(): { readonly reader: FrameReader; readonly read: string[]; readonly sink: FrameSink } {
  const read: string[] = [];
  let text = "";
  let isOpen = false;
  const sink: FrameSink = {
    onFrame: (type, flags, id, payload) => void read.push(`${type} ${flags} ${id} ${payload.toString("hex")}`),
    onDataHead(id, flowBytes, paddingBytes) {
      if (isOpen) read.push(text);
      isOpen = true;
      text = `DATA ${id} ${flowBytes} ${paddingBytes} `;
    },
    onDataBytes(_, bytes, isLast) {
      text += bytes.toString("latin1") + (isLast ? "." : "");
      if (isLast) {
        read.push(text);
        isOpen = false;
      }
    },
  };
  return { reader: new FrameReader(sink), read, sink };
}

const all = Buffer.concat([
  ping(),
  frame(kinds.data, 0, 1, Buffer.from("abc")),
  frame(kinds.data, 0, 1),
  frame(0xbe, 0xff, 0x7fff_ffff, Buffer.from("x")),
  padded(3, Buffer.from("def"), 2),
  padded(3, Buffer.alloc(0), 0),
  frame(kinds.settings, 0, 0),
  frame(kinds.data, endStream, 1, Buffer.from("ghijk")),
  padded(3, Buffer.from("l"), 255, true),
  frame(kinds.data, endStream, 5),
  windowUpdate(1, 9),
]);
const expected = [
  "6 0 0 0000000000000000",
  "DATA 1 3 0 abc",
  "190 255 2147483647 78",
  "DATA 1 0 0 ",
  "DATA 3 6 3 def",
  "4 0 0 ",
  "DATA 3 1 1 ",
  "DATA 1 5 0 ghijk.",
  "DATA 3 257 256 l.",
  "DATA 5 0 0 .",
  "8 0 1 00000009",
];

describe("frames", () => {
  it("are read whole", () => {
    const { reader, read } = reading();
    reader.push(all);
    expect(read).toEqual(expected);
  });

  it("are the same cut in two at every byte, and byte by byte", () => {
    for (let at = 0; at <= all.length; at += 1) {
      const { reader, read } = reading();
      reader.push(all.subarray(0, at));
      reader.push(all.subarray(at));
      expect(read).toEqual(expected);
    }
    const { reader, read } = reading();
    for (const byte of all) reader.push(Buffer.from([byte]));
    expect(read).toEqual(expected);
  });

  it("of DATA come on before they are whole; others do not", () => {
    const { reader, read } = reading();
    const pieces: string[] = [];
    const early = new FrameReader({
      onFrame: () => pieces.push("frame"),
      onDataHead: () => pieces.push("head"),
      onDataBytes: (_, bytes, isLast) => pieces.push(`${bytes.toString()}${isLast ? "." : ""}`),
    });
    const data = frame(kinds.data, endStream, 1, Buffer.from("abc"));
    early.push(data.subarray(0, 9));
    early.push(data.subarray(9, 11));
    expect(pieces).toEqual(["head", "ab"]);
    early.push(data.subarray(11));
    expect(pieces).toEqual(["head", "ab", "c."]);
    reader.push(ping().subarray(0, 16));
    expect(read).toEqual([]);
  });

  it("keep the reserved bit of their stream to themselves", () => {
    const { reader, read } = reading();
    reader.push(frame(kinds.windowUpdate, 0, 0x8000_0003, Buffer.alloc(4)));
    expect(read).toEqual(["8 0 3 00000000"]);
  });

  it("are not read any more once nobody listens, not even the rest of what came", () => {
    const read: number[] = [];
    const reader: FrameReader = new FrameReader({
      onFrame(_, __, id) {
        read.push(id);
        reader.stop();
      },
      onDataHead() {},
      onDataBytes() {},
    });
    reader.push(Buffer.concat([windowUpdate(1, 1), windowUpdate(3, 1), ping().subarray(0, 5)]));
    reader.push(windowUpdate(5, 1));
    expect(read).toEqual([1]);
  });

  it("longer than the usual size are refused by their length alone", () => {
    const { reader, read } = reading();
    const head = frame(kinds.ping, 0, 0).subarray(0, 9);
    head.writeUIntBE(16_384, 0, 3);
    reader.push(head);
    expect(read).toEqual([]);
    const other = reading().reader;
    head.writeUIntBE(16_385, 0, 3);
    expect(() => other.push(head)).toThrow(ConnectionError);
  });
});

describe("padding", () => {
  const codeOf = (payload: Buffer): number | null => {
    try {
      withoutPadding(payload);
      return null;
    } catch (error) {
      return error instanceof ConnectionError ? error.code : -1;
    }
  };

  it("is taken off, and may be all there is", () => {
    expect(withoutPadding(Buffer.from([2, 65, 0, 0])).toString()).toBe("A");
    expect(withoutPadding(Buffer.from([3, 0, 0, 0]))).toHaveLength(0);
    expect(withoutPadding(Buffer.from([0]))).toHaveLength(0);
  });

  it("beyond its frame is a fault", () => {
    expect(codeOf(Buffer.from([3, 65, 0]))).toBe(errorCodes.protocolError);
    expect(codeOf(Buffer.from([1]))).toBe(errorCodes.protocolError);
    expect(codeOf(Buffer.alloc(0))).toBe(errorCodes.protocolError);
  });
});
