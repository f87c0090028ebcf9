/**
 * Cursor's login: rows of the SQLite file `state.vscdb` in the editor's settings folder (facts of 2026-11), which only a Node
 * with SQLite can read; it is opened for reading and closed at once. Where there is none, or this Node cannot read it, the
 * file of its command line tool, which is JSON. The editor's ids of the machine are read with its login, because its
 * service wants to see them; the tool has none.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import type { MachineSecrets } from "../credential.ts";
import { factIn, readJsonFile, secretIn, tokenEnd } from "./client-file.ts";
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
  files: (where) => [fileOf(where), `${fileOf(where)}-wal`, ...(where.path === null ? [toolFileOf(where)] : [])],
  async read(where) {
    if (where.path?.endsWith(".json") === true) return readTool(where.path);
    const editor = await readEditor(where);
    if (editor.ok || where.path !== null) return editor;
    const tool = await readTool(toolFileOf(where));
    return tool.ok ? tool : editor;
  },
};

async function readEditor(where: Where): Promise<ClientReading> {
  const path = fileOf(where);
  if (!(await isFile(path))) return missing(title, path, login);
  if (where.openDatabase === null) {
    return unreadable(
      `Cursor keeps its login in a SQLite file (${path}), which Node ${process.versions.node} cannot read`,
      "run Switchyard with Node 22.13 or newer, which has node:sqlite, or log in with cursor-agent, whose login is a file",
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
}

/** As the command line tool keeps its login (reported once, 2026): tokens and nothing else. */
async function readTool(path: string): Promise<ClientReading> {
  const read = await readJsonFile(path);
  if (!read.ok) return read.kind === "missing" ? missing(title, path, login) : unreadable(read.why, login);
  const secret = secretIn(read.value, "accessToken") ?? secretIn(read.value, "access_token");
  if (secret === null) return strange(title, path, login);
  return found({ kind: "token", secret, facts: { who: factIn(read.value, "email") } }, tokenEnd(secret));
}

function toolFileOf({ platform, home, env }: Where): string {
  if (platform === "linux") return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "cursor", "auth.json");
  return join(home, ".cursor", "auth.json");
}

function fileOf({ path, platform, home, env }: Where): string {
  if (path !== null) return path;
  const tail = ["Cursor", "User", "globalStorage", "state.vscdb"] as const;
  if (platform === "darwin") return join(home, "Library", "Application Support", ...tail);
  if (platform === "win32") return join(env["APPDATA"] || join(home, "AppData", "Roaming"), ...tail);
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), ...tail);
}

function fromDatabase(database: Database, path: string): ClientReading {
  const row = (key: string): Record<string, unknown> => ({ value: unquoted(database.textOf(key)) });
  const secret = secretIn(row("cursorAuth/accessToken"), "value");
  if (secret === null) return strange(title, path, login);
  const facts = {
    who: factIn(row("cursorAuth/cachedEmail"), "value"),
    plan: factIn(row("cursorAuth/stripeMembershipType"), "value"),
  };
  const machine = machineIn((key) => row(key)["value"]);
  return found({ kind: "token", secret, facts, ...(machine === null ? {} : { machine }) }, tokenEnd(secret));
}

/** Some rows are JSON text in quotes. */
function unquoted(text: string | null): string | null {
  if (text === null || !text.startsWith('"')) return text;
  const parsed = parseJson(text);
  return parsed.ok && typeof parsed.value === "string" ? parsed.value : text;
}

/** 64 hexadecimal digits, or a UUID; anything else is no id that the service would know. */
const machineId = /^(?:[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function machineIn(valueOf: (key: string) => unknown): MachineSecrets | null {
  const idAt = (key: string): Secret | null => {
    const value = valueOf(key);
    return typeof value === "string" && machineId.test(value) ? new Secret(value) : null;
  };
  const id = idAt("telemetry.machineId") ?? idAt("storage.serviceMachineId");
  return id === null ? null : { id, mac: idAt("telemetry.macMachineId") };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not for us to see: both mean that there is nothing to read.
    return false;
  }
}
