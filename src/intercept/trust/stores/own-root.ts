/** A root of ours, as stores know it: by its fingerprints, never by its name alone. */
import { X509Certificate } from "node:crypto";
import { isOwnCertificate } from "../../ca/identity.ts";
import { certificatesIn } from "../pem.ts";
import type { TrustMachine } from "./machine.ts";

export interface OwnRoot {
  readonly pem: string;
  /** SHA-256, hex with colons as openssl prints it. */
  readonly fingerprint: string;
  /** SHA-1, hex without colons: how macOS and Windows find a certificate. */
  readonly sha1: string;
  readonly commonName: string;
}

/** Every certificate of our organisation in the text, whichever install made it; each one once. */
export function ownRootsIn(text: string): readonly OwnRoot[] {
  const found = new Map<string, OwnRoot>();
  for (const { pem, der } of certificatesIn(text)) {
    const root = isOwnCertificate(der) ? ownRoot(pem) : null;
    if (root !== null) found.set(root.fingerprint, root);
  }
  return [...found.values()];
}

/** Null when the text is no certificate: nobody can have been told to trust it. */
export function ownRoot(pem: string): OwnRoot | null {
  try {
    const certificate = new X509Certificate(pem);
    return {
      pem,
      fingerprint: certificate.fingerprint256,
      sha1: certificate.fingerprint.replaceAll(":", ""),
      commonName: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? "",
    };
  } catch {
    return null;
  }
}

/** Eight hex digits of the fingerprint: what people and names in stores go by. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").slice(0, 8).toLowerCase();
}

/** Unique among all installs of all users that may share a store, and a plain file name everywhere. */
export function nameInStores(machine: TrustMachine, root: Pick<OwnRoot, "fingerprint">): string {
  const owner = machine.owner.toLowerCase().replaceAll(/[^a-z0-9.@_-]/g, "-");
  return `switchyard-${owner}-${shortFingerprint(root.fingerprint)}`;
}

/** What somebody types after `--fingerprint`: all of a SHA-256 or SHA-1, or the beginning of a SHA-256. */
export function fitsFingerprint(typed: string, root: Pick<OwnRoot, "fingerprint" | "sha1">): boolean {
  const wanted = typed.replaceAll(/[:\s]/g, "").toLowerCase();
  return root.fingerprint.replaceAll(":", "").toLowerCase().startsWith(wanted) || root.sha1.toLowerCase() === wanted;
}

export function isFingerprint(typed: string): boolean {
  return /^[0-9a-f]{8,64}$/i.test(typed.replaceAll(/[:\s]/g, ""));
}
