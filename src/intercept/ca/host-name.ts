/**
 * The strict reading of a host, done before it touches a map, a certificate, a file path or a log: letters, digits,
 * hyphens (RFC 5890 LDH), valid A-labels, or an address literal. Everything else is refused with a reason that does
 * not repeat the input. One packet `CONNECT __proto__:443` killed the proxy library this stands in front of.
 */
import { isIPv4, isIPv6 } from "node:net";
import { domainToUnicode } from "node:url";

export type ParsedHost =
  | { readonly kind: "name" /** Lower case, without a final dot. */; readonly name: string }
  | { readonly kind: "address" /** Without brackets. */; readonly address: string; readonly family: 4 | 6 }
  | { readonly kind: "invalid"; readonly why: string };

/** RFC 1035 §2.3.4, as text without the final dot. */
const maxNameLength = 253;
const maxLabelLength = 63;
const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
/** A name whose last label reads as a number is an address in disguise (`127.1`, `2130706433`, `0x7f.1`). */
const numericLabel = /^(?:[0-9]+|0x[0-9a-f]*)$/;

export function parseHost(text: string): ParsedHost {
  // Longer than a name with its final dot, or an address in brackets, could ever be: not even looked at.
  if (text.length > maxNameLength + 1) return invalid(`longer than ${maxNameLength} characters`);
  if (text.includes("%")) return invalid("a zone or an escape is not part of a host");
  if (text.startsWith("[") || text.includes(":")) return parseIpv6(text);
  if (isIPv4(text)) return { kind: "address", address: text, family: 4 };
  return parseName(text);
}

function parseIpv6(text: string): ParsedHost {
  const inner = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (!isIPv6(inner)) return invalid("not an IPv6 address");
  return { kind: "address", address: inner.toLowerCase(), family: 6 };
}

function parseName(text: string): ParsedHost {
  const name = asciiLowerCase(text.endsWith(".") ? text.slice(0, -1) : text);
  if (name === "") return invalid("empty");
  if (name.length > maxNameLength) return invalid(`longer than ${maxNameLength} characters`);
  const labels = name.split(".");
  for (const part of labels) {
    if (part === "") return invalid("an empty label");
    if (part.length > maxLabelLength) return invalid(`a label longer than ${maxLabelLength} characters`);
    if (!label.test(part)) return invalid("a character other than letters, digits and inner hyphens");
  }
  if (numericLabel.test(labels.at(-1) ?? "")) return invalid("a number that only some programs read as an address");
  if (labels.some(isEncoded) && !canBeDecoded(name)) return invalid("a broken internationalised label");
  return { kind: "name", name };
}

function isEncoded(part: string): boolean {
  return part.startsWith("xn--");
}

/** Node 20 and 22 answer nothing for a name with a broken label, Node 24 answers that label as it is. */
function canBeDecoded(name: string): boolean {
  const decoded = domainToUnicode(name);
  return decoded !== "" && !decoded.split(".").some(isEncoded);
}

/** `toLowerCase` would turn the Kelvin sign into a `k` and so let a look-alike through the label check. */
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function invalid(why: string): ParsedHost {
  return { kind: "invalid", why };
}
