/**
 * Content-encodings undone, for bodies the engine has to read: gzip, deflate, br and zstd (Node 20 has no zstd of its
 * own). Every output is bounded, because a few hundred bytes can stand for hundreds of megabytes.
 */
import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { Decompress } from "fzstd";
import { defaultLimits, type LimitKey } from "../../base/limits.ts";

export interface DecodeLimits {
  readonly maxBytes: number;
  /** Unpacked to packed; default: `limits.decompression_ratio`'s. */
  readonly maxRatio?: number;
  /** The limit that `maxBytes` is, for whoever reads the refusal. */
  readonly key?: LimitKey;
}

/** More layers than this are an attack; one is what clients use, two have been seen. */
const maxLayers = 2;
/** Before that many bytes are out the ratio says nothing. */
const ratioFreeBytes = 1024 * 1024;
/** Bodies come whole, too: what is unpacked is compared with what it was made of, not with all there is. */
const sliceBytes = 16 * 1024;
/** Node's own 16 KiB cost a turn of the event loop for each. */
const outputChunkBytes = 64 * 1024;
/** RFC 9659: a zstd content coding uses windows of at most 8 MB. */
const maxZstdWindow = 8 * 1024 * 1024;

export class DecodeError extends Error {
  readonly reason: "unknown-encoding" | "corrupt" | "too-large";

  constructor(reason: DecodeError["reason"], message: string) {
    super(message);
    this.name = "DecodeError";
    this.reason = reason;
  }
}

/** The codings of a `content-encoding` field, in the order they were applied. `identity` is no coding. */
export function codings(contentEncoding: string | undefined): readonly string[] {
  return (contentEncoding ?? "")
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
}

/** The body without its codings, as it comes. Throws a `DecodeError`; whatever the body itself throws passes through. */
export function decodeBody(
  body: AsyncIterable<Uint8Array>,
  contentEncoding: string | undefined,
  limits: DecodeLimits,
): AsyncIterable<Uint8Array> {
  const applied = codings(contentEncoding);
  if (applied.length === 0) return body;
  if (applied.length > maxLayers) throw new DecodeError("corrupt", `more than ${maxLayers} content-encodings`);
  return applied.toReversed().reduce((inner, coding) => oneLayer(inner, coding, limits), body);
}

function oneLayer(body: AsyncIterable<Uint8Array>, coding: string, limits: DecodeLimits): AsyncIterable<Uint8Array> {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return throughZlib(body, () => createGunzip({ chunkSize: outputChunkBytes }), limits);
    case "deflate":
      // The name says zlib (RFC 9110 §8.4.1.2); some senders mean raw deflate. The first nibble tells them apart.
      return throughZlib(body, (first) => inflater((first & 0x0f) === 8), limits);
    case "br":
      return throughZlib(body, () => createBrotliDecompress({ chunkSize: outputChunkBytes }), limits);
    case "zstd":
      return zstd(body, limits);
    default:
      throw new DecodeError("unknown-encoding", `content-encoding ${coding.slice(0, 40)} is not known here`);
  }
}

type Inflater = ReturnType<typeof createGunzip>;

function inflater(isZlib: boolean): Inflater {
  const options = { chunkSize: outputChunkBytes };
  return isZlib ? createInflate(options) : createInflateRaw(options);
}

async function* throughZlib(
  body: AsyncIterable<Uint8Array>,
  create: (firstByte: number) => Inflater,
  limits: DecodeLimits,
): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  let first = await source.next();
  while (first.done !== true && first.value.byteLength === 0) first = await source.next();
  if (first.done === true) return;
  const meter = createMeter(limits);
  let sourceFailure: unknown = null;
  const input = async function* (): AsyncGenerator<Uint8Array> {
    try {
      let step: IteratorResult<Uint8Array> = first;
      while (step.done !== true) {
        for (let at = 0; at < step.value.byteLength; at += sliceBytes) {
          const slice = step.value.subarray(at, at + sliceBytes);
          meter.took(slice.byteLength);
          yield slice;
        }
        step = await source.next();
      }
    } catch (error) {
      sourceFailure = error;
      throw error;
    } finally {
      await source.return?.();
    }
  };
  const unpacker = create(first.value[0] ?? 0);
  // The callback only keeps the error from being unhandled: the loop below meets it as well.
  pipeline(Readable.from(input(), { objectMode: true, highWaterMark: 1 }), unpacker, () => {});
  try {
    for await (const chunk of unpacker) {
      const bytes: Uint8Array = chunk;
      meter.gave(bytes.byteLength);
      yield bytes;
    }
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    if (sourceFailure !== null) throw sourceFailure;
    throw new DecodeError("corrupt", `the body is not what its content-encoding says (${codeOf(error)})`);
  } finally {
    unpacker.destroy();
  }
}

/** Gathered first and decoded then: clients send zstd for whole requests, and providers are not asked for it. */
async function* zstd(body: AsyncIterable<Uint8Array>, limits: DecodeLimits): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const meter = createMeter(limits);
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limits.maxBytes) throw tooLarge(limits);
    meter.took(chunk.byteLength);
    chunks.push(chunk);
  }
  if (size === 0) return;
  const whole = Buffer.concat(chunks);
  checkZstdWindows(whole, limits);
  const out: Uint8Array[] = [];
  const decoder = new Decompress((bytes) => {
    meter.gave(bytes.byteLength);
    // The decoder reuses its buffers.
    if (bytes.byteLength > 0) out.push(bytes.slice());
  });
  try {
    decoder.push(whole, true);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw new DecodeError("corrupt", "the body is not valid zstd");
  }
  yield* out;
}

/** The decoder allocates the window a frame's header names, up to 2 GB: each header is looked at before it is (RFC 8878 §3.1.1). */
function checkZstdWindows(bytes: Buffer, limits: DecodeLimits): void {
  const corrupt = new DecodeError("corrupt", "the body is not valid zstd");
  let at = 0;
  while (at < bytes.byteLength) {
    if (at + 5 > bytes.byteLength) throw corrupt;
    const magic = bytes.readUInt32LE(at);
    if (magic >>> 4 === 0x184d2a5) {
      if (at + 8 > bytes.byteLength) throw corrupt;
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    if (magic !== 0xfd2fb528) throw corrupt;
    const descriptor = bytes.readUInt8(at + 4);
    const singleSegment = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const windowAt = at + 5;
    const sizeAt = windowAt + (singleSegment ? 0 : 1) + dictionaryBytes;
    if (sizeAt + sizeBytes > bytes.byteLength) throw corrupt;
    const window = singleSegment ? contentSize(bytes, sizeAt, sizeBytes) : windowSize(bytes.readUInt8(windowAt));
    if (window > (singleSegment ? limits.maxBytes : maxZstdWindow)) throw tooLarge(limits);
    at = afterBlocks(bytes, sizeAt + sizeBytes) + ((descriptor & 4) === 0 ? 0 : 4);
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

function afterBlocks(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    if (at + 3 > bytes.byteLength) throw new DecodeError("corrupt", "the zstd body ends early");
    const header = bytes.readUIntLE(at, 3);
    const isRun = ((header >> 1) & 3) === 1;
    at += 3 + (isRun ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
}

function createMeter(limits: DecodeLimits): { took(bytes: number): void; gave(bytes: number): void } {
  const maxRatio = limits.maxRatio ?? defaultLimits.decompressionRatio;
  let input = 0;
  let output = 0;
  return {
    took(bytes) {
      input += bytes;
    },
    gave(bytes) {
      output += bytes;
      if (output > limits.maxBytes) throw tooLarge(limits);
      if (output > ratioFreeBytes && output > input * maxRatio) {
        throw new DecodeError(
          "too-large",
          `the body unpacks to more than ${maxRatio} times its size (limits.decompression_ratio)`,
        );
      }
    },
  };
}

function tooLarge(limits: DecodeLimits): DecodeError {
  const bound = limits.key === undefined ? `${limits.maxBytes} bytes` : `limits.${limits.key} (${limits.maxBytes})`;
  return new DecodeError("too-large", `the unpacked body is larger than ${bound}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
}
