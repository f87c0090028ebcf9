/**
 * The account engine put together: stored accounts and their logins, who may be asked now, what is left of each quota.
 * Cooldowns and quota figures are taken from the state file at the start and go back there as they change.
 */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { HttpHandler } from "../base/http.ts";
import type { Paths } from "../base/paths.ts";
import type { Random } from "../base/random.ts";
import type { Redactor } from "../base/redact.ts";
import type { Credentials, StoredAccount } from "../engine/accounts/credential.ts";
import { createCredentials } from "../engine/accounts/credentials/create-credentials.ts";
import { newAccount } from "../engine/accounts/credentials/record.ts";
import { createCredentialStore, type CredentialStore } from "../engine/accounts/credentials/store.ts";
import { createPool } from "../engine/accounts/create-pool.ts";
import { createClientLogins } from "../engine/accounts/import/client-logins.ts";
import { systemSurroundings } from "../engine/accounts/import/surroundings.ts";
import { createLogins, type FinishedLogin, type Logins } from "../engine/accounts/oauth/login.ts";
import { readOverrides } from "../engine/accounts/oauth/overrides.ts";
import { createRefresh } from "../engine/accounts/oauth/refresh.ts";
import { credentialFileName, type OAuthSources } from "../engine/accounts/oauth/resolve.ts";
import { refreshLeadMs } from "../engine/accounts/oauth/services.ts";
import type { AccountPool } from "../engine/accounts/pool.ts";
import type { Config } from "../engine/config/schema.ts";
import { systemAfter } from "../engine/pipeline/tools.ts";
import type { Discovery } from "../engine/providers/discover.ts";
import { createQuotaPoller, type QuotaPoller } from "../engine/quota/poller.ts";
import { hasRoom } from "../engine/quota/room.ts";
import type { Availability } from "../engine/routing/availability.ts";
import { maskedCredentials } from "./masked-credentials.ts";
import type { State } from "../engine/state/state.ts";

export interface Accounts {
  readonly pool: AccountPool;
  readonly credentials: Credentials;
  readonly store: CredentialStore;
  readonly quota: QuotaPoller;
  readonly logins: Logins;
  close(): Promise<void>;
}

export interface AccountsDeps {
  readonly paths: Pick<Paths, "dataDir">;
  readonly env: NodeJS.ProcessEnv;
  readonly config: () => Config;
  readonly send: HttpHandler;
  readonly state: Pick<State, "cooldowns" | "saveCooldowns" | "quota" | "saveQuota">;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly random: Random;
  readonly notice: (level: "info" | "warn", area: string, text: string) => void;
}

export async function openAccounts(deps: AccountsDeps): Promise<Accounts> {
  const { paths, env, config, send, state, redactor, clock, random, notice } = deps;
  const after = systemAfter;
  const overrides = await readOverrides(join(paths.dataDir, credentialFileName));
  for (const text of overrides.warnings) notice("warn", "oauth", text);
  const oauth = (): OAuthSources => ({ config: config().oauth, file: overrides.byService });
  for (const { clientSecret } of Object.values(overrides.byService)) {
    if (clientSecret !== undefined) redactor.register(clientSecret.reveal());
  }

  const store = createCredentialStore({ folder: join(paths.dataDir, "accounts"), random, clock });
  const refresh = createRefresh({ send, clock, after, oauth });
  const credentials = maskedCredentials(
    createCredentials({
      store,
      refresh,
      config,
      clock,
      leadMs: refreshLeadMs,
      clients: createClientLogins({ surroundings: systemSurroundings(env), clock }),
      onEvent(event) {
        switch (event.type) {
          case "login-over":
            pool.credentialChanged(event.account, event.reason);
            return notice("warn", "accounts", `${event.account}: ${event.reason}; ${event.fix}`);
          case "login-healed":
            return pool.credentialChanged(event.account, null);
          case "login-renewed":
            return notice("info", "accounts", `${event.account}: login renewed`);
          case "renewal-failed":
            return notice("warn", "accounts", `${event.account}: ${event.message}`);
          case "login-unsaved":
            return notice("warn", "accounts", `${event.account}: ${event.reason}; ${event.fix}`);
        }
      },
    }),
    redactor,
  );
  const pool = createPool({ config, stored: () => credentials.stored(), clock, random });
  // After the pool is there: a login that the store knows to be over is told to it at once.
  await credentials.reload();
  pool.restore(state.cooldowns());

  const quota = createQuotaPoller({
    send,
    credentials,
    accounts: () => pool.list().map(({ account }) => account),
    config,
    coolingOnQuota: () =>
      pool.list().flatMap(({ id, cooldowns }) => (cooldowns.some(({ kind }) => kind === "quota") ? [id] : [])),
    clock,
    after,
    random,
    onReading(reading) {
      for (const health of pool.list()) {
        if (health.id !== reading.account) continue;
        for (const { model, kind } of health.cooldowns) {
          const isLimit = kind === "quota" || kind === "rate-limit";
          if (isLimit && hasRoom(reading, model)) pool.freshQuota(health.id, model);
        }
      }
      void state.saveQuota(quota.snapshot());
    },
  });
  quota.restore(state.quota());
  const unsubscribe = pool.subscribe(() => {
    void state.saveCooldowns(pool.snapshot());
    quota.wake();
  });

  const logins = createLogins({
    send,
    clock,
    random,
    after,
    oauth,
    async save(login) {
      await keepLogin(store, login, clock.now());
      await credentials.reload();
      pool.credentialChanged(`${login.provider}/${login.name}`, null);
    },
  });
  return {
    pool,
    credentials,
    store,
    quota,
    logins,
    async close() {
      unsubscribe();
      quota.close();
      await logins.close();
      await state.saveCooldowns(pool.snapshot()).catch(() => undefined); // told by the state itself
    },
  };
}

/** A login once more of an account that has one keeps what its owner said of it. */
async function keepLogin(store: CredentialStore, login: FinishedLogin, now: number): Promise<void> {
  const { provider, name, type, tokens, extra } = login;
  const key = { provider, name };
  const wait = { signal: AbortSignal.timeout(30_000), timeoutMs: 30_000 };
  await store.locked(key, wait, async (held) => {
    const reading = await held.read();
    const before: StoredAccount | null = reading.state === "ok" ? reading.account : null;
    await held.write({
      ...(before ?? newAccount(key, type, tokens.accessToken)),
      type,
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      extra,
      expiresAt: tokens.expiresInMs === null ? null : now + tokens.expiresInMs,
      obtainedAt: now,
      facts: tokens.facts,
      needsLogin: null,
    });
  });
}

/** What routing asks of the moment: who may serve now, with which accounts, and what providers listed. */
export function availabilityOf(
  { accounts }: Config,
  { pool, credentials }: Pick<Accounts, "pool" | "credentials">,
  discovery: Discovery,
): Availability {
  const listed = discovery.known();
  return {
    isUsable: (provider) => pool.isUsable(provider),
    accounts: [...accounts, ...credentials.stored()],
    listed(provider) {
      const models = listed.get(provider);
      return models === undefined ? null : new Set(models.map(({ name }) => name));
    },
  };
}
