/** Runs checks all at once, each within a bound, and puts what they found in the table's order. */
import { redactNamed } from "../../base/redact-named.ts";
import { shown } from "../context.ts";
import { type Check, type CheckGroup, type CheckState, type Finding, reasonText, type Repair } from "./check.ts";
import type { DoctorDeps } from "./facts.ts";

/** A finding with its place, masked and safe to print. */
export interface Result {
  /** `group.check`, and of which thing, where there are several: `trust.store.firefox`. */
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly state: CheckState;
  readonly text: string;
  readonly why: string | null;
  readonly fix: string | null;
  readonly repair: Repair | null;
}

/** Longer than every wait inside a check. */
const checkTimeoutMs = 30_000;

export async function runChecks(groups: readonly CheckGroup[], deps: DoctorDeps): Promise<readonly Result[]> {
  const all = groups.flatMap(({ id, checks }) => checks.map((check) => ({ group: id, check })));
  const found = await Promise.all(all.map(({ check }) => findingsOf(check, deps)));
  // Masked when all are done: a secret may have become known after a text was made.
  return all.flatMap(({ group, check }, index) =>
    (found[index] ?? []).map((finding) => resultOf(group, check, finding, deps)),
  );
}

async function findingsOf(check: Check, deps: DoctorDeps): Promise<readonly Finding[]> {
  try {
    const found = await inTime(check.run(deps));
    return "state" in found ? [found] : found;
  } catch (error) {
    // A check that breaks is a finding like any other, and the rest goes on.
    return [{ state: "fail", text: `this could not be checked: ${reasonText(error)}` }];
  }
}

async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result within ${checkTimeoutMs / 1000} s`)), checkTimeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function resultOf(group: string, { id, title }: Check, finding: Finding, { redactor }: DoctorDeps): Result {
  const clean = (text: string): string => shown(redactNamed(redactor.text(text)));
  const about = finding.about === undefined ? null : clean(finding.about);
  return {
    id: [group, id, ...(about === null ? [] : [about])].join("."),
    group,
    title: clean(finding.title ?? (about === null ? title : `${title} ${about}`)),
    state: finding.state,
    text: clean(finding.text),
    why: finding.why === undefined ? null : clean(finding.why),
    fix: finding.fix === undefined ? null : clean(finding.fix),
    repair: finding.repair ?? null,
  };
}
