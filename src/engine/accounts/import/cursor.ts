/**
 * Cursor's login: two rows of the SQLite file `state.vscdb` in its settings folder (facts of 2026-11). Only a Node with
 * SQLite can read it; the file is opened for reading and closed at once.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { factIn, secretIn, tokenEnd } from "./client-file.ts";
import {
  type ClientReading,
  type Database,
  found,
  type Importer,
  missing,
  strange,
  unreadable,
  type Where,
} from "./importer.ts";

const title = "Cursor";
const login = "open Cursor and log in there";

export const cursor: Importer = {
  title,
  renewal: "open Cursor once so that it renews its login",
  login,
  // New rows stand in the log beside the file before they stand in it.
  files: (where) => [fileOf(where), `${fileOf(where)}-wal`],
  async read(where) {
    const path = fileOf(where);
    if (!(await isFile(path))) return missing(title, path, login);
    if (where.openDatabase === null) {
      return unreadable(
        `Cursor keeps its login in a SQLite file (${path}), which Node ${process.versions.node} cannot read`,
        "run Switchyard with Node 22.13 or newer, which has node:sqlite",
      );
    }
    let database: Database | null = null;
    try {
      database = where.openDatabase(path);
      return fromDatabase(database, path);
    } catch {
      // SQLite's words may quote what it read; that it cannot be read is all there is to say.
      return unreadable(`${path} cannot be read as a SQLite file`, `close Cursor and try again, or ${login}`);
    } finally {
      database?.close();
    }
  },
};

function fileOf({ path, platform, home, env }: Where): string {
  if (path !== null) return path;
  const tail = ["Cursor", "User", "globalStorage", "state.vscdb"] as const;
  if (platform === "darwin") return join(home, "Library", "Application Support", ...tail);
  if (platform === "win32") return join(env["APPDATA"] || join(home, "AppData", "Roaming"), ...tail);
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), ...tail);
}

function fromDatabase(database: Database, path: string): ClientReading {
  const row = (key: string): Record<string, unknown> => ({ value: database.textOf(key) });
  const secret = secretIn(row("cursorAuth/accessToken"), "value");
  if (secret === null) return strange(title, path, login);
  const facts = {
    who: factIn(row("cursorAuth/cachedEmail"), "value"),
    plan: factIn(row("cursorAuth/stripeMembershipType"), "value"),
  };
  return found({ kind: "token", secret, facts }, tokenEnd(secret));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not for us to see: both mean that there is nothing to read.
    return false;
  }
}
