/** What the commands about trust stores share: which stores are meant, how a plan is shown, and who is asked first. */
import { type InstallJournal, installJournalPath, openInstallJournal } from "../base/install-journal.ts";
import type { Outcome, Plan } from "../intercept/trust/stores/change.ts";
import { systemMachine, type TrustMachine } from "../intercept/trust/stores/index.ts";
import { shortFingerprint } from "../intercept/trust/stores/own-root.ts";
import type { Store } from "../intercept/trust/stores/store.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { askYes, canAsk } from "./prompt.ts";

export interface StoreFlags {
  /** Stores that are the user's own. */
  readonly user: boolean;
  readonly system: boolean;
  readonly nss: boolean;
  readonly java: boolean;
}

export interface ChangeFlags extends StoreFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

export function machineOf(context: CommandContext): TrustMachine {
  return context.trustMachine ?? systemMachine(context.env, context.platform);
}

export function journalOf(context: CommandContext): InstallJournal {
  const { paths, clock, random } = context;
  return openInstallJournal({ path: installJournalPath(paths), clock, random });
}

export function namesStores(flags: StoreFlags): boolean {
  return flags.user || flags.system || flags.nss || flags.java;
}

/** Is this one of the stores that the flags name? Java's are only ever named by their own. */
export function isNamed(flags: StoreFlags, { family, scope }: Pick<Store, "family" | "scope">): boolean {
  if (family === "java") return flags.java;
  return (flags.user && scope === "user") || (flags.system && scope === "system") || (flags.nss && family === "nss");
}

/** One entry for each store in `--json`. */
export interface StoreJson {
  readonly id: string;
  readonly label: string;
  readonly scope: "user" | "system";
  readonly state: string;
  readonly commands: readonly string[];
  readonly detail: string;
  readonly fix: string | null;
}

export function storeJson(plan: Plan, state: string, outcome?: Outcome): StoreJson {
  const { id, label, scope } = plan.store;
  const { detail, fix } = outcome ?? plan;
  return { id, label, scope, state, commands: plan.commands, detail, fix };
}

/** The store, and under it the exact commands. */
export function planLines(plans: readonly Plan[]): readonly string[] {
  return plans.flatMap(({ store, commands }) => [
    shown(store.label),
    ...commands.map((command) => `  ${shown(command)}`),
  ]);
}

export function blockedLines(plans: readonly Plan[]): readonly string[] {
  return plans
    .filter(({ kind }) => kind === "blocked")
    .flatMap(({ store, detail, fix }) => resultLines(shown(store.label), `not possible: ${detail}`, fix));
}

export function resultLines(label: string, detail: string, fix: string | null): readonly string[] {
  const help = (fix ?? "").split("\n").filter((line) => line !== "");
  return [`${label}: ${shown(detail)}`, ...help.map((line, index) => `${index === 0 ? "  next: " : ""}${shown(line)}`)];
}

/**
 * The commands are shown, and somebody says yes to them. False: a no.
 * @throws CommandFailure with exit code 2 where nobody can be asked
 */
export async function agreed(context: CommandContext, { plan, yes, question, command }: Agreement): Promise<boolean> {
  printLines(context.stderr, plan);
  if (yes) return true;
  if (!canAsk(context)) {
    throw new CommandFailure(exitCodes.usage, "nobody is there to be asked, and nothing was changed", {
      why: "stdin is not a terminal",
      next: `${command} --yes`,
    });
  }
  if (await askYes(context, question)) return true;
  context.stderr.write("nothing was changed\n");
  return false;
}

export interface Agreement {
  /** What is about to happen, in lines. */
  readonly plan: readonly string[];
  readonly yes: boolean;
  readonly question: string;
  /** To be typed again, with the flag. */
  readonly command: string;
}

export function question(plans: readonly Plan[]): string {
  const count = plans.reduce((sum, { commands }) => sum + commands.length, 0);
  return `${count === 1 ? "Run this command?" : `Run these ${count} commands?`}${sudoNote(plans)}`;
}

/** sudo asks for its password itself, on the terminal; said before it does. */
export function sudoNote(plans: readonly Plan[]): string {
  const asks = plans.some(({ commands }) => commands.some((command) => /^(sudo|doas) /.test(command)));
  return asks ? " (sudo may ask for your password; Switchyard does not see it)" : "";
}

export function rootText(fingerprint: string): string {
  return `root ${shortFingerprint(fingerprint)}`;
}
