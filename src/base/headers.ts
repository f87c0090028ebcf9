/** Reading raw header pairs without losing them. Lookups ignore case; nothing here changes order. */
import type { HeaderPairs } from "./http.ts";

/** First value of a field, or undefined. `name` must be lower case. */
export function headerValue(headers: HeaderPairs, name: string): string | undefined {
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) return value;
  }
  return undefined;
}

/** All values of a field joined with a comma, as RFC 9110 §5.3 allows; undefined when the field is absent. */
export function headerList(headers: HeaderPairs, name: string): string | undefined {
  let joined: string | undefined;
  for (const [key, value] of headers) {
    if (key.toLowerCase() === name) joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** A copy without the named fields (lower case). */
export function withoutHeaders(headers: HeaderPairs, names: ReadonlySet<string>): HeaderPairs {
  return headers.filter(([key]) => !names.has(key.toLowerCase()));
}

/** A copy in which the field has exactly this value: replaced where it first stood, else added at the end. */
export function withHeader(headers: HeaderPairs, name: string, value: string): HeaderPairs {
  const lower = name.toLowerCase();
  const out: (readonly [string, string])[] = [];
  let placed = false;
  for (const pair of headers) {
    if (pair[0].toLowerCase() !== lower) out.push(pair);
    else if (!placed) {
      out.push([pair[0], value]);
      placed = true;
    }
  }
  if (!placed) out.push([name, value]);
  return out;
}

/** Node's flat `rawHeaders` as pairs. */
export function pairsFromRaw(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return pairs;
}

/**
 * Fields that belong to one connection and never travel on (RFC 9110 §7.6.1), lower case.
 * `trailer` is left out on purpose: it announces end-to-end trailers.
 */
export const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** The hop-by-hop set plus whatever the `Connection` field itself names. */
export function connectionBound(headers: HeaderPairs): ReadonlySet<string> {
  const named = headerList(headers, "connection");
  if (named === undefined) return hopByHop;
  const all = new Set(hopByHop);
  for (const token of named.split(",")) {
    const name = token.trim().toLowerCase();
    if (name !== "") all.add(name);
  }
  return all;
}
