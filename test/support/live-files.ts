/**
 * The files of a folder that a running core writes to. It replaces files by renaming, so one that was listed may be gone
 * before it is read: what it held then stands in another that is listed, or nowhere.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface LiveFile {
  /** Relative to the folder. */
  readonly name: string;
  /** The permission bits and the rest, as `stat` says. */
  readonly mode: number;
  readonly bytes: Buffer;
}

export function liveFiles(folder: string): readonly LiveFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = join(folder, name);
    try {
      const { mode } = statSync(path);
      return statSync(path).isFile() ? [{ name, mode, bytes: readFileSync(path) }] : [];
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
      throw error;
    }
  });
}
