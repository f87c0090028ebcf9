/** Accounts: seen, added, removed, switched, renewed, and their cooldowns ended by hand. */
import {
  type AccountJson,
  type EngineVerbs,
  type NewAccountJson,
  type NewImportJson,
  VerbRefusal,
} from "../../base/controls-engine.ts";
import { own } from "../../base/json.ts";
import { Secret } from "../../base/secret.ts";
import type { StoredAccount } from "../../engine/accounts/credential.ts";
import { newAccount } from "../../engine/accounts/credentials/record.ts";
import { clientFor, clientProblem } from "../../engine/config/login-home.ts";
import { type AccountConfig, clientLogins, type ClientLogin, type ProviderConfig } from "../../engine/config/schema.ts";
import { providerId } from "../../engine/providers/registry.ts";
import { requireAccount, requireProvider, type VerbDeps } from "./deps.ts";
import { accountJson, quotaJson } from "./shapes.ts";

type AccountVerbs = Pick<
  EngineVerbs,
  | "accounts"
  | "addAccount"
  | "removeAccount"
  | "setAccountEnabled"
  | "clearCooldown"
  | "refreshAccount"
  | "quota"
  | "importLogin"
  | "reloadAccounts"
>;

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** A renewal waits for its own answer, not for a client. */
const patienceMs = 60_000;
/** No login is renewed more often, whoever asks. */
const freshMs = 60_000;

export function accountVerbs(deps: VerbDeps): AccountVerbs {
  const { pool, credentials, store, quota, clock } = deps;

  async function shown(id: string): Promise<AccountJson> {
    const health = requireAccount(pool, id);
    const now = clock.now();
    return accountJson(
      health,
      await credentials.status(health.account),
      quotaJson(quota.latest(health.id), now, quota),
      now,
    );
  }

  async function keep(account: StoredAccount): Promise<void> {
    const written = await store.write(account, null);
    if (!written.ok)
      throw new VerbRefusal("conflict", `there is an account "${account.provider}/${account.name}" already`);
    await credentials.reload();
  }

  async function isFresh(account: AccountConfig): Promise<boolean> {
    const reading = await store.read(account);
    return reading.state === "ok" && clock.now() - reading.account.obtainedAt < freshMs;
  }

  function fresh(provider: string, name: string): void {
    if (!namePattern.test(name)) {
      throw new VerbRefusal(
        "invalid",
        "an account's name is letters, digits, dot, dash, @ and underscore (at most 64)",
      );
    }
    if (pool.list().some(({ id }) => id === `${provider}/${name}`)) {
      throw new VerbRefusal("conflict", `there is an account "${provider}/${name}" already`);
    }
  }

  return {
    accounts: () => Promise.all(pool.list().map(({ id }) => shown(id))),

    async addAccount({ provider: named, name, apiKey, priority, weight }: NewAccountJson) {
      const { id, provider } = requireProvider(deps.config(), named);
      fresh(id, name);
      if (provider.type === "cursor") {
        // What is pasted for Cursor is the token of a login, and whoever adds a key is asked for no terms.
        throw new VerbRefusal(
          "invalid",
          "Cursor takes logins only: import its login, log in, or write the token into config.yaml beside accept_terms: true",
        );
      }
      const key = apiKey.trim();
      // Anything else cannot stand in an HTTP header.
      if (!/^[\x21-\x7e]{1,4096}$/.test(key)) {
        throw new VerbRefusal("invalid", "the key is empty, or holds a space or a character outside ASCII");
      }
      await keep({
        ...newAccount({ provider: id, name }, "api_key", new Secret(key)),
        obtainedAt: clock.now(),
        ...(priority === undefined ? {} : { priority: wholeNumber("priority", priority) }),
        ...(weight === undefined ? {} : { weight: wholeNumber("weight", weight) }),
      });
      return shown(`${id}/${name}`);
    },

    async removeAccount(id) {
      const { account } = requireAccount(pool, id);
      if (account.from === "config") {
        if (isImplied(deps, account)) throw new VerbRefusal("invalid", `${account.provider} wants no account`);
        throw new VerbRefusal(
          "invalid",
          `"${id}" is written in config.yaml: take it out there, or \`switchyard accounts disable ${id}\``,
        );
      }
      await store.remove(account);
      await credentials.reload();
    },

    async setAccountEnabled(id, enabled) {
      const { account } = requireAccount(pool, id);
      if (account.from === "config") {
        if (isImplied(deps, account)) {
          throw new VerbRefusal(
            "invalid",
            `${account.provider} wants no account; switch the provider itself on or off`,
          );
        }
        await deps.editConfig(["accounts", placeInFile(deps, account.provider, account.name), "enabled"], enabled);
      } else {
        await change(deps, account, (record) => ({ ...record, enabled }));
      }
      return shown(id);
    },

    clearCooldown(id, model) {
      const account = id === null ? null : requireAccount(pool, id).id;
      // Null is "all of its models" here, and "those of the account itself" there.
      return Promise.resolve(pool.clear(account, model ?? undefined));
    },

    async refreshAccount(id) {
      const { account } = requireAccount(pool, id);
      const { kind } = account.source;
      if (kind === "key" || kind === "none") {
        throw new VerbRefusal("invalid", `"${id}" has no login, so there is nothing to renew`);
      }
      const signal = AbortSignal.timeout(patienceMs);
      const had = await credentials.get(account, signal);
      // Another program's login is only read, and asking has read it. One of ours was renewed by asking where it was due;
      // `renew` would take it for refused, fresh as it is.
      const isDone = kind === "client" || (await isFresh(account));
      const renewed = had.ok && !isDone ? await credentials.renew(account, had.credential, signal) : had;
      if (!renewed.ok) throw new VerbRefusal("upstream", renewed.error.message);
      return shown(id);
    },

    async quota(id) {
      const account = id === null ? null : requireAccount(pool, id).id;
      const states = await quota.refresh(account, { force: false, signal: AbortSignal.timeout(patienceMs) });
      return states.flatMap((state) => quotaJson(state, clock.now(), quota) ?? []);
    },

    async importLogin(wish) {
      const { id, provider } = requireProvider(deps.config(), wish.provider);
      fresh(id, wish.name);
      const client = clientOf(wish, provider);
      requireTerms(wish.acceptTerms, `${client}'s login`);
      // A pointer to another program's login is no secret: it belongs where people look for it.
      const place = wish.path === undefined ? {} : { token_file: wish.path };
      const pointer = { provider: id, name: wish.name, import: client, ...place, accept_terms: true };
      await deps.editConfig(["accounts", fileAccounts(deps).length], pointer);
      return shown(`${id}/${wish.name}`);
    },

    reloadAccounts: () => credentials.reload(),
  };
}

/** As in the file. */
const most = 1_000_000;

function wholeNumber(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new VerbRefusal("invalid", `${what} is a whole number from 0 to ${most}`);
}

export function requireTerms(accepted: boolean, what: string): void {
  if (accepted) return;
  throw new VerbRefusal(
    "invalid",
    `rerouting other programs' calls to ${what} may be against its provider's terms, and its provider may close the account; ` +
      "say that you have read this with --accept-terms",
  );
}

/** A stored account rewritten under its lock. */
async function change(
  { store, credentials }: VerbDeps,
  key: { readonly provider: string; readonly name: string },
  edit: (record: StoredAccount) => StoredAccount,
): Promise<void> {
  const wait = { signal: AbortSignal.timeout(patienceMs), timeoutMs: patienceMs };
  await store.locked(key, wait, async (held) => {
    const reading = await held.read();
    if (reading.state !== "ok")
      throw new VerbRefusal("unavailable", `the account's file cannot be read: ${reading.state}`);
    await held.write(edit(reading.account));
  });
  await credentials.reload();
}

function clientOf(wish: NewImportJson, provider: ProviderConfig): ClientLogin {
  const client = clientLogins.find((each) => each === wish.client) ?? (wish.client === "" ? clientFor(provider) : null);
  if (client === null) throw new VerbRefusal("invalid", `a login can be read from ${clientLogins.join(", ")}`);
  const problem = clientProblem(client, provider);
  if (problem !== null) throw new VerbRefusal("invalid", problem);
  return client;
}

/** One that nobody has written: its provider wants none, and its cooldowns need a name. */
function isImplied(deps: VerbDeps, { source, provider, name }: AccountConfig): boolean {
  if (source.kind !== "none") return false;
  return !deps.config().accounts.some((account) => account.provider === provider && account.name === name);
}

/** The `accounts` list as the file has it. */
function fileAccounts(deps: VerbDeps): readonly unknown[] {
  const accounts = own(deps.written(), "accounts");
  return Array.isArray(accounts) ? accounts : [];
}

/** Where the file says it. Names that the file leaves out are made from the place. */
function placeInFile(deps: VerbDeps, provider: string, name: string): number {
  const place = fileAccounts(deps).findIndex((entry, index) => {
    const written = own(entry, "provider");
    if (typeof written !== "string" || providerId(deps.config().providers, written) !== provider) return false;
    return (own(entry, "name") ?? `${written}-${index + 1}`) === name;
  });
  if (place >= 0) return place;
  throw new VerbRefusal("invalid", `"${provider}/${name}" comes from another block of config.yaml; change it there`);
}
