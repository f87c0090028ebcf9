/** What is done to a store, as a list of small steps: each one a command that can be shown, run, and taken back. */
import type { Command, TrustMachine } from "./machine.ts";

export type Step = StepAction & {
  /** Not the user's own: through sudo, unless we are root already. */
  readonly elevated: boolean;
};

export type StepAction =
  | { readonly kind: "make-folder"; readonly path: string }
  /** A copy that everybody may read, under a name that is free. */
  | { readonly kind: "write-file"; readonly from: string; readonly path: string }
  | { readonly kind: "remove-file"; readonly path: string }
  /** Only while it is empty. */
  | { readonly kind: "remove-folder"; readonly path: string }
  | { readonly kind: "run"; readonly command: Command };

/** How the step is done here. */
export function commandOf(step: Step, machine: TrustMachine): Command {
  const command = plainCommand(step);
  const by = step.elevated ? elevation(machine) : null;
  return by === null ? command : [by, ...command];
}

/** The program that asks for the right to change the system; null when none is needed, or none is there. */
function elevation(machine: TrustMachine): string | null {
  if (machine.isSuperuser || machine.platform === "win32") return null;
  return ["sudo", "doas"].find((program) => machine.find(program) !== null) ?? null;
}

/** Steps that change the system need somebody to ask for the right to. */
export function canElevate(machine: TrustMachine): boolean {
  return machine.isSuperuser || machine.platform === "win32" || elevation(machine) !== null;
}

function plainCommand(step: Step): Command {
  switch (step.kind) {
    case "make-folder":
      return ["mkdir", "-m", "0755", step.path];
    case "write-file":
      // Unlike cp: readable by all, whatever root's umask is.
      return ["install", "-m", "0644", step.from, step.path];
    case "remove-file":
      return ["rm", "-f", step.path];
    case "remove-folder":
      return ["rmdir", step.path];
    case "run":
      return step.command;
  }
}

/** As a person would type it. */
export function shownCommand(command: Command, platform: NodeJS.Platform): string {
  return command.map((word) => (platform === "win32" ? windowsWord(word) : posixWord(word))).join(" ");
}

function posixWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function windowsWord(word: string): string {
  return /^[\w@+=:,./\\-]+$/.test(word) ? word : `"${word}"`;
}
