/**
 * Where lowdb keeps its data, made safe. Its own adapter writes through one predictable temporary name, without fsync,
 * with mode 0644, and dies on a damaged file (measured with lowdb 7.0.1, late 2026). This one: a fresh temporary file
 * that nobody can have planted, 0600, flushed before it takes the old one's place; a damaged file is set aside, never
 * silently replaced.
 */
import { chmod, lstat, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { parseJson } from "../../base/json.ts";
import { type Random, token } from "../../base/random.ts";

export interface StateAdapter<Data> {
  read(): Promise<Data | null>;
  write(data: Data): Promise<void>;
  /** Where the damaged file went, when `read` had to set one aside. */
  quarantined(): string | null;
}

const privateFolder = 0o700;
const privateFile = 0o600;

/** @param check says whether what the file holds is our data; anything else counts as damage */
export function createStateAdapter<Data>(
  path: string,
  check: (value: unknown) => value is Data,
  random: Random,
): StateAdapter<Data> {
  let setAside: string | null = null;

  async function quarantine(): Promise<null> {
    setAside = `${path}.corrupt-${token(random, 6)}`;
    await rename(path, setAside);
    return null;
  }

  return {
    async read() {
      const text = await readPrivate(path);
      if (text === null) return null;
      const parsed = parseJson(text);
      return parsed.ok && check(parsed.value) ? parsed.value : quarantine();
    },
    async write(data) {
      await mkdir(dirname(path), { recursive: true, mode: privateFolder });
      await replaceFile(path, `${JSON.stringify(data, null, 2)}\n`, random);
    },
    quarantined: () => setAside,
  };
}

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
    throw error;
  }
  await syncFolder(dirname(path));
}

async function readPrivate(path: string): Promise<string | null> {
  try {
    const stats = await lstat(path);
    // A link could make us write a secret somewhere else later; an open file is closed before it is believed.
    if (!stats.isFile()) throw new Error(`${path} is not a plain file; move it away`);
    if (process.platform !== "win32" && (stats.mode & 0o077) !== 0) await chmod(path, privateFile);
    return await readFile(path, "utf8");
  } catch (error) {
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

function ignoreMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException | null)?.code === "ENOENT") return null;
  throw error;
}
