/**
 * What stands on the scoreboard: a promise about a fault, and a run that finds out whether it is kept. The same run, with
 * the same seed, is made against Switchyard and, where it applies, against the proxies it is compared with.
 */
import type { Random } from "./random.ts";
import type { SubjectName } from "./subjects.ts";

/** `short`: some seconds, inside `npm test`. `usual`: about a minute. `full`: the numbers that the promise names. */
export type Amount = "short" | "usual" | "full";

export interface CaseContext {
  readonly subject: SubjectName;
  readonly amount: Amount;
  readonly random: Random;
  /** What is going on, for whoever watches a long run; never part of the result. */
  readonly say: (text: string) => void;
  /** How many, by amount. */
  readonly of: (counts: Readonly<Record<Amount, number>>) => number;
}

export interface Finding {
  /** What was counted or measured, for a table's cell: `0 of 1,000`. */
  readonly figure: string;
  readonly kept: boolean;
  /** What broke, a line each; the first few are shown. */
  readonly details?: readonly string[];
}

export interface BoardCase {
  /** For the command line and the report: `S2`, or a word of our own. */
  readonly id: string;
  /** What is counted. */
  readonly title: string;
  /** The promise: `0 of 1,000`. */
  readonly aim: string;
  /** Who else is run on the same case. Switchyard always is. */
  readonly peers: readonly Exclude<SubjectName, "switchyard">[];
  /** Why no peer is run, for the report; what other programs are known to do, with the source. */
  readonly remark?: string;
  /** Null: it can run here. A text: what is missing (a program that is not installed), and it is said, not passed over. */
  readonly missing?: () => string | null;
  run(context: CaseContext): Promise<Finding>;
}
