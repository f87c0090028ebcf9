/**
 * Names and ids of tools in dialects that allow fewer characters, or shorter words, than the other side uses.
 * Deterministic (the same name gives the same word in every request, so prompt caches hold) and without collisions.
 * A name map is made for one request; id encoding needs no memory at all.
 */
import { createHash } from "node:crypto";

export interface NameRule {
  /** Matches one character that is not allowed. Must be global. */
  readonly forbidden: RegExp;
  readonly minLength: number;
  readonly maxLength: number;
}

export const nameRules = {
  /** OpenAI Chat function names. */
  name64: { forbidden: /[^A-Za-z0-9_-]/g, minLength: 1, maxLength: 64 },
  /** Claude tool names: the API's own complaint quotes `^[a-zA-Z0-9_-]{1,128}$` (2026-07). */
  name128: { forbidden: /[^A-Za-z0-9_-]/g, minLength: 1, maxLength: 128 },
  /** Claude tool call ids: `^[a-zA-Z0-9_-]+$`; the length is ours. */
  idPlain: { forbidden: /[^A-Za-z0-9_-]/g, minLength: 1, maxLength: 128 },
  /** OpenAI Chat tool call ids: longer ones are refused with "maximum length 40" (2025-12). */
  id40: { forbidden: /[^\x21-\x7e]/g, minLength: 1, maxLength: 40 },
  /** Mistral wants exactly nine alphanumerics, on replay too. */
  id9: { forbidden: /[^A-Za-z0-9]/g, minLength: 9, maxLength: 9 },
} as const satisfies Record<string, NameRule>;

export interface NameMap {
  /** A name that was not announced is made to fit as well, but only announced ones are sure not to collide. */
  toWire(name: string): string;
  /** Wire word → the client's own, for those that differ. */
  readonly changed: ReadonlyMap<string, string>;
}

export function createNameMap(rule: NameRule, names: Iterable<string>): NameMap {
  const all = [...new Set(names)];
  // Names that fit keep their word; the others are made to fit around them.
  const taken = new Set(all.filter((name) => fits(rule, name)));
  const wire = new Map<string, string>();
  const changed = new Map<string, string>();
  for (const name of all) {
    if (taken.has(name) && fits(rule, name)) continue;
    let word = fitted(rule, name, 0);
    for (let attempt = 1; taken.has(word); attempt += 1) word = fitted(rule, name, attempt);
    taken.add(word);
    wire.set(name, word);
    changed.set(word, name);
  }
  return { toWire: (name) => wire.get(name) ?? (fits(rule, name) ? name : fitted(rule, name, 0)), changed };
}

function fits(rule: NameRule, name: string): boolean {
  return name.length >= rule.minLength && name.length <= rule.maxLength && name.search(rule.forbidden) < 0;
}

const hashChars = 8;

function fitted(rule: NameRule, name: string, attempt: number): string {
  const digest = createHash("sha256").update(attempt === 0 ? name : `${name}\0${attempt}`);
  if (rule.maxLength < 3 * hashChars) return digest.digest("hex").slice(0, rule.maxLength);
  const readable = name.replace(rule.forbidden, "_").slice(0, rule.maxLength - hashChars - 1);
  return `${readable}_${digest.digest("hex").slice(0, hashChars)}`;
}

const encodedPrefix = "swid_";
const plainId = /^[A-Za-z0-9_-]+$/;

/**
 * Any id as one of `[A-Za-z0-9_-]`, readable back without a ledger: Kimi names calls `functions.run:0`, Claude's own
 * API refuses such an id, and the same conversation may be routed to either.
 */
export function encodeToolId(id: string): string {
  if (plainId.test(id) && !id.startsWith(encodedPrefix)) return id;
  return encodedPrefix + Buffer.from(id, "utf8").toString("base64url");
}

export function decodeToolId(id: string): string {
  if (!id.startsWith(encodedPrefix)) return id;
  const decoded = Buffer.from(id.slice(encodedPrefix.length), "base64url").toString("utf8");
  // Only what we would have written ourselves; anything else is somebody's real id.
  return encodeToolId(decoded) === id ? decoded : id;
}

/** An id for a call whose upstream gave none: the same stream gives the same id, another reply gives another. */
export function madeToolId(replyId: string, ordinal: number): string {
  return `call_${createHash("sha256").update(`${replyId}\0${ordinal}`).digest("hex").slice(0, 24)}`;
}
