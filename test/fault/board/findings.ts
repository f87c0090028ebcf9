/** What a run found, a line of JSON each: a run of hours that was broken off goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Amount } from "./case.ts";
import type { Result } from "./run.ts";
import type { SubjectName } from "./subjects.ts";

export interface How {
  readonly amount: Amount;
  readonly seed: number;
}

export interface Findings {
  /** What was found of a case in the same way; null: nothing, or that it was not kept (it is tried again). */
  of(id: string, subject: SubjectName, how: How): Result | null;
  keep(result: Result, how: How): void;
}

/** Null: nothing is kept beyond the run. */
export function createFindings(path: string | null): Findings {
  const known = new Map<string, Result>();
  const keyOf = (id: string, subject: SubjectName, { amount, seed }: How): string =>
    [id, subject, amount, seed].join(" ");
  if (path !== null && existsSync(path)) {
    for (const line of readFileSync(path, "utf8")
      .split("\n")
      .filter((text) => text !== "")) {
      const { result, how } = JSON.parse(line) as { readonly result: Result; readonly how: How }; // as `keep` writes it
      known.set(keyOf(result.id, result.subject, how), result);
    }
  }
  return {
    of(id, subject, how) {
      const result = known.get(keyOf(id, subject, how));
      // A peer that broke its promise will break it again, and takes the longest of all.
      return result !== undefined && (result.finding.kept || subject !== "switchyard") ? result : null;
    },
    keep(result, how) {
      if (path !== null) appendFileSync(path, `${JSON.stringify({ result, how })}\n`);
    },
  };
}
