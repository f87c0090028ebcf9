/**
 * HTTP/1 heads, parsed strictly and kept raw. The relay forwards the very bytes it received; this parser only decides
 * where a head ends, who it is for and how its body is framed. Because nothing is re-written, everything two parsers
 * could read differently is refused (RFC 9112, read 2026-11): bare CR or LF, folded lines, space before the colon,
 * both lengths at once, repeated or odd lengths.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { defaultLimits } from "../../base/limits.ts";

export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** Replies only: the body ends where the connection does. */
  | { readonly kind: "until-close" };

export interface RequestHead1 {
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
  readonly headers: HeaderPairs;
  readonly framing: BodyFraming;
  /** The connection may carry another request after this one, as far as the request says. */
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  readonly expectsContinue: boolean;
}

export interface ReplyHead1 {
  readonly status: number;
  readonly reason: string;
  readonly version: "1.0" | "1.1";
  readonly headers: HeaderPairs;
  readonly framing: BodyFraming;
  readonly keepAlive: boolean;
}

export type Parsed<T> =
  | { readonly ok: true; readonly head: T }
  | { readonly ok: false; readonly status: 400 | 431 | 501 | 505; readonly why: string };

const headEnd = Buffer.from("\r\n\r\n");

/** Index just past the blank line that ends a head, or -1. `from` lets a caller skip bytes it has searched before. */
export function findHeadEnd(bytes: Buffer, from = 0): number {
  const at = bytes.indexOf(headEnd, Math.max(0, from - 3));
  return at === -1 ? -1 : at + 4;
}

/** `maxFields`: `limits.header_fields`. How large the head is has been looked at while it was gathered. */
export function parseRequestHead(bytes: Buffer, maxFields = defaultLimits.headerFields): Parsed<RequestHead1> {
  const lines = splitLines(bytes);
  if (typeof lines === "string") return refuse(400, lines);
  const line = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/.exec(lines[0] ?? "");
  if (line === null) return refuse(400, "the request line is not `METHOD target HTTP/1.1`");
  if (line[3] !== "1" || (line[4] !== "0" && line[4] !== "1"))
    return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  const headers = parseFields(lines, maxFields);
  if (!headers.ok) return headers;
  const facts = readConnectionFacts(headers.head);
  if (!facts.ok) return facts;
  const { length, codings, connection } = facts.head;
  const version = line[4] === "1" ? "1.1" : "1.0";
  let framing: BodyFraming = { kind: "none" };
  if (codings !== null) {
    if (length !== null) return refuse(400, "Content-Length and Transfer-Encoding together");
    if (version === "1.0") return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (codings !== "chunked") return refuse(501, "the only transfer coding understood is `chunked`");
    framing = { kind: "chunked" };
  } else if (length !== null && length > 0) framing = { kind: "length", bytes: length };
  return {
    ok: true,
    head: {
      method: line[1] ?? "",
      target: line[2] ?? "",
      version,
      headers: headers.head,
      framing,
      keepAlive: version === "1.1" ? !connection.has("close") : connection.has("keep-alive"),
      upgrade: connection.has("upgrade") && facts.head.upgrade,
      expectsContinue: facts.head.expect,
    },
  };
}

export function parseReplyHead(
  bytes: Buffer,
  requestMethod: string,
  maxFields = defaultLimits.headerFields,
): Parsed<ReplyHead1> {
  const lines = splitLines(bytes);
  if (typeof lines === "string") return refuse(400, lines);
  const line = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(lines[0] ?? "");
  if (line === null) return refuse(400, "the status line is not `HTTP/1.1 NNN`");
  const headers = parseFields(lines, maxFields);
  if (!headers.ok) return headers;
  const facts = readConnectionFacts(headers.head);
  if (!facts.ok) return facts;
  const { length, codings, connection } = facts.head;
  const status = Number(line[2]);
  const version = line[1] === "1" ? "1.1" : "1.0";
  if (codings !== null && length !== null) return refuse(400, "Content-Length and Transfer-Encoding together");
  let framing: BodyFraming;
  if (requestMethod === "HEAD" || status < 200 || status === 204 || status === 304) framing = { kind: "none" };
  else if (codings === "chunked") framing = { kind: "chunked" };
  else if (codings !== null || length === null) framing = { kind: "until-close" };
  else framing = length === 0 ? { kind: "none" } : { kind: "length", bytes: length };
  return {
    ok: true,
    head: {
      status,
      reason: line[3] ?? "",
      version,
      headers: headers.head,
      framing,
      keepAlive:
        framing.kind !== "until-close" && (version === "1.1" ? !connection.has("close") : connection.has("keep-alive")),
    },
  };
}

/** Asked of each head, where a text of its bytes would have to be made to search them. `name` is in lower case. */
export function hasField(headers: HeaderPairs, name: string): boolean {
  for (const [other] of headers) if (other.length === name.length && other.toLowerCase() === name) return true;
  return false;
}

/** The head's bytes without the lines of one field (lower-case name), or those that hold `value`; the same buffer when there is none. */
export function withoutField(head: Buffer, name: string, value = /^/): Buffer {
  const text = head.toString("latin1");
  if (!text.toLowerCase().includes(`\r\n${name}:`)) return head;
  const isMeant = (line: string): boolean =>
    line.toLowerCase().startsWith(`${name}:`) && value.test(line.slice(name.length + 1));
  const kept = text.split("\r\n").filter((line, index) => index === 0 || !isMeant(line));
  return Buffer.from(kept.join("\r\n"), "latin1");
}

/** Serialises a head that we make ourselves. Callers pass validated fields only. */
export function writeHead(firstLine: string, headers: HeaderPairs): Buffer {
  let text = `${firstLine}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, "latin1");
}

/** True when a field may be written to an HTTP/1 head: a token name, a value without controls. */
export function isWritableField(name: string, value: string): boolean {
  return tokenPattern.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value);
}

/** True when a first line may be made of these: a token for a method, a target without blanks and controls. */
export function isWritableRequestLine(method: string, target: string): boolean {
  return tokenPattern.test(method) && /^[\x21-\x7e\x80-\xff]+$/.test(target);
}

const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function refuse(status: 400 | 431 | 501 | 505, why: string): { ok: false; status: typeof status; why: string } {
  return { ok: false, status, why };
}

/** One look at the whole head: control characters other than tab, CR and LF, and every CR or LF that stands alone. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const suspicious = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

/** Lines of a head (which ends in a blank line), or why they are no lines. */
function splitLines(bytes: Buffer): string[] | string {
  const text = bytes.toString("latin1", 0, bytes.length - 4);
  if (suspicious.test(text)) return "the head holds a control character, or a CR or LF that stands alone";
  return text.split("\r\n");
}

function parseFields(lines: readonly string[], maxFields: number): Parsed<HeaderPairs> {
  if (lines.length - 1 > maxFields) {
    return refuse(431, `it has more header fields than limits.header_fields (${maxFields})`);
  }
  const pairs: [string, string][] = [];
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    if (colon < 1 || !tokenPattern.test(name)) return refuse(400, `header line ${index} has no valid name`);
    const value = trimOws(line.slice(colon + 1));
    pairs.push([name, value]);
  }
  return { ok: true, head: pairs };
}

function trimOws(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isOws(value.charCodeAt(start))) start += 1;
  while (end > start && isOws(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

interface ConnectionFacts {
  readonly length: number | null;
  readonly codings: string | null;
  readonly connection: ReadonlySet<string>;
  readonly upgrade: boolean;
  readonly expect: boolean;
}

const noTokens: ReadonlySet<string> = new Set();
const onlyKeepAlive: ReadonlySet<string> = new Set(["keep-alive"]);

function withTokens(before: ReadonlySet<string> | null, value: string): ReadonlySet<string> {
  // What nearly every client and server says.
  if (before === null && value === "keep-alive") return onlyKeepAlive;
  const tokens = new Set(before);
  for (const token of value.split(",")) tokens.add(token.trim().toLowerCase());
  return tokens;
}

/** One pass over the fields that frame the message or name the connection's future. */
function readConnectionFacts(headers: HeaderPairs): Parsed<ConnectionFacts> {
  let length: number | null = null;
  let codings: string | null = null;
  let connection: ReadonlySet<string> | null = null;
  let upgrade = false;
  let expect = false;
  for (const [name, value] of headers) {
    switch (name.length) {
      case 14:
        if (name.toLowerCase() === "content-length") {
          if (length !== null) return refuse(400, "more than one Content-Length");
          if (!/^\d{1,15}$/.test(value)) return refuse(400, "Content-Length is not a number");
          length = Number(value);
        }
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") {
          if (codings !== null) return refuse(400, "more than one Transfer-Encoding");
          codings = value.toLowerCase();
        }
        break;
      case 10:
        if (name.toLowerCase() === "connection") connection = withTokens(connection, value);
        break;
      case 7:
        if (name.toLowerCase() === "upgrade") upgrade = true;
        break;
      case 6:
        if (name.toLowerCase() === "expect") expect = value.toLowerCase() === "100-continue";
        break;
      default:
        break;
    }
  }
  return { ok: true, head: { length, codings, connection: connection ?? noTokens, upgrade, expect } };
}
