/**
 * Undoes content-encoding and keeps the timing: a piece of the decoded body has the time at which the last of the bytes
 * came that it takes to decode it. As decode-body.ts it works on a copy, in bounds, and never long at a stretch.
 */
import type { Transform } from "node:stream";
import { inflaterFor, layersOf, maxLayers, outputBound } from "../decode-body.ts";
import { decodeZstd } from "../decode-zstd.ts";

export interface TimedPiece {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

export interface DecodedPieces {
  readonly pieces: readonly TimedPiece[];
  /** False when the pieces end before the body does. */
  readonly complete: boolean;
  readonly error?: string;
}

/** @param whole whether `pieces` is all of the body */
export async function decodeTimed(
  pieces: readonly TimedPiece[],
  encoding: string | null,
  maxBytes: number,
  whole: boolean,
): Promise<DecodedPieces> {
  const layers = layersOf(encoding);
  let result: DecodedPieces = limited({ pieces, complete: whole }, maxBytes);
  if (layers.length > maxLayers)
    return { ...result, complete: false, error: `more than ${maxLayers} content-encodings` };
  for (const layer of layers) {
    const before: DecodedPieces = result;
    const step = await decodeLayer(layer, before, maxBytes);
    if (step === null) return { ...before, complete: false, error: `unknown content-encoding "${layer}"` };
    result = limited(step, maxBytes);
    if (result.error !== undefined) break;
  }
  return result;
}

async function decodeLayer(
  layer: string,
  { pieces, complete }: DecodedPieces,
  maxBytes: number,
): Promise<DecodedPieces | null> {
  const chunks = pieces.map(({ bytes }) => bytes);
  const bound = outputBound(chunks, maxBytes);
  const out: Buffer[][] = pieces.map(() => []);
  const joined = (): readonly TimedPiece[] =>
    pieces.flatMap(({ atMs }, index) => {
      const parts = out[index] ?? [];
      return parts.length === 0 ? [] : [{ atMs, bytes: Buffer.concat(parts) }];
    });
  if (layer === "zstd") {
    const decoded = await decodeZstd(chunks, bound, complete, (piece, chunk) => out[chunk]?.push(piece));
    return { pieces: joined(), complete: decoded.complete, ...told(decoded.error) };
  }
  const stream = inflaterFor(layer, chunks);
  if (stream === null) return null;
  const end = await inflate(stream, chunks, bound, (piece, chunk) => out[chunk]?.push(piece));
  return { pieces: joined(), complete: complete && end.isWhole, ...told(end.error ?? undefined) };
}

function told(error: string | undefined): { readonly error?: string } {
  return error === undefined ? {} : { error };
}

/** One chunk after the other, so that what comes out belongs to the one that just went in. */
async function inflate(
  stream: Transform,
  chunks: readonly Uint8Array[],
  maxBytes: number,
  onOutput: (piece: Buffer, chunk: number) => void,
): Promise<{ readonly isWhole: boolean; readonly error: string | null }> {
  const outcome: { error: string | null; size: number } = { error: null, size: 0 };
  let current = 0;
  const isOver = (): boolean => outcome.error !== null || outcome.size > maxBytes;
  stream.on("data", (piece: Buffer) => {
    if (isOver()) return;
    outcome.size += piece.byteLength;
    onOutput(piece, current);
    if (isOver()) stream.destroy();
  });
  stream.on("error", (error) => (outcome.error ??= error.message));
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  for (const [index, chunk] of chunks.entries()) {
    current = index;
    // The callback of a write that fails never comes.
    await Promise.race([new Promise<void>((resolve) => stream.write(chunk, () => resolve())), closed]);
    // The last of it may be given out a turn later; and others get theirs.
    await new Promise((resolve) => setImmediate(resolve));
    if (isOver()) break;
  }
  if (!isOver()) {
    const ended = new Promise<void>((resolve) => stream.once("end", resolve));
    stream.end();
    await Promise.race([ended, closed]);
  }
  stream.destroy();
  return { isWhole: !isOver(), error: outcome.error };
}

/** To the byte, so that a bomb's last piece is no bomb either. */
function limited(decoded: DecodedPieces, maxBytes: number): DecodedPieces {
  let size = 0;
  const kept: TimedPiece[] = [];
  for (const piece of decoded.pieces) {
    const room = maxBytes - size;
    if (room <= 0) break;
    const bytes = piece.bytes.byteLength <= room ? piece.bytes : piece.bytes.subarray(0, room);
    kept.push({ atMs: piece.atMs, bytes });
    size += bytes.byteLength;
  }
  const all = decoded.pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  return all <= maxBytes ? decoded : { ...decoded, pieces: kept, complete: false };
}
