/**
 * Files that other users must not read, and files that are never seen half written. Permissions are given when a
 * file is opened, not changed afterwards; nothing follows a symbolic link planted at a name we write to.
 */
import { constants } from "node:fs";
import { link, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Random } from "../../base/random.ts";
import { CaError, rotateFix } from "./error.ts";

export const privateFileMode = 0o600;
export const publicFileMode = 0o644;
const privateDirMode = 0o700;
/** Our own files are a few KB; a store of system roots is a quarter of a MB. */
const maxFileBytes = 1 << 20;
/** A temporary file this old was left by a process that died. */
const staleTemporaryMs = 3_600_000;
const temporaryName = /^\..+\.[0-9a-f]{16}\.tmp$/;

/** The user whose files these must be; undefined where users have no numbers (Windows), and nothing is checked there. */
export type OwnerId = number | undefined;

/** Makes the folder (0700, and missing parents with it) or checks the one that is there, as ssh does with its keys. */
export async function preparePrivateDir(dir: string, owner: OwnerId): Promise<void> {
  await orStorageError(dir, () => mkdir(dir, { recursive: true, mode: privateDirMode }));
  checkPrivate(dir, "the certificate folder", await orStorageError(dir, () => stat(dir)), owner, "700");
}

/** The text of a file that only its owner can read; undefined when there is none. */
export async function readPrivateFile(path: string, owner: OwnerId): Promise<string | undefined> {
  const what = "the certificate authority's key file";
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (codeOf(error) === "ELOOP") throw notAFile(path, what);
    const fix = `give the file back to yourself, or move it away and ${rotateFix}`;
    throw new CaError("storage", `${what} ${path} cannot be opened (${codeOf(error)})`, fix, error);
  }
  try {
    // Asked of the open file, so that nobody can swap it between the question and the reading.
    const stats = await file.stat();
    if (!stats.isFile()) throw notAFile(path, what);
    checkPrivate(path, what, stats, owner, "600");
    if (stats.size > maxFileBytes) throw new CaError("corrupt", `${what} ${path} is far too large`, rotateFix);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** Publishes a file under a name that must be free. False when another process was first; its file then stands. */
export async function publishNew(path: string, text: string, mode: number, random: Random): Promise<boolean> {
  return await viaTemporary(path, text, mode, random, async (temporary) => {
    try {
      // Unlike rename, link never replaces: exactly one of two starting processes wins.
      await link(temporary, path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** Replaces a file in one step: readers see the old text or the new, never a part. */
export async function replaceFile(path: string, text: string, mode: number, random: Random): Promise<void> {
  await viaTemporary(path, text, mode, random, (temporary) => rename(temporary, path));
}

/** Appends one line, in one write, to a private file that only ever grows. */
export async function appendLine(path: string, line: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  await orStorageError(path, async () => {
    const file = await open(path, flags, privateFileMode);
    try {
      await file.write(`${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Removes what processes that died in the middle of a write left behind. */
export async function sweepTemporaries(dir: string, now: number): Promise<void> {
  for (const name of await orStorageError(dir, () => readdir(dir))) {
    if (!temporaryName.test(name)) continue;
    const path = join(dir, name);
    const stats = await stat(path).catch(() => undefined); // gone meanwhile: its writer has finished
    if (stats !== undefined && now - stats.mtimeMs > staleTemporaryMs) await rm(path, { force: true });
  }
}

/** The word for an operating system error, for messages. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error";
}

async function viaTemporary<Result>(
  path: string,
  text: string,
  mode: number,
  random: Random,
  publish: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = join(dirname(path), `.${basename(path)}.${random.bytes(8).toString("hex")}.tmp`);
  return await orStorageError(path, async () => {
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = await open(temporary, flags, mode);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      const result = await publish(temporary);
      await syncDirectory(dirname(path));
      return result;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Makes the new name survive a power cut. Windows cannot open folders, and does not need it. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(dir, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function checkPrivate(
  path: string,
  what: string,
  stats: { readonly mode: number; readonly uid: number },
  owner: OwnerId,
  wantedMode: string,
): void {
  if (owner === undefined) return;
  if (stats.uid !== owner) {
    const message = `${what} ${path} belongs to another user (uid ${stats.uid})`;
    throw new CaError(
      "foreign-owner",
      message,
      "run switchyard as that user, or set SWITCHYARD_HOME to a folder of yours",
    );
  }
  if ((stats.mode & 0o077) === 0) return;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  const fix = `chmod ${wantedMode} ${quoted(path)} — and if others use this machine: switchyard ca rotate`;
  throw new CaError("permissive", `${what} ${path} is open to other users (mode ${mode})`, fix);
}

function notAFile(path: string, what: string): CaError {
  const fix = "look at it, remove it, then: switchyard ca rotate";
  return new CaError("not-a-file", `${what} ${path} is not a plain file`, fix);
}

async function orStorageError<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CaError) throw error;
    const fix = "free the disk or set SWITCHYARD_HOME to a local folder of yours that can be written";
    throw new CaError("storage", `cannot write ${path} (${codeOf(error)})`, fix, error);
  }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
