/**
 * Protobuf without a schema: the fields of a message as they stand on the wire (protobuf.dev, "Encoding"). For looking at
 * messages that nobody described and for finding the texts in them; what is described is read by formats/cursor/wire.
 */
export interface ProtoField {
  readonly number: number;
  readonly type: 0 | 1 | 2 | 5;
  /** Of type 2, the content; of the others, the bytes of the number. A view on what was read. */
  readonly bytes: Buffer;
  /** Of type 0. */
  readonly value: bigint;
}

/** Null: the bytes are no message, or one of more fields than asked for. Groups (types 3 and 4) are not known to proto3 and count as none. */
export function protoFields(bytes: Buffer, maxFields = Number.POSITIVE_INFINITY): readonly ProtoField[] | null {
  const fields: ProtoField[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const tag = varint(bytes, at);
    if (tag === null || fields.length >= maxFields) return null;
    const number = Number(tag.value >> 3n);
    const type = Number(tag.value & 7n);
    if (number < 1 || number > 0x1fff_ffff) return null;
    at = tag.end;
    if (type === 0) {
      const read = varint(bytes, at);
      if (read === null) return null;
      fields.push({ number, type, bytes: bytes.subarray(at, read.end), value: read.value });
      at = read.end;
    } else if (type === 1 || type === 5) {
      const end = at + (type === 1 ? 8 : 4);
      if (end > bytes.byteLength) return null;
      fields.push({ number, type, bytes: bytes.subarray(at, end), value: 0n });
      at = end;
    } else if (type === 2) {
      const length = varint(bytes, at);
      if (length === null || length.value > BigInt(bytes.byteLength - length.end)) return null;
      const end = length.end + Number(length.value);
      fields.push({ number, type, bytes: bytes.subarray(length.end, end), value: 0n });
      at = end;
    } else return null;
  }
  return fields;
}

/** Ten bytes hold 64 bits; more than that is none. */
const maxVarintBytes = 10;

function varint(bytes: Buffer, from: number): { readonly value: bigint; readonly end: number } | null {
  let value = 0;
  let big: bigint | null = null;
  for (let index = 0; index < maxVarintBytes; index += 1) {
    const byte = bytes[from + index];
    if (byte === undefined) return null;
    // Four groups fit a number safely; most tags and lengths have no more.
    if (index < 4) value += (byte & 0x7f) * 2 ** (7 * index);
    else big = (big ?? BigInt(value)) + (BigInt(byte & 0x7f) << BigInt(7 * index));
    if ((byte & 0x80) === 0) return { value: big ?? BigInt(value), end: from + index + 1 };
  }
  return null;
}
