/**
 * Qwen Code's login: `~/.qwen/oauth_creds.json`. `resource_url` names the host that the token is good for, as a rule
 * without a scheme; its API is below `/v1` (qwen-code completes both, late 2026).
 */
import { join } from "node:path";
import { factIn, numberIn, readJsonFile, secretIn } from "./client-file.ts";
import { found, type Importer, missing, strange, unreadable, type Where } from "./importer.ts";

const title = "Qwen Code";
const login = "run `qwen` and log in there (/auth)";

export const qwenCode: Importer = {
  title,
  renewal: "run `qwen` once so that it renews its login",
  login,
  files: (where) => [fileOf(where)],
  async read(where) {
    const path = fileOf(where);
    const read = await readJsonFile(path);
    if (!read.ok) return read.kind === "missing" ? missing(title, path, login) : unreadable(read.why, login);
    const secret = secretIn(read.value, "access_token");
    if (secret === null) return strange(title, path, login);
    const facts = { endpoint: endpointOf(factIn(read.value, "resource_url")) };
    return found({ kind: "token", secret, facts }, numberIn(read.value, "expiry_date"));
  },
};

function fileOf({ path, home }: Where): string {
  return path ?? join(home, ".qwen", "oauth_creds.json");
}

/** Https or nothing. Whether it is a host of Qwen's is the provider's to say. */
function endpointOf(said: string | null): string | null {
  if (said === null) return null;
  const whole = /^[a-z]+:\/\//i.test(said) ? said : `https://${said}`;
  if (!URL.canParse(whole)) return null;
  const url = new URL(whole);
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "") return null;
  const base = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  return base.endsWith("/v1") ? base : `${base}/v1`;
}
