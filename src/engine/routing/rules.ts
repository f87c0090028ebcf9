/**
 * The rules of `routes`, compiled once per configuration. First match wins. A rule is asked in two steps, because its
 * head fields are known before the body is read and the model is not.
 */
import type { Config, RouteConfig } from "../config/schema.ts";
import { compileGlob, type Glob } from "./wildcard.ts";

export interface HeadFacts {
  readonly client: string;
  readonly host: string;
  /** Without the query. */
  readonly path: string;
}

export interface CallFacts extends HeadFacts {
  /** Null when the call names none. */
  readonly model: string | null;
}

export interface Rule {
  /** 1-based, as people count them in the file. */
  readonly number: number;
  readonly to: string;
  readonly fallback: RouteConfig["fallback"];
  readonly asksModel: boolean;
  matchesHost(host: string): boolean;
  matchesHead(facts: HeadFacts): boolean;
  matches(facts: CallFacts): boolean;
  /** The first field that does not fit, in words; null when all do. */
  mismatch(facts: CallFacts): string | null;
}

const fields = ["client", "host", "path", "model"] as const;
type Field = (typeof fields)[number];

export function compileRules(routes: Config["routes"]): readonly Rule[] {
  return routes.map((route, index) => compileRule(route, index + 1));
}

function compileRule(route: RouteConfig, number: number): Rule {
  const globs = fields.flatMap((field) => {
    const pattern = route.match[field];
    return pattern === undefined ? [] : [{ field, pattern, fits: globFor(field, pattern) }];
  });
  const ofHead = globs.filter(({ field }) => field !== "model");
  const ofModel = globs.find(({ field }) => field === "model");
  const matchesHead = (facts: HeadFacts): boolean =>
    ofHead.every(({ field, fits }) => field !== "model" && fits(facts[field]));
  return {
    number,
    to: route.to,
    fallback: route.fallback,
    asksModel: ofModel !== undefined,
    matchesHost: globs.find(({ field }) => field === "host")?.fits ?? (() => true),
    matchesHead,
    matches: (facts) =>
      matchesHead(facts) && (ofModel === undefined || (facts.model !== null && ofModel.fits(facts.model))),
    mismatch(facts) {
      for (const { field, pattern, fits } of globs) {
        const value = facts[field];
        if (value === null) return `the call names no ${field}, the rule wants ${pattern}`;
        if (!fits(value)) return `${field} is ${value}, the rule wants ${pattern}`;
      }
      return null;
    },
  };
}

function globFor(field: Field, pattern: string): Glob {
  return compileGlob(pattern, { ignoreCase: field === "host" });
}

/** Could this head end anywhere but in a pass-through? */
export function headMayMatch(rules: readonly Rule[], facts: HeadFacts): boolean {
  for (const rule of rules) {
    if (!rule.matchesHead(facts)) continue;
    if (rule.to !== "passthrough") return true;
    if (!rule.asksModel) return false;
  }
  return false;
}
