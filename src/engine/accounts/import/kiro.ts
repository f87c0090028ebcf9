/**
 * Kiro's login: `~/.aws/sso/cache/kiro-auth-token.json`, and beside it the registration that its renewals need
 * (`<clientIdHash>.json`, facts of 2026-11). The registration is only asked whether it still lives: Kiro cannot renew
 * without it.
 */
import { dirname, join } from "node:path";
import { factIn, instantIn, readJsonFile, secretIn } from "./client-file.ts";
import { type ClientReading, found, type Importer, missing, strange, unreadable, type Where } from "./importer.ts";

const title = "Kiro";
const login = "log in to Kiro";

export const kiro: Importer = {
  title,
  renewal: "open Kiro once so that it renews its login",
  login,
  files: (where) => [fileOf(where)],
  async read(where) {
    const path = fileOf(where);
    const read = await readJsonFile(path);
    if (!read.ok) return read.kind === "missing" ? missing(title, path, login) : unreadable(read.why, login);
    return fromJson(read.value, path);
  },
};

function fileOf({ path, home }: Where): string {
  if (path === null) return join(home, ".aws", "sso", "cache", "kiro-auth-token.json");
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

async function fromJson(value: unknown, path: string): Promise<ClientReading> {
  const secret = secretIn(value, "accessToken") ?? secretIn(value, "access_token");
  if (secret === null) return strange(title, path, login);
  // Copies that other programs exported spell the same words with underscores.
  const fact = (name: string, snake: string): string | null => factIn(value, name) ?? factIn(value, snake);
  const facts = {
    region: factIn(value, "region"),
    profileArn: fact("profileArn", "profile_arn"),
    authMethod: fact("authMethod", "auth_method"),
    identity: factIn(value, "provider"),
  };
  const registrationEnd = await registrationEndsAt(fact("clientIdHash", "client_id_hash"), path);
  const expiresAt = instantIn(value, "expiresAt") ?? instantIn(value, "expires_at");
  return found({ kind: "token", secret, facts }, expiresAt, registrationEnd);
}

/** Social logins have no registration. The hash is part of a file's name, so it is nothing but a hash. */
async function registrationEndsAt(hash: string | null, path: string): Promise<number | null> {
  if (hash === null || !/^[0-9a-f]{8,128}$/i.test(hash)) return null;
  const registration = await readJsonFile(join(dirname(path), `${hash}.json`));
  return registration.ok ? instantIn(registration.value, "expiresAt") : null;
}
