/**
 * A start file of a shell, edited so that its owner does not notice: links are followed, mode and owner stay, the new text
 * takes the old one's place in one step or not at all, and what changed meanwhile is not overwritten.
 */
import { type Stats } from "node:fs";
import { chown, link, lstat, mkdir, open, readFile, realpath, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Random, token } from "../base/random.ts";
import { shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { reasonOf } from "./unwritable.ts";

export interface RcFile {
  /** The file itself, links resolved. */
  readonly path: string;
  /** Its bytes as Latin-1; null: there is none. */
  readonly text: string | null;
  readonly stats: Stats | null;
}

const newFileMode = 0o644;
/** Far more than anybody has in one. */
const maxBytes = 4 << 20;

/** @throws CommandFailure when it is nothing that can be edited */
export async function readRcFile(named: string): Promise<RcFile> {
  const path = await resolved(named);
  try {
    const stats = await lstat(path);
    if (!stats.isFile()) throw refused(path, "it is not a plain file");
    if (stats.nlink > 1) throw refused(path, "it has other names (hard links), which an edit would cut off");
    if (stats.size > maxBytes) throw refused(path, "it is far larger than a start file");
    const text = (await readFile(path)).toString("latin1");
    if (/^(\xff\xfe|\xfe\xff)|\0/.test(text)) throw refused(path, "it is not in UTF-8");
    return { path, text, stats };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { path, text: null, stats: null };
    throw error instanceof CommandFailure ? error : unreadable(path, error);
  }
}

export interface RcEdit {
  readonly path: string;
  /** Where the new text is written first. */
  readonly temporary: string;
  /** Folders that have to be made, outermost first. */
  readonly folders: readonly string[];
}

/** What an edit is going to touch: for the journal, before it does. */
export async function planEdit(file: RcFile, random: Random): Promise<RcEdit> {
  const folder = dirname(file.path);
  const folders: string[] = [];
  for (let path = folder; (await existing(path)) === null; path = dirname(path)) folders.unshift(path);
  const temporary = join(folder, `.${basename(file.path)}.${token(random, 9)}.switchyard`);
  return { path: file.path, temporary, folders };
}

/** `text` null: the file goes. @throws CommandFailure when it cannot be written, or is not what was read any more */
export async function editRcFile(file: RcFile, edit: RcEdit, text: string | null): Promise<void> {
  try {
    if (text === null) {
      await assertUnchanged(file);
      await rm(file.path, { force: true });
      return;
    }
    for (const folder of edit.folders) await mkdir(folder);
    await writeTemporary(file, edit.temporary, text);
    await assertUnchanged(file);
    if (file.text === null) await place(edit.temporary, file.path);
    else await rename(edit.temporary, file.path);
  } catch (error) {
    throw error instanceof CommandFailure ? error : unwritable(file.path, error);
  } finally {
    await discard(edit.temporary);
  }
}

/** Unlike a rename, a link never replaces what has come there meanwhile; some file systems have none. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "ENOSYS"].includes(errorCode(error) ?? "")) throw error;
    await rename(temporary, path);
  }
}

/** A temporary file that may never have been made; what keeps it from going has been said already. */
export async function discard(temporary: string): Promise<void> {
  await rm(temporary, { force: true }).catch(() => null);
}

/** The folders that an edit had made, as far as nothing has come into them. */
export async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders.toReversed()) {
    try {
      await rmdir(folder);
    } catch (error) {
      const code = errorCode(error);
      if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
    }
  }
}

async function writeTemporary(file: RcFile, temporary: string, text: string): Promise<void> {
  const { stats } = file;
  const handle = await open(temporary, "wx", stats === null ? newFileMode : stats.mode & 0o7777);
  try {
    if (stats !== null) {
      // Opening takes bits away (umask); the old file's are its owner's wish.
      await handle.chmod(stats.mode & 0o7777);
      const made = await handle.stat();
      if (made.uid !== stats.uid || made.gid !== stats.gid) await chown(temporary, stats.uid, stats.gid);
    }
    await handle.writeFile(Buffer.from(text, "latin1"));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function assertUnchanged(file: RcFile): Promise<void> {
  const now = await readRcFile(file.path);
  if (now.text !== file.text) throw refused(file.path, "it was changed by somebody else just now; try again");
}

/** Where links lead; a file that is not there yet keeps its name. */
async function resolved(named: string): Promise<string> {
  try {
    return await realpath(named);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw unreadable(named, error);
    if ((await existing(named)) !== null) throw refused(named, "it is a link to a file that is not there");
    return named;
  }
}

async function existing(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw unreadable(path, error);
  }
}

function refused(path: string, why: string): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${shown(path)} is left as it is`, { why });
}

function unreadable(path: string, error: unknown): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${shown(path)} cannot be read`, { why: reasonOf(error) });
}

function unwritable(path: string, error: unknown): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${shown(path)} cannot be written; nothing was changed`, {
    why: reasonOf(error),
    next: "give yourself the right to write it, and try again",
  });
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
