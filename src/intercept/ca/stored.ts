/**
 * The authority as it lies on disk: root certificate, intermediate certificate and the intermediate's key in one
 * file, so that it is replaced in one step and its parts can never be of two different makings.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { join } from "node:path";
import type { NewChain } from "./chain.ts";
import { CaError, rotateFix, type CaErrorKind } from "./error.ts";
import { extensionIds, readNameConstraints } from "./extensions.ts";
import { readPrivateFile, type OwnerId } from "./files.ts";
import { isOwnCertificate } from "./identity.ts";
import type { Issuer } from "./leaf.ts";
import { readCertificate } from "./x509.ts";

export interface StoredAuthority {
  readonly rootPem: string;
  readonly issuer: Issuer;
  /** SHA-256 of the root as openssl prints it. */
  readonly fingerprint: string;
  /** The names both certificates are limited to. */
  readonly scope: readonly string[];
  /** ms since the epoch: the narrower of the two certificates' lives. */
  readonly notBefore: number;
  readonly expiresAt: number;
}

export function authorityPath(dir: string): string {
  return join(dir, "authority.pem");
}

export function storedText(chain: NewChain): string {
  return chain.rootPem + chain.issuerPem + chain.issuerKeyPem;
}

/** Undefined when no authority was made yet. @throws CaError */
export async function readStored(dir: string, owner: OwnerId): Promise<StoredAuthority | undefined> {
  const path = authorityPath(dir);
  const text = await readPrivateFile(path, owner);
  return text === undefined ? undefined : parseStored(text, path);
}

/** @throws CaError when the text is not a whole authority of our shape. Validity in time is for `assertValidAt`. */
function parseStored(text: string, path: string): StoredAuthority {
  const parts = splitPem(text);
  if (parts === undefined) throw failure("corrupt", `${path} does not hold what switchyard writes there`);
  const { root, issuer, issuerKey } = parseParts(parts, path);
  const belongTogether =
    root.verify(root.publicKey) &&
    issuer.verify(root.publicKey) &&
    issuer.checkIssued(root) &&
    issuer.checkPrivateKey(issuerKey);
  if (!belongTogether) throw failure("mismatched", `the certificates and the key in ${path} do not belong together`);
  const scope = commonScope(root, issuer);
  if (scope === undefined) throw failure("corrupt", `the certificates in ${path} are not limited as switchyard's are`);
  const issuerFields = readCertificate(issuer.raw);
  const expiresAt = Math.min(Date.parse(root.validTo), Date.parse(issuer.validTo));
  return {
    rootPem: parts.rootPem,
    issuer: {
      subject: issuerFields.subject,
      subjectKeyId: issuerFields.subjectKeyId,
      key: issuerKey,
      pem: parts.issuerPem,
      notAfter: expiresAt,
    },
    fingerprint: root.fingerprint256,
    scope,
    notBefore: Math.max(Date.parse(root.validFrom), Date.parse(issuer.validFrom)),
    expiresAt,
  };
}

export function assertValidAt(stored: Pick<StoredAuthority, "notBefore" | "expiresAt">, now: number): void {
  const day = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
  if (now >= stored.expiresAt) {
    throw failure("expired", `the certificate authority expired on ${day(stored.expiresAt)}`);
  }
  if (now < stored.notBefore) {
    const message = `the certificate authority is valid from ${day(stored.notBefore)}, and the clock says ${day(now)}`;
    throw new CaError("not-yet-valid", message, "set the clock right");
  }
}

interface Parts {
  readonly rootPem: string;
  readonly issuerPem: string;
  readonly keyPem: string;
}

const block = (type: string): string => `-----BEGIN ${type}-----\\n[A-Za-z0-9+/=\\n]+-----END ${type}-----\\n`;
const wholeFile = new RegExp(`^(${block("CERTIFICATE")})(${block("CERTIFICATE")})(${block("PRIVATE KEY")})$`);

function splitPem(text: string): Parts | undefined {
  const [, rootPem, issuerPem, keyPem] = wholeFile.exec(text) ?? [];
  return rootPem && issuerPem && keyPem ? { rootPem, issuerPem, keyPem } : undefined;
}

function parseParts(
  parts: Parts,
  path: string,
): { readonly root: X509Certificate; readonly issuer: X509Certificate; readonly issuerKey: KeyObject } {
  try {
    return {
      root: new X509Certificate(parts.rootPem),
      issuer: new X509Certificate(parts.issuerPem),
      issuerKey: createPrivateKey(parts.keyPem),
    };
  } catch {
    // The cause is not passed on: a parser's message may quote what it read, and a key was among it.
    throw failure("corrupt", `${path} is damaged`);
  }
}

/** The permitted names, when both are ours, both are authorities, and both carry the same critical constraints. */
function commonScope(root: X509Certificate, issuer: X509Certificate): readonly string[] | undefined {
  if (!isOwnCertificate(root.raw) || !isOwnCertificate(issuer.raw) || !root.ca || !issuer.ca) return undefined;
  const constraints = readCertificate(root.raw).extension(extensionIds.nameConstraints);
  const same = readCertificate(issuer.raw).extension(extensionIds.nameConstraints);
  if (constraints?.critical !== true || same?.critical !== true) return undefined;
  return constraints.value.equals(same.value) ? readNameConstraints(constraints.value) : undefined;
}

function failure(kind: CaErrorKind, message: string): CaError {
  return new CaError(kind, message, rotateFix);
}
