/** Header blocks of HTTP/2: what strangers send is a list or refused, and what we write is what is read. */
import fc from "fast-check";
import { createHpackDecoder, HpackError, type HpackDecoder } from "../../../src/intercept/h2/wire/hpack-decoder.ts";
import { createHpackEncoder } from "../../../src/intercept/h2/wire/hpack-encoder.ts";
import { mutated, mutation } from "../bytes.ts";
import { must, type FuzzTarget } from "../target.ts";

const maxListBytes = 16 * 1024;
const maxFields = 60;

const latin1 = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const name = fc.oneof(fc.constantFrom(":method", ":path", "cookie", "accept", "x-request-id", "a", "b"), latin1);
const value = fc.oneof(fc.constantFrom("", "GET", "/", "1", "x".repeat(1_500)), latin1);
const list = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((fields) => fields.flat());

/** False when it was refused: the connection ends there. */
function isRead(decoder: HpackDecoder, block: Uint8Array): boolean {
  try {
    const { raw, never } = decoder.decode(block, maxListBytes, maxFields);
    const bytes = raw.reduce((sum, text) => sum + text.length + 16, 0);
    must(raw.length % 2 === 0 && raw.length <= 2 * maxFields, `a list of ${raw.length} texts`);
    must(bytes <= maxListBytes, `a list of ${bytes} bytes`);
    must(never?.every((at) => at % 2 === 0 && at < raw.length) ?? true, "a mark at no name");
    return true;
  } catch (error) {
    must(error instanceof HpackError, `it threw ${String(error)}, which is no HpackError`);
    return false;
  }
}

export const headers: readonly FuzzTarget[] = [
  {
    name: "hpack",
    promise: "HPACK: blocks flipped, cut and lengthened are lists within the limits or refused, block after block",
    property: fc.property(
      fc.array(fc.tuple(list, fc.array(mutation, { maxLength: 3 })), { maxLength: 6 }),
      fc.constantFrom(0, 100, 4096, 65_536),
      (blocks, tableBytes) => {
        const encoder = createHpackEncoder();
        const decoder = createHpackDecoder(tableBytes);
        for (const [raw, mutations] of blocks) {
          if (!isRead(decoder, mutated(Buffer.from(encoder.encode(raw, null)), mutations))) break;
        }
      },
    ),
  },
  {
    name: "hpack-noise",
    promise: "HPACK: noise is lists within the limits or refused",
    property: fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }), (blocks) => {
      const decoder = createHpackDecoder();
      for (const block of blocks) if (!isRead(decoder, block)) break;
    }),
  },
];
