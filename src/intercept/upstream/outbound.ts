/**
 * Through which outbound proxy a connection goes: the request's own wish, else the general setting, else the environment
 * (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`), minus what `NO_PROXY` names. What was found out for a host holds for 30 s.
 * Never through ourselves: a shell that was set up with `switchyard env` names our own port there.
 */
import { BlockList, isIP } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { Secret } from "../../base/secret.ts";

export interface ProxyAddress {
  readonly scheme: "http" | "https" | "socks5";
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: Secret | null;
  /** For people: without user and password. */
  readonly label: string;
}

export interface OutboundDeps {
  /** `settings.network_proxy.global`: a URL, `direct`, or null. */
  readonly global: () => string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly isOurselves: (host: string, port: number) => boolean;
}

export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** `wish`: a proxy's URL or `direct`; undefined: as everything goes. Null: no proxy. */
export type Outbound = (destination: Destination, wish: string | undefined) => ProxyAddress | null;

/** Seed figure: the configuration of a host's proxy is looked up at most this often. */
const rememberedMs = 30_000;
const maxRemembered = 1_024;

export function createOutbound(deps: OutboundDeps): Outbound {
  const remembered = new Map<string, { readonly until: number; readonly proxy: ProxyAddress | null }>();
  return (destination, wish) => {
    const named = wish ?? deps.global();
    const key = `${named ?? ""}|${destination.secure ? "s" : ""}|${destination.host}:${destination.port}`;
    const now = deps.clock.monotonic();
    const known = remembered.get(key);
    if (known !== undefined && known.until > now) return known.proxy;
    const proxy = find(deps, destination, wish);
    remembered.delete(key);
    remembered.set(key, { until: now + rememberedMs, proxy });
    const oldest = remembered.keys().next();
    if (remembered.size > maxRemembered && oldest.done !== true) remembered.delete(oldest.value);
    return proxy;
  };
}

function find(deps: OutboundDeps, destination: Destination, wish: string | undefined): ProxyAddress | null {
  const own = (text: string | null): ProxyAddress | null => {
    const proxy = text === null ? null : parseProxy(text);
    return proxy !== null && deps.isOurselves(proxy.host, proxy.port) ? null : proxy;
  };
  // Said of this provider or account: whatever NO_PROXY has to say about hosts in general.
  if (wish !== undefined) return own(wish);
  if (isExcluded(destination, variable(deps.env, "no_proxy") ?? "")) return null;
  const global = deps.global();
  return global === null ? own(fromEnvironment(deps.env, destination.secure)) : own(global);
}

function fromEnvironment(env: OutboundDeps["env"], secure: boolean): string | null {
  return variable(env, secure ? "https_proxy" : "http_proxy") ?? variable(env, "all_proxy");
}

/** Both spellings are in use; the lower-case one is the older. */
function variable(env: OutboundDeps["env"], name: string): string | null {
  for (const key of [name, name.toUpperCase()]) {
    const value = Object.hasOwn(env, key) ? env[key] : undefined;
    if (value !== undefined && value.trim() !== "") return value.trim();
  }
  return null;
}

/** `direct`, and what is no proxy's URL, mean none. A name without a scheme is an HTTP proxy, as curl reads it. */
export function parseProxy(text: string): ProxyAddress | null {
  if (text === "direct" || text === "none") return null;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) return null;
  const url = new URL(full);
  const scheme = schemes[url.protocol];
  if (scheme === undefined) return null;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const port = url.port === "" ? usualPort[scheme] : Number(url.port);
  return {
    scheme,
    host,
    port,
    user: url.username === "" ? null : decodeURIComponent(url.username),
    password: url.password === "" ? null : new Secret(decodeURIComponent(url.password)),
    label: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`,
  };
}

const schemes: Readonly<Record<string, ProxyAddress["scheme"]>> = {
  "http:": "http",
  "https:": "https",
  "socks5:": "socks5",
  "socks5h:": "socks5",
  "socks:": "socks5",
};
const usualPort = { http: 80, https: 443, socks5: 1_080 } as const;

/** What NO_PROXY keeps from every proxy; and nothing on this machine is reached through another one. */
export function isExcluded({ host, port }: Pick<Destination, "host" | "port">, list: string): boolean {
  if (isLoopback(host)) return true;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => matches(entry.toLowerCase(), host, port));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** `*`, `example.com` (and all below it), `.example.com`, `*.example.com`, `host:port`, an address, or a range. */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inRange(entry, host);
  const withPort = /^(.+):(\d{1,5})$/.exec(entry);
  const name = withPort === null || isIP(entry) !== 0 ? entry : (withPort[1] ?? entry);
  if (withPort !== null && isIP(entry) === 0 && Number(withPort[2]) !== port) return false;
  const bare = name.replace(/^\*?\./, "").replace(/^\[(.*)\]$/, "$1");
  return host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`));
}

function inRange(entry: string, host: string): boolean {
  const [base = "", bits] = entry.split("/");
  const family = isIP(base);
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits ?? "")) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}
