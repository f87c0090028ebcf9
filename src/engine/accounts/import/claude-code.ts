/**
 * Claude Code's login: `.credentials.json` in `$CLAUDE_CONFIG_DIR` or `~/.claude`; on macOS the keychain's generic
 * password `Claude Code-credentials`, which holds the same JSON (facts of 2026-11).
 */
import { join } from "node:path";
import { parseJson } from "../../../base/json.ts";
import { factIn, numberIn, readJsonFile, secretIn } from "./client-file.ts";
import { type ClientReading, found, type Importer, missing, strange, unreadable, type Where } from "./importer.ts";

const title = "Claude Code";
const login = "run `claude` and log in there (/login)";
const keychainService = "Claude Code-credentials";

export const claudeCode: Importer = {
  title,
  renewal: "run `claude` once so that it renews its login",
  login,
  files: (where) => [fileOf(where)],
  async read(where) {
    const path = fileOf(where);
    const read = await readJsonFile(path);
    if (read.ok) return fromJson(read.value, path);
    if (read.kind === "unreadable") return unreadable(read.why, login);
    if (where.platform !== "darwin" || where.path !== null) return missing(title, path, login);
    const said = await where.run("security", ["find-generic-password", "-s", keychainService, "-w"]);
    if (said === null) return missing(title, `${path} or in the keychain`, login);
    const parsed = parseJson(said);
    return parsed.ok ? fromJson(parsed.value, "the keychain") : strange(title, "the keychain", login);
  },
};

function fileOf({ path, env, home }: Where): string {
  return path ?? join(env["CLAUDE_CONFIG_DIR"] || join(home, ".claude"), ".credentials.json");
}

function fromJson(value: unknown, place: string): ClientReading {
  const secret = secretIn(value, "claudeAiOauth", "accessToken");
  if (secret === null) return strange(title, place, login);
  const facts = { plan: factIn(value, "claudeAiOauth", "subscriptionType") };
  return found({ kind: "token", secret, facts }, numberIn(value, "claudeAiOauth", "expiresAt"));
}
