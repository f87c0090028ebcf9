/**
 * Whom we trust toward upstreams: the system's roots, Node's own, NODE_EXTRA_CA_CERTS and `upstream.ca` — and never a
 * Switchyard CA, which the same variables hand to our children and to us when we are started inside `switchyard run`.
 * Verification cannot be switched off.
 */
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from "node:tls";
import { systemRootsPem } from "../trust/system-roots.ts";

export interface Trust {
  readonly context: SecureContext;
  /** Files that were named but could not be used. */
  readonly warnings: readonly string[];
}

/** 112 bits of security at least, which Node asks for since 24: no RSA key of 1024 bits, no signature over SHA-1. */
const ciphers = `${DEFAULT_CIPHERS}:@SECLEVEL=2`;

/** Reads the root files; costs some ten milliseconds, so it is done once per configuration. */
export async function readTrust(env: NodeJS.ProcessEnv, extraFiles: readonly string[]): Promise<Trust> {
  const roots = await systemRootsPem(env, undefined, extraFiles);
  return { context: createSecureContext({ ca: [...roots.certificates], ciphers }), warnings: roots.warnings };
}
