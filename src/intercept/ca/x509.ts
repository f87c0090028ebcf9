/** Certificates: built as ASN.1, signed by node:crypto with ECDSA P-256 and SHA-256, and read back as far as we need. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { Random } from "../../base/random.ts";
import {
  bits,
  children,
  content,
  decode,
  dottedOid,
  encode,
  integer,
  isOid,
  isTagged,
  oid,
  sequence,
  set,
  taggedAll,
  time,
  utf8,
} from "./der.ts";
import type { Asn1 } from "./der.ts";
import { extensionIds } from "./extensions.ts";
import { ownOrganisation } from "./identity.ts";

const organisationName = "2.5.4.10";
const commonName = "2.5.4.3";
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
/** RFC 5280 ub-common-name: a longer one makes strict verifiers refuse the certificate. */
export const maxCommonNameLength = 64;

export interface KeyPair {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyInfo: Buffer;
  readonly privateKey: KeyObject;
}

export interface CertificateBody {
  readonly subject: Asn1;
  readonly issuer: Asn1;
  readonly publicKeyInfo: Uint8Array;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Asn1[];
}

/** A P-256 pair: 0.1 ms, against some 400 ms for RSA-2048 (measured). */
export function newKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKeyInfo: publicKey.export({ type: "spki", format: "der" }), privateKey };
}

/** The finished certificate as DER. */
export function signCertificate(body: CertificateBody, signer: KeyObject, random: Random): Buffer {
  const algorithm = sequence(oid(ecdsaWithSha256));
  const toBeSigned = sequence(
    taggedAll(0, integer(Buffer.of(2))), // version 3
    integer(serialNumber(random)),
    algorithm,
    body.issuer,
    sequence(time(body.notBefore), time(body.notAfter)),
    body.subject,
    decode(body.publicKeyInfo),
    taggedAll(3, sequence(...body.extensions)),
  );
  const signature = sign("sha256", encode(toBeSigned), signer);
  return encode(sequence(toBeSigned, algorithm, bits(signature)));
}

export function distinguishedName(name: string | undefined): Asn1 {
  const attribute = (type: string, text: string): Asn1 => set(sequence(oid(type), utf8(text)));
  const organisation = attribute(organisationName, ownOrganisation);
  return name === undefined ? sequence(organisation) : sequence(organisation, attribute(commonName, name));
}

/** RFC 7093 method 1: the leftmost 160 bits of the SHA-256 of the public key. */
export function keyId(publicKeyInfo: Uint8Array): Buffer {
  const point = content(children(decode(publicKeyInfo))[1]).subarray(1);
  return createHash("sha256").update(point).digest().subarray(0, 20);
}

export function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

export interface ReadCertificate {
  readonly subject: Asn1;
  /** Content of the subjectKeyIdentifier; empty when there is none. */
  readonly subjectKeyId: Buffer;
  readonly extension: (id: string) => { readonly critical: boolean; readonly value: Buffer } | undefined;
}

/** What `crypto.X509Certificate` does not tell: the subject as bytes, and extensions by id. */
export function readCertificate(der: Uint8Array): ReadCertificate {
  // Our certificates are always version 3: version, serial, algorithm, issuer, validity, subject, key, extensions.
  const fields = children(children(decode(der))[0]);
  const subject = fields[5];
  if (subject === undefined) throw new Error("not a version 3 certificate");
  const extensions = new Map<string, { critical: boolean; value: Buffer }>();
  for (const entry of children(children(fields.find((field) => isTagged(field, 3)))[0])) {
    const parts = children(entry);
    const id = parts[0];
    if (id === undefined || !isOid(id)) continue;
    extensions.set(dottedOid(id), { critical: parts.length === 3, value: content(parts.at(-1)) });
  }
  const subjectKey = extensions.get(extensionIds.subjectKeyId);
  return {
    subject,
    subjectKeyId: subjectKey === undefined ? Buffer.alloc(0) : content(decode(subjectKey.value)),
    extension: (id) => extensions.get(id),
  };
}

/** 126 random bits in 16 bytes: positive, of fixed length, never zero (RFC 5280 §4.1.2.2). */
function serialNumber(random: Random): Buffer {
  const bytes = Buffer.from(random.bytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}
