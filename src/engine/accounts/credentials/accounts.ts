/** What the store holds, in the configuration's words; and the record that says "read it where its program keeps it". */
import { Secret } from "../../../base/secret.ts";
import { type AccountConfig, type ClientLogin, clientLogins, type CredentialSource } from "../../config/schema.ts";
import type { StoredAccount } from "../credential.ts";
import { type AccountKey, newAccount } from "./record.ts";
import type { StoreEntry } from "./store.ts";

/** An account that reads another program's login when it is used; nothing of that login is kept. */
export function importedAccount(key: AccountKey, client: ClientLogin, path: string | null): StoredAccount {
  const extra = { client: new Secret(client), ...(path === null ? {} : { path: new Secret(path) }) };
  // The record wants an access token; this one says that there is none.
  return { ...newAccount(key, "import", new Secret(`read from ${client}`)), extra };
}

/** A damaged one counts as a login: it is shown, with what to do about it, and serves nothing. */
export function accountConfigOf({ key, reading }: StoreEntry): AccountConfig {
  const stored = reading.state === "ok" ? reading.account : newAccount(key, "oauth_pkce", new Secret("none"));
  return {
    provider: key.provider,
    name: key.name,
    source: sourceOf(stored),
    priority: stored.priority,
    weight: stored.weight,
    enabled: stored.enabled,
    limits: null,
    prefix: null,
    models: [],
    excludedModels: [],
    from: "store",
  };
}

function sourceOf({ type, accessToken, extra }: StoredAccount): CredentialSource {
  switch (type) {
    case "none":
      return { kind: "none" };
    case "api_key":
      return { kind: "key", key: accessToken };
    case "oauth_device_flow":
    case "oauth_pkce":
      return { kind: "login" };
    case "import": {
      const client = clientLogins.find((one) => one === extra["client"]?.reveal());
      return client === undefined
        ? { kind: "login" }
        : { kind: "client", client, path: extra["path"]?.reveal() ?? null };
    }
  }
}
