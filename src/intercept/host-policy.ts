/** Which hosts are decrypted. Everything else is tunnelled blindly: we see that it happened, never what. */

export type HostVerdict =
  | { readonly action: "intercept" }
  /** `outOfScope`: the configuration asks for interception but our certificate authority may not speak for this host. */
  | { readonly action: "tunnel"; readonly why: string; readonly outOfScope: boolean };

export interface HostPolicy {
  decide(host: string): HostVerdict;
}

export interface HostPolicyOptions {
  /** Globs already expanded (no `default` word). */
  readonly intercept: readonly string[];
  readonly tunnel: readonly string[];
  readonly inScope: (host: string) => boolean;
}

export function createHostPolicy(options: HostPolicyOptions): HostPolicy {
  const intercept = hostMatcher(options.intercept);
  const tunnel = hostMatcher(options.tunnel);
  return {
    decide(host) {
      if (tunnel(host)) return { action: "tunnel", why: "listed under intercept.tunnel", outOfScope: false };
      if (!intercept(host)) return { action: "tunnel", why: "not a host we intercept", outOfScope: false };
      if (!options.inScope(host)) {
        return { action: "tunnel", why: "outside the scope of our certificate authority", outOfScope: true };
      }
      return { action: "intercept" };
    },
  };
}

/** Host globs: `*` stands for any run of characters. Linear in the host's length for every pattern. */
function hostMatcher(patterns: readonly string[]): (host: string) => boolean {
  const exact = new Set<string>();
  const globs: (readonly string[])[] = [];
  for (const pattern of patterns) {
    const lower = pattern.toLowerCase();
    if (lower.includes("*")) globs.push(lower.split("*"));
    else exact.add(lower);
  }
  return (host) => exact.has(host) || globs.some((pieces) => matchesPieces(host, pieces));
}

/** First piece at the start, last at the end, the others in order in between: no backtracking is ever needed. */
function matchesPieces(host: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (!host.startsWith(first) || host.length < first.length + last.length || !host.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = host.indexOf(piece, at);
    if (found === -1 || found + piece.length > host.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}
