/** Base URLs of providers, checked when the file is read so that no request can go somewhere its author did not write. */
import { isIP } from "node:net";

export type EndpointResult =
  | { readonly ok: true; readonly endpoint: string; readonly url: URL }
  | { readonly ok: false; readonly message: string };

export function readEndpoint(text: string): EndpointResult {
  if (!URL.canParse(text)) return { ok: false, message: `"${text}" is not a URL; write it like https://host/v1` };
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return { ok: false, message: "must begin with https:// (or http:// for a server of your own)" };
  }
  if (url.username !== "" || url.password !== "") {
    return { ok: false, message: "must not hold a user name or password; put the key into accounts" };
  }
  if (url.search !== "" || url.hash !== "") return { ok: false, message: "must not hold a query or fragment" };
  return { ok: true, url, endpoint: `${url.origin}${url.pathname.replace(/\/+$/, "")}` };
}

/** Names and addresses that never leave this machine. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (bare === "localhost" || bare.endsWith(".localhost") || bare === "::1") return true;
  return isIP(bare) === 4 && bare.startsWith("127.");
}

/**
 * Do these two base URLs mean the same place? People write one with or without its version segment, or as the bare host:
 * all of that is the registry's row, and a bare host of a service that lives deeper would only give 404s.
 */
export function isSameService(written: URL, known: URL): boolean {
  if (written.protocol !== known.protocol || written.host !== known.host) return false;
  const short = segments(written);
  const long = segments(known);
  return short.every((segment, index) => segment === long[index] || (index >= long.length && version.test(segment)));
}

const version = /^v\d+[a-z0-9]*$/;

function segments(url: URL): readonly string[] {
  return url.pathname.split("/").filter((segment) => segment !== "");
}
