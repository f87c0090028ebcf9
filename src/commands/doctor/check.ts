/**
 * What a check of `doctor` is: a value in a table. It looks and changes nothing; what could be put right it hands out as
 * a repair, which only `--fix` runs, and only after a yes.
 */
import type { DoctorDeps } from "./facts.ts";

/** `skip`: it could not be looked at, or there is nothing to look at. Only `fail` makes the exit code 8. */
export type CheckState = "ok" | "warn" | "fail" | "skip";

export interface Finding {
  readonly state: CheckState;
  /** In one sentence. Whatever is in it may come from outside: it is masked and made safe before it is printed. */
  readonly text: string;
  /** Of a check about several things, which one: it ends the id. */
  readonly about?: string;
  /** For people, in place of the check's title and what it is about. */
  readonly title?: string;
  readonly why?: string;
  /** A command to type, or what to change. */
  readonly fix?: string;
  readonly repair?: Repair;
}

export interface Repair {
  /** What will be done: `chmod 600 /home/me/…`. It becomes the question. */
  readonly what: string;
  /** It stands on everything else, and waits until nothing else is left to put right. */
  readonly isLast?: boolean;
  /** Looks again before it acts: the answer to the question may have taken an hour. */
  run(): Promise<void>;
}

export interface Check {
  /** Within its group. */
  readonly id: string;
  readonly title: string;
  run(deps: DoctorDeps): Promise<Finding | readonly Finding[]>;
}

export interface CheckGroup {
  readonly id: string;
  readonly checks: readonly Check[];
}

export function ok(text: string): Finding {
  return { state: "ok", text };
}

export function skip(text: string): Finding {
  return { state: "skip", text };
}

/** The first few, and how many more there are: a list in a sentence. */
export function listText(items: readonly string[], shownItems = 3): string {
  const rest = items.length - shownItems;
  return `${items.slice(0, shownItems).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function reasonText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
