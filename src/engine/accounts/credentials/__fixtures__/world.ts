/** Credentials over a folder of the test's own, with a clock that is moved by hand. */
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import type { Clock } from "../../../../base/clock.ts";
import { systemRandom } from "../../../../base/random.ts";
import { Secret } from "../../../../base/secret.ts";
import type { AccountConfig, Config, CredentialSource } from "../../../config/schema.ts";
import type { Credentials, Refresh, StoredAccount } from "../../credential.ts";
import { createClientLogins } from "../../import/client-logins.ts";
import type { Surroundings } from "../../import/importer.ts";
import { createCredentials } from "../create-credentials.ts";
import type { CredentialEvent } from "../credential-event.ts";
import { newAccount } from "../record.ts";
import { createCredentialStore, type CredentialStore } from "../store.ts";
import { firstRefreshToken } from "./token-service.ts";

export interface World {
  readonly folder: string;
  readonly store: CredentialStore;
  readonly credentials: Credentials;
  readonly events: CredentialEvent[];
  readonly clock: Clock & { advance(ms: number): void };
}

export const startAt = Date.UTC(2026, 10, 21);
export const hourMs = 3_600_000;
export const never = new AbortController().signal;
// Many calls at once share it, as no real one is shared.
setMaxListeners(0, never);

export function movableClock(at = startAt): World["clock"] {
  let passed = 0;
  return { now: () => at + passed, monotonic: () => passed, advance: (ms) => void (passed += ms) };
}

export function worldOf(options: {
  readonly folder: string;
  readonly refresh: Refresh;
  readonly clock?: World["clock"];
  readonly store?: CredentialStore;
  readonly surroundings?: Partial<Surroundings>;
}): World {
  const clock = options.clock ?? movableClock();
  const folder = join(options.folder, "accounts");
  const store = options.store ?? createCredentialStore({ folder, random: systemRandom, clock });
  const events: CredentialEvent[] = [];
  const surroundings: Surroundings = {
    env: {},
    home: options.folder,
    platform: "linux",
    run: () => Promise.resolve(null),
    openDatabase: null,
    ...options.surroundings,
  };
  const credentials = createCredentials({
    store,
    refresh: options.refresh,
    // Only the providers are looked at, for their types.
    config: () => ({ providers: { copilot: { type: "copilot" } } }) as unknown as Config,
    leadMs: () => 5 * 60_000,
    clients: createClientLogins({ surroundings, clock }),
    clock,
    onEvent: (event) => events.push(event),
  });
  return { folder, store, credentials, events, clock };
}

export function accountOf(source: CredentialSource, provider = "claude", name = "work"): AccountConfig {
  return {
    provider,
    name,
    source,
    priority: 100,
    weight: 1,
    enabled: true,
    limits: null,
    prefix: null,
    models: [],
    excludedModels: [],
    from: "store",
  };
}

export const work = accountOf({ kind: "login" });

/** A login whose access token ended an hour before the clock began. */
export function endedLogin(more: Partial<StoredAccount> = {}): StoredAccount {
  return {
    ...newAccount({ provider: "claude", name: "work" }, "oauth_pkce", new Secret("canary-access-token-0")),
    refreshToken: new Secret(firstRefreshToken),
    expiresAt: startAt - hourMs,
    obtainedAt: startAt - 2 * hourMs,
    ...more,
  };
}
