/**
 * Frames → bytes of a connection. Frames that are made in one turn leave in one write: each write is a TLS record and a
 * system call, and costs more than a stream's frames together.
 */
import type { Duplex } from "node:stream";
import { defaultFrameBytes, frameFlags, frameHeadBytes, frameTypes } from "./codes.ts";

/** Small enough that a slab which a socket still holds is no matter, large enough for two full frames. */
const slabBytes = 36 * 1024;
/** More than this is not gathered: a burst goes out while it is made. */
const flushBytes = 32 * 1024;
/** DATA stops long before; heads and acknowledgements do not, and a peer that reads none of them may ask for more and more. */
const maxBacklogBytes = 256 * 1024;

export class FrameWriter {
  readonly #socket: Duplex;
  readonly #onRoom: () => void;
  readonly #onBacklog: () => void;
  #slab: Buffer = Buffer.allocUnsafeSlow(4 * 1024);
  #from = 0;
  #to = 0;
  #isDue = false;
  #blocked = false;
  #ended = false;
  #whenSent: (() => void)[] = [];
  readonly #underWay = new Set<() => void>();
  readonly #flushDue = (): void => {
    if (this.#isDue) this.flush();
  };

  /** `onRoom`: the socket takes bytes again; `onBacklog`: more waits in it than anybody should have to keep. */
  constructor(socket: Duplex, onRoom: () => void, onBacklog: () => void) {
    this.#socket = socket;
    this.#onRoom = onRoom;
    this.#onBacklog = onBacklog;
    socket.on("drain", () => {
      this.#blocked = false;
      this.#onRoom();
    });
    socket.once("close", () => {
      for (const tell of this.#underWay) tell();
    });
  }

  /** The socket has enough for now: DATA should wait. Other frames are few, and nobody may be kept waiting for them. */
  get blocked(): boolean {
    return this.#blocked;
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#slab.set(bytes, at);
  }

  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    const at = this.#head(type, flags, id, payload.length);
    if (payload.length > 0) this.#slab.set(payload, at);
  }

  /** A frame whose payload is one or two 32-bit numbers. */
  numbers(type: number, id: number, first: number, second?: number): void {
    const at = this.#head(type, 0, id, second === undefined ? 4 : 8);
    this.#slab.writeUInt32BE(first >>> 0, at);
    if (second !== undefined) this.#slab.writeUInt32BE(second >>> 0, at + 4);
  }

  /** A header block in as many frames as it needs. */
  block(id: number, block: Uint8Array, endStream: boolean): void {
    const end = endStream ? frameFlags.endStream : 0;
    if (block.length <= defaultFrameBytes) {
      this.frame(frameTypes.headers, frameFlags.endHeaders | end, id, block);
      return;
    }
    for (let at = 0; at < block.length; at += defaultFrameBytes) {
      const isLast = at + defaultFrameBytes >= block.length;
      const flags = (isLast ? frameFlags.endHeaders : 0) | (at === 0 ? end : 0);
      const part = block.subarray(at, at + defaultFrameBytes);
      this.frame(at === 0 ? frameTypes.headers : frameTypes.continuation, flags, id, part);
    }
  }

  /** Called when what has been framed so far has been handed to the system, or never can be. */
  whenSent(listener: () => void): void {
    this.#whenSent.push(listener);
    this.#becomeDue();
  }

  flush(): void {
    this.#isDue = false;
    const batch = this.#slab.subarray(this.#from, this.#to);
    this.#from = this.#to;
    const socket = this.#socket;
    const isGone = this.#ended || socket.destroyed || socket.writableEnded;
    const tell = this.#whenSent.length === 0 ? undefined : this.#takeWaiting();
    if (isGone) tell?.();
    else if (batch.length > 0) {
      if (socket.write(batch, tell)) return;
      this.#blocked = true;
      if (socket.writableLength > maxBacklogBytes) this.#onBacklog();
    } else if (tell !== undefined) {
      // Behind what an earlier flush left with the socket.
      if (socket.writableLength === 0) tell();
      else socket.write(batch, tell);
    }
  }

  /** The last bytes, then the end. */
  end(): void {
    this.flush();
    this.#ended = true;
    if (!this.#socket.destroyed) this.#socket.end();
  }

  #head(type: number, flags: number, id: number, size: number): number {
    const at = this.#reserve(frameHeadBytes + size);
    const slab = this.#slab;
    slab[at] = size >>> 16;
    slab[at + 1] = (size >>> 8) & 0xff;
    slab[at + 2] = size & 0xff;
    slab[at + 3] = type;
    slab[at + 4] = flags;
    slab[at + 5] = id >>> 24;
    slab[at + 6] = (id >>> 16) & 0xff;
    slab[at + 7] = (id >>> 8) & 0xff;
    slab[at + 8] = id & 0xff;
    return at + frameHeadBytes;
  }

  /** Tells those who wait now, once: a socket that dies need not say what became of the write it was at. */
  #takeWaiting(): () => void {
    const waiting = this.#whenSent;
    this.#whenSent = [];
    const tell = (): void => {
      if (!this.#underWay.delete(tell)) return;
      for (const listener of waiting) listener();
    };
    this.#underWay.add(tell);
    return tell;
  }

  /** Room in the slab, and a flush to come. */
  #reserve(size: number): number {
    if (this.#to - this.#from >= flushBytes) this.flush();
    if (this.#to + size > this.#slab.length) {
      this.flush();
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, size));
      this.#from = 0;
      this.#to = 0;
    }
    this.#becomeDue();
    const at = this.#to;
    this.#to += size;
    return at;
  }

  #becomeDue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(this.#flushDue);
  }
}
