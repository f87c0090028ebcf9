/**
 * Asks providers what is left of each account's quota: on demand, and in the background only while somebody watches or
 * an account cools for want of quota. One call at a time, never an account twice within a minute; with nobody looking
 * and nobody cooling it makes no call and holds no timer.
 */
import type { HttpHandler } from "../../base/http.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Credentials } from "../accounts/credential.ts";
import { accountId, type AccountConfig, type AccountId, type Config, type ProviderConfig } from "../config/schema.ts";
import { askQuota, type After } from "./ask.ts";
import type { QuotaEndpoint } from "./endpoints/endpoint.ts";
import { quotaEndpointOf } from "./endpoints/table.ts";
import { createBurnBook } from "./burn-book.ts";
import { createQuotaMemory } from "./memory.ts";
import { createPace } from "./pace.ts";
import type { QuotaReading, QuotaWindow } from "./quota.ts";

export interface QuotaPollerDeps {
  readonly send: HttpHandler;
  readonly credentials: Pick<Credentials, "get" | "renew">;
  /** Those of the file and of the store. */
  accounts(): readonly AccountConfig[];
  /** The one in force. */
  config(): Config;
  /** Who cools for want of quota now; call `wake` when that has changed. */
  coolingOnQuota(): readonly AccountId[];
  readonly clock: Clock;
  readonly after: After;
  readonly random: Random;
  /** A new report, or headers that say that what was used up has room again. Must not throw. */
  onReading(reading: QuotaReading): void;
}

/** What is known of one account's quota, and how old it is. */
export interface QuotaState {
  readonly account: AccountId;
  readonly reading: QuotaReading | null;
  readonly ageMs: number | null;
  /** Why it could not be read anew; beside the last good reading. */
  readonly error: string | null;
}

export interface QuotaPoller {
  /**
   * Asks for one account, or for all (null). What was asked within the last minute is answered from memory, as is an
   * account whose provider has trouble; `force` asks the latter all the same, unless the provider said how long to
   * wait. `signal` ends the wait, not the asking.
   */
  refresh(
    account: AccountId | null,
    options: { readonly force: boolean; readonly signal: AbortSignal },
  ): Promise<readonly QuotaState[]>;
  latest(account: AccountId): QuotaState;
  /** When this window of it will be used up, if that goes on as in the last hour; null: not before its reset, or not known. */
  runsOutAt(account: AccountId, window: QuotaWindow): number | null;
  /** Windows that a reply's headers told (`readQuotaHeaders`). */
  note(account: AccountId, windows: readonly QuotaWindow[]): void;
  /** Somebody looks; returns how to stop. */
  watch(): () => void;
  /** Cooldowns, accounts or the configuration have changed. */
  wake(): void;
  /** For the state file. */
  snapshot(): readonly QuotaReading[];
  /** At the start. */
  restore(readings: readonly QuotaReading[]): void;
  close(): void;
}

interface Askable {
  readonly account: AccountConfig;
  readonly provider: ProviderConfig;
  readonly endpoint: QuotaEndpoint;
}

/** While somebody watches. Headers tell of accounts in use sooner than that. */
const watchedEveryMs = 120_000;
/** An account that cools: its provider's word for when it ends is known, this is for when it ends early. */
const coolingEveryMs = 300_000;

export function createQuotaPoller(deps: QuotaPollerDeps): QuotaPoller {
  const memory = createQuotaMemory();
  const burns = createBurnBook();
  const pace = createPace({ now: () => deps.clock.monotonic(), random: deps.random });
  const errors = new Map<AccountId, string>();
  const underWay = new Map<AccountId, Promise<void>>();
  const closed = new AbortController();
  let queue: Promise<void> = Promise.resolve();
  let watchers = 0;
  let callOffTimer: (() => void) | null = null;

  function askable(account: AccountConfig): Askable | null {
    const { providers } = deps.config();
    const provider = Object.hasOwn(providers, account.provider) ? providers[account.provider] : undefined;
    const endpoint = provider === undefined ? null : quotaEndpointOf(account.provider, provider);
    return provider === undefined || endpoint === null ? null : { account, provider, endpoint };
  }

  function enabled(): readonly AccountConfig[] {
    const { providers } = deps.config();
    return deps
      .accounts()
      .filter(({ enabled, provider }) => enabled && Object.hasOwn(providers, provider) && providers[provider]?.enabled);
  }

  function ask(one: Askable): Promise<void> {
    const id = accountId(one.account);
    const running = underWay.get(id);
    if (running !== undefined) return running;
    const asking = queue.then(() => askNow(id, one));
    queue = Promise.allSettled([asking]).then(() => undefined);
    underWay.set(id, asking);
    return asking;
  }

  async function askNow(id: AccountId, one: Askable): Promise<void> {
    try {
      if (closed.signal.aborted) return;
      pace.asked(id);
      const read = await askQuota({ ...deps, now: () => deps.clock.now() }, { ...one, signal: closed.signal });
      if (closed.signal.aborted) return;
      if (read.ok) {
        pace.answered(id);
        errors.delete(id);
        const readAt = deps.clock.now();
        memory.report({ account: id, ...read.figures, source: "endpoint", readAt });
        burns.note(id, read.figures.windows, readAt);
        tell(id);
      } else {
        pace.failed(id, read.error.retryAfterMs ?? null);
        errors.set(id, read.error.message);
      }
    } finally {
      underWay.delete(id);
    }
  }

  function tell(id: AccountId): void {
    const reading = memory.latest(id, deps.clock.now());
    if (reading !== null) deps.onReading(reading);
  }

  function state(account: AccountId): QuotaState {
    const now = deps.clock.now();
    const reading = memory.latest(account, now);
    return {
      account,
      reading,
      ageMs: reading === null ? null : Math.max(0, now - reading.readAt),
      error: errors.get(account) ?? null,
    };
  }

  function whyNothing(id: AccountId): string | null {
    const account = deps.accounts().find((one) => accountId(one) === id);
    if (account === undefined) return `there is no account ${id}`;
    return askable(account) === null
      ? `${account.provider} has no address to ask for usage; its figures come with its replies`
      : null;
  }

  /** Those to be asked in the background, each with its next time. */
  function due(): readonly { readonly one: Askable; readonly inMs: number }[] {
    const cooling = new Set(deps.coolingOnQuota());
    if (watchers === 0 && cooling.size === 0) return [];
    return enabled().flatMap((account) => {
      const id = accountId(account);
      const everyMs = watchers > 0 ? watchedEveryMs : coolingEveryMs;
      const one = watchers > 0 || cooling.has(id) ? askable(account) : null;
      return one === null ? [] : { one, inMs: pace.dueInMs(id, everyMs) };
    });
  }

  function plan(): void {
    callOffTimer?.();
    callOffTimer = null;
    if (closed.signal.aborted) return;
    const waiting = due();
    if (waiting.length === 0) return;
    const soonestMs = Math.min(...waiting.map(({ inMs }) => inMs));
    callOffTimer = deps.after(soonestMs, () => {
      callOffTimer = null;
      const now = due().filter(({ inMs }) => inMs <= 0);
      void Promise.all(now.map(({ one }) => ask(one))).then(plan);
    });
  }

  return {
    async refresh(account, { force, signal }) {
      const wanted = account === null ? enabled() : deps.accounts().filter((one) => accountId(one) === account);
      const asked = wanted.flatMap((one) => (pace.mayAsk(accountId(one), force) ? (askable(one) ?? []) : []));
      const joined = wanted.flatMap((one) => underWay.get(accountId(one)) ?? []);
      await orAborted(Promise.all([...asked.map(ask), ...joined]), signal);
      plan();
      // Whoever asks is told why there is nothing; in passing (`latest`) that is no news.
      return (account === null ? wanted.map(accountId) : [account]).map((id) => {
        const found = state(id);
        return found.reading === null ? { ...found, error: found.error ?? whyNothing(id) } : found;
      });
    },
    latest: state,
    runsOutAt: (account, window) => burns.runsOutAt(account, window),
    note(account, windows) {
      burns.note(account, windows, deps.clock.now());
      if (memory.note(account, windows, deps.clock.now())) tell(account);
    },
    watch() {
      watchers += 1;
      let isWatching = true;
      plan();
      return () => {
        if (!isWatching) return;
        isWatching = false;
        watchers -= 1;
        plan();
      };
    },
    wake() {
      const there = new Set(deps.accounts().map(accountId));
      memory.keep(there);
      burns.keep(there);
      for (const id of errors.keys()) if (!there.has(id)) errors.delete(id);
      plan();
    },
    snapshot: () => memory.readings(deps.accounts().map(accountId), deps.clock.now()),
    restore(readings) {
      const now = deps.clock.now();
      for (const reading of readings) {
        // A clock that was set back makes no reading younger than now.
        const readAt = Math.min(reading.readAt, now);
        memory.report({ ...reading, readAt });
        if (reading.source === "endpoint") pace.asked(reading.account, now - readAt);
      }
    },
    close() {
      closed.abort();
      plan();
    },
  };
}

/** Ends with the promise or with the signal, whichever is first. */
async function orAborted(done: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let stop = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([done, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
