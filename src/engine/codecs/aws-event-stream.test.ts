/** Against the golden vectors (encoded by an independent encoder, decoded by botocore), and against nonsense. */
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMs } from "../../../test/support/cpu.ts";
import {
  createEventEncoder,
  createEventFrameReader,
  decodeFrame,
  encodeEvent,
  encodeException,
  encodeFrame,
  maxPayloadBytes,
  type EventFrame,
} from "./aws-event-stream.ts";
import { FramingError } from "./framing-error.ts";

interface Vectors {
  readonly frames: readonly FrameVector[];
  readonly streams: readonly StreamVector[];
  readonly malformed: readonly { readonly name: string; readonly hex: string; readonly expected: string }[];
  readonly aws_published: readonly {
    readonly name: string;
    readonly hex: string;
    readonly payload_utf8: string;
    readonly headers: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;
  }[];
}
interface FrameVector {
  readonly name: string;
  readonly hex: string | null;
  readonly build?: string;
  readonly payload_utf8: string;
  readonly headers: Readonly<Record<string, { readonly type: "string"; readonly value: string }>>;
}
interface StreamVector {
  readonly name: string;
  readonly hex: string;
  readonly frame_count: number;
  readonly frame_offsets: readonly number[];
  readonly chunkings: Readonly<Record<string, readonly number[] | string>>;
}

const file = new URL("../../../test/vectors/eventstream-vectors.json", import.meta.url);
// The file is ours and its shape is the one above.
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const bytesOf = (hex: string): Buffer => Buffer.from(hex, "hex");

/** Reads pieces of the given sizes; the last piece is whatever is left. */
function readInPieces(whole: Uint8Array, sizes: readonly number[]): readonly EventFrame[] {
  const reader = createEventFrameReader();
  const frames: EventFrame[] = [];
  let from = 0;
  for (const size of [...sizes, whole.length]) {
    frames.push(...reader.push(whole.subarray(from, from + size)));
    from += size;
  }
  reader.end();
  return frames;
}

const everySize = (whole: Uint8Array, size: number): readonly number[] =>
  Array.from({ length: Math.floor(whole.length / size) }, () => size);

/** All of it as one text: compared thousands of times. */
const said = (frames: readonly EventFrame[]): string =>
  JSON.stringify(frames.map((frame) => ({ ...frame, payload: Buffer.from(frame.payload).toString("hex") })));

/** What the reader says of bytes that are no such stream, at whichever call it says it. */
function faultOf(bytes: Uint8Array): { readonly frames: number; readonly error: unknown } {
  const reader = createEventFrameReader();
  let frames = 0;
  try {
    frames = reader.push(bytes).length;
    reader.end();
    return { frames, error: null };
  } catch (error) {
    return { frames, error };
  }
}

const reasonOf = (error: unknown): string | null => (error instanceof FramingError ? error.reason : null);

describe("frames", () => {
  const written = vectors.frames.filter((frame) => frame.build === undefined);

  it.each(written.map((frame) => [frame.name, frame] as const))("%s is read", (_, vector) => {
    const frame = decodeFrame(bytesOf(vector.hex ?? ""));
    expect(frame.texts).toEqual(
      Object.fromEntries(Object.entries(vector.headers).map(([name, { value }]) => [name, value])),
    );
    expect(Buffer.from(frame.payload).toString("utf8")).toBe(vector.payload_utf8);
  });

  it.each(written.map((frame) => [frame.name, frame] as const))("%s is written, byte for byte", (_, vector) => {
    const frame = encodeFrame(vector.headers, Buffer.from(vector.payload_utf8));
    expect(Buffer.from(frame).toString("hex")).toBe(vector.hex);
  });

  it("are the same from the encoder that keeps its headers", () => {
    for (const { name, payload_utf8: text, headers } of written) {
      const type = headers[":event-type"]?.value;
      const content = headers[":content-type"]?.value;
      if (type === undefined || content === undefined) continue;
      const payload = Buffer.from(text);
      const frames = [createEventEncoder(type, content)(payload), encodeEvent(type, payload, content)];
      expect([name, ...frames.map((frame) => Buffer.from(frame).toString("hex"))]).toEqual([
        name,
        Buffer.from(frames[1] ?? []).toString("hex"),
        Buffer.from(frames[1] ?? []).toString("hex"),
      ]);
    }
  });

  it("the longest header value there may be", () => {
    const longest = "a".repeat(32_767);
    const frame = encodeFrame({ h: { type: "string", value: longest } }, new Uint8Array());
    expect(decodeFrame(frame).texts["h"]).toBe(longest);
    expect(() => decodeFrame(withHeaders(rawHeader("h", 7, Buffer.alloc(32_768))))).toThrow(FramingError);
  });

  it("are named by the header that goes with their kind", () => {
    expect(decodeFrame(encodeEvent("metadataEvent", Buffer.from("{}")))).toMatchObject({
      messageType: "event",
      name: "metadataEvent",
    });
    expect(decodeFrame(encodeException("ThrottlingException", Buffer.from("{}")))).toMatchObject({
      messageType: "exception",
      name: "ThrottlingException",
    });
    const unmodeled = vectors.frames.find((frame) => frame.name === "error-unmodeled");
    expect(decodeFrame(bytesOf(unmodeled?.hex ?? ""))).toMatchObject({ messageType: "error", name: "InternalError" });
  });

  it.each(vectors.aws_published.map((frame) => [frame.name, frame] as const))("AWS's own: %s", (_, vector) => {
    const [frame, ...more] = readInPieces(bytesOf(vector.hex), []);
    expect(more).toEqual([]);
    expect(Buffer.from(frame?.payload ?? []).toString("utf8")).toBe(vector.payload_utf8);
    const texts = Object.entries(vector.headers).filter(([, { type }]) => type === "string");
    expect(frame?.texts).toEqual(Object.fromEntries(texts.map(([name, { value }]) => [name, value])));
  });
});

describe("streams", () => {
  it.each(vectors.streams.map((stream) => [stream.name, stream] as const))("%s in every chunking", (_, vector) => {
    const whole = bytesOf(vector.hex);
    const offsets = [...vector.frame_offsets, whole.length];
    const single = vector.frame_offsets.map((start, at) => decodeFrame(whole.subarray(start, offsets[at + 1])));
    expect(single).toHaveLength(vector.frame_count);
    const wanted = said(single);
    for (const sizes of Object.values(vector.chunkings)) {
      if (typeof sizes !== "string") expect(said(readInPieces(whole, sizes))).toBe(wanted);
    }
    for (const size of [1, 2, 3, 7, 11, 64]) expect(said(readInPieces(whole, everySize(whole, size)))).toBe(wanted);
    for (let cut = 0; cut <= whole.length; cut += 1) expect(said(readInPieces(whole, [cut]))).toBe(wanted);
  });

  it("keep what a caller's chunks say when the caller goes on", () => {
    const first = encodeEvent("a", Buffer.from('"one"'));
    const reader = createEventFrameReader();
    const frames = [...reader.push(first), ...reader.push(encodeEvent("b", Buffer.from('"two"')))];
    expect(frames.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['"one"', '"two"']);
  });
});

describe("bytes that are no such stream", () => {
  const reasons: Readonly<Record<string, string>> = {
    "error: prelude CRC": "checksum",
    "error: bad length": "malformed",
    "error: headers length over limit": "malformed",
    "error: payload length over limit": "too-large",
    "error: malformed header block": "malformed",
    "error on the prelude CRC (never wait for 0x3c68746d bytes)": "checksum",
    'incomplete: keep waiting; at end of stream report "truncated"': "truncated",
  };

  it.each(vectors.malformed.map((one) => [one.name, one] as const))("%s", (_, vector) => {
    const whole = bytesOf(vector.hex);
    const reason = vector.name === "total-length-4GiB" ? "too-large" : reasons[vector.expected];
    expect(reasonOf(faultOf(whole).error)).toBe(reason);
    // Waiting is right as long as more may come, and wrong when nothing that can come would help.
    const reader = createEventFrameReader();
    const push = (): unknown => {
      for (const byte of whole) reader.push(Uint8Array.of(byte));
      return null;
    };
    if (reason === "truncated") expect(push()).toBeNull();
    else expect(push).toThrow(FramingError);
    expect(() => reader.end()).toThrow(FramingError);
  });

  it("gives the frames before a fault first, then the fault, however the caller goes on", () => {
    const good = encodeEvent("assistantResponseEvent", Buffer.from('{"content":"hi"}'));
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(40) ^ 1, 40);
    for (const goOn of ["push", "end"] as const) {
      const reader = createEventFrameReader();
      expect(reader.push(Buffer.concat([good, bad, good]))).toHaveLength(1);
      const next = (): unknown => (goOn === "push" ? reader.push(good) : reader.end());
      expect(next).toThrow(expect.objectContaining({ reason: "checksum" }));
      expect(() => reader.end()).toThrow(FramingError);
    }
  });

  it("never shows bytes beyond the header block, whatever lengths it says", () => {
    // A length that fits into the memory behind the block: without the check the codec makes a text of it.
    const block = Buffer.from([1, 0x61, 7, 0x00, 0x20]);
    const secret = Buffer.from("a secret that lies behind the block");
    expect(() => decodeFrame(withHeaders(block, secret))).toThrow(FramingError);
    const inLargerMemory = Buffer.concat([withHeaders(block), secret]).subarray(0, 12 + block.length + 4);
    expect(() => decodeFrame(inLargerMemory)).toThrow(FramingError);
  });

  it("refuses a header that is named twice, or not at all", () => {
    const header = rawHeader("a", 7, Buffer.from("x"));
    expect(() => decodeFrame(withHeaders(Buffer.concat([header, header])))).toThrow(/twice/);
    expect(() => decodeFrame(withHeaders(rawHeader("", 7, Buffer.from("x"))))).toThrow(/without a name/);
  });

  it("takes a smaller bound where the caller has one", () => {
    const reader = createEventFrameReader({ maxPayloadBytes: 10 });
    const big = encodeEvent("a", Buffer.alloc(11));
    expect(() => reader.push(big)).toThrow(expect.objectContaining({ reason: "too-large" }));
  });
});

describe("what a hostile stream costs", () => {
  /** Memory outside the heap that is asked for while `work` runs, bytes; nothing is collected inside one call. */
  const asked = (work: () => void): number => {
    const before = process.memoryUsage().arrayBuffers;
    work();
    return process.memoryUsage().arrayBuffers - before;
  };
  const slack = 512 * 1024;

  it("asks for no memory that the bytes did not bring: a page of HTML, a frame of the largest length", () => {
    const page = Buffer.from("<html><body>502 Bad Gateway</body></html>");
    expect(asked(() => faultOf(page))).toBeLessThan(slack);
    const largest = prelude(maxPayloadBytes + 16, 0);
    const reader = createEventFrameReader();
    expect(asked(() => reader.push(largest))).toBeLessThan(slack);
    expect(() => reader.end()).toThrow(expect.objectContaining({ reason: "truncated" }));
  });

  it("copies a frame that comes in many pieces once", () => {
    const frame = encodeEvent("assistantResponseEvent", Buffer.alloc(4 * 1024 * 1024, 0x20));
    const reader = createEventFrameReader();
    const cost = asked(() => {
      for (let at = 0; at < frame.length; at += 1024) reader.push(frame.subarray(at, at + 1024));
    });
    // Joined by us, and once more for the codec's own checksums; with a copy for each chunk it would be thousands of times.
    expect(cost).toBeLessThan(frame.length * 3 + slack);
  });

  it("refuses at once: CPU time, far below what a person would notice", () => {
    const noise = Buffer.alloc(8 * 1024 * 1024, 0x3c);
    expect(cpuMs(() => faultOf(noise))).toBeLessThan(50);
    const headers = Buffer.concat(Array.from({ length: 10_000 }, (_, at) => rawHeader(`h${at}`, 0, null)));
    const many = withHeaders(Buffer.concat([headers, Buffer.from([1, 0x61, 10])]));
    expect(reasonOf(faultOf(many).error)).toBe("malformed");
    expect(cpuMs(() => faultOf(many))).toBeLessThan(50);
  });
});

describe("fuzz", () => {
  const streams = vectors.streams.map((stream) => bytesOf(stream.hex));
  const runs = { numRuns: 400, seed: 20_261_122 } as const;
  const aStream = fc.constantFrom(...streams);
  const aPlace = fc.nat(5_000);

  it("flipped, cut, lengthened and joined streams never fail in another way than a framing error", () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant("flip" as const), at: aPlace, mask: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ kind: fc.constant("cut" as const), at: aPlace, count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ kind: fc.constant("insert" as const), at: aPlace, bytes: fc.uint8Array({ maxLength: 64 }) }),
      fc.record({ kind: fc.constant("join" as const), other: aStream }),
    );
    const before = process.memoryUsage().arrayBuffers;
    let fed = 0;
    fc.assert(
      fc.property(
        aStream,
        fc.array(change, { maxLength: 4 }),
        fc.integer({ min: 1, max: 400 }),
        (whole, changes, size) => {
          let bytes = Buffer.from(whole);
          for (const one of changes) bytes = changed(bytes, one);
          fed += bytes.length;
          const isUntouched = bytes.equals(whole);
          const error = faultInPieces(bytes, size);
          expect(error === null || error instanceof FramingError).toBe(true);
          if (isUntouched) expect(error).toBeNull();
        },
      ),
      runs,
    );
    // Everything that was asked for in all runs together, were nothing of it collected: some copies of what was fed.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(Math.max(8 * 1024 * 1024, fed * 8));
  });

  it("a repaired checksum does not get nonsense past the header check", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 40 }), (block, payload) => {
        const { error, frames } = faultOf(withHeaders(Buffer.from(block), Buffer.from(payload)));
        if (error === null) expect(frames).toBe(1);
        else expect(reasonOf(error)).toBe("malformed");
      }),
      { ...runs, numRuns: 2_000 },
    );
  });

  it("any frame that can be written is read back the same, at any split", () => {
    const headers = fc.dictionary(fc.stringMatching(/^[a-z:-]{1,20}$/), fc.string({ maxLength: 50, unit: "grapheme" }));
    fc.assert(
      fc.property(
        headers,
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (texts, payload, size) => {
          const named = Object.entries(texts).map(
            ([name, value]) => [name, { type: "string" as const, value }] as const,
          );
          const frame = encodeFrame(Object.fromEntries(named), payload);
          const [read, ...more] = readInPieces(frame, everySize(frame, size));
          expect(more).toEqual([]);
          expect({ ...read?.texts }).toEqual({ ...texts });
          expect(Buffer.from(read?.payload ?? []).equals(Buffer.from(payload))).toBe(true);
        },
      ),
      runs,
    );
  });
});

type Change =
  | { readonly kind: "flip"; readonly at: number; readonly mask: number }
  | { readonly kind: "cut"; readonly at: number; readonly count: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "join"; readonly other: Uint8Array };

function changed(bytes: Buffer<ArrayBuffer>, change: Change): Buffer<ArrayBuffer> {
  if (change.kind === "join") return Buffer.concat([bytes, change.other]);
  const at = bytes.length === 0 ? 0 : change.at % bytes.length;
  switch (change.kind) {
    case "flip": {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ change.mask, at);
      return copy;
    }
    case "cut":
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.count)]);
    case "insert":
      return Buffer.concat([bytes.subarray(0, at), change.bytes, bytes.subarray(at)]);
  }
}

function faultInPieces(bytes: Uint8Array, size: number): unknown {
  const reader = createEventFrameReader();
  try {
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    reader.end();
    return null;
  } catch (error) {
    return error;
  }
}

function prelude(total: number, headers: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(headers, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
}

/** A frame around any bytes in the place of its headers, with both checksums right. */
function withHeaders(block: Buffer, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.concat([prelude(16 + block.length + payload.length, block.length), block, payload]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(head), 0);
  return Buffer.concat([head, checksum]);
}

/** `value` null: a type that has no bytes. */
function rawHeader(name: string, type: number, value: Buffer | null): Buffer {
  const length = Buffer.alloc(2);
  if (value !== null) length.writeUInt16BE(value.length, 0);
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([type]),
    ...(value === null ? [] : [length, value]),
  ]);
}
