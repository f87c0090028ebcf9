/** HEADERS and their CONTINUATIONs → one block (RFC 9113 §6.2, §6.10); nothing else may come in between. */
import { ConnectionError, errorCodes, frameFlags } from "./codes.ts";
import { withoutPadding } from "./frame-reader.ts";

export interface HeaderBlock {
  readonly id: number;
  readonly bytes: Buffer;
  readonly endStream: boolean;
  /** It claims to depend on itself (RFC 7540 §5.3.1; newer peers leave priorities out). */
  readonly isOwnParent: boolean;
}

/** An honest head of any size needs a handful; empty ones without end are an attack (CVE-2024-27316 and others). */
const maxContinuations = 64;

export class HeaderBlocks {
  readonly #maxBytes: number;
  #open: { id: number; endStream: boolean; isOwnParent: boolean; parts: Buffer[]; bytes: number } | null = null;

  /** `maxBytes`: of a block as it is on the wire. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** The block, when it is whole. @throws ConnectionError */
  begin(flags: number, id: number, payload: Buffer): HeaderBlock | null {
    let bytes = (flags & frameFlags.padded) === 0 ? payload : withoutPadding(payload);
    let isOwnParent = false;
    if ((flags & frameFlags.priority) !== 0) {
      if (bytes.length < 5) throw new ConnectionError(errorCodes.frameSizeError, "HEADERS without their priority");
      isOwnParent = (bytes.readUInt32BE(0) & 0x7fff_ffff) === id;
      bytes = bytes.subarray(5);
    }
    const endStream = (flags & frameFlags.endStream) !== 0;
    if ((flags & frameFlags.endHeaders) !== 0) return { id, bytes, endStream, isOwnParent };
    this.#open = { id, endStream, isOwnParent, parts: [Buffer.from(bytes)], bytes: bytes.length };
    return null;
  }

  /** The block, when it is whole. @throws ConnectionError */
  goOn(flags: number, id: number, payload: Buffer): HeaderBlock | null {
    const open = this.#open;
    if (open === null || open.id !== id) {
      throw new ConnectionError(errorCodes.protocolError, "CONTINUATION of nothing");
    }
    open.parts.push(Buffer.from(payload));
    open.bytes += payload.length;
    if (open.bytes > this.#maxBytes || open.parts.length > maxContinuations) {
      throw new ConnectionError(errorCodes.enhanceYourCalm, "a head without end");
    }
    if ((flags & frameFlags.endHeaders) === 0) return null;
    this.#open = null;
    const { endStream, isOwnParent } = open;
    return { id, bytes: Buffer.concat(open.parts, open.bytes), endStream, isOwnParent };
  }
}
