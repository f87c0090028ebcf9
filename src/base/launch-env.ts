/**
 * The environment in which an unmodified client goes through us: what `run` gives its child and `env` prints.
 * Which client reads which variable was tried with the real clients (late 2026): Node and Bun add NODE_EXTRA_CA_CERTS,
 * Codex reads its own variable or SSL_CERT_FILE, curl, git and Python replace their whole store, so these get a bundle
 * of the system's roots plus ours. All of them set at once disturbed none.
 */
import { join } from "node:path";

export interface LaunchTarget {
  /** Folder with the files the core writes at its start: `extra.pem` (ours alone) and `bundle.pem` (system and ours). */
  readonly certsDir: string;
  readonly host: string;
  readonly port: number;
  /** The per-install token; it lets the core use stored credentials on the caller's behalf. */
  readonly proxyToken: string;
  /** Its calls are to be known apart from others': letters and digits. */
  readonly run?: string;
}

/** The user's name in the proxy's address. Nobody is let in by it; behind the dot it may say which run a caller belongs to. */
const proxyUser = "switchyard";

/** The run that is named in a `Proxy-Authorization` of ours. */
export function runOf(proxyAuthorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(proxyAuthorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  return /^switchyard\.([a-z0-9]{1,32}):/.exec(Buffer.from(encoded, "base64").toString("latin1"))?.[1];
}

/** Names a run to the gateway, which asks for no proxy token: a header that ends with us and is sent to no provider. */
export function runAuthorization(run: string): string {
  return `Basic ${Buffer.from(`${proxyUser}.${run}:`).toString("base64")}`;
}

/** Read by libraries that add to their trust store. */
const addingVariables = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"] as const;

/** Read by libraries that replace their trust store with the named file. */
const replacingVariables = [
  "SSL_CERT_FILE",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "AWS_CA_BUNDLE",
  "CARGO_HTTP_CAINFO",
  "PERL_LWP_SSL_CA_FILE",
  "PIP_CERT",
  "CODEX_CA_CERTIFICATE",
] as const;

const proxyVariables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] as const;
const noProxyVariables = ["NO_PROXY", "no_proxy"] as const;

/** Without these Node's own `fetch` goes past every proxy (22.21 and later read them) and ignores the system's roots. */
const switches = { NODE_USE_ENV_PROXY: "1", NODE_USE_SYSTEM_CA: "1", SWITCHYARD_ACTIVE: "1" } as const;

/** Everything `launchEnv` sets, for `env --unset`. */
export const launchVariables: readonly string[] = [
  ...proxyVariables,
  ...noProxyVariables,
  ...addingVariables,
  ...replacingVariables,
  ...Object.keys(switches),
];

/** Where these answer, a proxy is only in the way; and our own address must never be asked for through ourselves. */
const neverProxied = ["localhost", "127.0.0.1", "::1"];

/** Only the variables to set; the caller lays them over `existing`, of which nothing but NO_PROXY is read. */
export function launchEnv(target: LaunchTarget, existing: NodeJS.ProcessEnv): Record<string, string> {
  const variables: Record<string, string> = { ...switches };
  for (const name of proxyVariables) variables[name] = proxyUrl(target);
  for (const name of noProxyVariables) variables[name] = noProxy(existing);
  for (const name of addingVariables) variables[name] = join(target.certsDir, "extra.pem");
  for (const name of replacingVariables) variables[name] = join(target.certsDir, "bundle.pem");
  return variables;
}

function proxyUrl(target: LaunchTarget): string {
  const user = target.run === undefined ? proxyUser : `${proxyUser}.${target.run}`;
  return `http://${user}:${encodeURIComponent(target.proxyToken)}@${reachableHost(target.host)}:${target.port}`;
}

/** The address to dial for a listener: one that listens everywhere is dialled on loopback. IPv6 comes in brackets. */
export function reachableHost(listenHost: string): string {
  if (listenHost === "0.0.0.0" || listenHost === "::") return "127.0.0.1";
  return listenHost.includes(":") ? `[${listenHost}]` : listenHost;
}

/** Both spellings merged: a program reads either, and the user meant both. */
function noProxy(existing: NodeJS.ProcessEnv): string {
  const entries = new Set<string>();
  for (const name of noProxyVariables) {
    for (const entry of (existing[name] ?? "").split(",")) if (entry.trim() !== "") entries.add(entry.trim());
  }
  for (const entry of neverProxied) entries.add(entry);
  return [...entries].join(",");
}
