/** Files that may be missing, and links that may be planted: how the checks look at what is on the disk. */
import { lstatSync, readFileSync, type Stats, statSync } from "node:fs";

/** Null when there is no such file, or none that we may read. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Whether it ought to be there is for the caller to say.
    return null;
  }
}

/** Null when there is nothing under this name, or nothing that we may see. */
export function statsOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

/** The same, behind a link as well. */
export function folderStatsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
