/**
 * `--fix`: the repairs that the checks hand out, each after a yes. One may bring another fault to light (a key file that
 * could not be read is closed, and then it has expired), so it goes in rounds: repair, look again, until nothing is left.
 */
import { type CommandContext, shown } from "../context.ts";
import { asFailure } from "../failure.ts";
import { askLine, isYes } from "../prompt.ts";
import type { Repair } from "./check.ts";
import type { Result } from "./run-checks.ts";

export interface Repaired {
  readonly id: string;
  readonly what: string;
  readonly done: boolean;
  /** Why not: what went wrong, or that it was not wanted. */
  readonly why: string | null;
}

/** Folders, certificates, files for clients, a core: deeper than this no fault hides another. */
const maxRounds = 5;

/** What was done, and what there is to say at the end. */
export async function repairAll(
  context: CommandContext,
  found: readonly Result[],
  { yes, lookAgain }: { readonly yes: boolean; lookAgain: () => Promise<readonly Result[]> },
): Promise<{ readonly results: readonly Result[]; readonly repairs: readonly Repaired[] }> {
  const repairs: Repaired[] = [];
  const wants = asking(context, yes);
  let results = found;
  for (let round = 0; round < maxRounds; round += 1) {
    const tried = new Set(repairs.map(({ what }) => what));
    const due = dueNow(results, tried);
    if (due.length === 0) break;
    const outcomes: Repaired[] = [];
    for (const [id, repair] of due) outcomes.push(await attempt(context, id, repair, wants));
    repairs.push(...outcomes);
    if (outcomes.some(({ done }) => done)) results = await lookAgain();
  }
  return { results, repairs };
}

/** In the table's order, each once: two checks may see one fault. What stands on all the others comes when they are done. */
function dueNow(results: readonly Result[], tried: ReadonlySet<string>): readonly (readonly [id: string, Repair])[] {
  const due = new Map<string, readonly [id: string, Repair]>();
  for (const { id, repair } of results) {
    if (repair !== null && !tried.has(shown(repair.what)) && !due.has(repair.what)) due.set(repair.what, [id, repair]);
  }
  const all = [...due.values()];
  const first = all.filter(([, { isLast }]) => isLast !== true);
  return first.length > 0 ? first : all;
}

async function attempt(
  context: CommandContext,
  id: string,
  repair: Repair,
  wants: (what: string) => Promise<boolean>,
): Promise<Repaired> {
  const what = shown(repair.what);
  if (!(await wants(what))) return { id, what, done: false, why: "not wanted" };
  try {
    await repair.run();
    context.stderr.write(`done: ${what}\n`);
    return { id, what, done: true, why: null };
  } catch (error) {
    const failure = asFailure(error);
    const why = shown(failure.why === undefined ? failure.message : `${failure.message} (${failure.why})`);
    context.stderr.write(`not done: ${what}\n  why: ${why}\n`);
    return { id, what, done: false, why };
  }
}

/** Once nobody answers any more, nobody is asked any more. */
function asking(context: CommandContext, yes: boolean): (what: string) => Promise<boolean> {
  let isThere = true;
  return async (what) => {
    if (yes || !isThere) return yes;
    const answer = await askLine(context, { question: `fix: ${what}? [y/N] ` });
    isThere = answer.kind === "line";
    // The line break of an answer was typed with it.
    if (!isThere) context.stderr.write("\n");
    return isYes(answer);
  };
}
