/**
 * Reads the import and export-from statements of TypeScript source. TypeScript 7 has no parser API yet (late 2026),
 * so this walks the text itself: comments out, strings kept, then the few shapes an import can have.
 */

export interface Imports {
  readonly specifiers: readonly string[];
  /** Statements that look like imports and could not be read: a caller must not take silence for absence. */
  readonly unreadable: readonly string[];
}

export function readImports(source: string): Imports {
  const code = strippedOfComments(source);
  const specifiers: string[] = [];
  const unreadable: string[] = [];
  // `import x, { y } from "z"`, `import "z"`, `export * from "z"`, `import type …`: the keyword begins a statement.
  // Templates may hold source of other languages; no import statement stands inside one.
  const statements = code.replace(/`(?:[^`\\]|\\[\s\S])*`/g, "``");
  for (const statement of statements.matchAll(/(?:^|[;}])\s*(import|export)\b(?!\s*[(.])/gm)) {
    const rest = statements.slice((statement.index ?? 0) + statement[0].length);
    const read =
      /^\s*["']([^"']+)["']/.exec(rest) ??
      /^\s*(?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^{}]*\}|\*(?:\s*as\s+[\w$]+)?)?\s*from\s*["']([^"']+)["']/.exec(rest);
    if (read?.[1] !== undefined) specifiers.push(read[1]);
    else if (statement[1] === "import") unreadable.push(`import${rest.split("\n")[0] ?? ""}`);
    else if (/^\s*(?:type\s*)?(?:\{[^{}]*\}|\*)\s*from\b/.test(rest))
      unreadable.push(`export${rest.split("\n")[0] ?? ""}`);
  }
  for (const call of code.matchAll(/\b(?:import|require)\s*\(\s*(["']([^"']+)["']\s*[,)])?/g)) {
    if (call[2] === undefined) unreadable.push(code.slice(call.index, (call.index ?? 0) + 40).split("\n")[0] ?? "");
    else specifiers.push(call[2]);
  }
  return { specifiers, unreadable };
}

/**
 * The source without comments. Strings and templates keep their text, so a comment marker inside them stays put;
 * a regular expression is told from a division by what stands before it.
 */
export function strippedOfComments(source: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|(?<=[(,=:[!&|?{};\n]\s*|return\s+)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g;
  return source.replace(token, (found) => (found.startsWith("//") || found.startsWith("/*") ? " " : found));
}
