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
  /** It says for which host it is (not `*`). */
  readonly namesHost: boolean;
  matchesHost(host: string): boolean;
  matchesHead(facts: HeadFacts): boolean;
  matches(facts: CallFacts): boolean;
  /** The first field that does not fit, in words; null when all do. */
  mismatch(facts: CallFacts): string | null;
}

const fields = ["client", "host", "path", "model"] as const;
type Field = (typeof fields)[number];

export function compileRules(routes: Config["routes"]): readonly Rule[] {
  // Rules repeat their hosts and clients: one glob for each distinct pattern, which remembers the text it saw last.
  const known = new Map<string, Glob>();
  const globFor = (field: Field, pattern: string): Glob => {
    const key = `${field} ${pattern}`;
    const glob = known.get(key) ?? remembering(compileGlob(pattern, { ignoreCase: field === "host" }));
    known.set(key, glob);
    return glob;
  };
  return routes.map((route, index) => compileRule(route, index + 1, globFor));
}

function remembering(glob: Glob): Glob {
  let last: string | null = null;
  let answer = false;
  return (text) => {
    if (text !== last) {
      answer = glob(text);
      last = text;
    }
    return answer;
  };
}

function compileRule(route: RouteConfig, number: number, globFor: (field: Field, pattern: string) => Glob): Rule {
  const globs = fields.flatMap((field) => {
    const pattern = route.match[field];
    return pattern === undefined ? [] : [{ field, pattern, fits: globFor(field, pattern) }];
  });
  const find = (field: Field): Glob | undefined => globs.find((glob) => glob.field === field)?.fits;
  const client = find("client");
  const host = find("host");
  const path = find("path");
  const model = find("model");
  const matchesHead = (facts: HeadFacts): boolean =>
    (client === undefined || client(facts.client)) &&
    (host === undefined || host(facts.host)) &&
    (path === undefined || path(facts.path));
  if (!route.enabled) return switchedOff(route, number);
  return {
    number,
    to: route.to,
    fallback: route.fallback,
    asksModel: model !== undefined,
    namesHost: route.match.host !== undefined && /[^*?.]/.test(route.match.host),
    matchesHost: host ?? (() => true),
    matchesHead,
    matches: (facts) => matchesHead(facts) && (model === undefined || (facts.model !== null && model(facts.model))),
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

/** It keeps its place, so that the numbers of the others stay. */
function switchedOff({ to, fallback }: RouteConfig, number: number): Rule {
  const never = (): boolean => false;
  return {
    number,
    to,
    fallback,
    asksModel: false,
    namesHost: false,
    matchesHost: never,
    matchesHead: never,
    matches: never,
    mismatch: () => "it is switched off",
  };
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
