/** Takes credentials out of heads before they are stored: the flow log never holds what it must not show. */
import type { HeaderPairs } from "../base/http.ts";
import { maskedSecret } from "../base/secret.ts";

/** Field and parameter names whose values are credentials; wide on purpose, names are the clients' own. */
const sensitive =
  /authorization|^x-auth|^auth$|cookie|token|secret|key|password|passwd|credential|signature|^sig$|^code$|^state$|verifier/i;

/**
 * Names whose values tell whose machine or account it is; nothing of them is shown. Cursor's checksum ends in the machine's
 * ids, Kiro's profile names an AWS account (facts of 2026-11).
 */
const personal = /^x-cursor-checksum$|profile-?arn$|machine-?id$/i;

/** Kiro's clients write a hash of the machine behind their version: `KiroIDE-1.0.228-<64 hex>`. */
const machineHash = /(KiroIDE-[\w.]{1,32}-)[0-9a-f]{32,128}/gi;

/** Names that only look sensitive: `anthropic-ratelimit-tokens-remaining`, and the public nonces of a WebSocket upgrade. */
const harmless = /ratelimit|rate-limit|tokens-(?:limit|remaining|reset)|^sec-websocket-(?:key|accept)$|^max/i;

/** A scheme word before the credential stays readable: `Bearer •••abcd`. */
const scheme = /^(?:Bearer|Basic|Digest|token) +/i;

/** Two expressions per name: about 3 µs for the 40 headers of a call (measured 2026-11); a memory of names saves one of them. */
export function maskHeaders(headers: HeaderPairs): HeaderPairs {
  return headers.map((pair) => {
    if (isSensitive(pair[0])) return [pair[0], maskField(pair[0], pair[1])];
    if (isRare(pair[0])) return maskRare(pair, headers);
    return pair;
  });
}

/** Names that are masked in part, or in some company only: asked first, because nearly no header is one of them. */
function isRare(name: string): boolean {
  return rare.test(name);
}

const rare = /^x-cursor-checksum$|profile-?arn$|machine-?id$|^(?:x-amz-)?user-agent$|^x-session-id$/i;

function maskRare(pair: readonly [string, string], headers: HeaderPairs): readonly [string, string] {
  const [name, value] = pair;
  if (personal.test(name)) return [name, "•••"];
  // A name for the session is no secret, but third parties make Cursor's of its token.
  if (/^x-session-id$/i.test(name))
    return headers.some(([other]) => /^x-cursor-/i.test(other)) ? [name, maskedSecret(value)] : pair;
  return value.includes("KiroIDE-") ? [name, value.replace(machineHash, "$1•••")] : pair;
}

/** Which cookies there are is no secret, and often what somebody looks for. */
function maskField(name: string, value: string): string {
  if (/^cookie$/i.test(name)) return value.replace(cookiePart, maskCookie);
  if (/^set-cookie$/i.test(name)) return value.replace(cookiePart, maskSetCookie);
  return maskValue(value);
}

const cookiePart = /[^;]+/g;
const cookieAttribute = /^\s*(?:path|domain|expires|max-age|samesite|secure|httponly|partitioned|priority)\s*(?:=|$)/i;

function maskCookie(part: string): string {
  const equals = part.indexOf("=");
  return equals < 0 ? maskedSecret(part) : part.slice(0, equals + 1) + maskedSecret(part.slice(equals + 1));
}

function maskSetCookie(part: string, at: number): string {
  return at > 0 && cookieAttribute.test(part) ? part : maskCookie(part);
}

/** A request target or a whole request line with the values of sensitive query parameters masked. */
export function maskTarget(target: string): string {
  const query = target.indexOf("?");
  if (query === -1) return target;
  return target.slice(0, query) + target.slice(query).replace(parameter, maskParameter);
}

const parameter = /([?&;])([^=&;\s]+)=([^&;\s#]+)/g;

function maskParameter(whole: string, separator: string, name: string, value: string): string {
  if (personal.test(name)) return `${separator}${name}=•••`;
  return isSensitive(name) ? `${separator}${name}=${maskedSecret(value)}` : whole;
}

function isSensitive(name: string): boolean {
  return sensitive.test(name) && !harmless.test(name);
}

function maskValue(value: string): string {
  const prefix = scheme.exec(value)?.[0] ?? "";
  return prefix + maskedSecret(value.slice(prefix.length));
}
