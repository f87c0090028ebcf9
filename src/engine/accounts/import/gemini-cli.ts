/**
 * Gemini CLI's login: `oauth_creds.json` in `.gemini` of the home folder (or of `$GEMINI_CLI_HOME`), in the form of
 * Google's auth library; who it is stands in `google_accounts.json` (facts of 2026-11). With its encrypted storage there
 * is no such file.
 */
import { dirname, join } from "node:path";
import { claimsOf } from "../oauth/jwt-claims.ts";
import { factIn, numberIn, readJsonFile, secretIn, textIn } from "./client-file.ts";
import { found, type Importer, missing, strange, unreadable, type Where } from "./importer.ts";

const title = "Gemini CLI";
const login = "run `gemini` and log in with Google there";

export const geminiCli: Importer = {
  title,
  renewal: "run `gemini` once so that it renews its login",
  login,
  files: (where) => [fileOf(where)],
  async read(where) {
    const path = fileOf(where);
    const read = await readJsonFile(path);
    if (!read.ok) {
      const hint = `${login}; a login in its encrypted storage cannot be read`;
      return read.kind === "missing" ? missing(title, path, hint) : unreadable(read.why, login);
    }
    const secret = secretIn(read.value, "access_token");
    if (secret === null) return strange(title, path, login);
    const accounts = await readJsonFile(join(dirname(path), "google_accounts.json"));
    const active = accounts.ok ? factIn(accounts.value, "active") : null;
    const who = active ?? factIn(claimsOf(textIn(read.value, ["id_token"]) ?? ""), "email");
    return found({ kind: "token", secret, facts: { who } }, numberIn(read.value, "expiry_date"));
  },
};

function fileOf({ path, env, home }: Where): string {
  return path ?? join(env["GEMINI_CLI_HOME"] || home, ".gemini", "oauth_creds.json");
}
