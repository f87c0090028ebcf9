/**
 * Bytes that wait for the rest of their frame: joined once per frame, never once per chunk. Only crumbs are joined on the
 * way, in pairs: a peer that sends single bytes must not make each of them cost us a hundred.
 */
export interface FrameBuffer {
  readonly byteLength: number;
  add(bytes: Uint8Array): void;
  /** The first `count` bytes without taking them; there must be so many. */
  peek(count: number): Buffer;
  /** Takes the first `count` bytes; there must be so many. */
  take(count: number): Buffer;
}

/** A Buffer object weighs some hundred bytes of its own: beside so many it does not count. */
const crumbBytes = 4096;

export function createFrameBuffer(): FrameBuffer {
  let chunks: Buffer[] = [];
  let length = 0;

  /** Makes the first chunk hold at least `count` bytes. */
  const gather = (count: number): Buffer => {
    const [first] = chunks;
    if (first !== undefined && first.byteLength >= count) return first;
    const joined = Buffer.concat(chunks);
    chunks = [joined];
    return joined;
  };

  /** The last two while the later one is not the smaller: each byte is copied a dozen times at most. */
  const joinCrumbs = (): void => {
    for (;;) {
      const last = chunks[chunks.length - 1];
      const before = chunks[chunks.length - 2];
      if (last === undefined || before === undefined || before.byteLength > last.byteLength) return;
      if (last.byteLength >= crumbBytes) return;
      chunks.splice(-2, 2, Buffer.concat([before, last]));
    }
  };

  return {
    get byteLength() {
      return length;
    },
    add(bytes) {
      if (bytes.byteLength === 0) return;
      chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      length += bytes.byteLength;
      joinCrumbs();
    },
    peek: (count) => gather(count).subarray(0, count),
    take(count) {
      const first = gather(count);
      length -= count;
      if (first.byteLength === count) chunks.shift();
      else chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    },
  };
}
