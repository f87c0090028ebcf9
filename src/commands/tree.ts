/** Walks over the table of commands. */
import type { Command } from "commander";

/** A command and all below it, itself first. */
export function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const each of command.commands) yield* everyCommand(each);
}

/** `flows list`; empty for the program itself. */
export function pathOf(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each?.parent; each = each.parent) names.unshift(each.name());
  return names.join(" ");
}
