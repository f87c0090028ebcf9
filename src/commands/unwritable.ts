/** A home that cannot be written, in words: what, where, and what to type next instead of the system's own message. */
import { dirname, sep } from "node:path";
import type { Paths } from "../base/paths.ts";
import { shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "something on that path is a file, not a folder",
  EEXIST: "something on that path is a file, not a folder",
  ENOSPC: "the disk is full",
  EDQUOT: "your disk quota is used up",
};

type Folders = Pick<Paths, "dataDir" | "logsDir" | "pidFile">;

export async function inHome<Result>(paths: Folders, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw unwritableHome(error, paths) ?? error;
  }
}

/** Null when the error is about something else, or has words of its own. */
function unwritableHome(error: unknown, paths: Folders): Error | null {
  if (!(error instanceof Error) || reasons[codeOf(error)] === undefined || "exitCode" in error) return null;
  const path: unknown = "path" in error ? error.path : undefined;
  if (typeof path !== "string") return null;
  const where = "syscall" in error && error.syscall === "mkdir" ? path : dirname(path);
  const ours = [paths.dataDir, paths.logsDir, dirname(paths.pidFile)];
  // Ours, or a folder on the way there that could not be made.
  if (!ours.some((folder) => isWithin(where, folder) || isWithin(folder, where))) return null;
  return new CommandFailure(exitCodes.failure, `${shown(where)} cannot be written, and a core keeps its files there`, {
    why: reasonOf(error),
    next: `${remedy(codeOf(error))}, or take another folder: SWITCHYARD_HOME=FOLDER switchyard start`,
  });
}

/** `permission denied (EACCES)` */
export function reasonOf(error: unknown): string {
  const reason = reasons[codeOf(error)];
  if (reason !== undefined) return `${reason} (${codeOf(error)})`;
  return shown(error instanceof Error ? error.message : String(error));
}

function remedy(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "make room there";
  if (code === "ENOTDIR" || code === "EEXIST") return "move that file away";
  return "make it writable for you";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
