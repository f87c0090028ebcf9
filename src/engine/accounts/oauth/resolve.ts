/**
 * A service as it is in force: the table's row with what the user's configuration and credential file say laid over it.
 * Refuses, in words that say what to write where, when something is missing that the flow cannot do without.
 */
import type { Secret } from "../../../base/secret.ts";
import type { OAuthConfig } from "../../config/schema.ts";
import { services, type Service, type ServiceId } from "./services.ts";

/** By service id; the first named wins. */
export interface OAuthSources {
  /** `oauth` of config.yaml. */
  readonly config: Readonly<Record<string, OAuthConfig>>;
  /** `provider-credentials.json`. */
  readonly file: Readonly<Record<string, OAuthConfig>>;
}

export interface ServiceInForce extends Service {
  readonly id: ServiceId;
  readonly clientSecret: Secret | null;
}

export type Resolved =
  | { readonly ok: true; readonly service: ServiceInForce }
  | { readonly ok: false; readonly message: string };

export const credentialFileName = "provider-credentials.json";

/** AWS: `us-east-1`, `us-gov-west-1`. It becomes part of a host name, so nothing else passes. */
const regionPattern = /^[a-z]{2}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/;

export const defaultRegion = "us-east-1";

export function isRegion(text: string): boolean {
  return regionPattern.test(text);
}

export function resolveService(id: ServiceId, sources: OAuthSources, region: string = defaultRegion): Resolved {
  const row: Service = services[id];
  const config = Object.hasOwn(sources.config, id) ? (sources.config[id] ?? {}) : {};
  const file = Object.hasOwn(sources.file, id) ? (sources.file[id] ?? {}) : {};
  const said = { ...file, ...config };
  if (!isRegion(region))
    return refused(`"${region.slice(0, 40)}" is not an AWS region; write one like ${defaultRegion}`);
  const urls: Record<"authUrl" | "tokenUrl" | "refreshUrl", string> = { ...urlsOf(row, said) };
  for (const name of ["authUrl", "tokenUrl", "refreshUrl"] as const) {
    urls[name] = urls[name].replaceAll("{region}", region);
    if (!isAllowed(urls[name])) {
      const where = `oauth.${id}.${inYaml[name]} of config.yaml, or ${name} of "${id}" in ${credentialFileName}`;
      return refused(`${where}: it must be an https:// URL (http:// only to this machine); correct it`);
    }
  }
  const service: ServiceInForce = {
    ...row,
    ...urls,
    id,
    clientId: said.clientId ?? row.clientId,
    clientSecret: said.clientSecret ?? null,
    issuer: said.authUrl === undefined ? row.issuer : new URL(urls.authUrl).origin,
  };
  const missing = row.secret === "required" && service.clientSecret === null;
  return missing ? refused(whatToWrite(id, row)) : { ok: true, service };
}

const inYaml = { authUrl: "auth_url", tokenUrl: "token_url", refreshUrl: "refresh_url" } as const;

/** An own token endpoint is an own refresh endpoint too, where the two are one in the table. */
function urlsOf(row: Service, said: OAuthConfig): Pick<Service, "authUrl" | "tokenUrl" | "refreshUrl"> {
  const tokenUrl = said.tokenUrl ?? row.tokenUrl;
  const refreshUrl = said.refreshUrl ?? (row.refreshUrl === row.tokenUrl ? tokenUrl : row.refreshUrl);
  return { authUrl: said.authUrl ?? row.authUrl, tokenUrl, refreshUrl };
}

function whatToWrite(id: ServiceId, row: Service): string {
  return (
    `${row.title} wants a client secret, and none is built in. Write oauth.${id}.client_secret into config.yaml ` +
    `(with oauth.${id}.client_id, if it belongs to another client), or {"${id}": {"clientSecret": "…"}} into ${credentialFileName}`
  );
}

function isAllowed(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function refused(message: string): Resolved {
  return { ok: false, message };
}
