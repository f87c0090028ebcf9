/**
 * Outbound proxies as people write them: `http://host:port`, `https://…`, `socks5://…`, or `direct` (`none` is the same
 * word in cliproxyapi++). A proxy's URL may hold a password, so no message here repeats it.
 */
import { isIP } from "node:net";
import { isLoopback } from "./endpoint.ts";
import { expandVariables, type SecretSources } from "./secrets.ts";

export type ProxyResult =
  | { readonly ok: true; readonly proxy: string }
  | { readonly ok: false; readonly message: string };

/** Where we listen ourselves: a proxy there would send every call round in a circle. */
export interface OwnAddress {
  readonly host: string;
  readonly port: number;
}

const schemes = ["http:", "https:", "socks5:"] as const;
/** RFC 1928 names it, and URLs of this scheme usually leave it out. */
const socksPort = "1080";

export function readProxy(written: string, env: SecretSources["env"], own: OwnAddress): ProxyResult {
  const expanded = expandVariables(written, env);
  if (!expanded.ok) return expanded;
  const text = expanded.value.trim();
  if (text === "direct" || text === "none") return { ok: true, proxy: "direct" };
  const wanted = "http://host:port, https://host:port, socks5://host:port or direct";
  if (!URL.canParse(text)) return { ok: false, message: `is not a proxy; write it like ${wanted}` };
  const url = new URL(text);
  if (!schemes.some((scheme) => scheme === url.protocol)) {
    // `host:8080` parses as a scheme; naming it would be of no use to anybody.
    return { ok: false, message: `must begin with http://, https:// or socks5:// (or be direct)` };
  }
  if (url.hostname === "") return { ok: false, message: `names no host; write it like ${wanted}` };
  if (!isHost(url.hostname)) return { ok: false, message: `names a host that no machine can have` };
  if ((url.pathname !== "" && url.pathname !== "/") || url.search !== "" || url.hash !== "") {
    return { ok: false, message: "must end after the port: a proxy has no path" };
  }
  const port = url.port === "" && url.protocol === "socks5:" ? `:${socksPort}` : "";
  const owner = url.username === "" && url.password === "" ? "" : `${url.username}:${url.password}@`;
  if (isOwn(url, own)) {
    return {
      ok: false,
      message: "is our own address: every call would go round in a circle; name another proxy or direct",
    };
  }
  return { ok: true, proxy: `${url.protocol}//${owner}${url.host.toLowerCase()}${port}` };
}

function isHost(name: string): boolean {
  return name.startsWith("[") ? isIP(name.slice(1, -1)) === 6 : /^[A-Za-z0-9._-]+$/.test(name);
}

function isOwn(url: URL, own: OwnAddress): boolean {
  const usual = url.protocol === "https:" ? 443 : url.protocol === "http:" ? 80 : Number(socksPort);
  const port = url.port === "" ? usual : Number(url.port);
  // Port 0 is "any free one": nobody can have meant it.
  if (own.port === 0 || port !== own.port) return false;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return host === own.host.toLowerCase() || (isLoopback(host) && (isLoopback(own.host) || isEverywhere(own.host)));
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
