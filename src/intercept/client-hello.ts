/**
 * Reads the server name and the ALPN list out of a TLS ClientHello (RFC 8446 §4.1.2, RFC 6066, RFC 7301) without
 * consuming it. Sans-io and bounded: `incomplete` asks for more bytes, `not-tls` means another protocol speaks.
 */

export interface ClientHello {
  readonly serverName: string | null;
  /** In the client's order of preference; empty when it sent no ALPN. */
  readonly alpn: readonly string[];
}

export type HelloResult =
  | { readonly type: "hello"; readonly hello: ClientHello }
  | { readonly type: "incomplete" }
  | { readonly type: "not-tls" };

/** Post-quantum key shares make hellos of 2 KB; nothing honest comes near this. */
export const maxHelloBytes = 16 * 1024;

const handshakeRecord = 0x16;
const clientHelloMessage = 0x01;
const serverNameExtension = 0;
const alpnExtension = 16;

export function readClientHello(bytes: Buffer): HelloResult {
  if (bytes.length === 0) return { type: "incomplete" };
  if (bytes[0] !== handshakeRecord || (bytes.length > 1 && bytes[1] !== 3)) return { type: "not-tls" };
  const message = joinRecords(bytes);
  if (message === null) return { type: "not-tls" };
  if (message.length < 4) return tooShort(bytes);
  if (message[0] !== clientHelloMessage) return { type: "not-tls" };
  const length = message.readUIntBE(1, 3);
  if (length > maxHelloBytes) return { type: "not-tls" };
  if (message.length < 4 + length) return tooShort(bytes);
  try {
    return { type: "hello", hello: parseBody(message.subarray(4, 4 + length)) };
  } catch {
    // RangeError from a length that points outside: OpenSSL will refuse it too, with a proper alert.
    return { type: "hello", hello: { serverName: null, alpn: [] } };
  }
}

function tooShort(bytes: Buffer): HelloResult {
  return bytes.length > maxHelloBytes ? { type: "not-tls" } : { type: "incomplete" };
}

/** The handshake bytes of consecutive handshake records: a hello may be split over several. Null if another record type comes. */
function joinRecords(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    if (bytes[at] !== handshakeRecord) return parts.length > 0 ? Buffer.concat(parts) : null;
    const length = bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, Math.min(bytes.length, at + 5 + length)));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

function parseBody(body: Buffer): ClientHello {
  let at = 2 + 32;
  at += 1 + body.readUInt8(at);
  at += 2 + body.readUInt16BE(at);
  at += 1 + body.readUInt8(at);
  let serverName: string | null = null;
  let alpn: readonly string[] = [];
  if (at + 2 > body.length) return { serverName, alpn };
  const end = Math.min(body.length, at + 2 + body.readUInt16BE(at));
  at += 2;
  while (at + 4 <= end) {
    const type = body.readUInt16BE(at);
    const data = body.subarray(at + 4, at + 4 + body.readUInt16BE(at + 2));
    if (type === serverNameExtension && data.length > 5 && data[2] === 0) {
      serverName = data.toString("latin1", 5, 5 + data.readUInt16BE(3)).toLowerCase();
    } else if (type === alpnExtension && data.length > 2) alpn = readNames(data.subarray(2));
    at += 4 + data.length;
  }
  return { serverName, alpn };
}

function readNames(list: Buffer): readonly string[] {
  const names: string[] = [];
  let at = 0;
  while (at < list.length) {
    const length = list.readUInt8(at);
    names.push(list.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return names;
}
