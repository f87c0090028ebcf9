/** X.509 v3 extensions we write (RFC 5280 §4.2.1), and the one we read back: the name constraints. */
import {
  bits,
  boolean,
  children,
  content,
  decode,
  encode,
  integer,
  isTagged,
  octets,
  oid,
  sequence,
  tagged,
  taggedAll,
} from "./der.ts";
import type { Asn1 } from "./der.ts";

export const extensionIds = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

const serverAuth = "1.3.6.1.5.5.7.3.1";

/** GeneralName tags: dNSName [2], iPAddress [7]. */
const dnsName = 2;
const ipAddress = 7;
const permittedSubtrees = 0;
const excludedSubtrees = 1;

/** Address and mask, all zero: every IPv4 and every IPv6 address. Without them a permit list of names leaves addresses free. */
const everyAddress: readonly Buffer[] = [Buffer.alloc(8), Buffer.alloc(32)];

export function authorityBasics(pathLength: 0 | 1): readonly Asn1[] {
  const limits = sequence(boolean(true), integer(Buffer.of(pathLength)));
  // keyCertSign (bit 5) and cRLSign (bit 6).
  return [critical(extensionIds.basicConstraints, limits), critical(extensionIds.keyUsage, bits(Buffer.of(0x06), 1))];
}

export function leafBasics(): readonly Asn1[] {
  // digitalSignature (bit 0); an empty basicConstraints says CA:FALSE.
  return [
    critical(extensionIds.basicConstraints, sequence()),
    critical(extensionIds.keyUsage, bits(Buffer.of(0x80), 7)),
  ];
}

export function serverAuthOnly(): Asn1 {
  return plain(extensionIds.extendedKeyUsage, sequence(oid(serverAuth)));
}

export function keyIds(subject: Uint8Array, authority: Uint8Array): readonly Asn1[] {
  return [
    plain(extensionIds.subjectKeyId, octets(subject)),
    plain(extensionIds.authorityKeyId, sequence(tagged(0, authority))),
  ];
}

export function subjectAltName(host: string): Asn1 {
  return plain(extensionIds.subjectAltName, sequence(tagged(dnsName, Buffer.from(host, "ascii"))));
}

export function nameConstraints(names: readonly string[]): Asn1 {
  const permitted = names.map((name) => sequence(tagged(dnsName, Buffer.from(name, "ascii"))));
  const excluded = everyAddress.map((addresses) => sequence(tagged(ipAddress, addresses)));
  return critical(
    extensionIds.nameConstraints,
    sequence(taggedAll(permittedSubtrees, ...permitted), taggedAll(excludedSubtrees, ...excluded)),
  );
}

/** The permitted names of constraints exactly as we write them; undefined when they are of any other form. */
export function readNameConstraints(value: Uint8Array): readonly string[] | undefined {
  const names: string[] = [];
  for (const subtree of children(children(decode(value)).find((part) => isTagged(part, permittedSubtrees)))) {
    const base = children(subtree)[0];
    if (base === undefined || !isTagged(base, dnsName)) return undefined;
    names.push(content(base).toString("ascii"));
  }
  const asWeWrite = names.length > 0 && constraintsValue(nameConstraints(names)).equals(value);
  return asWeWrite ? names : undefined;
}

function constraintsValue(extension: Asn1): Buffer {
  return content(children(extension).at(-1));
}

function critical(id: string, value: Asn1): Asn1 {
  return sequence(oid(id), boolean(true), octets(encode(value)));
}

function plain(id: string, value: Asn1): Asn1 {
  return sequence(oid(id), octets(encode(value)));
}
