/** What one walk over a schema carries along: where it is, how far it may go, and what it had to give up. */
import { dialectRules, type DialectRules, type WireDialect } from "./schema-dialects.ts";

/** References that are being followed on the way to here; one that is met again is a cycle. */
export type RefPath = readonly string[];

export interface Place {
  /** Levels of `properties` and `items` above. */
  readonly depth: number;
  /** All schemas above, alternatives included. */
  readonly steps: number;
  readonly refs: RefPath;
}

/** Gemini refuses schemas that nest deeper than it likes; around ten levels have been seen to pass. */
const maxDepth = 10;
const maxSteps = 48;
/** A tool with more schemas than this would be a document of its own. */
const maxSchemas = 4000;

export type Cut = "recursive" | "not spelled out";

/** What could not stay a keyword, for one schema. `say` puts it into the description, `drop` only into the report. */
export interface Notes {
  say(keyword: string, words: string): void;
  drop(keyword: string): void;
  /** The schema ends here instead of at its end. */
  cut(why: Cut): void;
  /** Values of this schema come back in another type than the client declared. */
  coerce(): void;
}

export interface Report {
  /** Keywords that now stand in a description. */
  readonly inWords: readonly string[];
  /** Keywords that are gone. */
  readonly leftOut: readonly string[];
  /** Some values come back in another type than the client declared. */
  readonly isCoerced: boolean;
}

export interface Walk {
  /** The whole schema: what references point into. */
  readonly root: unknown;
  readonly rules: DialectRules;
  /** Counts one more schema; false when there have been enough. */
  spend(): boolean;
  isTooFar(at: Place): boolean;
  /** Notes of one schema; `hints` collects what its description is to say. */
  notes(hints: string[]): Notes;
  report(): Report;
}

export function createWalk(root: unknown, dialect: WireDialect): Walk {
  let left = maxSchemas;
  let isCoerced = false;
  const inWords = new Set<string>();
  const leftOut = new Set<string>();
  return {
    root,
    rules: dialectRules[dialect],
    spend() {
      left -= 1;
      return left >= 0;
    },
    isTooFar: (at) => at.depth > maxDepth || at.steps > maxSteps,
    notes: (hints) => ({
      say(keyword, words) {
        hints.push(words);
        inWords.add(keyword);
      },
      drop: (keyword) => void leftOut.add(keyword),
      cut(why) {
        hints.push(`its inner shape is ${why}`);
        leftOut.add(why === "recursive" ? "recursion" : "what lies deeper or elsewhere");
      },
      coerce() {
        isCoerced = true;
      },
    }),
    report: () => ({ inWords: [...inWords], leftOut: [...leftOut], isCoerced }),
  };
}
