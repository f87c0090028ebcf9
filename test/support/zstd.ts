/** A body in zstd's framing (RFC 8878) without a compressor: raw blocks, and runs of one byte. Node 20 has no zstd. */

/** A block holds at most this much. */
const maxBlockBytes = 128 * 1024;
/** 2 MiB, as encoders choose it for bodies of this size. */
const window = 0x58;

export function zstd(bytes: Uint8Array): Buffer {
  const blocks: (readonly [number, Uint8Array])[] = [];
  for (let at = 0; at === 0 || at < bytes.byteLength; at += maxBlockBytes) {
    const data = bytes.subarray(at, at + maxBlockBytes);
    blocks.push([data.byteLength << 3, data]);
  }
  return frame(blocks);
}

/** Unpacks to so many times 128 KiB. */
export function zstdBomb(blocks: number): Buffer {
  return frame(Array.from({ length: blocks }, () => [(maxBlockBytes << 3) | 2, Buffer.from(" ")] as const));
}

function frame(blocks: readonly (readonly [number, Uint8Array])[]): Buffer {
  const out: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window])];
  blocks.forEach(([descriptor, data], index) => {
    const header = Buffer.alloc(3);
    header.writeUIntLE(descriptor | (index === blocks.length - 1 ? 1 : 0), 0, 3);
    out.push(header, data);
  });
  return Buffer.concat(out);
}
