/** The few ASN.1 shapes that certificates are made of, over node-forge's encoder. The only file that imports it. */
import asn1, { type Asn1 } from "node-forge/lib/asn1.js";

export type { Asn1 };

const universal = asn1.Class.UNIVERSAL;
const contextSpecific = asn1.Class.CONTEXT_SPECIFIC;
const types = asn1.Type;

export const sequence = (...items: readonly Asn1[]): Asn1 => asn1.create(universal, types.SEQUENCE, true, items);
export const set = (...items: readonly Asn1[]): Asn1 => asn1.create(universal, types.SET, true, items);
export const boolean = (value: boolean): Asn1 => asn1.create(universal, types.BOOLEAN, false, value ? "\xff" : "\x00");
/** From big-endian two's complement; forge drops needless leading zeros. */
export const integer = (bytes: Uint8Array): Asn1 => asn1.create(universal, types.INTEGER, false, binary(bytes));
export const octets = (bytes: Uint8Array): Asn1 => asn1.create(universal, types.OCTETSTRING, false, binary(bytes));
export const utf8 = (text: string): Asn1 => asn1.create(universal, types.UTF8, false, binary(Buffer.from(text)));
export const oid = (dotted: string): Asn1 => asn1.create(universal, types.OID, false, asn1.oidToDer(dotted).getBytes());

export const bits = (bytes: Uint8Array, unusedBits = 0): Asn1 =>
  asn1.create(universal, types.BITSTRING, false, String.fromCharCode(unusedBits) + binary(bytes));

/** A primitive value under an implicit context tag. */
export const tagged = (tag: number, bytes: Uint8Array): Asn1 => asn1.create(contextSpecific, tag, false, binary(bytes));

/** Values inside a context tag, explicit or an implicit SEQUENCE OF. */
export const taggedAll = (tag: number, ...items: readonly Asn1[]): Asn1 =>
  asn1.create(contextSpecific, tag, true, items);

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
export function time(atMs: number): Asn1 {
  const date = new Date(atMs);
  return date.getUTCFullYear() < 2050
    ? asn1.create(universal, types.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(universal, types.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

export function encode(node: Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), "latin1");
}

/** Bit strings stay opaque: forge would else take a key that happens to look like ASN.1 apart and write it anew. */
export function decode(der: Uint8Array): Asn1 {
  return asn1.fromDer(binary(der), { strict: true, parseAllBytes: true, decodeBitStrings: false });
}

export function children(node: Asn1 | undefined): readonly Asn1[] {
  return node !== undefined && typeof node.value !== "string" ? node.value : [];
}

export function content(node: Asn1 | undefined): Buffer {
  return node !== undefined && typeof node.value === "string" ? Buffer.from(node.value, "latin1") : Buffer.alloc(0);
}

export function isTagged(node: Asn1, tag: number): boolean {
  return node.tagClass === contextSpecific && node.type === tag;
}

export function isOid(node: Asn1): boolean {
  return node.tagClass === universal && node.type === types.OID;
}

export function dottedOid(node: Asn1): string {
  return typeof node.value === "string" ? asn1.derToOid(node.value) : "";
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
