/**
 * An expression as a predicate over a flow's summary, compiled once. What asks about heads and bodies is kept apart: the
 * summary may decide without it, and only where it does not has somebody to fetch and search them.
 */
import type { FlowSide } from "../flow.ts";
import type { ContentTerm, Expression, NumberTerm, TextTerm } from "./expression.ts";
import { fold } from "./fold.ts";
import type { ContentKey } from "./keys.ts";
import type { Scan } from "./machine.ts";
import { clockKeys, type FilterFlow, figureOf, textsOf } from "./subject.ts";
import { textSearch, type TextTest, textTest } from "./text-test.ts";
import { wordTest } from "./words.ts";

export interface CompiledFilter {
  /** `null`: it depends on answers to `contentSearches` that are not there (yet). Never throws. */
  verdict(flow: FilterFlow, now: number, answer?: (search: ContentSearch) => boolean | null): boolean | null;
  /** The verdict with answers; an answer may be asked for more than once, and is not where the summary decides. */
  decide(flow: FilterFlow, now: number, answer: (search: ContentSearch) => boolean): boolean;
  /** What `decide` asks: each different term once, in the order of the text. */
  readonly contentSearches: readonly ContentSearch[];
  /** Some of it changes with time alone. */
  readonly usesClock: boolean;
}

export type ContentSearch =
  | {
      readonly of: "body";
      /** Sides of the flow whose bodies it is about. */
      readonly sides: readonly FlowSide[];
      /** Begins one pass over one body, given in slices. */
      readonly start: () => Scan;
      /** What is looked for, as written. */
      readonly term: ContentTerm;
    }
  | { readonly of: "content-type"; readonly fits: TextTest; readonly term: ContentTerm };

type Verdict = boolean | null;
type Answer = (search: ContentSearch) => Verdict;
type Node = (flow: FilterFlow, now: number, answer: Answer) => Verdict;

const sidesOf: Readonly<Record<Exclude<ContentKey, "type">, readonly FlowSide[]>> = {
  rq: ["client-request", "upstream-request"],
  rs: ["client-reply", "upstream-reply"],
  body: ["client-request", "upstream-request", "client-reply", "upstream-reply"],
};

export function compileExpression(expression: Expression): CompiledFilter {
  const searches = new Map<string, ContentSearch>();
  const haystack = createHaystack();
  let usesClock = false;

  function node(part: Expression): Node {
    switch (part.type) {
      case "all":
        return allNode(part.parts.map(node));
      case "any":
        return anyNode(part.parts.map(node));
      case "not": {
        const inner = node(part.part);
        return (flow, now, answer) => {
          const verdict = inner(flow, now, answer);
          return verdict === null ? null : !verdict;
        };
      }
      case "text":
        return wordNode(part, haystack) ?? textNode(part);
      case "number":
        if (clockKeys.has(part.key)) usesClock = true;
        return numberNode(part);
      case "status-class": {
        const from = part.digit * 100;
        return ({ status }) => status !== null && status >= from && status < from + 100;
      }
      case "word":
        return wordTest(part.key, part.word);
      case "content": {
        const key = JSON.stringify([part.key, part.match.how, part.match.text]);
        const search = searches.get(key) ?? searchOf(part);
        searches.set(key, search);
        return (_flow, _now, answer) => answer(search);
      }
    }
  }

  const root = node(expression);
  const nobody: Answer = () => null;
  return {
    verdict: (flow, now, answer = nobody) => root(flow, now, answer),
    decide: (flow, now, answer) => root(flow, now, answer) === true,
    contentSearches: [...searches.values()],
    usesClock,
  };
}

/** Kleene's logic: what is unknown stays unknown until one part decides alone. */
function allNode(parts: readonly Node[]): Node {
  return (flow, now, answer) => {
    let verdict: Verdict = true;
    for (const part of parts) {
      const one = part(flow, now, answer);
      if (one === false) return false;
      if (one === null) verdict = null;
    }
    return verdict;
  };
}

function anyNode(parts: readonly Node[]): Node {
  return (flow, now, answer) => {
    let verdict: Verdict = false;
    for (const part of parts) {
      const one = part(flow, now, answer);
      if (one === true) return true;
      if (one === null) verdict = null;
    }
    return verdict;
  };
}

/** All texts of a flow, folded, a line each. Several words ask it about the same flow in a row. */
function createHaystack(): (flow: FilterFlow) => string {
  let last: FilterFlow | null = null;
  let folded = "";
  return (flow) => {
    if (flow !== last) {
      folded = fold(
        textsOf
          .text(flow)
          .filter((text) => text !== null && text !== undefined)
          .join("\n"),
      );
      last = flow;
    }
    return folded;
  };
}

/** A word without a key is looked for in all texts at once. Null: it could reach from one text into the next. */
function wordNode({ key, match }: TextTerm, haystack: (flow: FilterFlow) => string): Node | null {
  if (key !== "text" || match.how !== "contains" || match.text.includes("\n")) return null;
  const wanted = fold(match.text);
  return (flow) => haystack(flow).includes(wanted);
}

function textNode({ key, match }: TextTerm): Node {
  const texts = textsOf[key];
  const fits = textTest(match);
  return (flow) => texts(flow).some((text) => text !== null && text !== undefined && fits(text));
}

function numberNode({ key, comparison, value, precision }: NumberTerm): Node {
  const figure = figureOf[key];
  const compare = comparisons[comparison](value, precision);
  return (flow, now) => {
    const found = figure(flow, now);
    return found !== null && compare(found);
  };
}

const comparisons: Readonly<
  Record<NumberTerm["comparison"], (wanted: number, precision: number) => (found: number) => boolean>
> = {
  ">=": (wanted) => (found) => found >= wanted,
  "<=": (wanted) => (found) => found <= wanted,
  ">": (wanted) => (found) => found > wanted,
  "<": (wanted) => (found) => found < wanted,
  "=": (wanted, precision) => (found) => found >= wanted - precision / 2 && found < wanted + precision / 2,
};

function searchOf(term: ContentTerm): ContentSearch {
  const { key, match } = term;
  if (key === "type") return { of: "content-type", fits: textTest(match), term };
  return { of: "body", sides: sidesOf[key], start: textSearch(match), term };
}
