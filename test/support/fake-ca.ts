/**
 * A certificate authority for the fakes: P-256, made in milliseconds, needs no openssl on the machine.
 * It can also make the bad certificates that an upstream must be refused for.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import { isIP } from "node:net";
import * as der from "./der.ts";
import { tempFolder } from "./temp.ts";

/** What a TLS server needs, in PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface FakeCa {
  /** The root certificate in PEM, and as a file for `NODE_EXTRA_CA_CERTS`, `upstream.ca` and curl. */
  readonly cert: string;
  readonly file: string;
  /** Its private key in PEM, for certificates of kinds that `issue` does not make. */
  readonly key: string;
  /** A server certificate for these DNS names and IP addresses. */
  issue(names: readonly string[], validity?: Validity): Identity;
  close(): void;
}

const dayMs = 86_400_000;

export function createFakeCa(commonName = "Test root"): FakeCa {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = distinguishedName(commonName);
  const root = certificate({
    subject: name,
    issuer: name,
    publicKey: keys.publicKey,
    signer: keys,
    extensions: caExtensions(),
  });
  const cert = der.pem("CERTIFICATE", root);
  const folder = tempFolder("ca");
  return {
    cert,
    file: folder.file("root.pem", cert),
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    issue: (names, validity = {}) => leaf(names, name, keys, validity),
    close: () => folder.close(),
  };
}

/** Signed by itself: nobody vouches for it. */
export function selfSigned(names: readonly string[]): Identity {
  return leaf(names, distinguishedName(names[0] ?? "self"), null, {});
}

/** Signed with somebody's authority, given as the certificates and the private key found in its files. */
export function issuedBy(
  authority: { readonly key: string; readonly chain: string },
  names: readonly string[],
): Identity {
  const privateKey = createPrivateKey(authority.key);
  const publicKey = createPublicKey(privateKey);
  const certificates = authority.chain.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const issuer = certificates.find((text) => new X509Certificate(text).publicKey.equals(publicKey));
  if (issuer === undefined) throw new Error("none of the certificates belongs to the key");
  const [, , , , , subject] = der.elements(der.elements(new X509Certificate(issuer).raw)[0] ?? Buffer.alloc(0));
  if (subject === undefined) throw new Error("the certificate has no subject");
  const made = leaf(names, subject, { publicKey, privateKey }, {});
  return { key: made.key, cert: `${made.cert}${issuer}\n` };
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function leaf(names: readonly string[], issuer: Buffer, signer: KeyPair | null, validity: Validity): Identity {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const made = certificate({
    subject: distinguishedName(names[0] ?? "leaf"),
    issuer,
    publicKey: keys.publicKey,
    signer: signer ?? keys,
    extensions: leafExtensions(names),
    ...validity,
  });
  return {
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: der.pem("CERTIFICATE", made),
  };
}

interface CertificateParts extends Validity {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly signer: KeyPair;
  readonly extensions: readonly Buffer[];
}

function certificate(parts: CertificateParts): Buffer {
  const algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    parts.issuer,
    der.sequence(
      der.time(parts.notBefore ?? new Date(Date.now() - dayMs)),
      der.time(parts.notAfter ?? new Date(Date.now() + 30 * dayMs)),
    ),
    parts.subject,
    spki(parts.publicKey),
    der.explicit(
      3,
      der.sequence(
        ...parts.extensions,
        extension("2.5.29.14", der.octets(keyId(parts.publicKey))),
        extension("2.5.29.35", der.sequence(der.implicit(0, keyId(parts.signer.publicKey)))),
      ),
    ),
  );
  return der.sequence(body, algorithm, der.bits(sign("sha256", body, parts.signer.privateKey)));
}

function caExtensions(): Buffer[] {
  return [
    extension("2.5.29.19", der.sequence(der.yes()), true),
    // keyCertSign and cRLSign: bits 5 and 6.
    extension("2.5.29.15", der.bits(Buffer.from([0x06]), 1), true),
  ];
}

function leafExtensions(names: readonly string[]): Buffer[] {
  return [
    extension("2.5.29.19", der.sequence(), true),
    // digitalSignature: bit 0.
    extension("2.5.29.15", der.bits(Buffer.from([0x80]), 7), true),
    extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", der.sequence(...names.map(alternativeName))),
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.yes()] : []), der.octets(value));
}

function alternativeName(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return der.implicit(2, Buffer.from(name, "ascii"));
  return der.implicit(7, version === 4 ? Buffer.from(name.split(".").map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const words = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, word] of all.entries()) bytes.writeUInt16BE(word, index * 2);
  return bytes;
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), der.text(commonName.slice(0, 64)))));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1").update(spki(key)).digest();
}
