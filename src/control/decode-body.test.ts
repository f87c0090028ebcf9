import { describe, expect, it } from "vitest";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { decodeBody } from "./decode-body.ts";

const text = 'data: {"delta":"hello"}\n\n'.repeat(200);
const megabyte = 1024 * 1024;

const encodings: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  "x-gzip": (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  zstd: zstdFrame,
};

describe("decoding a captured body", () => {
  it.each(Object.entries(encodings))("undoes %s, however it is cut into chunks", async (name, encode) => {
    const encoded = encode(Buffer.from(text));
    for (const size of [1, 7, encoded.byteLength]) {
      const decoded = await decodeBody(chunksOf(encoded, size), name, megabyte, true);
      expect(decoded).toEqual({ bytes: Buffer.from(text), complete: true });
    }
  });

  it("undoes deflate without its zlib wrapping, as some servers send it", async () => {
    const decoded = await decodeBody([deflateRawSync(text)], "deflate", megabyte, true);
    expect(decoded.bytes.toString()).toBe(text);
  });

  it("undoes layers in reverse order", async () => {
    const decoded = await decodeBody([gzipSync(brotliCompressSync(text))], "br, gzip", megabyte, true);
    expect(decoded).toEqual({ bytes: Buffer.from(text), complete: true });
  });

  it.each(["gzip", "deflate", "br", "zstd"])(
    "gives what there is of a cut %s body, and calls it no error",
    async (name) => {
      const noise = Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 977).join();
      const encoded = (encodings[name] ?? zstdFrame)(Buffer.from(noise));
      const half: Buffer = encoded.subarray(0, encoded.byteLength / 2);
      const decoded = await decodeBody([half], name, megabyte, false);
      expect(decoded.error).toBeUndefined();
      expect(decoded.complete).toBe(false);
      expect(decoded.bytes.byteLength).toBeGreaterThan(1_000);
      expect(noise.startsWith(decoded.bytes.toString())).toBe(true);
    },
  );

  it.each(["gzip", "br", "deflate", "zstd"])("stops at the bound when a %s body swells", async (name) => {
    const bomb = (encodings[name] ?? zstdFrame)(Buffer.alloc(20 * megabyte));
    const decoded = await decodeBody([bomb], name, megabyte, true);
    expect(decoded.bytes.byteLength).toBeLessThanOrEqual(megabyte);
    expect(decoded.complete).toBe(false);
  });

  it("stops at four hundred times the input, even under the bound", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * megabyte));
    const decoded = await decodeBody([bomb.subarray(0, 2_000)], "gzip", 64 * megabyte, false);
    expect(decoded.bytes.byteLength).toBeLessThanOrEqual(2_000 * 400);
  });

  it.each(["gzip", "br", "deflate", "zstd"])("says so when a body is not %s", async (name) => {
    const decoded = await decodeBody([Buffer.from("this is plain text, honestly")], name, megabyte, true);
    expect(decoded.error).toBeTypeOf("string");
    expect(decoded.complete).toBe(false);
  });

  it("leaves an encoding that it does not know as it came", async () => {
    const decoded = await decodeBody([Buffer.from("abc")], "aes128gcm", megabyte, true);
    expect(decoded).toMatchObject({ bytes: Buffer.from("abc"), error: 'unknown content-encoding "aes128gcm"' });
  });

  it("refuses a zstd frame that wants a huge window before anything is allocated", async () => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00, 0, 0, 0]);
    const decoded = await decodeBody([frame], "zstd", megabyte, true);
    expect(decoded.error).toContain("window");
  });

  it("reads every frame of a zstd body", async () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const body = Buffer.concat([zstdFrame(Buffer.from("one ")), skippable, zstdFrame(Buffer.from("two"))]);
    const decoded = await decodeBody([body], "zstd", megabyte, true);
    expect(decoded).toEqual({ bytes: Buffer.from("one two"), complete: true });
  });
});

function chunksOf(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

/** RFC 8878 by hand: a 1 MiB window, raw blocks, and a run-length block where a whole block is one byte. */
function zstdFrame(bytes: Buffer): Buffer {
  const blockSize = Math.min(128 * 1024, Math.max(1, Math.ceil(bytes.byteLength / 8)));
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])];
  for (let at = 0; at < bytes.byteLength; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    const last = Number(at + blockSize >= bytes.byteLength);
    const isRun = block.every((byte) => byte === block[0]);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.byteLength << 3) | (isRun ? 2 : 0) | last, 0, 3);
    parts.push(header, Buffer.from(isRun ? block.subarray(0, 1) : block));
  }
  return Buffer.concat(parts);
}
