/**
 * Private files, read and written so that nobody else can have a hand in them. A file is replaced through a fresh
 * temporary file that nobody can have planted, 0600, flushed before it takes the old one's place. It is read only when
 * it is a plain file of our own: through a link we would read, and later write, what somebody else chose. No locks here:
 * two writers that read first need file-lock.ts.
 */
import { constants } from "node:fs";
import { lstat, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Random, token } from "./random.ts";

const privateFile = 0o600;
/** Larger than anything we keep in one piece; a bigger file is not ours. */
const maxPrivateBytes = 64 * 1024 * 1024;
/** A link is refused by the kernel itself, so that nothing can be swapped in between a look and the opening. */
const readPlain = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Writes beside the file, flushes, and moves it into place: a reader sees the old text or the new, never half. */
export async function replaceFile(path: string, text: string, random: Random): Promise<void> {
  const temporary = `${path}.${token(random, 9)}.tmp`;
  const file = await open(temporary, "wx", privateFile);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(ignoreMissing);
    throw named(error, path);
  }
  await syncFolder(dirname(path));
}

/** Errors of a file that is open do not say which file it is. */
function named(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || "path" in error) return error;
  const code = errorCode(error);
  return Object.assign(new Error(`${path} cannot be written: ${error.message}`, { cause: error }), { code });
}

/**
 * Removes what killed writers of `path` left behind, if it has not changed since `before` (wall clock, ms): a younger one
 * may be at work in another process.
 */
export async function sweepTemporaries(path: string, before: number): Promise<void> {
  const folder = dirname(path);
  for (const name of (await readdir(folder).catch(ignoreMissing)) ?? []) {
    if (!isTemporary(name, basename(path))) continue;
    const stats = await lstat(join(folder, name)).catch(ignoreMissing);
    if (stats !== null && stats.mtimeMs < before) await unlink(join(folder, name)).catch(ignoreMissing);
  }
}

/** `NAME.<12 characters>.tmp`, as `replaceFile` names them. */
function isTemporary(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}.`) && /^\.[\w-]{12}\.tmp$/.test(name.slice(prefix.length));
}

/** Null when there is no such file. Throws, with a sentence for people, when it is not a plain file of our own. */
export async function readPrivateFile(path: string, maxBytes = maxPrivateBytes): Promise<string | null> {
  try {
    const file = await open(path, readPlain);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw notPlain(path);
      if (process.getuid !== undefined && stats.uid !== process.getuid()) {
        throw new Error(`${path} belongs to another user; move it away`);
      }
      if (stats.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes; move it away`);
      // A file that others can read is closed before it is believed.
      if (process.platform !== "win32" && (stats.mode & 0o077) !== 0) await file.chmod(privateFile);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    // ELOOP is Linux's and macOS's word for a link, EMLINK FreeBSD's.
    const code = errorCode(error);
    if (code === "ELOOP" || code === "EMLINK") throw notPlain(path);
    return ignoreMissing(error);
  }
}

/** The rename itself must survive a power cut. Windows cannot open folders and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function notPlain(path: string): Error {
  return new Error(`${path} is not a plain file; move it away`);
}

function ignoreMissing(error: unknown): null {
  if (errorCode(error) === "ENOENT") return null;
  throw error;
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
