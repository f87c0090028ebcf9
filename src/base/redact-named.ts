/**
 * Takes values out of text because of the name they stand behind: `"api_key": "…"` in JSON (also in JSON that is quoted
 * inside JSON), `?key=…` in an address, `password = "…"` in a file somebody pasted, `Authorization: …` in a printed head,
 * `https://user:…@host`. It complements redact.ts, which knows secrets by their value or by their issuer's prefix.
 * Linear in the length of the text: only places with one of a few words are looked at, each within a bound.
 */
import { maskedSecret } from "./secret.ts";

export function redactNamed(text: string): string {
  let out = "";
  let done = 0;
  for (const { start, end } of namedSpans(text)) {
    out += text.slice(done, start) + masked(text.slice(start, end));
    done = end;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** Where such values stand, in order and apart from each other; some may be masked already. */
export function* namedSpans(text: string): Generator<Span> {
  const search = new RegExp(words);
  let done = 0;
  for (let found = search.exec(text); found !== null; found = search.exec(text)) {
    const isAddress = found[0] === "://";
    // All the words of one name stand or fall together: each name is looked at once.
    const nameEnd = isAddress ? search.lastIndex : endOfName(text, search.lastIndex);
    search.lastIndex = nameEnd;
    const value = isAddress ? passwordAt(text, found.index) : valueAt(text, found.index, nameEnd);
    if (value === null || value.start < done) continue;
    yield value;
    done = value.end;
    search.lastIndex = done;
  }
}

/** In the middle of every name that says "credential". */
const words = /key|token|secret|passw|passphrase|authorization|cookie|credential|machine|profilearn|:\/\//gi;

/** Whatever stands behind these is a credential. Compared without `-`, `_` and `.`, in lower case. */
const certain = new RegExp(
  [
    "(?:api|access|secret|private|session|signing|encryption|master|client|subscription)keys?(?:id|base64|pem)?$",
    "(?:client|app|shared|signing|webhook)?secrets?$",
    "secret(?:value|string)$",
    "passw(?:or)?d$",
    "passphrase$",
    "(?:proxy|x|^)authorization$",
    "(?:^|set)cookies?$",
    "credentials?$",
    // Whose machine and whose account: Cursor's and Kiro's settings and calls have them.
    "machineid$",
    "profilearn$",
    "(?:access|refresh|id|auth|oauth|session|bearer|security|proxy|api|user|device|service|github|gitlab|npm|bot|csrf)tokens?$",
  ].join("|"),
);

/** Behind these may stand anything: a value counts when it looks as issuers make them. */
const vague = /(?:key|token)$/;
const harmlessName = /cache(?:d)?key$|publickey$|(?:page|stop|eos|bos|pad)token$/;
const issuedLooking = /^(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9._~+/=-]{16,}$/;

export interface Span {
  readonly start: number;
  readonly end: number;
}

const nameCharacter = /[A-Za-z0-9_.-]/;
const restOfName = /[A-Za-z0-9_.-]*/y;
const maxNameLength = 64;
/** Private keys in PEM are the longest credentials: a few thousand characters. */
const maxValueLength = 16 * 1024;

function valueAt(text: string, wordStart: number, end: number): Span | null {
  joint.lastIndex = end;
  const between = joint.exec(text);
  if (between === null || end - wordStart > maxNameLength) return null;
  let start = wordStart;
  while (start > 0 && end - start < maxNameLength && nameCharacter.test(text.charAt(start - 1))) start -= 1;
  const name = text.slice(afterEscape(text, start), end).replace(/[_.-]/g, "").toLowerCase();
  const isCertain = certain.test(name);
  if (!isCertain && (!vague.test(name) || harmlessName.test(name))) return null;
  const from = joint.lastIndex;
  const quote = between.groups?.["quote"];
  if (quote !== undefined) {
    const span = quoted(text, from, quote, between.groups?.["escape"] ?? "");
    return span !== null && (isCertain || issuedLooking.test(text.slice(span.start, span.end))) ? span : null;
  }
  const isParameter = between[0] === "=" && /[?&;]/.test(text.charAt(start - 1));
  return bare(text, from, isCertain, isParameter);
}

function endOfName(text: string, from: number): number {
  restOfName.lastIndex = from;
  restOfName.test(text);
  return restOfName.lastIndex;
}

/** What may stand between a name and its value: the name's closing quote, `:` or `=`, the value's opening quote. */
const joint = /\\*["'`]?[ \t]{0,4}(?:\\*[:=]|=>)[ \t]{0,4}(?:(?<escape>\\*)(?<quote>["'`]))?/y;

/** `\nkey: …` in JSON text: the letter of the escape is no part of the name. */
function afterEscape(text: string, start: number): number {
  return text.charAt(start - 1) === "\\" && /[nrtbf]/.test(text.charAt(start)) ? start + 1 : start;
}

/** To the quote that closes at the same depth of escaping. Null when there is none near, or nothing in between. */
function quoted(text: string, from: number, quote: string, escape: string): Span | null {
  const bound = Math.min(text.length, from + maxValueLength);
  let at = text.indexOf(quote, from);
  while (at >= 0 && at <= bound) {
    let slashes = 0;
    while (at - slashes > from && text.charAt(at - slashes - 1) === "\\") slashes += 1;
    const closes = escape === "" ? slashes % 2 === 0 : slashes <= escape.length;
    if (closes)
      return at - (escape === "" ? 0 : slashes) > from
        ? { start: from, end: at - (escape === "" ? 0 : slashes) }
        : null;
    at = text.indexOf(quote, at + 1);
  }
  // Cut off in the middle of the value: what is there of it goes.
  return at < 0 && bound === text.length && bound > from ? { start: from, end: bound } : null;
}

const scheme = /(?:Bearer|Basic|Digest|token) {1,4}/iy;
/** Judged by its beginning, so that a run of names without values costs no more than it is long. */
const beginning = /[^\s"'`&;,<>\\(){}[\]]{6,64}/y;
const rest = /[^\s"'`&;,<>\\(){}[\]]*/y;

/** Without quotes a value must look like one: prose says "password: must be set", code says `key = names.next()`. */
function bare(text: string, from: number, isCertain: boolean, isParameter: boolean): Span | null {
  scheme.lastIndex = from;
  const hasScheme = scheme.test(text);
  const start = hasScheme ? scheme.lastIndex : from;
  beginning.lastIndex = start;
  const value = beginning.exec(text)?.[0];
  if (value === undefined) return null;
  const counts = isParameter || (isCertain ? hasScheme || /[0-9]/.test(value) : issuedLooking.test(value));
  if (!counts) return null;
  rest.lastIndex = beginning.lastIndex;
  rest.test(text);
  return { start, end: rest.lastIndex };
}

const userInfo = /:\/\/[^\s/:@"'\\]{0,64}:(?<password>[^\s/@"'\\]{1,256})@/y;

/** The password of `scheme://user:password@host`. */
function passwordAt(text: string, at: number): Span | null {
  userInfo.lastIndex = at;
  const password = userInfo.exec(text)?.groups?.["password"];
  if (password === undefined) return null;
  return { start: userInfo.lastIndex - 1 - password.length, end: userInfo.lastIndex - 1 };
}

const alreadyMasked = /^(?:[A-Za-z]+ +)?•••/;

/** The last characters are shown as everywhere, unless they would break an escape of the text around. */
function masked(value: string): string {
  if (alreadyMasked.test(value)) return value;
  const shown = maskedSecret(value);
  return shown.includes("\\") ? "•••" : shown;
}
