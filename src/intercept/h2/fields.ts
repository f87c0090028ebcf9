/** The fields of an HTTP/2 head without its pseudo-fields, which come first and are told apart by their colon. */
import type { HeaderPairs } from "../../base/http.ts";

export function fieldsOf(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? "";
    if (name.charCodeAt(0) !== 0x3a) pairs.push([name, raw[index + 1] ?? ""]);
  }
  return pairs;
}
