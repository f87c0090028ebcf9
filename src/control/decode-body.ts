/**
 * Undoes content-encoding in a copy of a body, for reading it: never on the relay path, never more output than asked
 * for, never long at a stretch. A body may be hostile (a bomb) or cut (only its head was captured): whatever could be
 * decoded is given, with what stopped it.
 */
import type { Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { decodeZstd } from "./decode-zstd.ts";

export interface DecodedBody {
  readonly bytes: Buffer;
  /** False when the output stops before the body does. */
  readonly complete: boolean;
  readonly error?: string;
}

/** Text compresses about 5:1, repeated stream events up to 100:1; beyond this it is a bomb. */
const maxRatio = 400;
/** Small outputs may have any ratio. */
const ratioFreeBytes = 256 * 1024;
/** More layers than any server sends. */
export const maxLayers = 3;

/**
 * @param encoding the `content-encoding` value, or null
 * @param whole whether `chunks` is all of the body; a cut one ends early without that being an error
 */
export async function decodeBody(
  chunks: readonly Uint8Array[],
  encoding: string | null,
  maxBytes: number,
  whole: boolean,
): Promise<DecodedBody> {
  const layers = layersOf(encoding);
  if (layers.length > maxLayers) return undecoded(chunks, maxBytes, `more than ${maxLayers} content-encodings`);
  let result: DecodedBody | null = null;
  for (const layer of layers) {
    const input: readonly Uint8Array[] = result === null ? chunks : [result.bytes];
    const inputWhole: boolean = result === null ? whole : result.complete;
    const step = await decodeLayer(layer, input, maxBytes, inputWhole);
    if (step === null) return undecoded(input, maxBytes, `unknown content-encoding "${layer}"`);
    result = result === null ? step : { ...step, complete: step.complete && result.complete };
    if (step.error !== undefined) break;
  }
  return result ?? limited(chunks, maxBytes, whole);
}

async function decodeLayer(
  layer: string,
  chunks: readonly Uint8Array[],
  maxBytes: number,
  whole: boolean,
): Promise<DecodedBody | null> {
  const bound = outputBound(chunks, maxBytes);
  if (layer === "zstd") return decodeZstd(chunks, bound, whole);
  const stream = inflaterFor(layer, chunks);
  return stream === null ? null : inflate(stream, chunks, bound, whole);
}

/** The codings of a `content-encoding` value in the order in which they are undone: the last one first. */
export function layersOf(encoding: string | null): readonly string[] {
  return (encoding ?? "")
    .split(",")
    .map((layer) => layer.trim().toLowerCase())
    .filter((layer) => layer !== "" && layer !== "identity")
    .toReversed();
}

export function outputBound(chunks: readonly Uint8Array[], maxBytes: number): number {
  return Math.min(maxBytes, Math.max(ratioFreeBytes, totalBytes(chunks) * maxRatio));
}

/** A stream that undoes one of zlib's codings and takes an input that is cut; null for any other. */
export function inflaterFor(layer: string, chunks: readonly Uint8Array[]): Transform | null {
  switch (layer) {
    case "gzip":
    case "x-gzip":
      return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    case "deflate":
      return createDeflateReader(chunks);
    case "br":
      return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return null;
  }
}

/** RFC 9110 means zlib by "deflate"; some servers send the bare stream. The first two bytes tell. */
function createDeflateReader(chunks: readonly Uint8Array[]): Transform {
  // A chunk has at least one byte: the first two of them hold the first two bytes.
  const [one = 0, two = 0] = Buffer.concat(chunks.slice(0, 2));
  const isZlib = (one & 0x0f) === 8 && ((one << 8) | two) % 31 === 0;
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  return isZlib ? createInflate(options) : createInflateRaw(options);
}

/** Runs in zlib's own threads; the output is counted as it comes and the stream ends at the bound. */
async function inflate(
  stream: Transform,
  chunks: readonly Uint8Array[],
  maxBytes: number,
  whole: boolean,
): Promise<DecodedBody> {
  const out: Buffer[] = [];
  let size = 0;
  const input = feed(stream, chunks);
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      out.push(piece);
      size += piece.byteLength;
      if (size > maxBytes) return limited(out, maxBytes, false);
    }
    await input;
    return { bytes: Buffer.concat(out), complete: whole };
  } catch (error) {
    const message = error instanceof Error ? error.message : "not decodable";
    const cut = !whole && (error as { code?: unknown }).code === "Z_BUF_ERROR";
    return { bytes: Buffer.concat(out), complete: false, ...(cut ? {} : { error: message }) };
  } finally {
    stream.destroy();
  }
}

async function feed(stream: Transform, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) {
    if (stream.destroyed) return;
    if (!stream.write(chunk)) {
      await new Promise<void>((resolve) => {
        stream.once("drain", resolve);
        stream.once("close", resolve);
      });
    }
  }
  stream.end();
}

function undecoded(chunks: readonly Uint8Array[], maxBytes: number, error: string): DecodedBody {
  return { ...limited(chunks, maxBytes, false), error };
}

function limited(chunks: readonly Uint8Array[], maxBytes: number, whole: boolean): DecodedBody {
  const size = totalBytes(chunks);
  return { bytes: Buffer.concat(chunks, Math.min(size, maxBytes)), complete: whole && size <= maxBytes };
}

function totalBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}
