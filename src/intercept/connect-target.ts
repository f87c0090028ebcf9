/** The authority of a CONNECT or an absolute URL: strictly `host:port`, an IPv6 literal in brackets. */
import { parseHost } from "./ca/host-name.ts";

export type ConnectTarget =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly why: string };

/** Not legal in a host name, yet container networks hand such names out; they can be tunnelled, never intercepted. */
const underscoredName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)*$/i;

/** `defaultPort` is for absolute URLs; a CONNECT must name its port. */
export function parseConnectTarget(authority: string | undefined, defaultPort?: number): ConnectTarget {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority ?? "");
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match === null || match[1] === "" || port === undefined) {
    return { ok: false, why: "the destination is not `host:port` (an IPv6 address goes in brackets)" };
  }
  if (port < 1 || port > 65_535) return { ok: false, why: `${port} is not a port` };
  const host = parseHost(match[1] ?? "");
  switch (host.kind) {
    case "name":
      return { ok: true, host: host.name, port };
    case "address":
      return { ok: true, host: host.address, port };
    case "invalid":
      if (underscoredName.test(match[1] ?? "") && (match[1] ?? "").includes("_")) {
        return { ok: true, host: (match[1] ?? "").toLowerCase(), port };
      }
      return { ok: false, why: `the destination is not a host name: ${host.why}` };
  }
}
