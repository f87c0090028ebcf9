/**
 * The accounts and how they are: who may serve a call now, who cools until when, who is at its limits, which conversation
 * stays with whom. Synchronous: a pick takes microseconds and waits for nothing. What it decides it can explain.
 */
import type { WhyStep } from "../../base/flow.ts";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import type { AccountConfig, AccountId } from "../config/schema.ts";

/** What a call needs of a model, read from the request itself. */
export interface Needs {
  readonly streaming: boolean;
  readonly functions: boolean;
  readonly vision: boolean;
  /** Input as estimated. */
  readonly inputTokens: number;
  /** Output as asked for; 0 where nothing was. */
  readonly outputTokens: number;
}

export interface Ask {
  readonly provider: string;
  readonly model: string;
  /** Null where the target named none. */
  readonly prefix: string | null;
  readonly needs: Needs;
  /** The conversation (a hash); null: none known. */
  readonly session: string | null;
  /** Whose conversation it is, for people. */
  readonly client?: string | null;
  /** False: only accounts without a credential of ours. */
  readonly authorized: boolean;
  /** Already tried for this call. */
  readonly tried: ReadonlySet<AccountId>;
}

export type Pick =
  | { readonly kind: "lease"; readonly lease: Lease; readonly why: readonly WhyStep[] }
  /** Somebody could serve it, but not before `readyInMs` (Infinity: when its owner has acted). */
  | { readonly kind: "wait"; readonly readyInMs: number; readonly error: EngineError; readonly why: readonly WhyStep[] }
  /** Nobody can. */
  | { readonly kind: "none"; readonly error: EngineError; readonly why: readonly WhyStep[] };

/** One account lent to one attempt. Exactly one of the three ends is told; later words are not heard, but `failed` after `succeeded` is. */
export interface Lease {
  readonly account: AccountConfig;
  /** The first useful event is there: cooldowns of this account for this model end. */
  succeeded(): void;
  /** What it costs the account; null: nothing. A cut after `succeeded` counts as well. */
  failed(error: EngineError): CooldownNote | null;
  /** The client went, or nothing was sent: neither good nor bad. */
  released(): void;
  /** Tokens really used, for the limits and the conversation's ledger. */
  used(tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  }): void;
}

export interface CooldownNote {
  readonly cooldownMs: number;
  readonly scope: "account" | "model";
  /** For people. */
  readonly text: string;
}

/** A cooldown as kept in the state file; instants are wall clock, ms. */
export interface CooldownRecord {
  readonly account: AccountId;
  /** Null: all its models. */
  readonly model: string | null;
  /** 0 = the first failure. */
  readonly level: number;
  /** When it may be asked again (one call as a probe); null: when its owner has acted. */
  readonly until: number | null;
  /** When the provider says the limit ends; may lie beyond `until`. */
  readonly resetAt: number | null;
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly since: number;
}

export const accountStates = ["active", "cooling", "probing", "limited", "stopped", "disabled", "needs-login"] as const;
export type AccountState = (typeof accountStates)[number];

export interface AccountHealth {
  readonly account: AccountConfig;
  readonly id: AccountId;
  readonly state: AccountState;
  readonly cooldowns: readonly CooldownRecord[];
  /** Since the start. */
  readonly calls: number;
  readonly failures: number;
  readonly lastUsedAt: number | null;
  readonly lastError: string | null;
  /** Successes among the last calls, 0…1; 1 before the first. */
  readonly health: number;
  /** Of the last minute. */
  readonly rate: { readonly requests: number; readonly tokens: number };
  readonly inFlight: number;
}

export interface SessionRow {
  readonly id: string;
  readonly client: string | null;
  readonly account: AccountId;
  readonly model: string;
  readonly calls: number;
  readonly startedAt: number;
  readonly lastAt: number;
  /** Tokens the provider keeps in its prompt cache for it: what a switch of accounts would bill again. */
  readonly cachedTokens: number;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
}

export interface AccountPool {
  pick(ask: Ask): Pick;
  /** The same without taking anything: for `routes explain` and for wildcards. */
  look(ask: Ask): Pick;
  /** Can this provider serve anything now, or soon? Cheaper than `look`. */
  isUsable(provider: string): boolean;
  /** Resolves at the next change that might let a waiting call go on. */
  changed(signal: AbortSignal): Promise<void>;
  /** Runs after every change of a cooldown or a state. Returns how to stop it. */
  subscribe(listener: (change: PoolChange) => void): () => void;
  list(): readonly AccountHealth[];
  sessions(): readonly SessionRow[];
  /** By hand. Returns how many cooldowns ended. */
  clear(account: AccountId | null, model?: string | null): number;
  /** The provider's own figures say that there is quota again. */
  freshQuota(account: AccountId, model: string | null): void;
  /** From the credentials: a login is over, or there is a new one. */
  credentialChanged(account: AccountId, needsLogin: string | null): void;
  /** For the state file: the reasons are not in it, because a provider's words may quote what was asked. */
  snapshot(): readonly CooldownRecord[];
  /** At the start. Cooldowns that are over, or beyond their cap because a clock was set, are put right. */
  restore(records: readonly CooldownRecord[]): void;
}

export type PoolChange =
  | { readonly type: "cooled"; readonly record: CooldownRecord }
  | { readonly type: "healed"; readonly account: AccountId; readonly model: string | null; readonly why: string }
  | { readonly type: "stopped"; readonly account: AccountId; readonly reason: string };

/** One account's score, term by term, for the explanation. Higher is better. */
export interface Score {
  readonly priority: number;
  readonly health: number;
  readonly rotation: number;
  readonly cooldown: number;
  readonly total: number;
}
