/**
 * Where trusted roots already are on this machine: the system's store and what the user's environment names.
 * Nothing here fails: what cannot be read becomes a warning, because the client would run without us too.
 */
import { open } from "node:fs/promises";
import { certificatesIn, type PemCertificate } from "./pem.ts";

/** Reads a file of certificates; rejects with a reason a person can read. */
export type ReadText = (path: string) => Promise<string>;

export interface Roots {
  readonly certificates: readonly PemCertificate[];
  readonly warnings: readonly string[];
}

/** Variables that REPLACE a program's trust store: each must be given all roots, not only ours. */
export const replacingVariables = [
  "SSL_CERT_FILE", // OpenSSL, Go, Python, rustls-native-certs
  "NIX_SSL_CERT_FILE",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "PIP_CERT",
  "GIT_SSL_CAINFO",
  "AWS_CA_BUNDLE",
  "CARGO_HTTP_CAINFO",
  "HTTPLIB2_CA_CERTS",
  "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
  "CODEX_CA_CERTIFICATE",
] as const;

/** Variables that ADD to a program's trust store. */
export const addingVariables = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"] as const;

/** One file each, the first that holds a certificate counts. */
const systemStores: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine, Arch, Gentoo, NixOS
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
  "/etc/pki/tls/certs/ca-bundle.crt", // older Fedora, RHEL
  "/etc/ca-certificates/extracted/tls-ca-bundle.pem", // Arch
  "/var/lib/ca-certificates/ca-bundle.pem", // openSUSE
  "/etc/ssl/ca-bundle.pem", // older openSUSE
  "/etc/ssl/cert.pem", // macOS, Alpine, the BSDs
];

/** More than any real store; a variable that names a device or a disk image must not fill the memory. */
const maxStoreBytes = 8 << 20;

export const readStoreFile: ReadText = async (path) => {
  const file = await open(path, "r");
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("not a file");
    if (stats.size > maxStoreBytes) throw new Error("too large for a file of certificates");
    return await file.readFile("latin1");
  } finally {
    await file.close();
  }
};

/** The system's own store; no certificates when none is found in the places we know. */
export async function systemStore(readText: ReadText): Promise<readonly PemCertificate[]> {
  for (const path of systemStores) {
    const certificates = certificatesIn(await readText(path).catch(() => "")); // not this kind of system
    if (certificates.length > 0) return certificates;
  }
  return [];
}

/** The certificates of a file that somebody asked for by name. `askedBy` is that name: a variable or a setting. */
export async function namedFile(askedBy: string, path: string, readText: ReadText): Promise<Roots> {
  try {
    const certificates = certificatesIn(await readText(path));
    if (certificates.length > 0) return { certificates, warnings: [] };
    return { certificates, warnings: [`${askedBy}: no PEM certificate in ${path}; it is left out`] };
  } catch (error) {
    return { certificates: [], warnings: [`${askedBy}: cannot read ${path} (${reasonOf(error)}); it is left out`] };
  }
}

/** The files that those variables name which are set. */
export async function namedByVariables(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
  readText: ReadText,
): Promise<Roots> {
  const certificates: PemCertificate[] = [];
  const warnings: string[] = [];
  for (const name of names) {
    const path = env[name];
    if (path === undefined || path === "") continue;
    const roots = await namedFile(name, path, readText);
    certificates.push(...roots.certificates);
    warnings.push(...roots.warnings);
  }
  return { certificates, warnings };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown reason";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
