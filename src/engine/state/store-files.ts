/** The few things a store does with files, on the disk. Tests put failing ones in their place. */
import { link, mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Random } from "../../base/random.ts";
import { readPrivateFile, replaceFile, sweepTemporaries } from "../../base/replace-file.ts";
import { reading, writing } from "./store-error.ts";

export interface StoreFiles {
  /** Null: no such file. @throws StoreError when it is not ours to read, or larger than `maxBytes` */
  read(path: string, maxBytes: number): Promise<string | null>;
  /** Whole and durable, or as it was. @throws StoreError */
  replace(path: string, text: string): Promise<void>;
  /**
   * Gives a file that is about to be replaced a second name, so that there is no moment without it; where that cannot be
   * done it is moved. @throws StoreError
   */
  keep(from: string, as: string): Promise<void>;
  /** Removes what killed writers of `path` left behind, if it has not changed since `before` (wall clock, ms). */
  sweep(path: string, before: number): Promise<void>;
}

const privateFolder = 0o700;

export function diskFiles(random: Random): StoreFiles {
  return {
    async read(path, maxBytes) {
      try {
        return await readPrivateFile(path, maxBytes);
      } catch (error) {
        throw reading(path, error);
      }
    },
    async replace(path, text) {
      try {
        await mkdir(dirname(path), { recursive: true, mode: privateFolder });
        await replaceFile(path, text, random);
      } catch (error) {
        throw writing(path, error);
      }
    },
    async keep(from, as) {
      try {
        // Not every file system has hard links.
        await link(from, as).catch(() => rename(from, as));
      } catch (error) {
        throw writing(from, error);
      }
    },
    sweep: sweepTemporaries,
  };
}
