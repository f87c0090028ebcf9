/**
 * A disk that is soon full. Root can have a small one of its own; anybody can be held to files of a certain size, which
 * fails a writing halfway as a full disk does (with EFBIG in the place of ENOSPC).
 */
import { spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../../support/temp.ts";

export interface SmallDisk {
  readonly path: string;
  /** Bytes that can still be written. */
  room(): number;
  close(): void;
}

/** Null where no disk can be mounted. */
export function mountSmallDisk(bytes: number): SmallDisk | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  const folder = tempFolder("disk");
  const options = `size=${bytes},mode=0700`;
  if (spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder.path]).status !== 0) {
    folder.close();
    return null;
  }
  return {
    path: folder.path,
    room() {
      const { bavail, bsize } = statfsSync(folder.path);
      return bavail * bsize;
    },
    close() {
      // Also while a program that is just ending still stands in it.
      if (spawnSync("umount", [folder.path]).status !== 0) spawnSync("umount", ["-l", folder.path]);
      folder.close();
    },
  };
}

/** Whether the largest file of another process can be set while it runs (util-linux). */
export function canLimitFiles(): boolean {
  return spawnSync("prlimit", ["--version"]).status === 0;
}

/** `null`: as before. Only the soft limit moves, so it needs no rights. */
export function limitFiles(pid: number, bytes: number | null): void {
  const limit = `--fsize=${bytes ?? "unlimited"}:`;
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), limit]);
  if (status !== 0) throw new Error(`prlimit: ${String(stderr)}`);
}

/** So many bytes of something else on a disk, or as many as go; 0 gives them back. */
export function fill(folder: string, bytes: number): void {
  const path = join(folder, "somebody-elses.bin");
  if (bytes === 0) return rmSync(path, { force: true });
  try {
    writeFileSync(path, Buffer.alloc(Math.max(0, bytes)));
  } catch (error) {
    // What went in stays there.
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
