/**
 * Root and intermediate, made together. The root's private key lives only inside `makeChain`: it signs two
 * certificates, is never exported to bytes, and is unreachable when the function returns. Both certificates carry the
 * name constraints, because Java ignores them on a trusted root and old system stores do too (measured, Java 17).
 */
import { X509Certificate } from "node:crypto";
import type { Random } from "../../base/random.ts";
import { authorityBasics, keyIds, nameConstraints, serverAuthOnly } from "./extensions.ts";
import { distinguishedName, keyId, newKeyPair, signCertificate, toPem, type KeyPair } from "./x509.ts";

const dayMs = 86_400_000;
/** Client clocks run behind; two days also cover a wrong time zone on both sides. */
const authorityBackdateMs = 2 * dayMs;
/** At most a year, so that a stolen key dies by itself. The root lives no longer: it could sign nothing more anyway. */
const authorityLifeMs = 365 * dayMs;

export interface NewChain {
  readonly rootPem: string;
  readonly issuerPem: string;
  /** PKCS#8 PEM of the intermediate's key: goes into a file of mode 0600 and nowhere else. */
  readonly issuerKeyPem: string;
}

export function makeChain(names: readonly string[], now: number, random: Random): NewChain {
  const root = newKeyPair();
  const issuer = newKeyPair();
  const rootName = distinguishedName(uniqueName("root", root));
  const notBefore = wholeSeconds(now - authorityBackdateMs);
  const validity = { notBefore, notAfter: notBefore + authorityLifeMs };
  const limits = [serverAuthOnly(), nameConstraints(names)];

  const rootDer = signCertificate(
    {
      subject: rootName,
      issuer: rootName,
      publicKeyInfo: root.publicKeyInfo,
      ...validity,
      extensions: [...authorityBasics(1), ...limits, ...keyIds(keyId(root.publicKeyInfo), keyId(root.publicKeyInfo))],
    },
    root.privateKey,
    random,
  );
  const issuerDer = signCertificate(
    {
      subject: distinguishedName(uniqueName("issuer", issuer)),
      issuer: rootName,
      publicKeyInfo: issuer.publicKeyInfo,
      ...validity,
      extensions: [...authorityBasics(0), ...limits, ...keyIds(keyId(issuer.publicKeyInfo), keyId(root.publicKeyInfo))],
    },
    root.privateKey,
    random,
  );
  // Whatever our own encoder may get wrong shows here, before anybody is asked to trust it.
  if (!new X509Certificate(issuerDer).verify(new X509Certificate(rootDer).publicKey))
    throw new Error("the new intermediate does not verify");
  return {
    rootPem: toPem(rootDer),
    issuerPem: toPem(issuerDer),
    issuerKeyPem: issuer.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** X.509 times have no fractions. */
export function wholeSeconds(atMs: number): number {
  return Math.floor(atMs / 1000) * 1000;
}

/** Two installs on one machine never share a name: it ends in a short hash of the key. */
function uniqueName(role: string, keys: KeyPair): string {
  return `Switchyard ${role} ${keyId(keys.publicKeyInfo).toString("hex").slice(0, 8)}`;
}
