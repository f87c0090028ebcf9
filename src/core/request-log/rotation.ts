/** Keeps the request log from filling the disk: the oldest folders go, beyond a number and beyond a size. */
import { join } from "node:path";
import type { LogFiles } from "./files.ts";
import { folderOrder } from "./names.ts";

export interface Rotation {
  /** A folder was made. */
  made(name: string): Promise<void>;
  /** Something was written into it. */
  grew(name: string, bytes: number): void;
  /** Removes what is too much; the newest folder always stays. */
  prune(): Promise<void>;
}

export interface RotationLimits {
  readonly maxFolders: number;
  readonly maxTotalBytes: number;
}

/** Folders of other names are never touched: the user may keep a call by renaming it. */
export function createRotation(files: LogFiles, root: string, limits: RotationLimits): Rotation {
  /** Oldest first. Null until the disk has been looked at. */
  let sizes: Map<string, number> | null = null;

  async function known(): Promise<Map<string, number>> {
    if (sizes !== null) return sizes;
    const found = (await files.folders(root)).flatMap(({ name, bytes }) => {
      const order = folderOrder(name);
      return order === null ? [] : [{ name, bytes, order }];
    });
    found.sort((a, b) => (a.order < b.order ? -1 : 1));
    sizes = new Map(found.map(({ name, bytes }) => [name, bytes]));
    return sizes;
  }

  return {
    async made(name) {
      const all = await known();
      if (!all.has(name)) all.set(name, 0);
    },
    grew(name, bytes) {
      const before = sizes?.get(name);
      if (before !== undefined) sizes?.set(name, before + bytes);
    },
    async prune() {
      const all = await known();
      let total = 0;
      for (const bytes of all.values()) total += bytes;
      for (const [name, bytes] of all) {
        const isFine = all.size <= limits.maxFolders && total <= limits.maxTotalBytes;
        if (isFine || all.size === 1) return;
        await files.remove(join(root, name));
        all.delete(name);
        total -= bytes;
      }
    },
  };
}
