/** Secrets that are made to be found, and the search for them in every shape they take. */
import type { Random } from "../board/random.ts";

export interface Canary {
  /** Where it is planted. */
  readonly place: string;
  readonly value: string;
  /** How many of its first characters are its issuer's, and no secret. */
  readonly prefixLength: number;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `odd`: with characters that look different in JSON, in a URL and in base64. Without an issuer's prefix unless one is given. */
export function canary(random: Random, place: string, { prefix = "", odd = false } = {}): Canary {
  const word = (length: number): string => Array.from({ length }, () => random.pick(alphabet.split(""))).join("");
  const value = odd ? `${prefix}${word(14)}+/=~${word(14)}` : `${prefix}${word(30)}9`;
  return { place, value, prefixLength: prefix.length };
}

/** As many characters in a row as may be seen of one. More than the four that every mask shows, fewer than help anybody. */
const telling = 12;

export interface Hit {
  readonly canary: Canary;
  readonly form: string;
  readonly around: string;
}

/** Any twelve characters in a row of any of them, in any of its forms. */
export function hitsIn(text: string, canaries: readonly Canary[]): readonly Hit[] {
  const pieces = piecesOf(canaries);
  const hits: Hit[] = [];
  const seen = new Set<Canary>();
  for (const [how, content] of [["", text] as const, ["wrapped ", text.replaceAll(frame, "")] as const]) {
    for (let at = 0; at + telling <= content.length; at += 1) {
      const found = pieces.get(content.slice(at, at + telling));
      if (found === undefined || seen.has(found.canary)) continue;
      seen.add(found.canary);
      const around = content.slice(Math.max(0, at - 40), at + 40).replaceAll(/\s+/g, " ");
      hits.push({ canary: found.canary, form: how + found.form, around });
    }
  }
  return hits;
}

/** What a screen puts between the halves of a word that it breaks. */
const frame = /[\s│┃|┆╎─━…]+/g;

interface Piece {
  readonly canary: Canary;
  readonly form: string;
}

const known = new WeakMap<readonly Canary[], ReadonlyMap<string, Piece>>();

function piecesOf(canaries: readonly Canary[]): ReadonlyMap<string, Piece> {
  const before = known.get(canaries);
  if (before !== undefined) return before;
  const pieces = new Map<string, Piece>();
  for (const canary of canaries) {
    for (const [form, text] of formsOf(canary.value.slice(canary.prefixLength))) {
      for (let at = 0; at + telling <= text.length; at += 1) pieces.set(text.slice(at, at + telling), { canary, form });
    }
  }
  known.set(canaries, pieces);
  return pieces;
}

function formsOf(value: string): readonly (readonly [form: string, text: string])[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].flatMap((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
    // Without the groups that depend on what stands around it.
    const cut = (text: string): string => text.slice(Math.ceil((offset * 4) / 3), Math.floor((whole.length * 4) / 3));
    return [
      ["base64", cut(whole.toString("base64"))] as const,
      ["base64url", cut(whole.toString("base64url"))] as const,
    ];
  });
  return [
    ["plain", value],
    ["JSON", JSON.stringify(value).slice(1, -1)],
    ["URL", encodeURIComponent(value)],
    ["form", new URLSearchParams({ v: value }).toString().slice(2)],
    ["hexadecimal", bytes.toString("hex")],
    ...base64,
  ];
}
