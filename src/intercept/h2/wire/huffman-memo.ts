/**
 * Huffman-coded texts that a sender repeats in every block although the table does not hold them: tokens above all, which
 * many clients mark never-indexed. Comparing the bytes with those of last time costs a third of reading them again at
 * 110 characters and a twentieth at 1500, and the text is the same object as before.
 */
import type { HuffmanReader } from "./huffman.ts";

export interface HuffmanMemo {
  /** A block begins: its first text is compared with the first one of the block before, and so on. */
  begin(): void;
  readonly read: HuffmanReader;
}

interface Known {
  bytes: Buffer;
  length: number;
  text: string;
  /** How many texts in a row were others. */
  misses: number;
}

/** A token, a path and something else; the rest is read as ever. */
const maxTexts = 4;
/** Shorter ones are read as fast as they are looked up. */
const minBytes = 10;
/** A token of four kilobytes is usual where it carries claims. */
const maxBytes = 4096;
/** A place that was another text this often changes every time; it is written down only now and then, in case that ends. */
const patience = 3;
const triesAgainEvery = 8;
/** Above this many bytes a call into Node compares faster than a loop. */
const nativeCompareLength = 128;

export function createHuffmanMemo(read: HuffmanReader): HuffmanMemo {
  const texts: Known[] = [];
  let turn = 0;

  return {
    begin() {
      turn = 0;
    },
    read(bytes, start, end) {
      const length = end - start;
      if (length < minBytes || length > maxBytes || turn >= maxTexts) return read(bytes, start, end);
      const known = texts[turn];
      turn += 1;
      if (known !== undefined && known.length === length && isSame(known.bytes, bytes, start, end)) {
        known.misses = 0;
        return known.text;
      }
      const text = read(bytes, start, end);
      if (text === null) return null;
      if (known === undefined) texts.push({ bytes: Buffer.from(bytes.subarray(start, end)), length, text, misses: 0 });
      else {
        known.misses += 1;
        if (known.misses > patience && known.misses % triesAgainEvery !== 0) return text;
        if (known.bytes.length < length) known.bytes = Buffer.allocUnsafeSlow(2 * length);
        for (let place = 0; place < length; place += 1) known.bytes[place] = bytes[start + place] ?? 0;
        known.length = length;
        known.text = text;
      }
      return text;
    },
  };
}

function isSame(known: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > nativeCompareLength) return known.compare(bytes, start, end, 0, length) === 0;
  for (let place = 0; place < length; place += 1) if (known[place] !== bytes[start + place]) return false;
  return true;
}
