/** Wrong command lines in the form of every other failure: what, why, and which help to read. */
import { type Command, CommanderError } from "commander";
import { CommandFailure, exitCodes } from "./failure.ts";
import type { Globals } from "./global-options.ts";
import { everyCommand, pathOf } from "./tree.ts";

export function failOnUse(program: Command, globals: Globals): void {
  for (const command of everyCommand(program)) {
    // The program takes any word, to say what was probably meant, and hands that down.
    if (command !== program) command.allowExcessArguments(false);
    command.exitOverride((error) => {
      throw asUsage(error, command, globals);
    });
  }
}

/** Help that was asked for, and help instead of a subcommand, have been printed: those stay as they are. */
function asUsage(error: CommanderError, command: Command, globals: Globals): Error {
  const next = `switchyard ${pathOf(command)} --help`.replace("  ", " ");
  if (error.exitCode === 0) return error;
  if (error.code === "commander.help") {
    if (!globals.json) return error;
    const names = command.commands.map((each) => each.name()).join(", ");
    return new CommandFailure(exitCodes.usage, `${command.name()} takes a subcommand`, {
      why: `one of ${names}`,
      next,
    });
  }
  const [, what = error.message, why] = /^(.*? is invalid)\. (.*)$/s.exec(plain(error.message)) ?? [
    "",
    plain(error.message),
  ];
  return new CommandFailure(exitCodes.usage, what, { why: why?.replace(/\.$/, ""), next });
}

function plain(message: string): string {
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (?:one of )?(.*?)\?\)$/s, '; did you mean "$1"?')
    .replaceAll(/'([^']*)'/g, '"$1"')
    .replaceAll(/\s*\n\s*/g, " ");
}
