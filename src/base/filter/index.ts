/**
 * The filter language: one for the command line, the control API and the screen. `readFilter` gives a compiled filter or
 * what is wrong with the text; the words it knows are in `keys.ts`, and docs/filter.md is made from them.
 */
import { compileExpression, type CompiledFilter } from "./compile.ts";
import type { Expression } from "./expression.ts";
import { parseFilter } from "./parse.ts";
import { printFilter } from "./print.ts";
import type { FilterProblem } from "./problem.ts";

export type { CompiledFilter, ContentSearch } from "./compile.ts";
export { allOf, anyOf, everything, type Expression, not, type TextMatch } from "./expression.ts";
export { parseFilter } from "./parse.ts";
export { caretPicture, type FilterProblem, problemText } from "./problem.ts";
export { printFilter } from "./print.ts";
export { helpLines, markdownReference, shortExamples } from "./reference.ts";
export { placesOf } from "./text-test.ts";
export type { FilterFlow } from "./subject.ts";

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

export function filterOf(expression: Expression): Filter {
  return { ...compileExpression(expression), expression, text: printFilter(expression) };
}
