/** What the verbs are made of, and how they say no. */
import type { Clock } from "../../base/clock.ts";
import { VerbRefusal } from "../../base/controls-engine.ts";
import type { HttpHandler } from "../../base/http.ts";
import type { Random } from "../../base/random.ts";
import type { Credential, Credentials } from "../../engine/accounts/credential.ts";
import type { CredentialStore } from "../../engine/accounts/credentials/store.ts";
import type { Logins } from "../../engine/accounts/oauth/login.ts";
import type { AccountHealth, AccountPool } from "../../engine/accounts/pool.ts";
import type { ListChange } from "../../engine/config/edit-node.ts";
import type { Path } from "../../engine/config/problem.ts";
import type { Config, ProviderConfig } from "../../engine/config/schema.ts";
import type { Discovery } from "../../engine/providers/discover.ts";
import { providerId } from "../../engine/providers/registry.ts";
import type { QuotaPoller } from "../../engine/quota/poller.ts";
import type { Availability } from "../../engine/routing/availability.ts";
import type { UsageLedger } from "../../engine/usage/ledger.ts";
import type { ProviderMetrics } from "../../engine/usage/metrics.ts";
import type { Figures } from "../figures.ts";

export interface VerbDeps {
  readonly config: () => Config;
  readonly pool: AccountPool;
  readonly credentials: Credentials;
  readonly store: CredentialStore;
  readonly quota: QuotaPoller;
  readonly ledger: UsageLedger;
  readonly metrics: ProviderMetrics;
  readonly figures: Figures;
  readonly logins: Logins;
  readonly discovery: Discovery;
  readonly availability: () => Availability;
  readonly send: HttpHandler;
  readonly clock: Clock;
  readonly random: Random;
  /** Changes one value of the configuration file and puts it in force; undefined takes it out. Rejects with a `VerbRefusal`. */
  readonly editConfig: (path: Path, value: unknown) => Promise<void>;
  /** Puts entries into a list of the file or moves them, with their comments. Rejects with a `VerbRefusal`. */
  readonly editConfigList: (path: Path, change: ListChange) => Promise<void>;
  /** The configuration file as it is written, parsed: its own words, not what was made of them. An empty map without a file. */
  readonly written: () => unknown;
}

/** Second names are understood; what is answered has the first one. */
export function requireProvider(
  config: Config,
  name: string,
): { readonly id: string; readonly provider: ProviderConfig } {
  const id = providerId(config.providers, name);
  const provider = id === null ? undefined : config.providers[id];
  if (id === null || provider === undefined) throw new VerbRefusal("not-found", `provider not found: ${name}`);
  return { id, provider };
}

export function requireAccount(pool: AccountPool, id: string): AccountHealth {
  const found = pool.list().find((health) => health.id === id);
  if (found === undefined) {
    throw new VerbRefusal(
      "not-found",
      `there is no account "${id}"; \`switchyard accounts list\` shows them as provider/name`,
    );
  }
  return found;
}

/** For questions that are no model calls: the provider's best account that has something to show. Null: none, or none needed. */
export async function credentialFor(
  { pool, credentials }: Pick<VerbDeps, "pool" | "credentials">,
  provider: string,
  signal: AbortSignal,
): Promise<Credential | null> {
  const accounts = pool
    .list()
    .filter(({ account }) => account.provider === provider && account.enabled && account.source.kind !== "none")
    .map(({ account }) => account);
  for (const account of accounts) {
    const had = await credentials.get(account, signal);
    if (had.ok) return had.credential;
  }
  return null;
}

export function iso(instant: number | null): string | null {
  return instant === null || !Number.isFinite(instant) ? null : new Date(instant).toISOString();
}
