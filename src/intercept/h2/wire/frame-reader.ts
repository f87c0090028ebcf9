/**
 * Bytes of a connection → frames (RFC 9113 §4). DATA comes on in the pieces in which it arrived, so that nobody waits for
 * the end of a frame that a slow upstream has begun; every other frame comes whole.
 */
import { ConnectionError, defaultFrameBytes, errorCodes, frameFlags, frameHeadBytes, frameTypes } from "./codes.ts";

export interface FrameSink {
  /** Any frame but DATA, whole. `payload` is a view of what was read. */
  onFrame(type: number, flags: number, id: number, payload: Buffer): void;
  /** A DATA frame begins; `flowBytes` of it count against the windows, of which so many are padding that is read already. */
  onDataHead(id: number, flowBytes: number, paddingBytes: number): void;
  /** Its payload as it comes; `isLast`: the stream ends with this piece. Called at least once for each frame. */
  onDataBytes(id: number, bytes: Buffer, isLast: boolean): void;
}

const nothing = Buffer.alloc(0);

export class FrameReader {
  readonly #sink: FrameSink;
  #stopped = false;
  /** The beginning of a frame that is not all there; as long as what makes it worth looking again. */
  #held: Buffer | null = null;
  #heldBytes = 0;
  /** Of a DATA frame that has begun. */
  #dataLeft = 0;
  #dataId = 0;
  #dataEnds = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Nothing more is told, not even of bytes that were given already. */
  stop(): void {
    this.#stopped = true;
    this.#held = null;
  }

  /** @throws ConnectionError for a frame that is longer than we allow, or padded beyond itself. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#held !== null) {
      const held = this.#held;
      const heldBytes = this.#heldBytes;
      if (heldBytes + chunk.length < held.length) {
        held.set(chunk, heldBytes);
        this.#heldBytes += chunk.length;
        return;
      }
      bytes = Buffer.concat([held.subarray(0, heldBytes), chunk], heldBytes + chunk.length);
      this.#held = null;
    }
    const { length } = bytes;
    let at = 0;
    while (!this.#stopped) {
      if (this.#dataLeft > 0) {
        if (at === length) return;
        const taken = Math.min(this.#dataLeft, length - at);
        this.#dataLeft -= taken;
        const isLast = this.#dataEnds && this.#dataLeft === 0;
        this.#sink.onDataBytes(this.#dataId, bytes.subarray(at, at + taken), isLast);
        at += taken;
        continue;
      }
      if (length - at < frameHeadBytes) {
        this.#hold(bytes, at, frameHeadBytes);
        return;
      }
      const size = bytes.readUIntBE(at, 3);
      if (size > defaultFrameBytes) {
        throw new ConnectionError(errorCodes.frameSizeError, `a frame of ${size} bytes`);
      }
      const type = bytes.readUInt8(at + 3);
      const flags = bytes.readUInt8(at + 4);
      const id = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      if (type === frameTypes.data && (flags & frameFlags.padded) === 0) {
        at += frameHeadBytes;
        this.#sink.onDataHead(id, size, 0);
        this.#dataLeft = size;
        this.#dataId = id;
        this.#dataEnds = (flags & frameFlags.endStream) !== 0;
        if (size === 0 && !this.#stopped) this.#sink.onDataBytes(id, nothing, this.#dataEnds);
        continue;
      }
      const end = at + frameHeadBytes + size;
      if (end > length) {
        this.#hold(bytes, at, frameHeadBytes + size);
        return;
      }
      const payload = bytes.subarray(at + frameHeadBytes, end);
      at = end;
      if (type === frameTypes.data) {
        const data = withoutPadding(payload);
        this.#sink.onDataHead(id, size, size - data.length);
        this.#sink.onDataBytes(id, data, (flags & frameFlags.endStream) !== 0);
      } else this.#sink.onFrame(type, flags, id, payload);
    }
  }

  #hold(bytes: Buffer, at: number, needed: number): void {
    if (at === bytes.length) return;
    // Copied: a few bytes must not keep a whole read alive, and a frame that comes byte by byte not one object for each.
    this.#held = Buffer.allocUnsafeSlow(needed);
    this.#heldBytes = bytes.copy(this.#held, 0, at);
  }
}

/** @throws ConnectionError when there is more padding than payload (RFC 9113 §6.1). */
export function withoutPadding(payload: Buffer): Buffer {
  const padding = payload[0] ?? 0;
  if (payload.length === 0 || padding >= payload.length) {
    throw new ConnectionError(errorCodes.protocolError, "padding beyond the end of its frame");
  }
  return payload.subarray(1, payload.length - padding);
}
