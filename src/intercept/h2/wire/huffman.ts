/** The Huffman code of HPACK: RFC 7541, section 5.2 and appendix B (May 2015). Texts are latin1. */

/**
 * How many bits each of the 256 bytes and the end-of-string symbol has. The code is a canonical one (appendix B): within
 * a length the codes count upwards in the order of the symbols, so the lengths are all there is to know.
 */
// biome-ignore format: sixteen to a line, as bytes are read
const lengths = new Uint8Array([
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]);

const endOfString = 256;
/** In an entry of `decoding`: the code goes on, and the rest says where its next table begins. */
const furtherOn = 0x8000;

const codes = canonicalCodes();
const decoding = decodingTables();

/** Bytes of `text` when Huffman-coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) bits += lengths[text.charCodeAt(at) & 0xff] ?? 0;
  return (bits + 7) >>> 3;
}

/** Writes `text` at `at`, where there is room for its `huffmanLength`; returns the place behind it. */
export function writeHuffman(text: string, into: Uint8Array, at: number): number {
  let to = at;
  let bits = 0;
  let have = 0;
  for (let index = 0; index < text.length; index += 1) {
    const symbol = text.charCodeAt(index) & 0xff;
    let code = codes[symbol] ?? 0;
    let length = lengths[symbol] ?? 0;
    // Seven bits may be waiting, and there is room for 32: a long code comes in two halves.
    if (length > 16) {
      bits = (bits << (length - 16)) | (code >>> 16);
      have += length - 16;
      for (; have >= 8; to += 1) into[to] = bits >>> (have -= 8);
      code &= 0xffff;
      length = 16;
    }
    bits = (bits << length) | code;
    have += length;
    for (; have >= 8; to += 1) into[to] = bits >>> (have -= 8);
  }
  if (have === 0) return to;
  into[to] = (bits << (8 - have)) | (0xff >>> have);
  return to + 1;
}

/** Null when the bytes are no Huffman-coded text: the end symbol inside, padding that is too long or not of ones. */
export type HuffmanReader = (bytes: Uint8Array, start: number, end: number) => string | null;

/** A reader with a piece of memory of its own, so that there is nothing to allocate but the text. */
export function createHuffmanReader(): HuffmanReader {
  let scratch = Buffer.allocUnsafeSlow(256);
  return (bytes, start, end) => {
    // The shortest code has five bits.
    const most = Math.floor(((end - start) * 8) / 5);
    const into = most <= scratch.length ? scratch : Buffer.allocUnsafeSlow(most);
    // What an unusually long text needs is not kept.
    if (into.length <= maxScratchBytes) scratch = into;
    const length = readHuffman(bytes, start, end, into);
    return length < 0 ? null : into.toString("latin1", 0, length);
  };
}

const maxScratchBytes = 16 * 1024;

/** Bytes written into `into`, or -1. */
function readHuffman(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0;
  let bits = 0;
  let have = 0;
  let table = 0;
  for (let at = start; at < end; at += 1) {
    bits = (bits << 8) | (bytes[at] ?? 0);
    have += 8;
    do {
      const entry = decoding[table | ((bits >>> (have - 8)) & 0xff)] ?? 0;
      if (entry < furtherOn) {
        const symbol = entry & 0x1ff;
        if (symbol === endOfString) return -1;
        into[length] = symbol;
        length += 1;
        have -= entry >>> 9;
        table = 0;
      } else {
        have -= 8;
        table = entry & ~furtherOn;
      }
    } while (have >= 8);
  }
  while (have > 0) {
    const entry = decoding[table | (((bits << (8 - have)) | (0xff >>> have)) & 0xff)] ?? 0;
    if (entry >= furtherOn || entry >>> 9 > have || (entry & 0x1ff) === endOfString) break;
    into[length] = entry & 0x1ff;
    length += 1;
    have -= entry >>> 9;
    table = 0;
  }
  // Behind a first table, at least eight bits of a code have gone by that never ended.
  const padding = (1 << have) - 1;
  return table === 0 && (bits & padding) === padding ? length : -1;
}

/**
 * Tables of 256 entries one behind the other, the first for the first eight bits of a code. An entry is a symbol with the
 * number of its bits that count in this table (bits << 9 | symbol), or `furtherOn` with the place of the next table.
 */
function decodingTables(): Uint16Array {
  const tables: number[] = Array.from({ length: 256 }, () => 0);
  for (let symbol = 0; symbol <= endOfString; symbol += 1) {
    const code = codes[symbol] ?? 0;
    let left = lengths[symbol] ?? 0;
    let table = 0;
    while (left > 8) {
      left -= 8;
      const place = table + ((code >>> left) & 0xff);
      if (tables[place] === 0) {
        tables[place] = furtherOn | tables.length;
        tables.push(...Array.from({ length: 256 }, () => 0));
      }
      table = (tables[place] ?? 0) & ~furtherOn;
    }
    // Every byte that begins with these bits.
    const first = table + ((code << (8 - left)) & 0xff);
    tables.fill((left << 9) | symbol, first, first + (1 << (8 - left)));
  }
  return Uint16Array.from(tables);
}

function canonicalCodes(): Uint32Array {
  const made = new Uint32Array(lengths.length);
  let next = 0;
  for (let length = 1; length <= 30; length += 1) {
    next *= 2;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      made[symbol] = next;
      next += 1;
    }
  }
  return made;
}
