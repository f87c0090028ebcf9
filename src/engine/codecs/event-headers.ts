/**
 * The header block of one event stream frame, walked before Smithy's codec reads it: that codec makes views by the
 * lengths it finds (measured 2026-11, @smithy/core 3.41), and a length beyond the block shows bytes of the payload or of
 * whatever else lies in the same memory.
 */
import { FramingError } from "./framing-error.ts";

/** Bytes of a value of each type; null: two bytes before it say how many. */
const valueBytes: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16];
/** AWS's bound on one value (Smithy's specification; botocore refuses more). */
const maxValueBytes = 32_767;

/** @throws FramingError where the block is no list of headers, or names one twice. */
export function checkHeaders(block: Buffer): void {
  const names = new Set<string>();
  let at = 0;
  /** Where what is `count` bytes long ends. */
  const over = (count: number): number => {
    if (at + count > block.length) throw malformed("ends inside a header");
    return at + count;
  };
  while (at < block.length) {
    const nameBytes = block.readUInt8(at);
    at += 1;
    if (nameBytes === 0) throw malformed("has a header without a name");
    const afterName = over(nameBytes);
    const name = block.toString("latin1", at, afterName);
    if (names.has(name)) throw malformed("names a header twice");
    names.add(name);
    at = afterName;
    const afterType = over(1);
    const fixed = valueBytes[block.readUInt8(at)];
    if (fixed === undefined) throw malformed("has a header of an unknown type");
    at = afterType;
    if (fixed !== null) {
      at = over(fixed);
      continue;
    }
    const afterLength = over(2);
    const length = block.readUInt16BE(at);
    if (length > maxValueBytes) throw malformed(`has a header value of ${length} bytes`);
    at = afterLength;
    at = over(length);
  }
}

function malformed(what: string): FramingError {
  return new FramingError("malformed", `a frame's header block ${what}`);
}
