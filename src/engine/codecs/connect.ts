/**
 * Connect's envelopes (connectrpc.com, "streaming RPCs"): one byte of flags, four of length (big-endian), the message.
 * Flag 1: compressed; flag 2: the last one, whose payload is JSON with the error or `{}`. gRPC-web frames its trailers the
 * same way with flag 128. Bytes to envelopes and back, any split, no socket.
 */
import { gunzipSync } from "node:zlib";
import { defaultLimits, type WireLimits } from "../../base/limits.ts";
import { createFrameBuffer } from "./frame-buffer.ts";
import { FramingError } from "./framing-error.ts";

export const compressedFlag = 0x01;
export const endFlag = 0x02;
/** gRPC-web: the payload is trailer lines. */
export const trailerFlag = 0x80;

export interface Envelope {
  readonly flags: number;
  /** Unpacked. */
  readonly payload: Uint8Array;
}

export interface EnvelopeOptions {
  /** Of one envelope, as it stands on the wire and unpacked. */
  readonly maxBytes?: number;
  /** Unpacked to packed, after the first MiB. */
  readonly maxRatio?: number;
  /** Connect ends with a JSON envelope; gRPC-web with one of trailer lines (`parseTrailers`). Each refuses the other's flag. */
  readonly framing?: "connect" | "grpc-web";
}

export interface EnvelopeReader {
  /** @throws FramingError when the bytes cannot be envelopes; nothing more can be read then. */
  push(bytes: Uint8Array): readonly Envelope[];
  /** Was the last envelope seen? */
  readonly ended: boolean;
  /** @throws FramingError (`truncated`) when the bytes ended inside an envelope. */
  end(): void;
}

const headBytes = 5;
const minGzipBytes = 18;
export const maxEnvelopeBytes: number = defaultLimits.frameBytes;
const ratioFreeBytes = 1024 * 1024;

type EnvelopeLimits = Pick<EnvelopeOptions, "maxBytes" | "maxRatio">;

/** What the configuration says of envelopes; nothing where there is none. */
export function envelopeLimits(limits: WireLimits | undefined): EnvelopeLimits {
  return limits === undefined ? {} : { maxBytes: limits.frameBytes, maxRatio: limits.decompressionRatio };
}

/** `encoding`: what `connect-content-encoding` said; envelopes may be packed with that and nothing else. */
export function createEnvelopeReader(encoding: string | null, options: EnvelopeOptions = {}): EnvelopeReader {
  const buffer = createFrameBuffer();
  const maxBytes = options.maxBytes ?? maxEnvelopeBytes;
  const maxRatio = options.maxRatio ?? defaultLimits.decompressionRatio;
  const lastFlag = options.framing === "grpc-web" ? trailerFlag : endFlag;
  let ended = false;
  let failure: FramingError | null = null;

  function next(): Envelope | null {
    if (buffer.byteLength < headBytes) return null;
    const head = buffer.peek(headBytes);
    const flags = head[0] ?? 0;
    const length = head.readUInt32BE(1);
    if ((flags & ~(compressedFlag | lastFlag)) !== 0) {
      throw new FramingError("malformed", `an envelope has the unknown flags 0x${flags.toString(16)}`);
    }
    if (ended) throw new FramingError("malformed", "an envelope came after the last one");
    if (length > maxBytes)
      throw new FramingError("too-large", `an envelope of ${length} bytes is over limits.frame_bytes (${maxBytes})`);
    if (buffer.byteLength < headBytes + length) return null;
    buffer.take(headBytes);
    const wire = buffer.take(length);
    ended = (flags & lastFlag) !== 0;
    return { flags, payload: (flags & compressedFlag) === 0 ? wire : unpack(wire, encoding, { maxBytes, maxRatio }) };
  }

  return {
    get ended() {
      return ended;
    },
    push(bytes) {
      if (failure !== null) throw failure;
      buffer.add(bytes);
      const envelopes: Envelope[] = [];
      try {
        for (let envelope = next(); envelope !== null; envelope = next()) envelopes.push(envelope);
      } catch (error) {
        failure = error instanceof FramingError ? error : new FramingError("malformed", String(error));
        // What came whole before the fault is the caller's; the fault itself is told at the next call.
        if (envelopes.length === 0) throw failure;
      }
      return envelopes;
    },
    end() {
      if (failure !== null) throw failure;
      if (buffer.byteLength > 0) {
        throw new FramingError("truncated", `the stream ended ${buffer.byteLength} bytes into an envelope`);
      }
    },
  };
}

function unpack(wire: Uint8Array, encoding: string | null, limits: Required<EnvelopeLimits>): Uint8Array {
  if (wire.byteLength === 0) return wire;
  if (encoding !== null && encoding !== "gzip") {
    throw new FramingError("compression", `envelopes packed with ${encoding.slice(0, 32)} cannot be unpacked here`);
  }
  // Shorter than gzip's own head and tail, or another head.
  if (wire.byteLength < minGzipBytes || wire[0] !== 0x1f || wire[1] !== 0x8b) throw notGzip();
  // gzip ends with the length of what it packs (modulo 4 GiB, RFC 1952): most bombs say so and are not begun.
  const bound = Math.min(limits.maxBytes, Math.max(ratioFreeBytes, wire.byteLength * limits.maxRatio));
  if (Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength).readUInt32LE(wire.byteLength - 4) > bound) {
    throw tooLarge(bound);
  }
  try {
    return gunzipSync(wire, { maxOutputLength: bound });
  } catch (error) {
    const isTooLarge = error instanceof RangeError || (error instanceof Error && /larger than/.test(error.message));
    throw isTooLarge ? tooLarge(bound) : notGzip();
  }
}

const tooLarge = (maxBytes: number): FramingError =>
  new FramingError("too-large", `an envelope unpacks to more than limits.frame_bytes (${maxBytes})`);
const notGzip = (): FramingError => new FramingError("compression", "an envelope says that it is gzip and is not");

export function envelope(payload: Uint8Array, flags = 0): Uint8Array {
  const framed = Buffer.allocUnsafe(headBytes + payload.byteLength);
  framed.writeUInt8(flags, 0);
  framed.writeUInt32BE(payload.byteLength, 1);
  framed.set(payload, headBytes);
  return framed;
}

/** The last envelope: `{}`, or what went wrong. */
export function endEnvelope(payload: object = {}): Uint8Array {
  return envelope(Buffer.from(JSON.stringify(payload)), endFlag);
}

export type Trailers = readonly (readonly [name: string, value: string])[];

/** gRPC-web's last payload: `name: value` lines. Names come in lower case; a line that is none is left out. */
export function parseTrailers(payload: Uint8Array): Trailers {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    .toString("latin1")
    .split("\r\n")
    .flatMap((line) => {
      const colon = line.indexOf(":");
      return colon <= 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const];
    });
}
