/**
 * The GitHub login that Copilot's editor plugins share: `apps.json` (older: `hosts.json`) in the `github-copilot` folder
 * of the user's configuration (facts of 2026-11). It is a GitHub token: Copilot itself wants one of its own, which GitHub
 * gives in exchange. VS Code keeps its session in the system's keychain, and that one is not read.
 */
import { join } from "node:path";
import { isRecord } from "../../../base/json.ts";
import { factIn, readJsonFile, secretIn } from "./client-file.ts";
import { type ClientReading, type Importer, missing, strange, unreadable, type Where } from "./importer.ts";

const title = "GitHub Copilot";
const login = "log in to Copilot in an editor that keeps its login in apps.json, such as Neovim or a JetBrains IDE";

export const copilot: Importer = {
  title,
  renewal: login,
  login,
  files: (where) => filesOf(where),
  async read(where) {
    const paths = filesOf(where);
    for (const path of paths) {
      const read = await readJsonFile(path);
      if (read.ok) return fromJson(read.value, path);
      if (read.kind === "unreadable") return unreadable(read.why, login);
    }
    return missing(title, paths.join(" or "), login);
  },
};

function filesOf({ path, env, home, platform }: Where): readonly string[] {
  if (path !== null) return [path];
  const base =
    platform === "win32"
      ? env["LOCALAPPDATA"] || join(home, "AppData", "Local")
      : env["XDG_CONFIG_HOME"] || join(home, ".config");
  return ["apps.json", "hosts.json"].map((name) => join(base, "github-copilot", name));
}

/** Keys are `github.com:<app id>` or `github.com`; another host is a GitHub of a company's own, which is not this one. */
function fromJson(value: unknown, path: string): ClientReading {
  for (const [host, entry] of Object.entries(isRecord(value) ? value : {})) {
    const secret = secretIn(entry, "oauth_token");
    if (secret === null || host.split(":")[0] !== "github.com") continue;
    const who = factIn(entry, "user");
    const credential = { kind: "token", secret, facts: who === null ? {} : { who } } as const;
    return { ok: true, credential, expiresAt: null, renewableUntil: null, exchange: "copilot" };
  }
  return strange(title, path, login);
}
