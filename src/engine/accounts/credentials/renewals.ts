/**
 * Renewing a login of our own, for all who wait and beside other processes. Services rotate refresh tokens and take the
 * whole family back when one is used twice (anthropics/claude-code#88947, anomalyco/opencode#28234), so: one flight for
 * each account here, one lock among processes, what to do is decided under the lock from what stands on the disk, and new
 * tokens are on the disk before anybody uses them. A caller that stops waiting stops nothing.
 */
import { FileLockMoot, FileLockTimeout } from "../../../base/file-lock.ts";
import type { Secret } from "../../../base/secret.ts";
import { type AccountId, accountId } from "../../config/schema.ts";
import type { StoredAccount, Tokens } from "../credential.ts";
import type { Backoff } from "./backoff.ts";
import type { OnCredentialEvent } from "./credential-event.ts";
import { endOf, isRenewalDue, isYounger, redeemable, serves } from "./freshness.ts";
import { redeem, type RedeemDeps } from "./redeem.ts";
import type { AccountKey } from "./record.ts";
import type { CredentialStore, HeldAccount, StoreReading } from "./store.ts";

export interface RenewalDeps extends RedeemDeps {
  readonly store: CredentialStore;
  readonly leadMs: (service: string, lifetimeMs: number) => number;
  readonly backoff: Backoff;
  readonly onEvent: OnCredentialEvent;
}

export interface RenewalAsk {
  readonly key: AccountKey;
  readonly service: string;
  /** An access token that the provider has just refused; null: it is only time. */
  readonly refused: Secret | null;
}

export type Renewal =
  /** As it stands on the disk now; after a refusal its access token may still be the refused one. */
  | { readonly kind: "ready"; readonly account: StoredAccount }
  | { readonly kind: "over"; readonly reason: string }
  | { readonly kind: "unusable"; readonly reading: Exclude<StoreReading, { readonly state: "ok" }> }
  /** Not now. `account` is what there is, which may still serve. */
  | {
      readonly kind: "later";
      readonly message: string;
      readonly retryAfterMs: number;
      readonly account: StoredAccount | null;
    };

export interface Renewals {
  /** Joins the renewal under way, or begins one. Never rejects. */
  renew(ask: RenewalAsk): Promise<Renewal>;
}

/** After a 401: no login is renewed more often, however many calls were refused. */
const refusedGapMs = 60_000;
/** Longer than a renewal can hold the lock. */
const lockTimeoutMs = 60_000;
const maxSaves = 3;

export function createRenewals(deps: RenewalDeps): Renewals {
  const { store, clock, backoff, onEvent } = deps;
  const flights = new Map<AccountId, Promise<Renewal>>();
  const redeemedAt = new Map<AccountId, number>();
  /** Refresh tokens that are over, should the disk not take the note. */
  const spent = new Map<AccountId, { readonly refreshToken: Secret; readonly reason: string }>();
  /** Renewed and not on the disk yet. */
  const unsaved = new Map<AccountId, StoredAccount>();

  async function underLock(held: HeldAccount, ask: RenewalAsk): Promise<Renewal> {
    // Twice at most: the second time with what another wrote while the first token was refused.
    for (let round = 0; ; round += 1) {
      const reading = await saved(held, await held.read());
      if (reading.state !== "ok") return { kind: "unusable", reading };
      const { account } = reading;
      const reason = account.needsLogin ?? spentReason(account);
      if (reason !== null) return { kind: "over", reason };
      if (!isWanted(account, ask)) return { kind: "ready", account };
      const tokens = redeemable(account, ask.service);
      if (tokens === null) {
        if (ask.refused === null && serves(account, ask.service, clock.now())) return { kind: "ready", account };
        return over(held, account, "its token is over, and it came without one to renew it with");
      }
      const unwritable = await rehearsal(held);
      if (unwritable !== null) return later(account, unwritable, undefined);
      const id = accountId(account);
      redeemedAt.set(id, clock.monotonic());
      const result = await redeem(deps.refresh, ask.service, tokens);
      if (result.ok) return save(held, renewed({ ...account, extra: tokens.extra }, result.tokens, clock.now()));
      if (result.kind === "transient") return later(account, result.message, result.retryAfterMs);
      const again = await held.read();
      const isReplaced = again.state === "ok" && !sameToken(again.account.refreshToken, account.refreshToken);
      if (isReplaced && round === 0) continue;
      return over(held, account, result.message);
    }
  }

  function isWanted(account: StoredAccount, { refused, service }: RenewalAsk): boolean {
    const nowMs = clock.now();
    if (refused !== null && sameToken(account.accessToken, refused)) {
      const lastAt = redeemedAt.get(accountId(account));
      const isRecent = lastAt !== undefined && clock.monotonic() - lastAt < refusedGapMs;
      return !isRecent && !isYounger(account, nowMs, refusedGapMs);
    }
    return isRenewalDue(account, service, nowMs, deps.leadMs);
  }

  function spentReason(account: StoredAccount): string | null {
    const before = spent.get(accountId(account));
    return before !== undefined && sameToken(account.refreshToken, before.refreshToken) ? before.reason : null;
  }

  async function over(held: HeldAccount, account: StoredAccount, reason: string): Promise<Renewal> {
    const id = accountId(account);
    if (account.refreshToken !== null) spent.set(id, { refreshToken: account.refreshToken, reason });
    try {
      await held.write({ ...account, needsLogin: reason });
    } catch (error) {
      onEvent({
        type: "login-unsaved",
        account: id,
        reason: messageOf(error),
        fix: "make room or access for its file",
      });
    }
    return { kind: "over", reason };
  }

  /** Nobody gets the new tokens before they are on the disk; what cannot be written now is kept and tried again. */
  async function save(held: HeldAccount, account: StoredAccount): Promise<Renewal> {
    const id = accountId(account);
    for (let tries = 1; ; tries += 1) {
      try {
        const written = await held.write(account);
        unsaved.delete(id);
        backoff.succeeded(id);
        onEvent({ type: "login-renewed", account: id, expiresAt: written.expiresAt });
        return { kind: "ready", account: written };
      } catch (error) {
        if (tries < maxSaves) continue;
        unsaved.set(id, account);
        const reason = messageOf(error);
        onEvent({
          type: "login-unsaved",
          account: id,
          reason,
          fix: "make room or access for its file; it is tried again",
        });
        return later(null, `the renewed login could not be saved (${reason})`, undefined, id);
      }
    }
  }

  /** What an earlier renewal could not write comes first, unless another has written since. */
  async function saved(held: HeldAccount, reading: StoreReading): Promise<StoreReading> {
    if (reading.state !== "ok") return reading;
    const id = accountId(reading.account);
    const kept = unsaved.get(id);
    if (kept === undefined) return reading;
    if (kept.generation !== reading.account.generation) {
      unsaved.delete(id);
      return reading;
    }
    const account = await held.write(kept);
    unsaved.delete(id);
    onEvent({ type: "login-renewed", account: id, expiresAt: account.expiresAt });
    return { state: "ok", account };
  }

  function later(
    account: StoredAccount | null,
    message: string,
    said: number | undefined,
    id: AccountId | null = account === null ? null : accountId(account),
  ): Renewal {
    const retryAfterMs = id === null ? 0 : backoff.failed(id, said);
    if (id !== null) onEvent({ type: "renewal-failed", account: id, message, retryAfterMs });
    return { kind: "later", message, retryAfterMs, account };
  }

  async function fly(ask: RenewalAsk): Promise<Renewal> {
    // Another process renews it: its result is on the disk before its lock is gone.
    let done: StoredAccount | null = null;
    const isMoot = async (): Promise<boolean> => {
      const reading = await store.read(ask.key);
      const isDone = reading.state === "ok" && reading.account.needsLogin === null && !isWanted(reading.account, ask);
      if (isDone) done = reading.account;
      return isDone;
    };
    const wait = { signal: new AbortController().signal, timeoutMs: lockTimeoutMs, isMoot };
    try {
      return await store.locked(ask.key, wait, (held) => underLock(held, ask));
    } catch (error) {
      if (error instanceof FileLockMoot && done !== null) return { kind: "ready", account: done };
      const why = error instanceof FileLockTimeout ? error.message : `its file cannot be used (${messageOf(error)})`;
      return later(null, why, undefined, accountId(ask.key));
    }
  }

  return {
    renew(ask) {
      const id = accountId(ask.key);
      const underWay = flights.get(id);
      if (underWay !== undefined) return underWay;
      const flight = fly(ask).finally(() => flights.delete(id));
      flights.set(id, flight);
      return flight;
    },
  };
}

/** A grant that gives no new refresh token leaves the old one in force. */
function renewed(account: StoredAccount, tokens: Tokens, nowMs: number): StoredAccount {
  return {
    ...account,
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken ?? account.refreshToken,
    extra: { ...account.extra, ...tokens.extra },
    expiresAt: endOf(tokens.expiresInMs, nowMs),
    obtainedAt: nowMs,
    facts: { ...account.facts, ...tokens.facts },
    needsLogin: null,
  };
}

/** A full disk is found out while the refresh token is still good. */
async function rehearsal(held: HeldAccount): Promise<string | null> {
  try {
    await held.rehearse();
    return null;
  } catch (error) {
    return `the renewed login could not be saved (${messageOf(error)}), so it was not renewed`;
  }
}

function sameToken(one: Secret | null, other: Secret | null): boolean {
  return one === null || other === null ? one === other : one.equals(other.reveal());
}

/** Of files and locks: they name paths and reasons. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown reason";
}
