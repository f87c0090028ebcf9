/**
 * What makes a field block a message (RFC 9113 §8.2, §8.3; RFC 8441 §4). A block that breaks a rule is the fault of its
 * stream alone: passed on to a peer that is less strict it could mean something else there.
 */

/** Names that were looked at before: a client repeats the same thirty all day. */
const knownNames = new Set<string>();
const maxKnownNames = 1_000;
/** Longer ones are looked at each time: strangers could leave a megabyte behind with a few of them. */
const maxKnownNameBytes = 64;
/** A token (RFC 9110 §5.6.2) without upper case. */
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// oxlint-disable-next-line no-control-regex -- these are the three that end a field elsewhere
const endsField = /[\0\r\n]/;
/** HTTP/1 hop by hop (§8.2.2): on HTTP/2 they could only smuggle something to a translator behind us. */
const connectionFields = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

export interface RequestSketch {
  readonly method: string;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string | undefined;
  readonly protocol: string | undefined;
  /** -1: not said. */
  readonly contentLength: number;
}

/** The pseudo-fields of a request; null: it is malformed. */
export function requestSketch(raw: readonly string[]): RequestSketch | null {
  let method: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let path: string | undefined;
  let protocol: string | undefined;
  let at = 0;
  for (; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (name.charCodeAt(0) !== 0x3a) break;
    const value = raw[at + 1] ?? "";
    if (endsField.test(value)) return null;
    if (name === ":method" && method === undefined) method = value;
    else if (name === ":scheme" && scheme === undefined) scheme = value;
    else if (name === ":authority" && authority === undefined) authority = value;
    else if (name === ":path" && path === undefined) path = value;
    else if (name === ":protocol" && protocol === undefined) protocol = value;
    else return null;
  }
  if (method === undefined || !fieldName.test(method.toLowerCase())) return null;
  if (method === "CONNECT" && protocol === undefined) {
    if (scheme !== undefined || path !== undefined || authority === undefined) return null;
  } else if (scheme === undefined || !/^[a-z][a-z0-9+.-]*$/i.test(scheme)) return null;
  else if (path === undefined || !isTarget(path, method)) return null;
  if (protocol !== undefined && (method !== "CONNECT" || authority === undefined)) return null;
  const contentLength = lengthOf(raw, at);
  return contentLength === null ? null : { method, scheme, authority, path, protocol, contentLength };
}

export interface ReplySketch {
  readonly status: number;
  readonly contentLength: number;
}

/** The status of a reply; null: it is malformed. */
export function replySketch(raw: readonly string[]): ReplySketch | null {
  const status = raw[1] ?? "";
  if (raw[0] !== ":status" || !/^[1-9]\d\d$/.test(status)) return null;
  // Switching protocols is not a thing of HTTP/2 (§8.6).
  if (status === "101") return null;
  const contentLength = lengthOf(raw, 2);
  return contentLength === null ? null : { status: Number(status), contentLength };
}

export function areTrailers(raw: readonly string[]): boolean {
  return lengthOf(raw, 0) !== null;
}

/** `content-length` among the fields from `start` on, -1 without one; null: a field is not allowed, or there are two lengths. */
function lengthOf(raw: readonly string[], start: number): number | null {
  let length = -1;
  for (let at = start; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (!isKnown(name) || endsField.test(value)) return null;
    if (name === "te" && value.toLowerCase() !== "trailers") return null;
    if (name !== "content-length") continue;
    // Twice the same is refused too: who translates it further on may join the two to one that is no number.
    if (!/^\d{1,15}$/.test(value) || length !== -1) return null;
    length = Number(value);
  }
  return length;
}

function isKnown(name: string): boolean {
  if (knownNames.has(name)) return true;
  if (!fieldName.test(name) || connectionFields.has(name)) return false;
  if (knownNames.size < maxKnownNames && name.length <= maxKnownNameBytes) knownNames.add(name);
  return true;
}

/** A path, or `*` of OPTIONS. A space would end it on HTTP/1.1. */
function isTarget(path: string, method: string): boolean {
  return /^\/[\x21-\x7e\x80-\xff]*$/.test(path) || (path === "*" && method === "OPTIONS");
}
