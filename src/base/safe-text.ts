/**
 * The one door between text that came off the wire and a terminal. What a terminal would obey, hide or reorder
 * (escape sequences, control characters, direction marks, invisible characters) becomes a visible mark; everything
 * else stays as it is. The type is branded so that screens can demand text that came through here.
 */

declare const safe: unique symbol;

/** Text that cannot command a terminal. Made by this file only. */
export type SafeText = string & { readonly [safe]: true };

/** A tab's width depends on where it stands; a fixed number of spaces does not. */
const tabWidth = 4;

/** Marks that may sit on one base character: enough for every living script, too few to climb over other lines. */
const maxCombiningMarks = 4;

const plain = /^[\x20-\x7e\n]*$/;

/** Lines stay lines; a carriage return before a line feed is dropped, alone it is shown. */
export function safeText(text: string): SafeText {
  // The brand is earned: these two branches are its only source.
  if (plain.test(text)) return text as SafeText;
  return text.replaceAll("\r\n", "\n").replace(unsafe, visible).replace(piledMarks, firstMarks) as SafeText;
}

/** The same for places that hold one line: line feeds become visible too. */
export function safeLine(text: string): SafeText {
  return safeText(text).replaceAll("\n", "␊") as SafeText;
}

/**
 * Controls (C0 but line feed, DEL, C1), line and paragraph separators, lone surrogates, private interlinear marks, and
 * everything Unicode calls ignorable (zero-width, direction marks, tags) but the two emoji presentation selectors.
 */
const unsafe =
  /(?!\n)\p{Cc}|[\u2028\u2029\ufff9-\ufffb\p{Surrogate}]|(?![\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;

const piledMarks = new RegExp(String.raw`(\p{M}{${maxCombiningMarks}})(\p{M}+)`, "gu");

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x09) return " ".repeat(tabWidth);
  // Unicode's own pictures of control characters: ␀ … ␛ … ␟, and ␡.
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

function firstMarks(_all: string, kept: string, dropped: string): string {
  return `${kept}<+${Array.from(dropped).length} marks>`;
}
