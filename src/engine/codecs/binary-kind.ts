/**
 * How the bytes of a body are framed, told by the bytes first and by what their sender says of them last: Cursor's `RunSSE`
 * calls its envelopes `text/event-stream` (measured by others, 2026-11), proxies answer with HTML under any name.
 */
import { crc32 } from "node:zlib";
import { maxEnvelopeBytes } from "./connect.ts";

/** `message`: one protobuf message without a frame (Connect's unary calls). */
export type BinaryKind = "aws-events" | "envelopes" | "message";

const preludeBytes = 12;
const envelopeHeadBytes = 5;
const envelopeFlags = 0x83;

/** Null: text, or nothing that is known here. */
export function binaryKind(bytes: Uint8Array, contentType: string | null): BinaryKind | null {
  const type = (contentType ?? "").toLowerCase();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsEventFrame(buffer)) return "aws-events";
  if (startsEnvelope(buffer) && (isConnect(type) || type.includes("event-stream") || walksToEnd(buffer))) {
    return "envelopes";
  }
  return /^application\/(?:x-)?(?:proto(?:buf)?|grpc(?:-web)?\+proto|connect\+proto)\b/.test(type) ? "message" : null;
}

/** By the first byte alone: the flags of an envelope, or the first byte of a length. No text begins with one. */
export function mayBeBinary(bytes: Uint8Array): boolean {
  const first = bytes[0];
  return first !== undefined && (first & ~envelopeFlags) === 0;
}

/** By its first twelve bytes, or all there are: could these be frames? */
export function startsBinaryStream(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return startsEventFrame(buffer) || startsEnvelope(buffer);
}

function isConnect(type: string): boolean {
  return type.startsWith("application/connect+") || type.startsWith("application/grpc");
}

/** The prelude has a checksum of its own: chance hits it once in four thousand million times. */
function startsEventFrame(buffer: Buffer): boolean {
  if (buffer.byteLength < preludeBytes) return false;
  return crc32(buffer.subarray(0, 8)) === buffer.readUInt32BE(8) && buffer.readUInt32BE(0) >= 16;
}

function startsEnvelope(buffer: Buffer): boolean {
  const flags = buffer[0];
  if (flags === undefined || (flags & ~envelopeFlags) !== 0 || buffer.byteLength < envelopeHeadBytes) return false;
  return buffer.readUInt32BE(1) <= maxEnvelopeBytes;
}

/** Nothing says that they are envelopes: then the lengths must lead from one to the next, up to the end or a cut. */
function walksToEnd(buffer: Buffer): boolean {
  let at = 0;
  while (at + envelopeHeadBytes <= buffer.byteLength) {
    if (((buffer[at] ?? 0) & ~envelopeFlags) !== 0) return false;
    at += envelopeHeadBytes + buffer.readUInt32BE(at + 1);
  }
  return at === buffer.byteLength && at > envelopeHeadBytes;
}
