/**
 * What the certificates may vouch for. A name constraint can say "this name and everything below it" (RFC 5280
 * §4.2.1.10) and nothing finer, so a host pattern is put into the scope only when that is what it means;
 * the rest is reported instead of being widened in silence.
 */
import { CaError } from "./error.ts";
import { parseHost } from "./host-name.ts";

export interface LeftOut {
  readonly pattern: string;
  readonly reason:
    | "no-constraint" // a star elsewhere than as the whole first label: no constraint says that
    | "too-broad" // would permit a whole top-level domain
    | "address" // addresses never get a certificate
    | "invalid" // not a host pattern at all
    | "not-in-certificate"; // fine, but newer than the authority: `switchyard ca rotate` takes it in
}

/** Hosts to put in the place of a pattern that no constraint can express, by that pattern. */
export type Expansions = ReadonlyMap<string, readonly string[]>;

export interface ScopePlan {
  /** The dNSName constraints; each permits itself and all names below it, none is below another. */
  readonly names: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** The certificates travel in every handshake at some 30 bytes per name, twice. */
export const maxScopeNames = 512;

export function planScope(patterns: readonly string[], expansions: Expansions = new Map()): ScopePlan {
  const wanted = new Set<string>();
  const leftOut: LeftOut[] = [];
  for (const pattern of patterns) {
    for (const entry of expansions.get(pattern) ?? [pattern]) {
      const name = constraintFor(entry);
      if (typeof name === "string") wanted.add(name);
      else leftOut.push({ pattern: entry, reason: name.reason });
    }
  }
  const names = [...wanted].filter((name) => !isBelowAnother(name, wanted));
  return { names, leftOut };
}

/** The same plan held against the names a certificate really carries: what is not permitted there moves to `leftOut`. */
export function planWithin(plan: ScopePlan, certified: readonly string[]): readonly LeftOut[] {
  const missing = plan.names.filter((name) => !permits(certified, name));
  return [...plan.leftOut, ...missing.map((pattern) => ({ pattern, reason: "not-in-certificate" }) as const)];
}

/** Whether the constraints permit this host, as certificate verifiers decide it. `host` is a parsed, lower-case name. */
export function permits(names: readonly string[], host: string): boolean {
  return names.some((name) => host === name || host.endsWith(`.${name}`));
}

/** @throws CaError when no authority may be made for this plan. An empty permit list would permit every name there is. */
export function assertUsable(plan: ScopePlan): void {
  const fix = "check intercept.hosts in the configuration";
  if (plan.names.length === 0) throw new CaError("bad-scope", "no host is left to limit the certificates to", fix);
  if (plan.names.length > maxScopeNames) {
    const message = `${plan.names.length} hosts are more than the ${maxScopeNames} that fit into a certificate`;
    throw new CaError("bad-scope", message, fix);
  }
}

function constraintFor(pattern: string): string | Pick<LeftOut, "reason"> {
  const suffix = pattern.startsWith("*.") ? pattern.slice(2) : pattern;
  if (suffix.includes("*") || suffix.includes("?")) return { reason: "no-constraint" };
  const host = parseHost(suffix);
  if (host.kind === "invalid") return { reason: "invalid" };
  if (host.kind === "address") return { reason: "address" };
  // The constraint "com" permits every name under .com. "localhost" is nobody's domain (RFC 6761).
  if (!host.name.includes(".") && host.name !== "localhost") return { reason: "too-broad" };
  return host.name;
}

function isBelowAnother(name: string, all: ReadonlySet<string>): boolean {
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
    if (all.has(name.slice(dot + 1))) return true;
  }
  return false;
}
