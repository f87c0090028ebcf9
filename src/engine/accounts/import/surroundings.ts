/** The real machine for the importers: its environment, its programs, and SQLite where this Node has it. */
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { isRecord, own } from "../../../base/json.ts";
import type { Database, Surroundings } from "./importer.ts";

/** A keychain that asks its user a question must not hold up a call for longer. */
const programTimeoutMs = 10_000;
const maxOutputBytes = 1024 * 1024;

export function systemSurroundings(env: NodeJS.ProcessEnv): Surroundings {
  return {
    env,
    home: env["HOME"] || homedir(),
    platform: process.platform,
    run: (program, parameters) =>
      new Promise((resolve) => {
        const options = { timeout: programTimeoutMs, maxBuffer: maxOutputBytes, windowsHide: true };
        // stdin is closed: nobody is there to answer.
        const child = execFile(program, [...parameters], options, (error, stdout) =>
          resolve(error === null ? stdout : null),
        );
        child.stdin?.end();
      }),
    openDatabase: sqlite(),
  };
}

/** Asked of the running Node, because Node 20 has none and an import of it would not even start. */
function sqlite(): Surroundings["openDatabase"] {
  const openable = own(process.getBuiltinModule?.("node:sqlite"), "DatabaseSync");
  if (typeof openable !== "function") return null;
  // node:sqlite has no types in Node 20's; its shape is that of the documentation (v22.13).
  const DatabaseSync = openable as new (path: string, options: { readOnly: boolean }) => SqliteDatabase;
  return (path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    return {
      textOf(key) {
        const row = database.prepare("SELECT value FROM ItemTable WHERE key = ?").get(key);
        const value = isRecord(row) ? row["value"] : null;
        if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
        return typeof value === "string" ? value : null;
      },
      close: () => database.close(),
    } satisfies Database;
  };
}

interface SqliteDatabase {
  prepare(sql: string): { get(key: string): unknown };
  close(): void;
}
