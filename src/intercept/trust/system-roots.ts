/** What the upstream dialer trusts: everything the machine and the user trust, and never this program itself. */
import { rootCertificates } from "node:tls";
import { certificatesIn, distinctForeign } from "./pem.ts";
import { namedByVariables, namedFile, readStoreFile, systemStore, type ReadText } from "./sources.ts";

export interface UpstreamRoots {
  /** PEM, one certificate each, none twice. Make one SecureContext of them: a list per request is slow. */
  readonly certificates: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Node's bundled roots, the system store, what SSL_CERT_FILE and NODE_EXTRA_CA_CERTS name, and `extraFiles`
 * (`upstream.ca` of the configuration). Certificates of our own organisation are left out wherever they stand:
 * a proxy that trusts its own certificates can be made to talk to itself.
 */
export async function systemRootsPem(
  env: NodeJS.ProcessEnv,
  readText: ReadText = readStoreFile,
  extraFiles: readonly string[] = [],
): Promise<UpstreamRoots> {
  const named = await namedByVariables(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"], env, readText);
  const extra = await Promise.all(extraFiles.map((path) => namedFile("upstream.ca", path, readText)));
  const certificates = distinctForeign([
    ...certificatesIn(rootCertificates.join("\n")),
    ...(await systemStore(readText)),
    ...named.certificates,
    ...extra.flatMap((roots) => roots.certificates),
  ]);
  return {
    certificates: certificates.map((certificate) => certificate.pem),
    warnings: [...named.warnings, ...extra.flatMap((roots) => roots.warnings)],
  };
}
