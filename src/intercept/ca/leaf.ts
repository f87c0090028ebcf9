/**
 * The certificate a client sees: one host, thirty days, a key of its own that exists only in memory. A key per host
 * rather than one per process: a P-256 pair costs 0.1 ms of the 1-4 ms a context takes, and one leaked key then
 * speaks for one host.
 */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Random } from "../../base/random.ts";
import { wholeSeconds } from "./chain.ts";
import type { Asn1 } from "./der.ts";
import { keyIds, leafBasics, serverAuthOnly, subjectAltName } from "./extensions.ts";
import { distinguishedName, keyId, maxCommonNameLength, signCertificate, toPem } from "./x509.ts";

const hourMs = 3_600_000;
/** Between 24 and 48 hours: client clocks run behind. */
const leafBackdateMs = 36 * hourMs;
/** Public limits fall to 47 days by 2029 (CA/B ballot SC-081v3); clients that copy them will not refuse these. */
const leafLifeMs = 30 * 24 * hourMs;

/**
 * Forward secrecy and authenticated encryption only; every client that speaks TLS 1.2 to a provider has one of these. In our
 * order: between two programs of one machine 128 bits are as good as 256, and the handshake's many hashes cost half.
 */
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
].join(":");

/** Who signs: the intermediate. */
export interface Issuer {
  readonly subject: Asn1;
  readonly subjectKeyId: Buffer;
  readonly key: KeyObject;
  /** Sent after the leaf in every handshake. */
  readonly pem: string;
  /** ms since the epoch. */
  readonly notAfter: number;
}

export interface LeafCertificate {
  readonly pem: string;
  readonly keyPem: string;
  /** ms since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Leaf {
  readonly context: SecureContext;
  /** ms since the epoch. */
  readonly notBefore: number;
  /** From here on a new one is made, well before clients would refuse it. */
  readonly renewAt: number;
}

/** `host` is a parsed, lower-case name within the scope. */
export function makeLeaf(host: string, issuer: Issuer, now: number, random: Random): Leaf {
  const leaf = signLeaf(host, issuer, now, random);
  const context = createSecureContext({
    key: leaf.keyPem,
    cert: leaf.pem + issuer.pem,
    minVersion: "TLSv1.2",
    ciphers,
    honorCipherOrder: true,
  });
  return { context, notBefore: leaf.notBefore, renewAt: now + (leaf.notAfter - now) * (2 / 3) };
}

export function signLeaf(host: string, issuer: Issuer, now: number, random: Random): LeafCertificate {
  // Handed over as bytes at once: exporting key objects afterwards costs half a millisecond per host.
  const keys = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const notBefore = wholeSeconds(now - leafBackdateMs);
  const notAfter = Math.min(notBefore + leafLifeMs, issuer.notAfter);
  const der = signCertificate(
    {
      subject: distinguishedName(host.length <= maxCommonNameLength ? host : undefined),
      issuer: issuer.subject,
      publicKeyInfo: keys.publicKey,
      notBefore,
      notAfter,
      extensions: [
        ...leafBasics(),
        serverAuthOnly(),
        subjectAltName(host),
        ...keyIds(keyId(keys.publicKey), issuer.subjectKeyId),
      ],
    },
    issuer.key,
    random,
  );
  return { pem: toPem(der), keyPem: keys.privateKey, notBefore, notAfter };
}
