/** Reads the header blocks of one connection: RFC 7541, sections 3 to 6 (May 2015). One per direction; blocks in wire order. */
import { createHuffmanMemo } from "./huffman-memo.ts";
import { createHuffmanReader, type HuffmanReader } from "./huffman.ts";
import {
  createFieldTable,
  defaultTableBytes,
  fieldOverheadBytes,
  firstDynamic,
  staticNames,
  staticValues,
} from "./hpack-table.ts";

/** A header list: name, value, name, value … as latin1 strings, in wire order. */
export interface FieldBlock {
  readonly raw: string[];
  /** Indexes (of names in `raw`) the sender marked never-indexed, ascending; null when there are none. */
  readonly never: readonly number[] | null;
  /**
   * The list was larger than allowed (maxListBytes by RFC 9113 counting: name + value + 32 each, or more than maxFields
   * fields): `raw` holds what came before, the table was kept in step.
   */
  readonly tooLarge: boolean;
}

export interface HpackDecoder {
  /**
   * A whole block: HEADERS with all its CONTINUATIONs. After a throw the table is no longer the sender's; the connection
   * ends there.
   * @throws HpackError for every COMPRESSION_ERROR (bad index, integer overflow, truncated, bad Huffman padding/EOS, table
   * size update too large or not at the block's beginning or missing after the limit was lowered).
   */
  decode(block: Uint8Array, maxListBytes: number, maxFields: number): FieldBlock;
  /**
   * The peer acknowledged our SETTINGS. Matters only with `tableBytes` below the default: until then the peer may use the
   * default, and the next block after it must say the smaller size (RFC 9113, section 4.3.1).
   */
  acknowledged(): void;
}

export class HpackError extends Error {
  override readonly name = "HpackError";
}

/** An integer may have this many bytes behind its first: 28 bits, far more than any block has bytes. */
const maxIntegerBytes = 4;

/** Up to this many characters a loop is faster than a call into Node: a block with one of 5 takes 105 ns, not 180; with 7 it is the same. */
const loopLength = 6;

const nothing: Buffer = Buffer.alloc(0);

/** tableBytes: the SETTINGS_HEADER_TABLE_SIZE that we announced (default 4096). */
export function createHpackDecoder(tableBytes = defaultTableBytes): HpackDecoder {
  const table = createFieldTable(Math.max(tableBytes, defaultTableBytes));
  const readHuffman = createHuffmanReader();
  const memo = createHuffmanMemo(readHuffman);
  let limit = Math.max(tableBytes, defaultTableBytes);
  let maxBytes = defaultTableBytes;
  let mustShrink = false;
  let bytes = nothing;
  let at = 0;

  /** The rest of an integer whose prefix was all ones (section 5.1). */
  const readRest = (prefix: number): number => {
    let value = prefix;
    for (let count = 0; count < maxIntegerBytes; count += 1) {
      if (at >= bytes.length) throw new HpackError("the block ends within an integer");
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) << (7 * count);
      if (byte < 0x80) return value;
    }
    throw new HpackError("an integer is larger than anything it could count");
  };

  const readInteger = (first: number, prefix: number): number => {
    const value = first & prefix;
    return value < prefix ? value : readRest(prefix);
  };

  const readText = (read: HuffmanReader): string => {
    if (at >= bytes.length) throw new HpackError("the block ends before a text");
    const first = bytes[at] ?? 0;
    at += 1;
    const length = readInteger(first, 0x7f);
    const start = at;
    if (length > bytes.length - start) throw new HpackError("a text is longer than the rest of the block");
    at += length;
    if (first < 0x80) return length <= loopLength ? shortText(bytes, start, at) : bytes.toString("latin1", start, at);
    const text = read(bytes, start, at);
    if (text === null) throw new HpackError("a text is no valid Huffman code");
    return text;
  };

  const checkIndex = (index: number): void => {
    if (index === 0) throw new HpackError("there is no field 0");
    if (index >= firstDynamic && !table.has(index)) throw new HpackError(`there is no field ${index}`);
  };

  const nameAt = (index: number): string => {
    checkIndex(index);
    return index < firstDynamic ? (staticNames[index] ?? "") : table.nameAt(index);
  };

  /** Sizes of the table stand before the first field (section 4.2). */
  const readSizes = (): void => {
    while (at < bytes.length) {
      const first = bytes[at] ?? 0;
      if ((first & 0xe0) !== 0x20) break;
      at += 1;
      const size = readInteger(first, 0x1f);
      if (size > limit) throw new HpackError(`a table of ${size} bytes is larger than the ${limit} that are allowed`);
      table.resize(size);
      maxBytes = size;
      mustShrink = false;
    }
    if (mustShrink) throw new HpackError("the block does not begin with the smaller size of the table");
  };

  return {
    acknowledged() {
      limit = tableBytes;
      mustShrink = maxBytes > limit;
    },
    decode(block, maxListBytes, maxFields) {
      bytes = Buffer.isBuffer(block) ? block : Buffer.from(block.buffer, block.byteOffset, block.byteLength);
      at = 0;
      memo.begin();
      readSizes();
      const raw: string[] = [];
      let never: number[] | null = null;
      let listBytes = 0;
      let tooLarge = false;
      while (at < bytes.length) {
        const first = bytes[at] ?? 0;
        at += 1;
        let name: string;
        let value: string;
        let isMarked = false;
        if (first >= 0x80) {
          const index = readInteger(first, 0x7f);
          name = nameAt(index);
          value = index < firstDynamic ? (staticValues[index] ?? "") : table.valueAt(index);
        } else {
          const isIndexing = first >= 0x40;
          if (!isIndexing && first >= 0x20) throw new HpackError("the size of the table changes within a block");
          const index = readInteger(first, isIndexing ? 0x3f : 0x0f);
          name = index === 0 ? readText(readHuffman) : nameAt(index);
          value = readText(isIndexing ? readHuffman : memo.read);
          isMarked = !isIndexing && first >= 0x10;
          if (isIndexing) table.insert(name, value);
        }
        listBytes += name.length + value.length + fieldOverheadBytes;
        // A small block may name a large field many times: that costs a look each, and nothing is collected any more.
        tooLarge ||= listBytes > maxListBytes || raw.length >= 2 * maxFields;
        if (tooLarge) continue;
        if (isMarked) (never ??= []).push(raw.length);
        raw.push(name, value);
      }
      // The block may be a view of something larger.
      bytes = nothing;
      return { raw, never, tooLarge };
    },
  };
}

function shortText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let place = start; place < end; place += 1) text += String.fromCharCode(bytes[place] ?? 0);
  return text;
}
