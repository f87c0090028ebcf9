/** Bytes as they come from strangers: good ones that were flipped, cut, lengthened and split, and pure noise. */
import fc from "fast-check";

export type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "number"; readonly at: number; readonly value: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number };

/** Four-byte numbers that lengths are made of. */
const telling = [0, 1, 11, 12, 15, 16, 17, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0100_0000, 0x00ff_ffff];

const place = fc.nat(1_000_000);
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("cut" as const), at: place }),
  fc.record({ kind: fc.constant("insert" as const), at: place, bytes: fc.uint8Array({ maxLength: 64 }) }),
  fc.record({ kind: fc.constant("number" as const), at: place, value: fc.constantFrom(...telling) }),
  fc.record({ kind: fc.constant("repeat" as const), at: place, length: fc.nat(512) }),
);

export function mutated(bytes: Uint8Array, mutations: readonly Mutation[]): Buffer {
  let out: Buffer = Buffer.from(bytes);
  for (const one of mutations) {
    const at = out.length === 0 ? 0 : one.at % out.length;
    switch (one.kind) {
      case "flip":
        if (out.length > 0) out[at] = (out[at] ?? 0) ^ (1 << one.bit);
        break;
      case "cut":
        out = out.subarray(0, at);
        break;
      case "insert":
        out = Buffer.concat([out.subarray(0, at), one.bytes, out.subarray(at)]);
        break;
      case "number":
        if (at + 4 <= out.length) out.writeUInt32BE(one.value, at);
        break;
      case "repeat":
        out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + one.length), out.subarray(at)]);
        break;
    }
  }
  return out;
}

/** Where a stream is cut into chunks: sizes used one after the other, over and over. */
export const chunkSizes = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 12 });

export function split(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
