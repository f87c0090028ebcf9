/** The certificate authority in use, and the trust files that children are pointed at. */
import type { Bus } from "../base/bus.ts";
import { systemClock } from "../base/clock.ts";
import type { CaStatus } from "../base/controls.ts";
import type { CoreEvent } from "../base/events.ts";
import type { Paths } from "../base/paths.ts";
import { systemRandom } from "../base/random.ts";
import { openAuthority, rotateAuthority, type Authority } from "../intercept/ca/authority.ts";
import { refreshTrustFiles, writeBundle, writeExtraCa } from "../intercept/trust/bundle.ts";

export interface Certificates {
  readonly current: () => Authority;
  status(): CaStatus;
  rotate(scope: readonly string[]): Promise<void>;
}

export interface CertificateOptions {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly scope: readonly string[];
  readonly bus: Bus<CoreEvent>;
}

/** @throws CaError with a `fix` */
export async function openCertificates(options: CertificateOptions): Promise<Certificates> {
  const { paths, env, bus } = options;
  const shared = { dir: paths.certsDir, clock: systemClock, random: systemRandom };
  let authority = await openAuthority({ ...shared, scope: options.scope });
  const trust = { dir: paths.certsDir, rootPem: authority.rootPem, env, random: systemRandom };
  const files = [await writeBundle(trust), await writeExtraCa(trust)];
  for (const warning of files.flatMap((file) => file.warnings)) {
    bus.publish({ type: "notice", level: "warn", area: "trust", text: warning });
  }
  if (authority.expiresSoon()) {
    const text = `the certificate authority expires on ${day(authority.expiresAt)}: switchyard ca rotate`;
    bus.publish({ type: "notice", level: "warn", area: "trust", text });
  }
  // The first context of a process costs some thirty milliseconds: now, and not while somebody waits.
  const first = authority.scope[0];
  if (first !== undefined) authority.contextFor(first);
  return {
    current: () => authority,
    status: () => ({
      fingerprint: authority.fingerprint,
      expiresAt: new Date(authority.expiresAt).toISOString(),
      scope: authority.scope,
      path: authority.files.root,
    }),
    async rotate(scope) {
      authority = await rotateAuthority({ ...shared, scope });
      await refreshTrustFiles({ dir: paths.certsDir, rootPem: authority.rootPem, random: systemRandom });
    },
  };
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
