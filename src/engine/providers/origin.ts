/** Origins from base URLs, and the hosts a login may be bound to: a token goes to its service's own names or nowhere. */
import type { Origin } from "./provider.ts";

export function originOf(url: URL): Origin {
  const scheme = url.protocol === "http:" ? "http" : "https";
  return {
    scheme,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (scheme === "http" ? 80 : 443) : Number(url.port),
    authority: url.host,
  };
}

/** Which names a service answers at; the argument is a lower-case host. */
export type OwnHosts = (host: string) => boolean;

/**
 * Where a login says its token belongs. The word came with a token reply or out of a file, so it is believed only for
 * the service's own names over TLS on the usual port, or for the very host its user configured. A user who configured
 * another host than the service's means that one, whatever a login says.
 */
export function boundOrigin(said: string | undefined, configured: URL, isOwn: OwnHosts): Origin | null {
  if (said === undefined || said.trim() === "") return null;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(said.trim()) ? said.trim() : `https://${said.trim()}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  if (!isService(url, isOwn) && !isConfigured(url, configured)) return null;
  if (!isService(configured, isOwn) && !isConfigured(url, configured)) return null;
  return { ...originOf(url), basePath: url.pathname };
}

function isService(url: URL, isOwn: OwnHosts): boolean {
  const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(url.hostname);
  return isName && url.protocol === "https:" && url.port === "" && isOwn(url.hostname);
}

/** The same server; on loopback a service may have several ports. */
function isConfigured(url: URL, configured: URL): boolean {
  if (url.protocol !== configured.protocol || url.hostname !== configured.hostname) return false;
  return url.port === configured.port || isLoopback(url.hostname);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** `suffix` itself and every name below it. */
export function under(suffix: string): OwnHosts {
  return (host) => host === suffix || host.endsWith(`.${suffix}`);
}
