/** A child's end as a shell would tell it. */
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { CommandFailure } from "./failure.ts";

/** As POSIX shells: found but not executable, and not found at all. */
const cannotExecute = 126;
const notFound = 127;

/** The exit code, or 128 plus the signal's number. @throws CommandFailure with 126 or 127 when it never ran */
export async function childExitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(spawnFailure(error, child.spawnfile)));
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
}

function spawnFailure(error: NodeJS.ErrnoException, command: string): CommandFailure {
  if (error.code === "ENOENT") {
    return new CommandFailure(notFound, `${command}: command not found`, {
      next: "check the name, and that its folder is in PATH",
    });
  }
  return new CommandFailure(cannotExecute, `${command}: cannot be run (${error.code ?? error.message})`);
}
