/** A pool with time and chance in the test's hands. */
import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import { accountEntry, providerEntry } from "../../config/__fixtures__/entries.ts";
import { defaultConfig } from "../../config/defaults.ts";
import type { AccountConfig, Config, ProviderConfig } from "../../config/schema.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { createPool } from "../create-pool.ts";
import type { AccountPool, AccountState, Ask, Lease, Needs, Pick, PoolChange } from "../pool.ts";

export interface HandClock extends Clock {
  /** Both clocks go on. */
  advance(ms: number): void;
  /** Somebody sets the wall clock. */
  setWall(now: number): void;
}

export function handClock(startAt = Date.UTC(2026, 10, 21)): HandClock {
  let passed = 5_000;
  let wall = startAt;
  return {
    now: () => wall,
    monotonic: () => passed,
    advance(ms) {
      passed += ms;
      wall += ms;
    },
    setWall: (now) => void (wall = now),
  };
}

/** Chance that changes nothing: jitter's middle. */
export const middleChance: Random = {
  bytes: (count) => Buffer.from(Array.from({ length: count }, (_, index) => (index === 0 ? 0x80 : 0))),
};

export interface World {
  readonly pool: AccountPool;
  readonly clock: HandClock;
  readonly changes: readonly PoolChange[];
  /** Reloads the configuration. */
  change(more: WorldSettings): void;
}

export interface WorldSettings {
  readonly providers?: Readonly<Record<string, Partial<ProviderConfig>>>;
  readonly accounts?: readonly Partial<AccountConfig>[];
  readonly stored?: readonly Partial<AccountConfig>[];
  readonly selection?: Partial<Config["settings"]["selection"]>;
  readonly forceModelPrefix?: boolean;
  readonly random?: Random;
}

/** Without more: provider `openai` that wants keys, with the accounts `a`, `b` and `c`. */
export function poolWorld(settings: WorldSettings = {}): World {
  const clock = handClock();
  const changes: PoolChange[] = [];
  let current = built(settings);
  const { random = middleChance } = settings;
  const pool = createPool({ config: () => current.config, stored: () => current.stored, clock, random });
  pool.subscribe((change) => changes.push(change));
  return { pool, clock, changes, change: (more) => void (current = built({ ...settings, ...more })) };
}

function built(settings: WorldSettings): { readonly config: Config; readonly stored: readonly AccountConfig[] } {
  const { providers = { openai: {} }, accounts = ["a", "b", "c"].map((name) => ({ name })), stored = [] } = settings;
  const entries = Object.entries(providers).map(([id, more]) => [id, providerEntry({ authType: "api_key", ...more })]);
  return {
    config: {
      ...defaultConfig,
      providers: Object.fromEntries(entries),
      accounts: accounts.map((account) => accountEntry(account)),
      settings: {
        ...defaultConfig.settings,
        forceModelPrefix: settings.forceModelPrefix ?? false,
        selection: { ...defaultConfig.settings.selection, ...settings.selection },
      },
    },
    stored: stored.map((account) => accountEntry({ from: "store", ...account })),
  };
}

export const noNeeds: Needs = { streaming: false, functions: false, vision: false, inputTokens: 0, outputTokens: 0 };

export function askFor(more: Partial<Omit<Ask, "needs">> & { readonly needs?: Partial<Needs> } = {}): Ask {
  return {
    provider: "openai",
    model: "gpt-5",
    prefix: null,
    session: null,
    authorized: true,
    tried: new Set(),
    ...more,
    needs: { ...noNeeds, ...more.needs },
  };
}

export function leaseOf(pick: Pick): Lease {
  if (pick.kind !== "lease") throw new Error(`expected a lease, got ${pick.kind}: ${pick.error.message}`);
  return pick.lease;
}

/** Names in the order in which calls get them, one after the other. */
export function namesTaken(
  pool: AccountPool,
  count: number,
  more: Parameters<typeof askFor>[0] = {},
): readonly string[] {
  return Array.from({ length: count }, () => {
    const lease = leaseOf(pool.pick(askFor(more)));
    lease.succeeded();
    return lease.account.name;
  });
}

export const tooFast: EngineError = { kind: "rate-limit", message: "slow down" };

/** The name of the account whose call failed. */
export function fail(world: World, error: EngineError, more: Partial<Ask> = {}): string {
  const lease = leaseOf(world.pool.pick(askFor(more)));
  lease.failed(error);
  return lease.account.name;
}

export const who = (pick: Pick): string => (pick.kind === "lease" ? pick.lease.account.name : pick.kind);
export const texts = (pick: Pick): readonly string[] => pick.why.map(({ stage, text }) => `${stage}: ${text}`);
export const stateOf = ({ pool }: World, name: string): AccountState | undefined =>
  pool.list().find(({ account }) => account.name === name)?.state;
