/**
 * A file that is there whole or not at all: written beside its place, for its owner's eyes only, and moved there at the
 * end. A file that stands there already is taken over only where that was asked for, and never when it is none.
 */
import { lstatSync, unlinkSync } from "node:fs";
import { link, open, rename, unlink } from "node:fs/promises";
import { type Random, token } from "../base/random.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

export interface PrivateOutput {
  readonly path: string;
  /** It may take the place of a file. */
  readonly force: boolean;
  readonly random: Random;
}

/** @throws CommandFailure where the file may not be written; then, and when `chunks` throws, nothing is left behind. */
export async function writePrivately(output: PrivateOutput, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  requirePlace(output);
  const { path, random } = output;
  const temporary = `${path}.${token(random, 9)}.tmp`;
  const onExit = (): void => unlinkQuietly(temporary);
  process.once("exit", onExit);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveIntoPlace(temporary, output);
  } catch (error) {
    unlinkQuietly(temporary);
    throw error;
  } finally {
    process.off("exit", onExit);
  }
}

/** Said before any work is done. */
export function requirePlace({ path, force }: Pick<PrivateOutput, "path" | "force">): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) throw new CommandFailure(exitCodes.usage, `${path} is not a plain file; it stays as it is`);
  if (!force) throw exists(path);
}

async function moveIntoPlace(temporary: string, { path, force }: PrivateOutput): Promise<void> {
  if (force) {
    requirePlace({ path, force });
    await rename(temporary, path);
    return;
  }
  try {
    // A link is made only where nothing is; a rename would not ask.
    await link(temporary, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code;
    if (code === "EEXIST") throw exists(path);
    // File systems without links: the place was free a moment ago.
    requirePlace({ path, force });
    await rename(temporary, path);
    return;
  }
  await unlink(temporary);
}

function exists(path: string): CommandFailure {
  return new CommandFailure(exitCodes.usage, `${path} is there already`, { next: "the same command with --force" });
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // What is not there any more need not be taken away.
    if ((error as NodeJS.ErrnoException | null)?.code !== "ENOENT") throw error;
  }
}
