/** The folder of usage files: private, really ours, and rid of what is too old. */
import { chmod, lstat, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { byAge, type DayFile, parseDayFile } from "./local-day.ts";

/** What went wrong with a file or folder, in words. */
export class UsageFolderError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageFolderError";
  }
}

export interface SizedFile extends DayFile {
  readonly path: string;
  readonly size: number;
}

/** Makes it where it is missing, for its owner alone. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mode = await modeOf(folder);
  if (mode !== null && (mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/** Its usage files that fit, oldest first; none where there is no folder. */
export async function listFiles(folder: string, fits: (file: DayFile) => boolean): Promise<readonly SizedFile[]> {
  if ((await modeOf(folder)) === null) return [];
  const files: SizedFile[] = [];
  for (const name of await readdir(folder)) {
    const file = parseDayFile(name);
    if (file === null || !fits(file)) continue;
    const path = join(folder, name);
    const found = await lstat(path);
    if (found.isFile()) files.push({ ...file, path, size: found.size });
  }
  return files.sort(byAge);
}

/** Removes the files of days before `day`. */
export async function removeOlder(folder: string, day: string): Promise<void> {
  for (const file of await listFiles(folder, (file) => file.day < day)) await rm(file.path, { force: true });
}

/** For messages: an error of the operating system names what was done to which path. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Null: there is none. A link is refused: what is written through it would land where nobody looks. */
async function modeOf(folder: string): Promise<number | null> {
  const found = await lstat(folder).catch(async (error: unknown) => {
    // Missing is fine; anything else is told as the system tells it.
    if (isMissing(error)) return null;
    throw error;
  });
  if (found === null) return null;
  if (found.isSymbolicLink()) {
    throw new UsageFolderError(`${folder} is a symbolic link; put a real folder there, or remove it`);
  }
  if (!found.isDirectory()) throw new UsageFolderError(`${folder} is not a folder; move it away`);
  return (await stat(folder)).mode;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
