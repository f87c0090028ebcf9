/** What is wrong with a filter, where, and a picture of it. A filter that cannot be read is a value, never an exception. */
import { safeLine } from "../safe-text.ts";

export interface FilterProblem {
  readonly message: string;
  /** Where it is in the text, in UTF-16 units, as JavaScript counts. */
  readonly at: number;
  /** How much of it; 0 at the end of the text. */
  readonly length: number;
  /** The word that was most likely meant. */
  readonly suggestion?: string;
}

export function problem(message: string, at: number, length: number, suggestion?: string | null): FilterProblem {
  return { message, at, length, ...(suggestion === undefined || suggestion === null ? {} : { suggestion }) };
}

/** One sentence: the message and the word that was meant. */
export function problemText({ message, suggestion }: FilterProblem): string {
  return suggestion === undefined ? message : `${message}; did you mean "${suggestion}"?`;
}

/** More of a long filter than this is not repeated. */
const shownBefore = 60;
const shownAfter = 30;

/**
 * The filter, carets under the wrong part, and the sentence:
 * ```
 * hots:openai -is:live
 * ^^^^
 * there is no key "hots"; did you mean "host"?
 * ```
 */
export function caretPicture(text: string, found: FilterProblem): readonly string[] {
  const from = Math.max(0, found.at - shownBefore);
  const to = Math.min(text.length, found.at + found.length + shownAfter);
  const before = `${from > 0 ? "…" : ""}${safeLine(text.slice(from, found.at))}`;
  const wrong = safeLine(text.slice(found.at, found.at + found.length));
  const after = `${safeLine(text.slice(found.at + found.length, to))}${to < text.length ? "…" : ""}`;
  const carets = "^".repeat(Math.max(1, cells(wrong)));
  return [`${before}${wrong}${after}`, `${" ".repeat(cells(before))}${carets}`, safeLine(problemText(found))];
}

/** East Asian wide characters and emoji take two cells, marks none: near enough to point at something. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const mark = /\p{M}/u;

function cells(text: string): number {
  let sum = 0;
  for (const character of text) sum += mark.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return sum;
}
