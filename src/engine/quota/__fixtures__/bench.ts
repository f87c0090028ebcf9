/** A poller on a fake provider: accounts for every service, a clock that is moved by hand, credentials that can be renewed. */
import { Secret } from "../../../base/secret.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Credential, CredentialResult } from "../../accounts/credential.ts";
import { accountEntry, providerEntry } from "../../config/__fixtures__/entries.ts";
import { defaultConfig } from "../../config/defaults.ts";
import {
  accountId,
  type AccountConfig,
  type AccountId,
  type Config,
  type ProviderConfig,
} from "../../config/schema.ts";
import type { After } from "../ask.ts";
import { createQuotaPoller, type QuotaPoller } from "../poller.ts";
import type { QuotaReading } from "../quota.ts";
import { httpSend } from "./http-send.ts";

/** What no error and no event may ever hold. */
export const canary = "ya29.canary-secret-of-this-test-0123456789";
export const renewedCanary = "ya29.canary-secret-after-renewal-9876543210";

export interface FakeClock extends Clock {
  readonly after: After;
  /** Moves time, running what becomes due on the way. */
  advance(ms: number): void;
  /** Timers that are set, as ms from now. */
  timers(): readonly number[];
}

export function createFakeClock(startAt = Date.parse("2026-11-21T12:00:00Z")): FakeClock {
  let time = 0;
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => startAt + time,
    monotonic: () => time,
    after(ms, run) {
      const timer = { at: time + ms, run };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const next = [...waiting].filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0];
        if (next === undefined) break;
        waiting.delete(next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = end;
    },
    timers: () => [...waiting].map(({ at }) => at - time),
  };
}

/** Every service that has an address, by the id of a provider that points at `origin`. */
export function providersAt(origin: string): Readonly<Record<string, ProviderConfig>> {
  const at = (type: ProviderConfig["type"], path: string): ProviderConfig =>
    providerEntry({ type, endpoint: `${origin}${path}`, authType: "oauth_pkce", project: "test-project" });
  return {
    claude: at("anthropic-compatible", "/v1"),
    codex: at("codex", "/backend-api/codex"),
    copilot: at("copilot", ""),
    antigravity: at("antigravity", "/v1internal"),
    "gemini-cli": at("gemini-cli", ""),
    kiro: at("kiro", ""),
    openrouter: at("openai-compatible", "/api/v1"),
    plain: at("openai-compatible", "/v1"),
  };
}

export const login = (provider: string, name = "main"): AccountConfig =>
  accountEntry({ provider, name, source: { kind: "login" } });

export const tokenCredential = (secret = canary): Credential => ({
  kind: "token",
  secret: new Secret(secret),
  facts: { accountId: "acct-1" },
  madeFrom: new Secret(secret),
});

export interface Bench {
  readonly poller: QuotaPoller;
  readonly clock: FakeClock;
  readonly readings: QuotaReading[];
  readonly renewals: () => number;
  /** Who cools for want of quota. */
  readonly cooling: Set<AccountId>;
  setAccounts(accounts: readonly AccountConfig[]): void;
}

export function openBench(
  origin: string,
  first: readonly AccountConfig[],
  options: { readonly credential?: CredentialResult } = {},
): Bench {
  const clock = createFakeClock();
  const readings: QuotaReading[] = [];
  const cooling = new Set<AccountId>();
  const config: Config = { ...defaultConfig, providers: providersAt(origin) };
  let accounts = first;
  let renewals = 0;
  const poller = createQuotaPoller({
    send: httpSend,
    credentials: {
      get: async () => options.credential ?? { ok: true, credential: tokenCredential() },
      renew: async () => {
        renewals += 1;
        return { ok: true, credential: tokenCredential(renewedCanary) };
      },
    },
    accounts: () => accounts,
    config: () => config,
    coolingOnQuota: () => [...cooling],
    clock,
    after: clock.after,
    random: { bytes: (count) => Buffer.alloc(count, 0xff) },
    onReading: (reading) => void readings.push(reading),
  });
  return {
    poller,
    clock,
    readings,
    cooling,
    renewals: () => renewals,
    setAccounts: (next) => void (accounts = next),
  };
}

export const idOf = (provider: string, name = "main"): AccountId => accountId({ provider, name });
