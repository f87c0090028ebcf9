/**
 * Codex's login: `auth.json` in `$CODEX_HOME` or `~/.codex`: a ChatGPT login or an API key (codex-rs/login, late 2026).
 * Codex can keep it in the system's keyring instead; that one is bound to Codex and is only pointed out here.
 */
import { join } from "node:path";
import { claimsOf } from "../oauth/jwt-claims.ts";
import { factIn, readJsonFile, readTextFile, secretIn, textIn, tokenEnd } from "./client-file.ts";
import {
  type ClientFailure,
  type ClientReading,
  found,
  type Importer,
  missing,
  strange,
  unreadable,
  type Where,
} from "./importer.ts";

const title = "Codex";
const login = "run `codex login`";
const openaiClaim = "https://api.openai.com/auth";

export const codex: Importer = {
  title,
  renewal: "run `codex` once so that it renews its login",
  login,
  files: (where) => [fileOf(where)],
  async read(where) {
    const path = fileOf(where);
    const read = await readJsonFile(path);
    if (read.ok) return fromJson(read.value, path);
    if (read.kind === "unreadable") return unreadable(read.why, login);
    return (await keyring(where)) ?? missing(title, path, login);
  },
};

function homeOf({ env, home }: Where): string {
  return env["CODEX_HOME"] || join(home, ".codex");
}

function fileOf(where: Where): string {
  return where.path ?? join(homeOf(where), "auth.json");
}

function fromJson(value: unknown, path: string): ClientReading {
  const secret = secretIn(value, "tokens", "access_token");
  if (secret === null) {
    const key = secretIn(value, "OPENAI_API_KEY");
    return key === null ? strange(title, path, login) : found({ kind: "key", secret: key, facts: {} }, null);
  }
  const id = claimsOf(textIn(value, ["tokens", "id_token"]) ?? "");
  const access = claimsOf(secret.reveal());
  const facts = {
    who: factIn(id, "email"),
    accountId: factIn(value, "tokens", "account_id") ?? factIn(id, openaiClaim, "chatgpt_account_id"),
    plan: factIn(id, openaiClaim, "chatgpt_plan_type") ?? factIn(access, openaiClaim, "chatgpt_plan_type"),
  };
  return found({ kind: "token", secret, facts }, tokenEnd(secret));
}

/** Not a TOML reader: one line at the top of the file is all there is to know. */
async function keyring(where: Where): Promise<ClientFailure | null> {
  const config = await readTextFile(join(homeOf(where), "config.toml"));
  const isKeyring = config.ok && /^\s*cli_auth_credentials_store\s*=\s*["'](?:keyring|auto)["']/m.test(config.value);
  if (!isKeyring) return null;
  return unreadable(
    "Codex keeps its login in the system's keyring, which only Codex can read",
    'write cli_auth_credentials_store = "file" into its config.toml and run `codex login` again',
  );
}
