/**
 * Takes secrets out of text on its way to a screen, a file or the control socket: by value (every live secret the
 * program knows, in the forms it takes on the wire) and by pattern (what looks like a credential of a known issuer).
 * Linear in the length of the text: heads of known secrets are found with one expression and compared by hand, and
 * what looks like a credential is examined only where one can begin.
 */
import { maskedSecret } from "./secret.ts";

export interface Redactor {
  /** From now on this value is masked wherever it appears. Values under `minSecretLength` are not taken. */
  register(secret: string): void;
  /** The text with every secret replaced by `•••` and at most its last four characters. */
  text(text: string): string;
  /** The same for bytes of unknown form: masked with `*`, so that lengths and framing survive. */
  bytes(bytes: Uint8Array): Uint8Array;
}

/** Shorter values would blank ordinary words, and are no secrets to begin with. */
export const minSecretLength = 12;

/** A secret is recognised by this many of its first characters; the tail may be cut off, as clients do in error texts. */
const headLength = 12;

/** Prefixes that issuers give their credentials: cheap to look for, checked closely where found. */
const starter = /sk-|gh[opusr]_|github_pat_|AIza|ya29\.|eyJ|[Bb]earer /g;

/** A whole credential, standing where a starter was found; `secret` is the part to mask. */
const issued = new RegExp(
  [
    "sk-ant-[A-Za-z0-9_-]{8,}",
    "sk-[A-Za-z0-9_-]{16,}",
    "(?:gh[opusr]_|github_pat_)[A-Za-z0-9_]{16,}",
    "AIza[A-Za-z0-9_-]{20,}",
    String.raw`ya29\.[A-Za-z0-9._-]{12,}`,
    // A JSON web token: three base64url parts, the first an object.
    String.raw`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`,
    // With a digit somewhere: "bearer authentication" is prose.
    String.raw`(?<scheme>[Bb]earer {1,4})(?=[A-Za-z._~+/=-]*[0-9])[A-Za-z0-9._~+/=-]{12,}`,
  ].join("|"),
  "y",
);

/**
 * What may stand before a credential: nothing that is part of one, or an escape that ends in a letter or digit
 * (`\nsk-…` in JSON, `%3Dsk-…` in a URL). It keeps the whole linear, too: a run of credential characters is tried once.
 */
const escapeBefore = /(?:\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})$/;
const credentialCharacter = /[A-Za-z0-9_-]/;

interface Span {
  readonly start: number;
  readonly end: number;
}

export function createRedactor(): Redactor {
  /** First characters → the whole forms that begin with them. */
  const formsByHead = new Map<string, Set<string>>();
  let heads: RegExp | null = null;

  function replace(text: string, mask: (secret: string) => string): string {
    let out = "";
    let done = 0;
    let known = nextKnown(text, 0);
    let looksIssued = nextIssued(text, 0);
    for (let span = first(known, looksIssued); span !== null; span = first(known, looksIssued)) {
      out += text.slice(done, span.start) + mask(text.slice(span.start, span.end));
      done = span.end;
      if (known !== null && known.start < done) known = nextKnown(text, done);
      if (looksIssued !== null && looksIssued.start < done) looksIssued = nextIssued(text, done);
    }
    return done === 0 ? text : out + text.slice(done);
  }

  /** The next place where a secret that we know begins, and how far it goes; its tail may be missing. */
  function nextKnown(text: string, from: number): Span | null {
    if (heads === null) return null;
    heads.lastIndex = from;
    const found = heads.exec(text);
    if (found === null) return null;
    let longest = headLength;
    for (const form of formsByHead.get(found[0]) ?? []) {
      let length = headLength;
      while (length < form.length && text.charCodeAt(found.index + length) === form.charCodeAt(length)) length += 1;
      longest = Math.max(longest, length);
    }
    return { start: found.index, end: found.index + longest };
  }

  const registered = new Set<string>();
  return {
    register(secret) {
      // A login's token is registered with every call that uses it.
      if (secret.length < minSecretLength || registered.has(secret)) return;
      registered.add(secret);
      for (const form of formsOf(secret)) {
        const head = form.slice(0, headLength);
        formsByHead.set(head, (formsByHead.get(head) ?? new Set()).add(form));
      }
      heads = new RegExp([...formsByHead.keys()].map(literal).join("|"), "g");
    },
    text: (text) => replace(text, maskedSecret),
    bytes(bytes) {
      const before = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
      const after = replace(before, (secret) => "*".repeat(secret.length));
      return after === before ? bytes : Buffer.from(after, "latin1");
    },
  };
}

function nextIssued(text: string, from: number): Span | null {
  // The expressions are used as they are, from `lastIndex` on: a copy for each text cost more than searching a short one.
  starter.lastIndex = from;
  for (let found = starter.exec(text); found !== null; found = starter.exec(text)) {
    const start = found.index;
    const before = text.slice(Math.max(0, start - 6), start);
    if (before !== "" && credentialCharacter.test(before.slice(-1)) && !escapeBefore.test(before)) continue;
    issued.lastIndex = start;
    const credential = issued.exec(text);
    if (credential === null) continue;
    return { start: start + (credential.groups?.["scheme"]?.length ?? 0), end: start + credential[0].length };
  }
  return null;
}

/** The span to mask next. Where both begin together the longer wins, so that no tail is left standing. */
function first(one: Span | null, other: Span | null): Span | null {
  if (one === null || other === null) return one ?? other;
  const end = Math.max(one.end, other.end);
  // Overlapping spans are masked as one.
  if (one.start < other.end && other.start < one.end) return { start: Math.min(one.start, other.start), end };
  return one.start < other.start ? one : other;
}

/** The shapes one secret takes on the wire: as it is, in JSON, in a URL, and inside base64 at each of three offsets. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const forms = new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(bytes.toString())]);
  // As `bytes` reads it, where it is not ASCII alone.
  forms.add(bytes.toString("latin1"));
  for (const offset of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
    // Base64 works on groups of three bytes: characters that also depend on our neighbours are left out at both ends.
    const from = Math.ceil((offset * 4) / 3);
    const to = Math.floor((whole.byteLength * 4) / 3);
    forms.add(whole.toString("base64").slice(from, to));
    forms.add(whole.toString("base64url").slice(from, to));
  }
  return [...forms].filter((form) => form.length >= headLength);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
