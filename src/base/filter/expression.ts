/** A filter as a tree. Made by the parser or by hand; `print.ts` writes it as text that parses to the same tree. */
import type { ContentKey, NumberKey, TextKey, WordKey } from "./keys.ts";

export type Expression = AllExpression | AnyExpression | NotExpression | Term;

/** Every part must fit; without parts everything fits. */
interface AllExpression {
  readonly type: "all";
  readonly parts: readonly Expression[];
}

interface AnyExpression {
  readonly type: "any";
  readonly parts: readonly Expression[];
}

interface NotExpression {
  readonly type: "not";
  readonly part: Expression;
}

export type Term = TextTerm | NumberTerm | StatusClassTerm | WordTerm | ContentTerm;

export interface TextMatch {
  readonly how: "contains" | "equals" | "glob" | "pattern";
  readonly text: string;
}

export interface TextTerm {
  readonly type: "text";
  readonly key: TextKey;
  readonly match: TextMatch;
}

export type Comparison = ">=" | "<=" | ">" | "<" | "=";

export interface NumberTerm {
  readonly type: "number";
  readonly key: NumberKey;
  readonly comparison: Comparison;
  /** As written, unit included. */
  readonly written: string;
  readonly value: number;
  /** What the last digit is worth: `2s` is equal to everything that rounds to it. */
  readonly precision: number;
}

/** `status:5xx` */
export interface StatusClassTerm {
  readonly type: "status-class";
  readonly digit: number;
}

export interface WordTerm {
  readonly type: "word";
  readonly key: WordKey;
  readonly word: string;
}

/** Answered by who has the heads and bodies. */
export interface ContentTerm {
  readonly type: "content";
  readonly key: ContentKey;
  readonly match: TextMatch;
}

export const everything: Expression = { type: "all", parts: [] };

/** Parts that are themselves of this kind are taken apart; one part alone stands for itself. */
export function allOf(parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.type === "all" ? part.parts : [part]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { type: "all", parts: flat };
}

export function anyOf(parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.type === "any" ? part.parts : [part]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { type: "any", parts: flat };
}

/** Of two nots nothing is left. */
export function not(part: Expression): Expression {
  return part.type === "not" ? part.part : { type: "not", part };
}
