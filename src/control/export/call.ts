/** One call of a flow, the client's or the provider's, as exports speak of it: where it went, and with which words. */
import type { CapturedHead, FlowRecord } from "../../base/flow.ts";
import { headerValue } from "../../base/headers.ts";

export interface CallPlace {
  readonly method: string;
  readonly scheme: "http" | "https";
  /** Host, and port where it is not the scheme's own. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
}

const absolute = /^(https?):\/\/([^/?#\s]+)(\S*)$/i;

/** Heads of calls to other ports than 443 have the whole address in their line; the others say their host in a field. */
export function placeOf(flow: Pick<FlowRecord, "host" | "method" | "path">, head: CapturedHead | null): CallPlace {
  const [method = flow.method, address = flow.path] = head?.line.split(" ") ?? [];
  const whole = absolute.exec(address);
  if (whole !== null) {
    const [, scheme = "", authority = "", target = ""] = whole;
    return {
      method,
      scheme: scheme.toLowerCase() === "http" ? "http" : "https",
      authority,
      target: target.startsWith("/") ? target : `/${target}`,
    };
  }
  const named = headerValue(head?.headers ?? [], "host");
  const host = flow.host.includes(":") ? `[${flow.host}]` : flow.host;
  return { method, scheme: "https", authority: authorityIn(named, host), target: address };
}

/** The `Host` field as far as it names the host that was called; it may say a port, and it may lie. */
function authorityIn(named: string | undefined, host: string): string {
  const port = named !== undefined && named.toLowerCase().startsWith(`${host}:`) ? named.slice(host.length + 1) : "";
  return /^\d{1,5}$/.test(port) && port !== "443" ? `${host}:${port}` : host;
}

/** Percent-encodes what may not stand in an address (RFC 3986), and leaves what was encoded. */
export function addressOf({ scheme, authority, target }: CallPlace): string {
  const path = target.replaceAll(/%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]+|["<>\\^`{|}#[\]]/g, (found) =>
    encodeURIComponent(Buffer.from(found).toString()),
  );
  return `${scheme}://${sayable(authority)}${path}`;
}

/** What is no host stays out of the address: it may hold anything. */
function sayable(authority: string): string {
  if (/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)?(?::\d{1,5})?$/.test(authority)) return authority;
  return authority.replaceAll(/[^A-Za-z0-9._-]/g, "") || "unknown.invalid";
}
