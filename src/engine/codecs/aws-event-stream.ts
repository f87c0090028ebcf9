/**
 * AWS event stream framing (`application/vnd.amazon.eventstream`): bytes to frames and back, any split, no socket.
 * The deframer is ours: it checks the prelude's checksum and bounds before it waits for what the prelude announces,
 * because the chunk reader of Smithy's core allocates the announced length first (970 MB for an HTML page, measured
 * 2026-11). One whole frame is then the business of `@smithy/eventstream-codec`, which is wrapped here alone.
 */
import { crc32 } from "node:zlib";
import type * as smithy from "@smithy/eventstream-codec";
import { lazyPackage } from "../../base/lazy-package.ts";
import { checkHeaders } from "./event-headers.ts";
import { createFrameBuffer } from "./frame-buffer.ts";
import { FramingError } from "./framing-error.ts";

/** A header's value as Smithy types it: `string`, `boolean`, `binary` and the rest. */
export type EventHeaders = Parameters<smithy.EventStreamCodec["encode"]>[0]["headers"];

export interface EventFrame {
  /** `event`, `exception` or `error` as `:message-type` says; null where it does not. */
  readonly messageType: string | null;
  /** `:event-type`, `:exception-type` or `:error-code`, whichever belongs to the message type. */
  readonly name: string | null;
  /** Every header that is a text. */
  readonly texts: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

export interface EventFrameReader {
  /**
   * @throws FramingError when the bytes cannot be such a stream; nothing more can be read then. Frames that came whole
   * before the fault are returned first: the fault is then thrown by the next call, `end` included.
   */
  push(bytes: Uint8Array): readonly EventFrame[];
  /** @throws FramingError (`truncated`) when the bytes ended inside a frame, or the fault that was not told yet. */
  end(): void;
}

const preludeBytes = 12;
const checksumBytes = 4;
const minFrameBytes = preludeBytes + checksumBytes;
/** AWS's own bounds (Smithy's specification, botocore 1.43 of 2026): 128 KiB of headers, 24 MiB of payload. */
export const maxHeaderBytes = 131_072;
export const maxPayloadBytes = 25_165_824;

const loadSmithy = lazyPackage<typeof smithy>("@smithy/eventstream-codec");
let made: smithy.EventStreamCodec | null = null;

function codec(): smithy.EventStreamCodec {
  made ??= new (loadSmithy().EventStreamCodec)(
    (bytes) => Buffer.from(bytes instanceof Uint8Array ? bytes : String(bytes)).toString("utf8"),
    (text) => Buffer.from(text, "utf8"),
  );
  return made;
}

export interface EventFrameLimits {
  /** Of one frame's payload; never more than AWS's own bound. */
  readonly maxPayloadBytes?: number;
}

export function createEventFrameReader(limits: EventFrameLimits = {}): EventFrameReader {
  const buffer = createFrameBuffer();
  const maxPayload = Math.min(limits.maxPayloadBytes ?? maxPayloadBytes, maxPayloadBytes);
  /** Length of the frame whose prelude has been checked; null: the prelude is not there yet. */
  let awaited: number | null = null;
  let failure: FramingError | null = null;

  function next(): EventFrame | null {
    if (awaited === null) {
      if (buffer.byteLength < preludeBytes) return null;
      awaited = checkedLength(buffer.peek(preludeBytes), maxPayload);
    }
    if (buffer.byteLength < awaited) return null;
    const frame = decodeFrame(buffer.take(awaited));
    awaited = null;
    return frame;
  }

  return {
    push(bytes) {
      if (failure !== null) throw failure;
      buffer.add(bytes);
      const frames: EventFrame[] = [];
      try {
        for (let frame = next(); frame !== null; frame = next()) frames.push(frame);
      } catch (error) {
        failure = asFramingError(error);
        buffer.take(buffer.byteLength);
        if (frames.length === 0) throw failure;
      }
      return frames;
    },
    end() {
      if (failure !== null) throw failure;
      if (buffer.byteLength > 0) {
        throw new FramingError("truncated", `the stream ended ${buffer.byteLength} bytes into a frame`);
      }
    },
  };
}

function checkedLength(prelude: Buffer, maxPayload: number): number {
  const total = prelude.readUInt32BE(0);
  const headers = prelude.readUInt32BE(4);
  if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) {
    throw new FramingError("checksum", "the checksum of a frame's prelude is wrong: this is no AWS event stream");
  }
  if (total < minFrameBytes) throw new FramingError("malformed", `a frame says it is ${total} bytes long`);
  if (headers > maxHeaderBytes || headers > total - minFrameBytes) {
    throw new FramingError("malformed", `a frame of ${total} bytes says that ${headers} of them are headers`);
  }
  const payload = total - headers - minFrameBytes;
  if (payload > maxPayload)
    throw new FramingError("too-large", `a frame's payload of ${payload} bytes is over ${maxPayload}`);
  return total;
}

/** One whole frame. @throws FramingError */
export function decodeFrame(bytes: Uint8Array): EventFrame {
  try {
    checkWhole(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const { headers, body } = codec().decode(bytes);
    const texts = Object.fromEntries(
      Object.entries(headers).flatMap(([name, { type, value }]) => (type === "string" ? [[name, value]] : [])),
    );
    const messageType = texts[":message-type"] ?? null;
    return { messageType, name: texts[nameHeaders[messageType ?? ""] ?? ":event-type"] ?? null, texts, payload: body };
  } catch (error) {
    throw asFramingError(error);
  }
}

/** Everything about it before its inside is looked at: the codec trusts the lengths it reads. */
function checkWhole(frame: Buffer): void {
  if (frame.byteLength < minFrameBytes) throw new FramingError("malformed", "a frame is shorter than its own frame");
  const total = checkedLength(frame.subarray(0, preludeBytes), maxPayloadBytes);
  if (total !== frame.byteLength) throw new FramingError("malformed", `a frame of ${total} bytes has another length`);
  const bodyEnd = total - checksumBytes;
  if (crc32(frame.subarray(0, bodyEnd)) !== frame.readUInt32BE(bodyEnd)) {
    throw new FramingError("checksum", "the checksum of a frame is wrong");
  }
  checkHeaders(frame.subarray(preludeBytes, preludeBytes + frame.readUInt32BE(4)));
}

const nameHeaders: Readonly<Record<string, string>> = {
  event: ":event-type",
  exception: ":exception-type",
  error: ":error-code",
};

export function encodeFrame(headers: EventHeaders, payload: Uint8Array): Uint8Array {
  return codec().encode({ headers, body: payload });
}

/** An event as AWS's services write it: three headers, a JSON payload. */
export function encodeEvent(eventType: string, payload: Uint8Array, contentType = "application/json"): Uint8Array {
  return encodeFrame(
    {
      ":event-type": { type: "string", value: eventType },
      ":content-type": { type: "string", value: contentType },
      ":message-type": { type: "string", value: "event" },
    },
    payload,
  );
}

/**
 * The same for many events of one type: headers are encoded once, with the first event (formats make their encoders when
 * they are imported, and the codec is loaded at its first use). Streams are made of hundreds of small frames.
 */
export function createEventEncoder(
  eventType: string,
  contentType = "application/json",
): (payload: Uint8Array) => Uint8Array {
  let encoded: Buffer | null = null;
  return (payload) => {
    const headers = (encoded ??= Buffer.from(encodeEvent(eventType, new Uint8Array(), contentType)).subarray(
      preludeBytes,
      -checksumBytes,
    ));
    const total = minFrameBytes + headers.byteLength + payload.byteLength;
    const frame = Buffer.allocUnsafe(total);
    frame.writeUInt32BE(total, 0);
    frame.writeUInt32BE(headers.byteLength, 4);
    frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
    headers.copy(frame, preludeBytes);
    frame.set(payload, preludeBytes + headers.byteLength);
    frame.writeUInt32BE(crc32(frame.subarray(0, total - checksumBytes)), total - checksumBytes);
    return frame;
  };
}

/** A modeled failure in the middle of a stream. */
export function encodeException(exceptionType: string, payload: Uint8Array): Uint8Array {
  return encodeFrame(
    {
      ":exception-type": { type: "string", value: exceptionType },
      ":content-type": { type: "string", value: "application/json" },
      ":message-type": { type: "string", value: "exception" },
    },
    payload,
  );
}

function asFramingError(error: unknown): FramingError {
  if (error instanceof FramingError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new FramingError(/checksum/i.test(why) ? "checksum" : "malformed", `a frame cannot be read: ${why}`);
}
