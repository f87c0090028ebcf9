/**
 * iFlow CLI's login. Calls are made with an API key that its login mints, so that is what is read: `apiKey` in
 * `~/.iflow/settings.json` or `oauth_creds.json`, or `iflowApiKey` in `iflow_accounts.json` (readers of these files in
 * public projects, 2026-11).
 */
import { join } from "node:path";
import { readJsonFile, secretIn } from "./client-file.ts";
import { found, type Importer, missing, strange, unreadable, type Where } from "./importer.ts";

const title = "iFlow CLI";
const login = "run `iflow` and log in there";
const places = ["oauth_creds.json", "iflow_accounts.json", "settings.json"] as const;

export const iflow: Importer = {
  title,
  renewal: "run `iflow` once so that it renews its login",
  login,
  files: filesOf,
  async read(where) {
    const paths = filesOf(where);
    let strangeOne: string | null = null;
    for (const path of paths) {
      const read = await readJsonFile(path);
      if (!read.ok && read.kind === "missing") continue;
      if (!read.ok) return unreadable(read.why, login);
      const secret = secretIn(read.value, "apiKey") ?? secretIn(read.value, "iflowApiKey");
      if (secret !== null) return found({ kind: "key", secret, facts: {} }, null);
      strangeOne ??= path;
    }
    return strangeOne === null ? missing(title, paths.join(" or "), login) : strange(title, strangeOne, login);
  },
};

function filesOf({ path, home }: Where): readonly string[] {
  return path === null ? places.map((name) => join(home, ".iflow", name)) : [path];
}
