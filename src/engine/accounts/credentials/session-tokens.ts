/**
 * Tokens that live in memory only, because the login itself is what is stored: GitHub's token is shown, and Copilot's
 * comes back for about half an hour (copilot_internal/v2/token, late 2026). Nothing is used up by an exchange, so no lock
 * is needed; single flight and the same patience as for renewals.
 */
import type { Secret } from "../../../base/secret.ts";
import type { AccountId } from "../../config/schema.ts";
import type { LoginFacts, RefreshTokens } from "../credential.ts";
import type { Backoff } from "./backoff.ts";
import { endOf, isDue, isOver } from "./freshness.ts";
import { redeem, type RedeemDeps } from "./redeem.ts";

export type SessionResult =
  | { readonly kind: "ready"; readonly token: SessionToken }
  /** This very login is not accepted. */
  | { readonly kind: "over"; readonly reason: string }
  | { readonly kind: "later"; readonly message: string; readonly retryAfterMs: number };

export interface SessionToken {
  readonly accessToken: Secret;
  readonly expiresAt: number | null;
  readonly facts: LoginFacts;
}

export interface SessionAsk {
  readonly account: AccountId;
  readonly service: string;
  /** What is shown. */
  readonly login: RefreshTokens;
  readonly refused: Secret | null;
}

export interface SessionTokens {
  get(ask: SessionAsk): Promise<SessionResult>;
  /** What is in memory; null: nothing, or of another login. Asks nobody. */
  peek(account: AccountId, login: Secret): SessionToken | null;
}

interface Kept extends SessionToken {
  readonly login: Secret;
  readonly obtainedAt: number;
}

const refusedGapMs = 60_000;

export function createSessionTokens(
  deps: RedeemDeps & {
    readonly leadMs: (service: string, lifetimeMs: number) => number;
    readonly backoff: Backoff;
  },
): SessionTokens {
  const { clock, backoff } = deps;
  const kept = new Map<AccountId, Kept>();
  const spent = new Map<AccountId, { readonly login: Secret; readonly reason: string }>();
  const flights = new Map<AccountId, Promise<SessionResult>>();
  const exchangedAt = new Map<AccountId, number>();

  function keptFor(account: AccountId, login: Secret): Kept | null {
    const token = kept.get(account);
    return token?.login.equals(login.reveal()) === true ? token : null;
  }

  function isGood(token: Kept, { refused, service, account }: SessionAsk): boolean {
    if (refused?.equals(token.accessToken.reveal()) === true) {
      const lastAt = exchangedAt.get(account);
      return lastAt !== undefined && clock.monotonic() - lastAt < refusedGapMs;
    }
    return !isDue(token, clock.now(), (lifetimeMs) => deps.leadMs(service, lifetimeMs));
  }

  async function exchange(ask: SessionAsk, old: Kept | null): Promise<SessionResult> {
    const { account, login } = ask;
    const mayStillServe = old !== null && ask.refused === null && !isOver(old, clock.now());
    exchangedAt.set(account, clock.monotonic());
    const result = await redeem(deps.refresh, ask.service, login);
    if (result.ok) {
      const { accessToken, expiresInMs, facts } = result.tokens;
      const nowMs = clock.now();
      const expiresAt = endOf(expiresInMs, nowMs);
      const token = { accessToken, expiresAt, facts, login: login.refreshToken, obtainedAt: nowMs };
      kept.set(account, token);
      backoff.succeeded(account);
      return { kind: "ready", token };
    }
    if (result.kind === "permanent") {
      kept.delete(account);
      spent.set(account, { login: login.refreshToken, reason: result.message });
      return { kind: "over", reason: result.message };
    }
    const retryAfterMs = backoff.failed(account, result.retryAfterMs);
    return mayStillServe ? { kind: "ready", token: old } : { kind: "later", message: result.message, retryAfterMs };
  }

  return {
    peek: keptFor,
    async get(ask) {
      const { account, login } = ask;
      const old = keptFor(account, login.refreshToken);
      if (old !== null && isGood(old, ask)) return { kind: "ready", token: old };
      const before = spent.get(account);
      if (before?.login.equals(login.refreshToken.reveal()) === true) return { kind: "over", reason: before.reason };
      const waitMs = backoff.remainingMs(account);
      if (waitMs > 0) {
        if (old !== null && ask.refused === null && !isOver(old, clock.now())) return { kind: "ready", token: old };
        return { kind: "later", message: "the last exchange failed a moment ago", retryAfterMs: waitMs };
      }
      const underWay = flights.get(account);
      if (underWay !== undefined) return underWay;
      const flight = exchange(ask, old).finally(() => flights.delete(account));
      flights.set(account, flight);
      return flight;
    },
  };
}
