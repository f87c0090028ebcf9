/**
 * The few lines of DER (ITU-T X.690) that a test certificate needs. On purpose not the product's own builder:
 * a fake that shares code with what it checks proves nothing.
 */

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

/** `[number] EXPLICIT` around whole elements. */
export function explicit(number: number, content: Uint8Array): Buffer {
  return tagged(0xa0 + number, content);
}

/** `[number] IMPLICIT` of a primitive type. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return tagged(0x80 + number, content);
}

export function integer(value: Uint8Array | number): Buffer {
  const bytes = typeof value === "number" ? Buffer.from([value]) : Buffer.from(value);
  // A leading one bit would make it negative.
  return tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function octets(content: Uint8Array): Buffer {
  return tagged(0x04, content);
}

/** A bit string that uses every bit of its last byte, or leaves `unused` of them. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([unused]), content]));
}

export function yes(): Buffer {
  return tagged(0x01, Buffer.from([0xff]));
}

export function text(value: string): Buffer {
  return tagged(0x0c, Buffer.from(value, "utf8"));
}

/** UTCTime, as RFC 5280 asks for every date before 2050. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** The elements inside a constructed element, each whole. */
export function elements(constructed: Uint8Array): Buffer[] {
  const all = Buffer.from(constructed);
  const found: Buffer[] = [];
  for (let at = header(all, 0).contentAt; at < all.length; ) {
    const { contentAt, length } = header(all, at);
    found.push(all.subarray(at, contentAt + length));
    at = contentAt + length;
  }
  return found;
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size: number[] = [];
  for (let left = length; left > 0; left >>>= 8) size.unshift(left & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 + size.length, ...size]), content]);
}

function header(bytes: Buffer, at: number): { readonly contentAt: number; readonly length: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { contentAt: at + 2, length: first };
  const size = first & 0x7f;
  return { contentAt: at + 2 + size, length: bytes.readUIntBE(at + 2, size) };
}
