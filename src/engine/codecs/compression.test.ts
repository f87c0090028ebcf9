import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyOf } from "../../base/http.ts";
import { decodeBody, DecodeError } from "./compression.ts";

const limits = { maxBytes: 4 * 1024 * 1024 };
const text = Buffer.from(JSON.stringify({ messages: Array.from({ length: 200 }, (_, i) => `turn ${i}`) }));

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* bytewise(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 1) yield bytes.subarray(at, at + 1);
}

async function reasonOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    return error instanceof DecodeError ? error.reason : String(error);
  }
  return "no error";
}

/** RFC 8878 by hand: raw and run-length blocks need no compressor. */
function zstdFrame(blocks: readonly { type: 0 | 1; data: Buffer; size: number }[], window = 0x58): Buffer {
  const out: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window])];
  blocks.forEach(({ type, data, size }, index) => {
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0), 0, 3);
    out.push(header, data);
  });
  return Buffer.concat(out);
}
const rawFrame = (data: Buffer): Buffer => zstdFrame([{ type: 0, data, size: data.length }]);

describe("decodeBody", () => {
  it.each([
    ["gzip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["GZIP", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["deflate", deflateRawSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", rawFrame(text)],
    ["zstd", Buffer.concat([rawFrame(text.subarray(0, 50)), rawFrame(text.subarray(50))])],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
    ["identity", text],
    [undefined, text],
  ])("undoes %s, in any split", async (encoding, packed) => {
    expect(await collect(decodeBody(bodyOf(packed), encoding, limits))).toEqual(text);
    expect(await collect(decodeBody(bytewise(packed), encoding, limits))).toEqual(text);
  });

  it("gives out what it has before the body ends", async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const packed = gzipSync(text);
    const body = (async function* () {
      yield packed.subarray(0, packed.length - 8);
      await gate;
      yield packed.subarray(packed.length - 8);
    })();
    const iterator = decodeBody(body, "gzip", limits)[Symbol.asyncIterator]();
    const first = await iterator.next();
    expect(first.done).toBe(false);
    release();
    await iterator.return?.();
  });

  it.each([
    ["gzip", gzipSync(Buffer.alloc(8 * 1024 * 1024))],
    ["deflate", deflateSync(Buffer.alloc(8 * 1024 * 1024))],
    ["br", brotliCompressSync(Buffer.alloc(8 * 1024 * 1024))],
    [
      "zstd",
      zstdFrame(Array.from({ length: 64 }, () => ({ type: 1 as const, data: Buffer.from([7]), size: 131_072 }))),
    ],
    ["gzip, gzip", gzipSync(gzipSync(Buffer.alloc(8 * 1024 * 1024)))],
  ])("stops a %s bomb at the bound", async (encoding, bomb) => {
    expect(await reasonOf(() => collect(decodeBody(bodyOf(bomb), encoding, limits)))).toBe("too-large");
  });

  it("stops a bomb by its ratio long before a generous bound", async () => {
    const bomb = brotliCompressSync(Buffer.alloc(8 * 1024 * 1024));
    const generous = { maxBytes: 1024 * 1024 * 1024 };
    expect(await reasonOf(() => collect(decodeBody(bodyOf(bomb), "br", generous)))).toBe("too-large");
  });

  it("does not allocate the window that a zstd header asks for", async () => {
    const greedy = zstdFrame([{ type: 0, data: text, size: text.length }], 0xa0); // 1 GiB
    expect(await reasonOf(() => collect(decodeBody(bodyOf(greedy), "zstd", limits)))).toBe("too-large");
    const hidden = Buffer.concat([rawFrame(text), greedy]);
    expect(await reasonOf(() => collect(decodeBody(bodyOf(hidden), "zstd", limits)))).toBe("too-large");
  });

  it.each([
    ["gzip", gzipSync(text).subarray(0, 40)],
    ["br", brotliCompressSync(text).subarray(0, 20)],
    ["deflate", deflateSync(text).subarray(0, 30)],
    ["zstd", rawFrame(text).subarray(0, 30)],
    ["gzip", Buffer.from("not gzip at all")],
    ["zstd", Buffer.from("not zstd at all")],
    ["gzip, gzip, gzip", gzipSync(gzipSync(gzipSync(text)))],
  ])("calls a broken %s body corrupt", async (encoding, packed) => {
    expect(await reasonOf(async () => collect(decodeBody(bodyOf(packed), encoding, limits)))).toBe("corrupt");
  });

  it("says that it does not know a coding", async () => {
    expect(await reasonOf(async () => collect(decodeBody(bodyOf(text), "compress", limits)))).toBe("unknown-encoding");
  });

  it("lets the body's own failure through as it is", async () => {
    const cut = new Error("connection reset");
    const body = (async function* () {
      yield gzipSync(text).subarray(0, 40);
      throw cut;
    })();
    await expect(collect(decodeBody(body, "gzip", limits))).rejects.toBe(cut);
  });

  it("closes the body when its reader stops early", async () => {
    let isClosed = false;
    const body = (async function* () {
      try {
        yield gzipSync(text);
        yield Buffer.from("never read");
      } finally {
        isClosed = true;
      }
    })();
    for await (const chunk of decodeBody(body, "gzip", limits)) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => isClosed).toBe(true);
  });
});
