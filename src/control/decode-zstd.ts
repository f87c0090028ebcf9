/**
 * Zstandard (RFC 8878) for reading captured bodies; Node has it from 22.15 only, so `fzstd` does the work. It runs on
 * our own thread and trusts what a frame claims, therefore: frames are looked at before they are given to it, the
 * input goes in small slices with a pause between them, and the output is counted.
 */
import { Decompress } from "fzstd";
import type { DecodedBody } from "./decode-body.ts";

/** RFC 8878 §3.1.1.1.2 asks decoders to support 8 MiB; a frame may claim 2 GiB, which fzstd would allocate. */
const maxWindowBytes = 8 * 1024 * 1024;
const sliceBytes = 16 * 1024;
/** Output after which other work gets its turn; a few ms. */
const outputPerTurnBytes = 512 * 1024;

class OutputBound extends Error {}

/** @param onOutput told of every piece with the number of the chunk it came out of */
export async function decodeZstd(
  chunks: readonly Uint8Array[],
  maxBytes: number,
  whole: boolean,
  onOutput: (piece: Buffer, chunk: number) => void = () => {},
): Promise<DecodedBody> {
  const input = Buffer.concat(chunks);
  const ends = endsOf(chunks);
  let chunk = 0;
  const out: Buffer[] = [];
  let size = 0;
  let turnSize = 0;
  const take = (piece: Uint8Array): void => {
    // fzstd reuses its window: the piece is ours only after a copy.
    const own = Buffer.from(piece);
    out.push(own);
    onOutput(own, chunk);
    size += piece.byteLength;
    turnSize += piece.byteLength;
    if (size > maxBytes) throw new OutputBound();
  };
  const result = (complete: boolean, error?: string): DecodedBody => ({
    bytes: Buffer.concat(out, Math.min(size, maxBytes)),
    complete,
    ...(error === undefined ? {} : { error }),
  });
  try {
    for (let start = 0; start < input.byteLength; ) {
      const frame = frameAt(input, start);
      if (typeof frame === "string") return result(false, frame);
      const end = Math.min(frame.end, input.byteLength);
      if (!frame.skippable) {
        const decoder = new Decompress(take);
        for (let at = start; at < end; ) {
          while ((ends[chunk] ?? input.byteLength) <= at) chunk += 1;
          const sliceEnd = Math.min(at + sliceBytes, ends[chunk] ?? end, end);
          decoder.push(input.subarray(at, sliceEnd), sliceEnd >= end && frame.end <= end);
          at = sliceEnd;
          if (turnSize > outputPerTurnBytes) {
            turnSize = 0;
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
      }
      if (frame.end > input.byteLength) return result(false, whole ? "the zstd stream is cut" : undefined);
      start = frame.end;
    }
    return result(whole);
  } catch (error) {
    if (error instanceof OutputBound) return result(false);
    return result(false, error instanceof Error ? error.message : "not decodable");
  }
}

function endsOf(chunks: readonly Uint8Array[]): readonly number[] {
  let end = 0;
  return chunks.map(({ byteLength }) => (end += byteLength));
}

/** Where the frame that begins at `start` ends (past the input when it is cut), or why it is not decoded. */
function frameAt(input: Buffer, start: number): { readonly end: number; readonly skippable: boolean } | string {
  const cut = { end: input.byteLength + 1, skippable: true };
  if (input.byteLength - start < 9) return cut;
  const magic = input.readUInt32LE(start);
  if (magic >>> 4 === 0x184d2a5) return { end: start + 8 + input.readUInt32LE(start + 4), skippable: true };
  if (magic !== 0xfd2fb528) return "not a zstd stream";
  const descriptor = input[start + 4] ?? 0;
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? Number(singleSegment) : 1 << sizeFlag;
  const sizeAt = start + 5 + Number(!singleSegment) + dictionaryBytes;
  const firstBlock = sizeAt + sizeBytes;
  if (firstBlock + 3 > input.byteLength) return cut;
  const window = singleSegment ? contentSize(input, sizeAt, sizeBytes) : windowSize(input[start + 5] ?? 0);
  if (window > maxWindowBytes) return `zstd window of ${window} bytes is over the bound of ${maxWindowBytes}`;
  return { end: blocksEnd(input, firstBlock) + ((descriptor & 4) === 0 ? 0 : 4), skippable: false };
}

function contentSize(input: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(input.readBigUInt64LE(at));
  return input.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function blocksEnd(input: Buffer, first: number): number {
  let at = first;
  while (at + 3 <= input.byteLength) {
    const header = input.readUIntLE(at, 3);
    const isRunLength = ((header >> 1) & 3) === 1;
    at += 3 + (isRunLength ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
  return input.byteLength + 1;
}
