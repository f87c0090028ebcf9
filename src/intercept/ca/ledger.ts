/**
 * Every root this install ever published, one JSON line each: what somebody trusted by hand years ago can still be
 * named and removed after any number of rotations. Append-only, so two rotations at once lose nothing.
 */
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { own, parseJson } from "../../base/json.ts";
import { appendLine, readPrivateFile, type OwnerId } from "./files.ts";

export interface FormerRoot {
  /** SHA-256 and SHA-1 as openssl prints them; macOS and Windows find a certificate by its SHA-1. */
  readonly fingerprint: string;
  readonly sha1: string;
  readonly commonName: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** The certificate itself: some tools remove trust only when handed it. */
  readonly pem: string;
}

export async function recordRoot(dir: string, rootPem: string, owner: OwnerId): Promise<void> {
  const root = describeRoot(rootPem);
  const known = await readLedger(dir, owner);
  if (known.some((entry) => entry.fingerprint === root.fingerprint)) return;
  await appendLine(ledgerPath(dir), JSON.stringify(root));
}

/** All roots but the current one, oldest first. Expired ones too: they may still stand in a trust store. */
export async function formerRoots(
  dir: string,
  currentFingerprint: string | undefined,
  owner: OwnerId = process.getuid?.(),
): Promise<readonly FormerRoot[]> {
  const byFingerprint = new Map((await readLedger(dir, owner)).map((entry) => [entry.fingerprint, entry]));
  return [...byFingerprint.values()].filter((entry) => entry.fingerprint !== currentFingerprint);
}

async function readLedger(dir: string, owner: OwnerId): Promise<readonly FormerRoot[]> {
  const text = (await readPrivateFile(ledgerPath(dir), owner)) ?? "";
  const entries: FormerRoot[] = [];
  for (const line of text.split("\n")) {
    // Everything else is derived from the certificate, so a line that a power cut spoiled cannot mislead.
    const parsed = parseJson(line);
    const pem = parsed.ok ? own(parsed.value, "pem") : undefined;
    const root = typeof pem === "string" ? tryDescribe(pem) : undefined;
    if (root !== undefined) entries.push(root);
  }
  return entries;
}

function tryDescribe(pem: string): FormerRoot | undefined {
  try {
    return describeRoot(pem);
  } catch {
    return undefined; // not a certificate: nobody can have trusted it
  }
}

function describeRoot(pem: string): FormerRoot {
  const root = new X509Certificate(pem);
  return {
    fingerprint: root.fingerprint256,
    sha1: root.fingerprint,
    commonName: /^CN=(.*)$/m.exec(root.subject)?.[1] ?? "",
    expiresAt: Date.parse(root.validTo),
    pem,
  };
}

function ledgerPath(dir: string): string {
  return join(dir, "roots.jsonl");
}
