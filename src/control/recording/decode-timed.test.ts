import { brotliCompressSync, constants, createBrotliCompress, createDeflateRaw, createGzip, gzipSync } from "node:zlib";
import type { Transform } from "node:stream";
import { describe, expect, it } from "vitest";
import { zstd } from "../../../test/support/zstd.ts";
import { decodeTimed, type TimedPiece } from "./decode-timed.ts";

const events = ["data: one\n\n", "data: Grüße\n\n", "data: three and more of it\n\n"];

/** As a server sends a stream: packed and flushed event by event, each a hundred ms after the one before. */
async function packed(stream: Transform): Promise<TimedPiece[]> {
  const parts: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  let atMs = 0;
  stream.on("data", (bytes: Buffer) => parts.push({ atMs, bytes }));
  for (const event of events) {
    await new Promise<void>((resolve) => stream.write(event, () => resolve()));
    await new Promise<void>((resolve) => {
      // Both kinds of zlib streams have it; their common type does not.
      (stream as unknown as { flush(done: () => void): void }).flush(() => resolve());
    });
    await new Promise((resolve) => setImmediate(resolve));
    atMs += 100;
  }
  const ended = new Promise((resolve) => stream.once("end", resolve));
  stream.end();
  await ended;
  return [0, 100, 200, 300].map((time) => ({
    atMs: time,
    bytes: Buffer.concat(parts.filter((part) => part.atMs === time).map(({ bytes }) => bytes)),
  }));
}

const shown = (pieces: readonly TimedPiece[]): (readonly [number, string])[] =>
  pieces.map(({ atMs, bytes }) => [atMs, Buffer.from(bytes).toString()]);
const wanted = events.map((event, index) => [index * 100, event]);
const max = 1024 * 1024;

describe("decoding with the timing kept", () => {
  it.each([
    ["gzip", () => createGzip()],
    ["deflate", () => createDeflateRaw()],
    ["br", () => createBrotliCompress()],
  ])("gives each event of %s its own time", async (encoding, make) => {
    const decoded = await decodeTimed(await packed(make()), encoding, max, true);
    expect(shown(decoded.pieces)).toEqual(wanted);
    expect(decoded).toMatchObject({ complete: true });
  });

  it("of zstd", async () => {
    const pieces = events.map((event, index) => ({ atMs: index * 100, bytes: zstd(Buffer.from(event)) }));
    expect(shown((await decodeTimed(pieces, "zstd", max, true)).pieces)).toEqual(wanted);
  });

  it("of two layers", async () => {
    const once = await packed(createGzip());
    const twice = once.map(({ atMs, bytes }) => ({ atMs, bytes: gzipSync(bytes) }));
    // Each piece of the outer layer is a member of its own.
    expect(shown((await decodeTimed(twice, "gzip, gzip", max, true)).pieces)).toEqual(wanted);
  });

  it("leaves what is not packed as it is", async () => {
    const pieces = events.map((event, index) => ({ atMs: index, bytes: Buffer.from(event) }));
    expect(await decodeTimed(pieces, null, max, true)).toEqual({ pieces, complete: true });
    expect(await decodeTimed(pieces, "identity", max, false)).toEqual({ pieces, complete: false });
  });

  it("ends at the damage, and says what it is", async () => {
    const pieces = await packed(createGzip());
    const second = Buffer.from(pieces[1]?.bytes ?? []);
    second.fill(0xff);
    const decoded = await decodeTimed([...pieces.slice(0, 1), { atMs: 100, bytes: second }], "gzip", max, true);
    expect(shown(decoded.pieces)[0]).toEqual(wanted[0]);
    expect(decoded).toMatchObject({ complete: false, error: expect.any(String) });
    expect(await decodeTimed(pieces, "lzma", max, true)).toMatchObject({
      complete: false,
      error: 'unknown content-encoding "lzma"',
    });
  });

  it("of a body that was cut gives what there is", async () => {
    const pieces = (await packed(createGzip())).slice(0, 2);
    const decoded = await decodeTimed(pieces, "gzip", max, false);
    expect(shown(decoded.pieces)).toEqual(wanted.slice(0, 2));
    expect(decoded).toMatchObject({ complete: false });
    expect(decoded.error).toBeUndefined();
  });

  it("stops at its bound, of a bomb too", async () => {
    const bomb = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
    });
    const decoded = await decodeTimed([{ atMs: 1, bytes: bomb }], "br", 100_000, true);
    expect(decoded).toMatchObject({ complete: false });
    expect(decoded.pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)).toBeLessThanOrEqual(100_000);
    const plain = await decodeTimed([{ atMs: 1, bytes: Buffer.alloc(200) }], null, 100, true);
    expect(plain).toMatchObject({ complete: false, pieces: [{ bytes: Buffer.alloc(100) }] });
  });
});
