/** What the store holds, in the configuration's words. */
import { Secret } from "../../../base/secret.ts";
import { type AccountConfig, clientLogins, type CredentialSource } from "../../config/schema.ts";
import type { StoredAccount } from "../credential.ts";
import { newAccount } from "./record.ts";
import type { StoreEntry } from "./store.ts";

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
