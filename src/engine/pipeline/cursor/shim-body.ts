/** The bodies of the HTTP/1.1 shim: one message, in an envelope or bare, packed or not. */
import type { Exchange } from "../../../base/exchange.ts";
import { headerList, headerValue } from "../../../base/headers.ts";
import { bodyOf } from "../../../base/http.ts";
import { decodeBody, DecodeError } from "../../codecs/compression.ts";
import { createEnvelopeReader } from "../../codecs/connect.ts";
import { FramingError } from "../../codecs/framing-error.ts";
import { decodeMessage, MessageError, type Message } from "../../formats/cursor/wire/schema.ts";
import { own } from "../../../base/json.ts";
import { readWhole } from "../read-body.ts";

/** Hex doubles a message: two of the largest request a provider takes. */
const maxBodyBytes = 64 * 1024 * 1024;

export interface Append {
  readonly id: string;
  readonly seqno: number;
  readonly message: Uint8Array;
}

export async function readRequestId(exchange: Exchange): Promise<string | null> {
  const message = await readMessage(exchange, "BidiRequestId");
  return idOf(message);
}

export async function readAppend(exchange: Exchange): Promise<Append | null> {
  const request = await readMessage(exchange, "BidiAppendRequest");
  const id = idOf(own(request, "requestId"));
  const seqno = Number(own(request, "appendSeqno") ?? 0);
  const message = messageOf(request);
  if (id === null || message === null || !Number.isSafeInteger(seqno) || seqno < 0) return null;
  return { id, seqno, message };
}

function idOf(message: unknown): string | null {
  const id = own(message, "requestId");
  return typeof id === "string" && id !== "" ? id : null;
}

/** Newer clients send the bytes themselves; the others lower-case hex. */
function messageOf(request: Message | null): Uint8Array | null {
  const binary = own(request, "dataBinary");
  if (binary instanceof Uint8Array && binary.byteLength > 0) return binary;
  const hex = own(request, "data") ?? "";
  if (typeof hex !== "string" || hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) return null;
  return Buffer.from(hex, "hex");
}

async function readMessage(exchange: Exchange, type: string): Promise<Message | null> {
  try {
    const bytes = await payload(exchange);
    return bytes === null ? null : decodeMessage(type, bytes);
  } catch (thrown) {
    if (thrown instanceof FramingError || thrown instanceof MessageError || thrown instanceof DecodeError) return null;
    if (exchange.signal.aborted) return null;
    throw thrown;
  }
}

async function payload({ headers, body }: Exchange): Promise<Uint8Array | null> {
  const packed = await readWhole(body, maxBodyBytes);
  if (!packed.ok) return null;
  const unpacked = decodeBody(bodyOf(packed.bytes), headerList(headers, "content-encoding"), {
    maxBytes: maxBodyBytes,
  });
  const whole = await readWhole(unpacked, maxBodyBytes);
  if (!whole.ok) return null;
  // Some clients frame even what is no stream.
  if (!(headerValue(headers, "content-type") ?? "").includes("connect+")) return whole.bytes;
  const reader = createEnvelopeReader(headerValue(headers, "connect-content-encoding") ?? null);
  return reader.push(whole.bytes)[0]?.payload ?? null;
}
