/** Runs cases and says what came of them. A case that throws broke its promise: it never disappears from the board. */
import type { Amount, BoardCase, Finding } from "./case.ts";
import { createRandom } from "./random.ts";
import type { SubjectName } from "./subjects.ts";

export interface Result {
  readonly id: string;
  readonly subject: SubjectName;
  readonly finding: Finding;
  /** What is not there for this case to run; it is neither kept nor broken. */
  readonly missing: string | null;
  readonly ms: number;
}

export interface RunOptions {
  readonly amount: Amount;
  readonly seed: number;
  readonly say: (text: string) => void;
}

export async function runCase(one: BoardCase, subject: SubjectName, options: RunOptions): Promise<Result> {
  const { amount, seed, say } = options;
  const startedAt = performance.now();
  const result = (finding: Finding, missing: string | null = null): Result => ({
    id: one.id,
    subject,
    finding,
    missing,
    ms: performance.now() - startedAt,
  });
  const missing = one.missing?.() ?? null;
  if (missing !== null) return result({ figure: "not run", kept: false }, missing);
  try {
    // The same numbers for everybody who is tried.
    const random = createRandom(seed).fork(one.id);
    return result(await one.run({ subject, amount, random, say, of: (counts) => counts[amount] }));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return result({ figure: "broke off", kept: false, details: [text] });
  }
}

const shownDetails = 5;

/** One line for the board, and what broke below it. */
export function lineOf(one: BoardCase, { subject, finding, missing, ms }: Result): string {
  const word =
    missing !== null ? "NOT RUN" : finding.kept ? "kept   " : subject === "switchyard" ? "BROKEN " : "broken ";
  const who = subject === "switchyard" ? "" : ` [${subject}]`;
  const head = `${word} ${one.id.padEnd(12)}${who} ${one.title}: ${missing ?? finding.figure} (aim: ${one.aim}; ${(ms / 1000).toFixed(1)} s)`;
  const { details = [] } = finding;
  const more = details.length > shownDetails ? [`… and ${details.length - shownDetails} more`] : [];
  return [head, ...[...details.slice(0, shownDetails), ...more].map((line) => `          ${line}`)].join("\n");
}

/** The last line of a run, and whether it is a good one. A case that could not run is named and does not count as broken. */
export function verdictOf(results: readonly Result[], seed: number): { readonly text: string; readonly ok: boolean } {
  const own = results.filter(({ subject }) => subject === "switchyard");
  const broken = own.filter(({ finding, missing }) => missing === null && !finding.kept);
  const absent = own.filter(({ missing }) => missing !== null);
  const notRun = absent.length === 0 ? "" : `, ${absent.length} not run (${absent.map(({ id }) => id).join(", ")})`;
  const kept = own.length - broken.length - absent.length;
  return {
    ok: broken.length === 0 && kept > 0,
    text:
      broken.length === 0
        ? `all ${kept} promises kept${notRun}; seed ${seed}`
        : `${broken.length} of ${own.length} promises BROKEN (${broken.map(({ id }) => id).join(", ")})${notRun}; seed ${seed}`,
  };
}
