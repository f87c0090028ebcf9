import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createEnvelopeReader,
  endEnvelope,
  endFlag,
  envelope,
  type Envelope,
  type EnvelopeOptions,
  parseTrailers,
  trailerFlag,
} from "./connect.ts";
import { createFrameBuffer } from "./frame-buffer.ts";
import { FramingError, type FramingReason } from "./framing-error.ts";

interface Vectors {
  readonly streams: readonly {
    readonly name: string;
    readonly hex: string;
    readonly frame_offsets: readonly number[];
    readonly frame_flags: readonly number[];
  }[];
  readonly malformed: readonly { readonly name: string; readonly hex: string }[];
}

// Our own file; its shape is the interface above.
const vectors = JSON.parse(
  readFileSync(new URL("../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as Vectors;

const maxBytes = 4 * 1024 * 1024;

interface Outcome {
  readonly envelopes: readonly Envelope[];
  readonly reason: FramingReason | null;
}

/** Everything a reader says of these chunks; anything thrown but a FramingError fails the test. */
function read(chunks: readonly Uint8Array[], options: EnvelopeOptions = { maxBytes }): Outcome {
  const reader = createEnvelopeReader("gzip", options);
  const envelopes: Envelope[] = [];
  try {
    for (const chunk of chunks) envelopes.push(...reader.push(chunk));
    reader.end();
    return { envelopes, reason: null };
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    return { envelopes, reason: error.reason };
  }
}

function chunked(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.filter((at) => at > 0 && at < bytes.byteLength), bytes.byteLength];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function everyNth(bytes: Buffer, size: number): readonly Buffer[] {
  return chunked(
    bytes,
    Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, index) => (index + 1) * size),
  );
}

const texts = (outcome: Outcome): readonly string[] =>
  outcome.envelopes.map(({ flags, payload }) => `${flags}:${Buffer.from(payload).toString("hex")}`);

describe("Connect envelopes", () => {
  it.each(vectors.streams)("$name is the same in every chunking", ({ hex, frame_flags, frame_offsets }) => {
    const bytes = Buffer.from(hex, "hex");
    const whole = read([bytes]);
    expect(whole.reason).toBeNull();
    expect(whole.envelopes.map(({ flags }) => flags)).toEqual(frame_flags);
    const chunkings = [
      everyNth(bytes, 1),
      everyNth(bytes, 7),
      chunked(
        bytes,
        frame_offsets.map((at) => at - 1),
      ),
      chunked(
        bytes,
        frame_offsets.map((at) => at + 2),
      ),
    ];
    for (const chunks of chunkings) expect(texts(read(chunks))).toEqual(texts(whole));
    for (let at = 1; at < bytes.byteLength; at += 1) expect(texts(read(chunked(bytes, [at])))).toEqual(texts(whole));
  });

  it("are unpacked where they say that they are packed, and only there", () => {
    const bytes = Buffer.concat([envelope(gzipSync("abc"), 1), envelope(Buffer.from("de")), endEnvelope()]);
    expect(read([bytes]).envelopes.map(({ payload }) => Buffer.from(payload).toString())).toEqual(["abc", "de", "{}"]);
  });

  const expected: Readonly<Record<string, FramingReason | null>> = {
    "truncated-header": "truncated",
    "length-over-64MiB": "too-large",
    "reserved-flags": "malformed",
    "gzip-bomb": "too-large",
    "frame-after-end": "malformed",
  };

  it.each(vectors.malformed)("$name is refused by name, or is a matter for the reader of messages", ({ name, hex }) => {
    const bytes = Buffer.from(hex, "hex");
    for (const chunks of [[bytes], everyNth(bytes, 1)]) expect(read(chunks).reason).toBe(expected[name] ?? null);
  });

  it("after the last one are refused, and what came before is kept", () => {
    const outcome = read([Buffer.concat([envelope(Buffer.from("a")), endEnvelope(), envelope(Buffer.from("b"))])]);
    expect(outcome.envelopes.map(({ flags }) => flags)).toEqual([0, endFlag]);
    expect(outcome.reason).toBe("malformed");
  });

  it("packed with something we cannot unpack are refused", () => {
    const reader = createEnvelopeReader("br");
    expect(() => reader.push(envelope(Buffer.from("x"), 1))).toThrow(/packed with br/);
  });

  it("that are no gzip are refused, however short", () => {
    for (let length = 1; length < 40; length += 1) {
      expect(read([envelope(Buffer.alloc(length, 7), 1)]).reason).toBe("compression");
    }
    expect(read([envelope(gzipSync("abc").subarray(0, 20), 1)]).reason).not.toBeNull();
  });

  it("what unpacks to more than the ratio allows is refused, and what does not is read", () => {
    const packed = envelope(gzipSync(Buffer.alloc(3 * 1024 * 1024)), 1);
    const bytesAt = (maxRatio: number): number | undefined =>
      createEnvelopeReader("gzip", { maxRatio }).push(packed)[0]?.payload.byteLength;
    expect(bytesAt(2_000)).toBe(3 * 1024 * 1024);
    expect(() => bytesAt(400)).toThrow(/unpacks to more/);
  });

  it("a bomb that lies about its length is still bounded", () => {
    const bomb = gzipSync(Buffer.alloc(2 * maxBytes));
    bomb.writeUInt32LE(1, bomb.byteLength - 4);
    expect(read([envelope(bomb, 1)]).reason).toBe("too-large");
  });

  it("of gRPC-web end with trailers, which Connect refuses", () => {
    const trailers = envelope(Buffer.from("grpc-status: 7\r\nGrpc-Message:no%20way\r\nnonsense\r\n"), trailerFlag);
    const outcome = read([Buffer.concat([envelope(Buffer.from("a")), trailers])], { framing: "grpc-web" });
    expect(outcome.reason).toBeNull();
    expect(parseTrailers(outcome.envelopes[1]?.payload ?? Buffer.alloc(0))).toEqual([
      ["grpc-status", "7"],
      ["grpc-message", "no%20way"],
    ]);
    expect(read([trailers]).reason).toBe("malformed");
    expect(read([endEnvelope()], { framing: "grpc-web" }).reason).toBe("malformed");
  });

  it("announced and never sent cost nothing", () => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(64 * 1024 * 1024, 1);
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 64 }, () => {
      const reader = createEnvelopeReader(null);
      reader.push(head);
      return reader;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect(() => readers[0]?.end()).toThrow(FramingError);
  });
});

describe("envelopes that were damaged", () => {
  const seeds = [...vectors.streams, ...vectors.malformed].map(({ hex }) => Buffer.from(hex, "hex"));
  const damaged = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
      fc.uint8Array({ maxLength: 12 }),
      fc.nat(),
      fc.nat(),
    )
    .map(([seed, flips, more, place, cut]) => {
      const bytes = Buffer.from(seed);
      for (const [at, mask] of flips) {
        const index = at % Math.max(1, bytes.byteLength);
        bytes[index] = (bytes[index] ?? 0) ^ mask;
      }
      const at = place % (bytes.byteLength + 1);
      const longer = Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
      return longer.subarray(0, cut % 3 === 0 ? cut % (longer.byteLength + 1) : longer.byteLength);
    });

  it("give envelopes and a FramingError, the same in every chunking, and soon", () => {
    let slowest = 0;
    fc.assert(
      fc.property(damaged, fc.integer({ min: 1, max: 9 }), (bytes, size) => {
        const before = process.cpuUsage();
        const whole = read([bytes], { maxBytes: 64 * 1024 });
        const spent = process.cpuUsage(before);
        slowest = Math.max(slowest, (spent.user + spent.system) / 1000);
        const pieces = read(everyNth(bytes, size), { maxBytes: 64 * 1024 });
        expect(texts(pieces)).toEqual(texts(whole));
        expect(pieces.reason).toBe(whole.reason);
        for (const { payload } of whole.envelopes) expect(payload.byteLength).toBeLessThanOrEqual(64 * 1024);
      }),
      { numRuns: 1500, seed: 20_261_122 },
    );
    expect(slowest).toBeLessThan(50);
  });
});

describe("a frame buffer", () => {
  it("fed byte by byte holds bytes and not one object for each", () => {
    const buffer = createFrameBuffer();
    const sent = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));
    for (const byte of sent) buffer.add(Buffer.from([byte]));
    expect(buffer.byteLength).toBe(sent.byteLength);
    expect(buffer.take(7).equals(sent.subarray(0, 7))).toBe(true);
    expect(buffer.take(19_000).equals(sent.subarray(7, 19_007))).toBe(true);
    expect(buffer.peek(993).equals(sent.subarray(19_007))).toBe(true);
  });
});
