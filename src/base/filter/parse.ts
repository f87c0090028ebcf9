/**
 * Words AND; `|` OR; `-` or `!` NOT; parentheses. NOT binds closest, then AND, then OR. Never throws, and takes time in
 * proportion to the text: its length and its depth have bounds.
 */
import { nearest } from "../nearest.ts";
import { allOf, anyOf, everything, type Expression, not } from "./expression.ts";
import { knownKeys, type KnownKey, type OperatorAlias, operatorAliases } from "./keys.ts";
import { type Token, tokensOf } from "./lexer.ts";
import { type FilterProblem, problem } from "./problem.ts";
import { termOf } from "./term.ts";

export type Parsed =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: FilterProblem };

/** Longer than anybody types; it travels in the address of a request. */
export const maxFilterLength = 1000;
const maxDepth = 40;

class Wrong extends Error {
  readonly problem: FilterProblem;

  constructor(found: FilterProblem) {
    super(found.message);
    this.problem = found;
  }
}

export function parseFilter(source: string): Parsed {
  if (source.length > maxFilterLength) {
    const message = `a filter has at most ${maxFilterLength} characters`;
    return { ok: false, problem: problem(message, maxFilterLength, source.length - maxFilterLength) };
  }
  const read = tokensOf(source);
  if (!read.ok) return read;
  try {
    return { ok: true, expression: parseTokens(read.tokens, source.length) };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, problem: error.problem };
    throw error;
  }
}

function parseTokens(tokens: readonly Token[], length: number): Expression {
  let next = 0;
  let depth = 0;

  const peek = (): Token["type"] | null => tokens[next]?.type ?? null;

  function either(): Expression {
    const parts = [both()];
    while (peek() === "or") {
      next += 1;
      parts.push(both());
    }
    return anyOf(parts);
  }

  function both(): Expression {
    const parts: Expression[] = [];
    while (begins(peek())) {
      parts.push(negated());
      if (peek() !== "and") continue;
      next += 1;
      if (!begins(peek())) throw missing("&");
    }
    if (parts.length === 0) throw missing(tokens[next - 1]?.type === "or" ? "|" : null);
    return allOf(parts);
  }

  function negated(): Expression {
    let isNegated = false;
    while (peek() === "not") {
      isNegated = !isNegated;
      next += 1;
    }
    if (!begins(peek())) throw missing("this");
    const part = primary();
    return isNegated ? not(part) : part;
  }

  function primary(): Expression {
    const token = tokens[next];
    next += 1;
    if (token?.type === "open") return group(token);
    if (token?.type === "word") return must(termOf({ key: "text", kind: "text" }, token.value, token.at));
    if (token?.type === "pair") return must(termOf(keyOf(token.name, token.at), token.value, token.valueAt));
    if (token?.type === "operator") return operator(token);
    throw missing(null);
  }

  function group(open: Token): Expression {
    depth += 1;
    if (depth > maxDepth) throw new Wrong(problem(`parentheses go at most ${maxDepth} deep`, open.at, 1));
    const inner = either();
    depth -= 1;
    if (peek() !== "close") throw new Wrong(problem("this parenthesis is not closed", open.at, 1));
    next += 1;
    return inner;
  }

  function operator(token: Extract<Token, { type: "operator" }>): Expression {
    if (!Object.hasOwn(operatorAliases, token.name)) {
      const names = Object.keys(operatorAliases).map((name) => `~${name}`);
      throw new Wrong(problem(`there is no ~${token.name}, only ${names.join(" ")}`, token.at, token.end - token.at));
    }
    const known = operatorAliases[token.name as OperatorAlias]; // the line above
    if ("means" in known) {
      const meant = parseFilter(known.means);
      if (meant.ok) return meant.expression;
      throw new Wrong(meant.problem);
    }
    if (token.value === null) {
      throw new Wrong(problem(`~${token.name} needs a ${known.meaning} behind it`, token.at, token.end - token.at));
    }
    return must(termOf(keyOf(known.key, token.at), token.value, token.value.at));
  }

  function keyOf(name: string, at: number): KnownKey {
    const wanted = name.toLowerCase();
    const known = knownKeys.find(({ key, also }) => key === wanted || also.includes(wanted));
    if (known !== undefined) return known;
    const names = knownKeys.flatMap(({ key, also }) => [key, ...also]);
    const close = nearest(wanted, names);
    const message =
      close === null ? `there is no key "${name}"; text with a colon goes in quotes` : `there is no key "${name}"`;
    throw new Wrong(problem(message, at, name.length, close));
  }

  function missing(behind: string | null): Wrong {
    const token = tokens[next];
    const before = tokens[next - 1];
    if (token?.type === "close" && depth === 0)
      return new Wrong(problem("this parenthesis closes nothing", token.at, 1));
    if (behind !== null && before !== undefined) {
      return new Wrong(problem(`something must stand behind ${behind}`, before.at, before.end - before.at));
    }
    if (token !== undefined)
      return new Wrong(problem("something must stand before this", token.at, token.end - token.at));
    return new Wrong(problem("something is missing at the end", length, 0));
  }

  function must(made: ReturnType<typeof termOf>): Expression {
    if (!made.ok) throw new Wrong(made.problem);
    return made.term;
  }

  if (tokens.length === 0) return everything;
  const expression = either();
  if (next < tokens.length) throw missing(null);
  return expression;
}

function begins(type: Token["type"] | null): boolean {
  return type === "open" || type === "not" || type === "word" || type === "pair" || type === "operator";
}
