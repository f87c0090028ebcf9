/**
 * A body of one of Cursor's calls as the messages in it, for looking at: request or reply, enveloped or bare, whole or cut.
 * Never throws: what cannot be read is there as its bytes.
 */
import { createEnvelopeReader, type Envelope } from "../../../codecs/connect.ts";
import { FramingError } from "../../../codecs/framing-error.ts";
import { methodOf } from "../rpc.ts";
import { decodeMessage, type Message, MessageError } from "../wire/schema.ts";

export type SeenMessage =
  | { readonly kind: "message"; readonly type: string; readonly message: Message; readonly bytes: Uint8Array }
  /** Not described, or not what it should be. */
  | { readonly kind: "unknown"; readonly bytes: Uint8Array; readonly why: string | null }
  /** The last envelope of a stream: JSON, or trailer lines of gRPC-web. */
  | { readonly kind: "end"; readonly text: string }
  /** Nothing behind this can be read. */
  | { readonly kind: "broken"; readonly why: string; readonly isCut: boolean };

export interface Placed {
  readonly seen: SeenMessage;
  /** Where it ends in the bytes that were read. */
  readonly end: number;
}

const endFlags = 0x82;
const headBytes = 5;

/** `encoding`: what `connect-content-encoding` said. */
export function* readEnvelopes(
  bytes: Uint8Array,
  names: readonly string[],
  encoding: string | null = null,
): Generator<Placed, void> {
  const reader = createEnvelopeReader(encoding);
  let at = 0;
  try {
    // One envelope at a time: a reader of a large body goes on only as far as it wants.
    while (at < bytes.byteLength) {
      const end = envelopeEnd(bytes, at);
      const pushed = reader.push(bytes.subarray(at, end));
      at = end;
      for (const envelope of pushed) yield { seen: fromEnvelope(envelope, names), end };
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    yield { seen: { kind: "broken", why: error.message, isCut: error.reason === "truncated" }, end: bytes.byteLength };
  }
}

function envelopeEnd(bytes: Uint8Array, at: number): number {
  if (at + headBytes > bytes.byteLength) return bytes.byteLength;
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, headBytes).getUint32(1);
  return Math.min(bytes.byteLength, at + headBytes + length);
}

function fromEnvelope({ flags, payload }: Envelope, names: readonly string[]): SeenMessage {
  if ((flags & endFlags) !== 0) return { kind: "end", text: Buffer.from(payload).toString("utf8") };
  return readMessage(payload, names);
}

/** The first name that fits. */
export function readMessage(bytes: Uint8Array, names: readonly string[]): SeenMessage {
  let why: string | null = null;
  for (const type of names) {
    try {
      return { kind: "message", type, message: decodeMessage(type, bytes), bytes };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      why ??= error.message;
    }
  }
  return { kind: "unknown", bytes, why };
}

/** What a body of this call may be, the likeliest first. */
export function messageNames(target: string, side: "request" | "reply"): readonly string[] {
  const method = methodOf(behindPrefix(target));
  const name = method?.[side] ?? null;
  if (method === null || name === null) return [];
  // The SSE forms ask with the id of a call whose words come elsewhere; an older build sent the words themselves.
  return method.kind === "linked" && side === "request" ? [...new Set(["BidiRequestId", name])] : [name];
}

/** A stand-in of Cursor's may serve it below a path of its own. */
function behindPrefix(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  return `/${path.split("/").slice(-2).join("/")}`;
}
