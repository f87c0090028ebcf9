/** Credentials where there are keys only: nothing is stored, nothing is renewed. What an engine has that was given no store. */
import type { AccountConfig } from "../config/schema.ts";
import type { CredentialResult, Credentials } from "./credential.ts";

export const keyCredentials: Credentials = {
  get: (account) => Promise.resolve(keyOf(account)),
  renew: () => Promise.resolve({ ok: false, error: { kind: "auth", message: "an API key cannot be renewed" } }),
  status: ({ source }) =>
    Promise.resolve({
      source: source.kind,
      client: source.kind === "client" ? source.client : null,
      state: source.kind === "key" || source.kind === "none" ? "ok" : "missing",
      expiresAt: null,
      facts: {},
      fix: null,
    }),
  stored: () => [],
  reload: () => Promise.resolve(),
};

function keyOf({ source, provider, name }: AccountConfig): CredentialResult {
  if (source.kind === "key") return { ok: true, credential: { kind: "key", secret: source.key, facts: {} } };
  return { ok: false, error: { kind: "no-account", message: `account ${provider}/${name} has no key here` } };
}
