/** A command's output in pieces, as some clients give it, as the one result that others give. */
import type { Message } from "../wire/schema.ts";
import { count, flag, sub, text } from "./fields.ts";

export interface ShellStream {
  /** The result when this was the last piece. */
  note(piece: Message, command: string): Message | undefined;
  /** What came so far as a result, where anything came. */
  cut(): Message | null;
}

const maxOutputLength = 4 * 1024 * 1024;

export function createShellStream(): ShellStream {
  let output = "";
  let hasBegun = false;
  const add = (data: string): void => {
    if (output.length < maxOutputLength) output += data;
  };
  return {
    note(piece, command) {
      hasBegun = true;
      for (const kind of ["rejected", "permissionDenied"] as const) {
        const refusal = sub(piece, kind);
        if (refusal !== undefined) return { [kind]: refusal };
      }
      add(text(sub(piece, "stdout"), "data"));
      add(text(sub(piece, "stderr"), "data"));
      const gone = sub(piece, "backgrounded");
      if (gone !== undefined) {
        const note = `${output}\n[still running in the background]`;
        return { success: { command, workingDirectory: text(gone, "workingDirectory"), interleavedOutput: note } };
      }
      const exit = sub(piece, "exit");
      if (exit === undefined) return undefined;
      const done = {
        command,
        workingDirectory: text(exit, "cwd"),
        exitCode: count(exit, "code"),
        interleavedOutput: output,
      };
      const aborted = flag(exit, "aborted");
      return done.exitCode === 0 && !aborted ? { success: done } : { failure: { ...done, aborted } };
    },
    cut: () => (hasBegun ? { failure: { interleavedOutput: output, aborted: true } } : null),
  };
}
