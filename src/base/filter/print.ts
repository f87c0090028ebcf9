/** An expression as text that parses to the same expression: how filters made by hand travel, and how tests see them. */
import type { Expression, TextMatch } from "./expression.ts";

export function printFilter(expression: Expression): string {
  switch (expression.type) {
    case "all":
      return expression.parts.map((part) => (part.type === "any" ? grouped(part) : printFilter(part))).join(" ");
    case "any":
      return expression.parts.map(printFilter).join(" | ");
    case "not": {
      const { part } = expression;
      return part.type === "all" || part.type === "any" ? `-${grouped(part)}` : `-${printFilter(part)}`;
    }
    case "text": {
      const { key, match } = expression;
      return key === "text" && standsAlone(match) ? printMatch(match) : `${key}:${printMatch(match)}`;
    }
    case "content":
      return `${expression.key}:${printMatch(expression.match)}`;
    case "number":
      return `${expression.key}:${expression.comparison === "=" ? "" : expression.comparison}${expression.written}`;
    case "status-class":
      return `status:${expression.digit}xx`;
    case "word":
      return `${expression.key}:${expression.word}`;
  }
}

/** A word that nobody could take for something else does without its key. */
function standsAlone({ how, text }: TextMatch): boolean {
  return how === "contains" || (how === "glob" && !/^(?:[-!~&("'|)]|[A-Za-z]+:)/.test(text));
}

function grouped(expression: Expression): string {
  return `(${printFilter(expression)})`;
}

function printMatch({ how, text }: TextMatch): string {
  switch (how) {
    case "contains":
      return plain.test(text) ? text : quoted(text);
    case "glob":
      return text;
    case "equals":
      return `=${plain.test(text) ? text : quoted(text)}`;
    case "pattern":
      // A quote in a pattern stands for itself; before it, and before nothing else, our backslash goes away again.
      return `~"${text.replaceAll(/\\[\s\S]|"/g, (found) => (found === '"' ? String.raw`\"` : found))}"`;
  }
}

/** Needs no quotes wherever it stands. */
const plain = /^[\p{L}\p{N}_./#@%+][\p{L}\p{N}_./#@%+,;?-]*$/u;

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
