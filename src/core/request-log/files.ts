/** The disk as the request log uses it, so that tests can give a slow or a broken one. Folders 0700, files 0600. */
import { appendFile, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface LogFiles {
  /** False when there is one of this name already. Folders above it are made. */
  makeFolder(path: string): Promise<boolean>;
  write(path: string, text: string): Promise<void>;
  append(path: string, text: string): Promise<void>;
  /** The folders in it with the size of their files; none when it is not there. */
  folders(path: string): Promise<readonly StoredFolder[]>;
  remove(path: string): Promise<void>;
}

export interface StoredFolder {
  readonly name: string;
  readonly bytes: number;
}

const privateFolder = 0o700;
const privateFile = { mode: 0o600 };

export const systemLogFiles: LogFiles = {
  async makeFolder(path) {
    await mkdir(join(path, ".."), { recursive: true, mode: privateFolder });
    try {
      await mkdir(path, { mode: privateFolder });
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  },
  write: (path, text) => writeFile(path, text, privateFile),
  append: (path, text) => appendFile(path, text, privateFile),
  async folders(path) {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      return await Promise.all(names.map(async (name) => ({ name, bytes: await sizeOf(join(path, name)) })));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
};

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
