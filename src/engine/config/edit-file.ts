/**
 * One value of the configuration file changed on disk. The file is replaced whole, keeps its mode, and is left alone when
 * somebody else has changed it in between. Dotfile managers link `config.yaml` to a file of theirs: then that one is
 * written, one link deep, and it must be a plain file of the same user.
 */
import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, readFile, readlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Random } from "../../base/random.ts";
import { replaceFile } from "../../base/replace-file.ts";
import { editConfig, editConfigList, type EditResult } from "./edit.ts";
import type { ListChange } from "./edit-node.ts";
import type { LoadOptions } from "./load.ts";
import type { Path } from "./problem.ts";
import { maxConfigBytes } from "./source.ts";

export interface EditFileOptions extends LoadOptions {
  readonly random: Random;
}

export type EditFileResult =
  | { readonly ok: true; readonly changed: boolean }
  | { readonly ok: false; readonly kind: "refused" | "conflict" | "unreadable"; readonly message: string };

/** @param value undefined takes it out */
export function editConfigFile(path: Path, value: unknown, options: EditFileOptions): Promise<EditFileResult> {
  return changeFile(options, (text) => editConfig(text, path, value, options));
}

export function editConfigFileList(path: Path, list: ListChange, options: EditFileOptions): Promise<EditFileResult> {
  return changeFile(options, (text) => editConfigList(text, path, list, options));
}

async function changeFile(options: EditFileOptions, edit: (text: string) => EditResult): Promise<EditFileResult> {
  try {
    const file = await find(options.path);
    if (!file.ok) return { ok: false, kind: "unreadable", message: file.message };
    const before = await read(file.path);
    const edited = edit(before ?? "");
    if (!edited.ok) return { ok: false, kind: "refused", message: edited.message };
    if (edited.text === (before ?? "")) return { ok: true, changed: false };
    if (before === null) await mkdir(dirname(file.path), { recursive: true, mode: 0o700 });
    const now = await read(file.path);
    if (now !== before) {
      return { ok: false, kind: "conflict", message: `${options.path} was changed by somebody else; try again` };
    }
    await replaceFile(file.path, edited.text, options.random);
    if (file.mode !== null) await chmod(file.path, file.mode);
    return { ok: true, changed: true };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { ok: false, kind: "unreadable", message: `${options.path} cannot be changed (${code})` };
  }
}

type Found =
  | { readonly ok: true; readonly path: string; readonly mode: number | null }
  | { readonly ok: false; readonly message: string };

/** The file to write: the one at `path`, or the one that a link there leads to. */
async function find(path: string): Promise<Found> {
  const first = await stats(path);
  if (first === null) return { ok: true, path, mode: null };
  const target = first.isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : path;
  const last = target === path ? first : await stats(target);
  if (last === null) return { ok: false, message: `${path} links to ${target}, which is not there` };
  if (!last.isFile()) {
    const what = last.isSymbolicLink() ? "which is a link again" : "which is no plain file";
    return { ok: false, message: target === path ? `${path} is no plain file` : `${path} links to ${target}, ${what}` };
  }
  if (process.getuid !== undefined && last.uid !== process.getuid()) {
    return { ok: false, message: `${target} belongs to another user; edit it by hand` };
  }
  if (last.size > maxConfigBytes) return { ok: false, message: `${target} is larger than 1 MiB` };
  return { ok: true, path: target, mode: last.mode & 0o777 };
}

async function stats(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    return missing(error);
  }
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return missing(error);
  }
}

function missing(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
