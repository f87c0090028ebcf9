/**
 * The filter language: one for the command line, the control API and the screen. `readFilter` gives a compiled filter or
 * what is wrong with the text; the words it knows are in `keys.ts`, and docs/filter.md is made from them.
 */
import { compileExpression, type CompiledFilter } from "./compile.ts";
import type { Expression } from "./expression.ts";
import { tokensOf } from "./lexer.ts";
import { parseFilter } from "./parse.ts";
import { printFilter } from "./print.ts";
import { type FilterProblem, problem } from "./problem.ts";

export type { CompiledFilter, ContentSearch } from "./compile.ts";
export { allOf, everything, type Expression, type TextMatch } from "./expression.ts";
export { parseFilter } from "./parse.ts";
export { caretPicture, type FilterProblem, problemText } from "./problem.ts";
export { printFilter } from "./print.ts";
export { shortExamples } from "./reference.ts";
export { placesOf } from "./text-test.ts";

export interface Filter extends CompiledFilter {
  readonly expression: Expression;
  /** The filter as text, in its plainest form. */
  readonly text: string;
}

export type ReadFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly problem: FilterProblem };

/** Never throws. The empty text fits everything. */
export function readFilter(text: string): ReadFilter {
  const parsed = parseFilter(text);
  return parsed.ok ? { ok: true, filter: filterOf(parsed.expression) } : parsed;
}

/** For who has summaries only: a filter that asks for heads or bodies is refused, with the reason given. */
export function readSummaryFilter(text: string, why: string): ReadFilter {
  const read = readFilter(text);
  if (!read.ok || read.filter.contentSearches.length === 0) return read;
  const place = contentPlace(text);
  return { ok: false, problem: problem(why, place?.at ?? 0, place === null ? text.length : place.end - place.at) };
}

function contentPlace(text: string): { readonly at: number; readonly end: number } | null {
  const lexed = tokensOf(text);
  const asks = lexed.ok ? lexed.tokens.find((token) => isContent(text.slice(token.at, token.end))) : undefined;
  return asks ?? null;
}

function isContent(part: string): boolean {
  const read = readFilter(part);
  return read.ok && read.filter.contentSearches.length > 0;
}

export function filterOf(expression: Expression): Filter {
  return { ...compileExpression(expression), expression, text: printFilter(expression) };
}
