/**
 * What the client keeps for us, by the SHA-256 of its bytes: asked for over the KV channel, handed over the same way.
 * Known here for as long as one conversation is played.
 */
import { createHash } from "node:crypto";

export interface Blobs {
  get(id: Uint8Array): Uint8Array | undefined;
  /** What the client sent for this id. Its name for the bytes is believed: it is only ever used to find them again. */
  received(id: Uint8Array, bytes: Uint8Array): boolean;
  /** Bytes of ours; the id under which they are known, and true the first time they are. */
  made(bytes: Uint8Array): { readonly id: Uint8Array; readonly isNew: boolean };
}

/** Hex: ids are compared and logged as text. */
export function keyOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString("hex");
}

export function blobId(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/** `maxBytes` in all; more than that is refused. */
export function createBlobs(maxBytes: number): Blobs {
  const known = new Map<string, Uint8Array>();
  let size = 0;
  return {
    get: (id) => known.get(keyOf(id)),
    received(id, bytes) {
      const key = keyOf(id);
      if (known.has(key)) return true;
      if (size + bytes.byteLength > maxBytes) return false;
      size += bytes.byteLength;
      known.set(key, bytes);
      return true;
    },
    made(bytes) {
      const id = blobId(bytes);
      const key = keyOf(id);
      const isNew = !known.has(key);
      if (isNew) known.set(key, bytes);
      return { id, isNew };
    },
  };
}
