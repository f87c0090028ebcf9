/** What a home consists of on disk: what an uninstall takes away, and whose accounts go with it. */
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Paths } from "../base/paths.ts";
import { keyOfFileName } from "../engine/accounts/credentials/file-name.ts";
import { accountId } from "../engine/config/schema.ts";
import type { CommandContext } from "./context.ts";
import { readConfig } from "./load-config.ts";

/** The certificates that programs were pointed at. The authority itself is data, and goes with `--purge`. */
export function trustFiles(paths: Pick<Paths, "certsDir">): readonly string[] {
  return ["bundle.pem", "extra.pem", "root.pem"].map((name) => join(paths.certsDir, name)).filter(isThere);
}

/**
 * Everything that a home may hold, by the names in it: a folder that SWITCHYARD_HOME points to can be anybody's, and what
 * is not ours stays. The usual folders bear our name and go as they are.
 */
const ownNames =
  /^(config\.yaml|certs|accounts|usage|logs|flows|state\.json|core\.json|control\.sock|ui\.json|history|provider-credentials\.json|install-journal\.jsonl)($|\.)/;

export interface HomeParts {
  /** Files and folders that go, whole. */
  readonly gone: readonly string[];
  /** A folder that goes when nothing is left in it. */
  readonly emptied: readonly string[];
  /** Not ours: they stay. */
  readonly strange: readonly string[];
}

export function homeParts(paths: Paths): HomeParts {
  const state = dirname(paths.pidFile);
  // A deep home's control socket lies in the temporary folder, in a folder of its own; on Windows it is no file.
  const socketFolder = dirname(paths.controlSocket);
  const elsewhere = socketFolder === state || paths.controlSocket.startsWith("\\\\") ? [] : [socketFolder];
  if (paths.home === null) {
    const folders = new Set([paths.dataDir, dirname(paths.configFile), state, paths.logsDir, ...elsewhere]);
    return { gone: [...folders].filter(isThere), emptied: [], strange: [] };
  }
  const { home } = paths;
  const inside = namesIn(home);
  const own = inside.filter((name) => ownNames.test(name));
  return {
    gone: [...own.map((name) => join(home, name)), ...elsewhere.filter(isThere)],
    emptied: own.length > 0 && own.length === inside.length ? [home] : [],
    strange: inside.filter((name) => !own.includes(name)).map((name) => join(home, name)),
  };
}

/** Links are removed, not followed. */
export async function removeParts(parts: HomeParts): Promise<void> {
  for (const path of parts.gone) await rm(path, { recursive: true, force: true });
  for (const path of parts.emptied) await rmdir(path);
}

/** Accounts that are gone when the home is: those of the store, and those that stand in the configuration. */
export function accountsOfHome(context: CommandContext): readonly string[] {
  const stored = namesIn(join(context.paths.dataDir, "accounts")).flatMap((name) => keyOfFileName(name) ?? []);
  const configured = readConfig(context).config?.accounts ?? [];
  return [...new Set([...stored, ...configured].map(accountId))].toSorted();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is no such folder
  }
}

function isThere(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
