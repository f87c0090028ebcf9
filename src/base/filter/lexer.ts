/**
 * A filter's text as tokens. Words end at a blank, at `|` and at a `)` that they did not open: `host:~(a|b)c` is one
 * word. What begins with a quote ends with it; a backslash inside quotes protects the quote and itself.
 */
import { type OperatorAlias, operatorAliases } from "./keys.ts";
import { type FilterProblem, problem } from "./problem.ts";

export type Token =
  | { readonly type: "open" | "close" | "or" | "and" | "not"; readonly at: number; readonly end: number }
  /** A word without a key. */
  | { readonly type: "word"; readonly value: Value; readonly at: number; readonly end: number }
  /** `key:value` */
  | {
      readonly type: "pair";
      readonly name: string;
      readonly value: Value;
      readonly at: number;
      /** Where the value begins, its sign included. */
      readonly valueAt: number;
      readonly end: number;
    }
  /** mitmproxy's `~name`, and the pattern that follows those that take one. */
  | {
      readonly type: "operator";
      readonly name: string;
      readonly value: Value | null;
      readonly at: number;
      readonly end: number;
    };

export interface Value {
  /** `~`, `=`, `>=` … before it. */
  readonly sign: Sign;
  /** As it is meant: quotes and their escapes are undone (in a pattern, only those of quotes). */
  readonly text: string;
  readonly isQuoted: boolean;
  /** Where the text itself begins. */
  readonly at: number;
}

export type Sign = "" | "~" | "=" | ">=" | "<=" | ">" | "<";

type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly problem: FilterProblem };

class Unreadable extends Error {
  readonly problem: FilterProblem;

  constructor(found: FilterProblem) {
    super(found.message);
    this.problem = found;
  }
}

export function tokensOf(source: string): Tokens {
  try {
    return { ok: true, tokens: [...read(source)] };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.problem };
    throw error;
  }
}

function* read(source: string): Iterable<Token> {
  let at = 0;
  while (at < source.length) {
    const unit = source[at] ?? "";
    if (isBlank(unit)) {
      at += 1;
      continue;
    }
    const token = tokenAt(source, at);
    yield token;
    at = token.end;
  }
}

function tokenAt(source: string, at: number): Token {
  const unit = source[at] ?? "";
  switch (unit) {
    case "(":
      return { type: "open", at, end: at + 1 };
    case ")":
      return { type: "close", at, end: at + 1 };
    case "|":
      return { type: "or", at, end: at + (source[at + 1] === "|" ? 2 : 1) };
    case "&":
      return { type: "and", at, end: at + (source[at + 1] === "&" ? 2 : 1) };
    case "-":
    case "!":
      return { type: "not", at, end: at + 1 };
    case "~":
      return operatorAt(source, at);
    default: {
      const key = matchAt(/([A-Za-z]+):/y, source, at);
      if (key === null) {
        const read = valueAt(source, at, "");
        return { type: "word", value: read.value, at, end: read.end };
      }
      return pairAt(source, at, key[1] ?? "");
    }
  }
}

function operatorAt(source: string, at: number): Token {
  const found = matchAt(/~([A-Za-z]*)(?=[\s()|]|$)/y, source, at);
  if (found === null) {
    throw new Unreadable(problem("a pattern stands behind a key, as in host:~^api or text:~4..", at, 1));
  }
  const [{ length }, name = ""] = found;
  const end = at + length;
  const isKnown = Object.hasOwn(operatorAliases, name);
  if (!isKnown || !("key" in operatorAliases[name as OperatorAlias]))
    return { type: "operator", name, value: null, at, end };
  const argumentAt = end + (matchAt(/\s*/y, source, end)?.[0].length ?? 0);
  if (/^[()|]?$/.test(source[argumentAt] ?? "")) return { type: "operator", name, value: null, at, end };
  const read = valueAt(source, argumentAt, "~");
  return { type: "operator", name, value: read.value, at, end: read.end };
}

function pairAt(source: string, at: number, name: string): Token {
  const signAt = at + name.length + 1;
  const sign = (matchAt(/~|>=|<=|=|>|</y, source, signAt)?.[0] ?? "") as Sign; // what the expression lists
  const textAt = signAt + sign.length;
  if (textAt >= source.length || /[\s|)]/.test(source[textAt] ?? "")) {
    throw new Unreadable(problem(`${name}: needs something behind it`, at, textAt - at));
  }
  if (source[textAt] === "(" && sign !== "~") {
    const message = `for one of several write ${name}:~(a|b); a text that begins with a parenthesis goes in quotes`;
    throw new Unreadable(problem(message, textAt, 1));
  }
  const { value, end } = valueAt(source, textAt, sign);
  return { type: "pair", name, value, at, valueAt: signAt, end };
}

/** @throws Unreadable */
function valueAt(source: string, at: number, sign: Sign): { readonly value: Value; readonly end: number } {
  const quote = source[at];
  if (quote === '"' || quote === "'") return quotedAt(source, at, quote, sign);
  const end = sign === "~" ? patternEnd(source, at) : wordEnd(source, at);
  const raw = source.slice(at, end);
  return { value: { sign, text: sign === "~" ? withoutQuoteEscapes(raw) : raw, isQuoted: false, at }, end };
}

function quotedAt(source: string, at: number, quote: string, sign: Sign): { value: Value; end: number } {
  let end = at + 1;
  while (end < source.length && source[end] !== quote) end += source[end] === "\\" ? 2 : 1;
  if (end >= source.length) throw new Unreadable(problem("this quote is not closed", at, 1));
  const raw = source.slice(at + 1, end);
  const text = sign === "~" ? withoutQuoteEscapes(raw) : raw.replaceAll(/\\([\\"'])/g, "$1");
  return { value: { sign, text, isQuoted: true, at: at + 1 }, end: end + 1 };
}

/** In a pattern a backslash keeps its meaning, but before a quote it has none. */
function withoutQuoteEscapes(raw: string): string {
  return raw.replaceAll(/\\([\s\S])/g, (pair, escaped: string) =>
    escaped === '"' || escaped === "'" ? escaped : pair,
  );
}

function wordEnd(source: string, at: number): number {
  const opened: number[] = [];
  let end = at;
  for (; end < source.length; end += 1) {
    const unit = source[end] ?? "";
    if (isBlank(unit) || (opened.length === 0 && (unit === "|" || unit === ")"))) break;
    if (unit === "(") opened.push(end);
    else if (unit === ")") opened.pop();
  }
  return closed(opened, end);
}

function patternEnd(source: string, at: number): number {
  const opened: number[] = [];
  let inSet = false;
  let end = at;
  for (; end < source.length; end += 1) {
    const unit = source[end] ?? "";
    if (isBlank(unit) || (opened.length === 0 && !inSet && (unit === "|" || unit === ")"))) break;
    if (unit === "\\") end += 1;
    else if (inSet) inSet = unit !== "]";
    else if (unit === "[") inSet = true;
    else if (unit === "(") opened.push(end);
    else if (unit === ")") opened.pop();
  }
  return closed(opened, Math.min(end, source.length));
}

function closed(opened: readonly number[], end: number): number {
  const [first] = opened;
  if (first === undefined) return end;
  throw new Unreadable(problem("this parenthesis is not closed; text that contains one goes in quotes", first, 1));
}

function isBlank(unit: string): boolean {
  return /\s/.test(unit);
}

function matchAt(expression: RegExp, source: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(source);
}
