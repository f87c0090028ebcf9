/**
 * Bytes that wait, in order. A piece is a view of what was read from a socket, so one byte that waits would keep a whole
 * read alive: what is small beside that is copied, and small ones next to each other. Bytes held ≤ four times bytes waiting.
 */

/** Smaller ones share a slab. */
const smallBytes = 1_024;
const firstSlabBytes = 512;
const maxSlabBytes = 4_096;
/** A view may keep so many times its own size. */
const maxKept = 4;

export class Pieces {
  #list: Buffer[] = [];
  #bytes = 0;
  /** Of the first piece, taken already. */
  #taken = 0;
  /** Where small pieces go; the last piece is a view of it that ends at `#slabEnd`. */
  #slab: Buffer | null = null;
  #slabEnd = 0;
  #slabBytes = firstSlabBytes;

  get bytes(): number {
    return this.#bytes;
  }

  push(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    this.#bytes += length;
    if (length < smallBytes) {
      this.#pushSmall(bytes);
      return;
    }
    this.#slab = null;
    const isMostOfIt = length * maxKept >= bytes.buffer.byteLength;
    this.#list.push(isMostOfIt ? Buffer.from(bytes.buffer, bytes.byteOffset, length) : copyOf(bytes));
  }

  /** The next bytes, at most so many and never of two pieces; null: there are none. */
  take(most: number): Buffer | null {
    const first = this.#list[0];
    if (first === undefined || most <= 0) return null;
    const from = this.#taken;
    const length = Math.min(first.length - from, most);
    this.#bytes -= length;
    if (from + length < first.length) {
      this.#taken += length;
      return first.subarray(from, from + length);
    }
    this.#list.shift();
    this.#taken = 0;
    if (this.#list.length === 0) this.#slab = null;
    return from === 0 ? first : first.subarray(from);
  }

  /** Forgets all of it; says how many bytes that were. */
  drop(): number {
    const bytes = this.#bytes;
    this.#list = [];
    this.#bytes = 0;
    this.#taken = 0;
    this.#slab = null;
    return bytes;
  }

  #pushSmall(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#slab !== null && this.#slabEnd + length <= this.#slab.length) {
      this.#slab.set(bytes, this.#slabEnd);
      this.#slabEnd += length;
      this.#list[this.#list.length - 1] = this.#slab.subarray(0, this.#slabEnd);
      return;
    }
    this.#slab = Buffer.allocUnsafeSlow(Math.max(this.#slabBytes, length));
    this.#slabBytes = Math.min(this.#slabBytes * 2, maxSlabBytes);
    this.#slab.set(bytes, 0);
    this.#slabEnd = length;
    this.#list.push(this.#slab.subarray(0, length));
  }
}

function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
