/**
 * A thief's workshop: certificates of any kind, signed with somebody's stolen authority. Written apart from the product's
 * own builder, for a forger who shares code with whom he robs proves nothing.
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
import * as der from "../../support/der.ts";

export interface Stolen {
  /** The signing key and the certificates around it, in PEM. */
  readonly key: string;
  readonly chain: string;
}

/** A subject alternative name: DNS or an address as they read, `mail:`, `uri:` before the others. */
export type AltName = string;

export interface Wish {
  readonly names: readonly AltName[];
  readonly commonName?: string;
  /** Object ids; default: a TLS server's. Empty: no such extension. */
  readonly usages?: readonly string[];
  readonly isAuthority?: boolean;
  /** Signed over SHA-1, or with a key of 1024 bits of its own. */
  readonly weak?: "sha1" | "rsa1024";
}

/** What signs: a certificate with its key. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** Certificates from here up to below the root, in PEM. */
  readonly chain: string;
}

export interface Forged extends Issuer {
  readonly certPem: string;
  readonly keyPem: string;
}

export const usage = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  email: "1.3.6.1.5.5.7.3.4",
  timestamp: "1.3.6.1.5.5.7.3.8",
  ocsp: "1.3.6.1.5.5.7.3.9",
  any: "2.5.29.37.0",
} as const;

const dayMs = 86_400_000;

export function issuerFrom({ key, chain }: Stolen): Issuer {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey);
  const all = chain.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const pem = all.find((text) => new X509Certificate(text).publicKey.equals(publicKey));
  if (pem === undefined) throw new Error("none of the certificates belongs to the key");
  const certificate = new X509Certificate(pem);
  const isRoot = certificate.issuer === certificate.subject;
  return { certificate, key: privateKey, chain: isRoot ? "" : `${pem}\n` };
}

export function forge(issuer: Issuer, wish: Wish): Forged {
  const keys =
    wish.weak === "rsa1024"
      ? generateKeyPairSync("rsa", { modulusLength: 1024 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const digest = wish.weak === "sha1" ? "sha1" : "sha256";
  const spki = keys.publicKey.export({ type: "spki", format: "der" });
  const isRsa = issuer.key.asymmetricKeyType === "rsa";
  const algorithm = isRsa
    ? der.sequence(der.oid("1.2.840.113549.1.1.11"), Buffer.from([5, 0]))
    : der.sequence(der.oid(digest === "sha1" ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.2"));
  const usages = wish.usages ?? [usage.server];
  const issuerId = subjectKeyId(issuer.certificate);
  const body = der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    subjectOf(issuer.certificate),
    der.sequence(der.time(new Date(Date.now() - dayMs)), der.time(new Date(Date.now() + 5 * dayMs))),
    named(wish.commonName ?? "forged"),
    spki,
    der.explicit(
      3,
      der.sequence(
        extension("2.5.29.19", wish.isAuthority === true ? der.sequence(der.yes()) : der.sequence(), true),
        extension(
          "2.5.29.15",
          wish.isAuthority === true ? der.bits(Buffer.from([0x06]), 1) : der.bits(Buffer.from([0x80]), 7),
          true,
        ),
        ...(usages.length === 0 ? [] : [extension("2.5.29.37", der.sequence(...usages.map(der.oid)))]),
        ...(wish.names.length === 0 ? [] : [extension("2.5.29.17", der.sequence(...wish.names.map(altName)))]),
        extension("2.5.29.14", der.octets(createHash("sha1").update(spki).digest())),
        ...(issuerId === null ? [] : [extension("2.5.29.35", der.sequence(der.implicit(0, issuerId)))]),
      ),
    ),
  );
  const certPem = der.pem("CERTIFICATE", der.sequence(body, algorithm, der.bits(sign(digest, body, issuer.key))));
  return {
    certPem,
    keyPem: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: new X509Certificate(certPem),
    key: keys.privateKey,
    chain: certPem + issuer.chain,
  };
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.yes()] : []), der.octets(value));
}

function altName(name: AltName): Buffer {
  if (name.startsWith("mail:")) return der.implicit(1, Buffer.from(name.slice(5), "ascii"));
  if (name.startsWith("uri:")) return der.implicit(6, Buffer.from(name.slice(4), "ascii"));
  const version = isIP(name);
  if (version === 0) return der.implicit(2, Buffer.from(name, "latin1"));
  return der.implicit(7, version === 4 ? Buffer.from(name.split(".").map(Number)) : ipv6(name));
}

function ipv6(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const words = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.concat(all.map((word) => Buffer.from([word >> 8, word & 255])));
}

function named(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), der.text(commonName.slice(0, 64)))));
}

function subjectOf(certificate: X509Certificate): Buffer {
  const fields = der.elements(der.elements(certificate.raw)[0] ?? Buffer.alloc(0));
  const subject = fields[5];
  if (subject === undefined) throw new Error("the certificate has no subject");
  return subject;
}

/** The content of the subject key identifier, found by its object id; null when there is none. */
function subjectKeyId({ raw }: X509Certificate): Buffer | null {
  const at = raw.indexOf(Buffer.from("0603551d0e", "hex"));
  if (at === -1) return null;
  const length = raw[at + 8] ?? 0;
  return raw.subarray(at + 9, at + 9 + length);
}
