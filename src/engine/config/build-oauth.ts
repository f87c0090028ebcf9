/** The `oauth` section: what a login needs besides what is built in, such as the client of one's own registration. */
import type { Findings } from "./build.ts";
import { providerId } from "../providers/registry.ts";
import { isLoopback } from "./endpoint.ts";
import type { ConfigFile } from "./file-schema.ts";
import { suggestion } from "./nearest.ts";
import type { Path } from "./problem.ts";
import type { Config, OAuthConfig } from "./schema.ts";
import { readSecret, type SecretSources } from "./secrets.ts";

type Block = NonNullable<ConfigFile["oauth"]>[string];

export function buildOAuth(
  file: ConfigFile,
  providers: Config["providers"],
  known: ReadonlySet<string>,
  sources: SecretSources,
  findings: Findings,
): Config["oauth"] {
  return Object.fromEntries(
    Object.entries(file.oauth ?? {}).map(([id, block]) => {
      const path = ["oauth", id];
      if (!known.has(id)) findings.wrong(path, `there is no provider "${id}"${suggestion(id, known)}`, "key");
      return [providerId(providers, id) ?? id, buildOne(block, path, sources, findings)];
    }),
  );
}

function buildOne(block: Block, path: Path, sources: SecretSources, findings: Findings): OAuthConfig {
  const secret = block.client_secret === undefined ? null : readSecret(block.client_secret, sources);
  if (secret?.ok === false) findings.wrong([...path, "client_secret"], secret.message);
  const url = (key: "auth_url" | "token_url" | "refresh_url"): string | undefined => {
    const text = block[key];
    const problem = text === undefined ? null : urlProblem(text);
    if (problem !== null) findings.wrong([...path, key], problem);
    return text;
  };
  const authUrl = url("auth_url");
  const tokenUrl = url("token_url");
  const refreshUrl = url("refresh_url");
  return {
    ...(block.client_id === undefined ? {} : { clientId: block.client_id }),
    ...(secret?.ok === true ? { clientSecret: secret.secret } : {}),
    ...(authUrl === undefined ? {} : { authUrl }),
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
    ...(refreshUrl === undefined ? {} : { refreshUrl }),
  };
}

/** Tokens travel there: encrypted, or not off this machine. */
function urlProblem(text: string): string | null {
  if (!URL.canParse(text)) return "is not a URL; write it like https://host/path";
  const url = new URL(text);
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
  if (!isSafe) return "must begin with https:// (http:// only on this machine): tokens travel there";
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password; use client_secret";
  return url.hash === "" ? null : "must not hold a fragment";
}
