/**
 * All cooldowns, by account and by account and model; each is a state machine of cooldown.ts. What it changes it returns
 * as changes for others to hear of. No timers: what is over is seen when somebody asks.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { unreachable } from "../../base/unreachable.ts";
import type { AccountId, CooldownConfig } from "../config/schema.ts";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import { fromRecord, toRecord } from "./cooldown-record.ts";
import { afterFailure, afterSuccess, type Cooldown, type Phase, phaseOf, withoutProbe, withProbe } from "./cooldown.ts";
import type { CooldownRecord, PoolChange } from "./pool.ts";

/** How an account stands for one model: the harder of its two cooldowns. */
export interface Hold {
  readonly phase: Phase;
  /** 0 where a call may go now; Infinity where its owner must act. */
  readonly readyInMs: number;
  readonly cooldown: Cooldown | null;
}

export interface Attempt {
  readonly account: AccountId;
  readonly model: string;
  readonly turn: number;
}

export interface CooldownBook {
  hold(account: AccountId, model: string, nowAt: number): Hold;
  /** The account's own cooldown, whatever the model. */
  whole(account: AccountId): Hold;
  /** What is half-open now takes this attempt for its probe. */
  began(attempt: Attempt): void;
  succeeded(attempt: Attempt): readonly PoolChange[];
  /** The cooldown that now holds because of it; null: it costs nothing. */
  failed(attempt: Attempt, error: EngineError, newestTurn: number): Failed | null;
  /** Neither good nor bad: another may probe. */
  released(attempt: Attempt): void;
  /** Ends those that fit. `model` undefined: all of the account's. */
  end(
    account: AccountId | null,
    model: string | null | undefined,
    fits: (cooldown: Cooldown) => boolean,
    why: string,
  ): readonly PoolChange[];
  records(account: AccountId | null): readonly { readonly record: CooldownRecord; readonly phase: Phase }[];
  restore(records: readonly CooldownRecord[]): void;
}

export interface Failed {
  readonly record: CooldownRecord;
  readonly waitMs: number;
  /** Empty when it was in force already. */
  readonly changes: readonly PoolChange[];
}

export interface BookDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly configOf: (account: AccountId) => CooldownConfig;
}

/** A client may ask for any model name; past this many, an account forgets the one that ends (or ended) first. */
const maxModels = 256;
/** Of a state file. */
const maxRestored = 4_096;
/** While somebody else's probe is out: look again that soon, for news of it come as a change anyway. */
const probeWaitMs = 1_000;

type Shelf = Map<string | null, Cooldown>;
const free: Hold = { phase: "active", readyInMs: 0, cooldown: null };

export function createCooldownBook({ clock, random, configOf }: BookDeps): CooldownBook {
  const shelves = new Map<AccountId, Shelf>();

  const put = (account: AccountId, model: string | null, cooldown: Cooldown): void => {
    const shelf = shelves.get(account) ?? new Map<string | null, Cooldown>();
    shelves.set(account, shelf);
    if (!shelf.has(model) && shelf.size >= maxModels) dropFirstOver(shelf);
    shelf.set(model, cooldown);
  };
  const drop = (account: AccountId, model: string | null): void => {
    const shelf = shelves.get(account);
    shelf?.delete(model);
    if (shelf?.size === 0) shelves.delete(account);
  };
  /** The two that an attempt is about. */
  const both = ({ account, model }: Pick<Attempt, "account" | "model">) =>
    [null, model].flatMap((key) => {
      const cooldown = shelves.get(account)?.get(key);
      return cooldown === undefined ? [] : [{ key, cooldown }];
    });
  const healed = (account: AccountId, model: string | null, why: string): PoolChange => {
    drop(account, model);
    return { type: "healed", account, model, why };
  };

  return {
    hold(account, model, nowAt) {
      const shelf = shelves.get(account);
      if (shelf === undefined) return free;
      return harder(holdOf(shelf.get(null), nowAt), holdOf(shelf.get(model), nowAt));
    },
    whole: (account) => holdOf(shelves.get(account)?.get(null), clock.monotonic()),
    began(attempt) {
      const nowAt = clock.monotonic();
      for (const { key, cooldown } of both(attempt)) {
        if (phaseOf(cooldown, nowAt) === "half-open") {
          put(attempt.account, key, withProbe(cooldown, attempt.turn, nowAt));
        }
      }
    },
    succeeded: (attempt) =>
      both(attempt).flatMap(({ key, cooldown }) =>
        afterSuccess(cooldown, attempt.turn) === null ? [healed(attempt.account, key, "a call got its answer")] : [],
      ),
    failed(attempt, error, newestTurn) {
      const { account, turn } = attempt;
      const model = (error.scope ?? policy[error.kind].scope) === "account" ? null : attempt.model;
      const nowAt = clock.monotonic();
      const before = shelves.get(account)?.get(model) ?? null;
      const failure = { error, turn, newestTurn, nowAt };
      const after = afterFailure(before, failure, configOf(account), chanceFrom(random));
      if (after !== null) put(account, model, after);
      for (const { key, cooldown } of both(attempt)) put(account, key, withoutProbe(cooldown, turn));
      if (after === null || policy[error.kind].cooldown === "none") return null;
      const record = toRecord(account, model, after, clock);
      const waitMs = after.dueAt === null ? Number.POSITIVE_INFINITY : Math.max(0, after.dueAt - nowAt);
      const stopped: PoolChange = { type: "stopped", account, reason: after.reason };
      const change: PoolChange = after.dueAt === null ? stopped : { type: "cooled", record };
      return { record, waitMs, changes: after === before ? [] : [change] };
    },
    released(attempt) {
      for (const { key, cooldown } of both(attempt)) put(attempt.account, key, withoutProbe(cooldown, attempt.turn));
    },
    end: (account, model, fits, why) =>
      (account === null ? [...shelves.keys()] : [account]).flatMap((id) =>
        [...(shelves.get(id) ?? [])]
          .filter(([key, cooldown]) => (model === undefined || key === model) && fits(cooldown))
          .map(([key]) => healed(id, key, why)),
      ),
    records: (account) =>
      (account === null ? [...shelves.keys()] : [account]).flatMap((id) =>
        [...(shelves.get(id) ?? [])].map(([model, cooldown]) => ({
          record: toRecord(id, model, cooldown, clock),
          phase: phaseOf(cooldown, clock.monotonic()),
        })),
      ),
    restore(records) {
      for (const record of records.slice(0, maxRestored)) {
        const cooldown = fromRecord(record, configOf(record.account), clock);
        if (cooldown !== null) put(record.account, record.model, cooldown);
      }
    },
  };
}

function holdOf(cooldown: Cooldown | undefined, nowAt: number): Hold {
  if (cooldown === undefined) return free;
  const phase = phaseOf(cooldown, nowAt);
  switch (phase) {
    case "stopped":
      return { phase, readyInMs: Number.POSITIVE_INFINITY, cooldown };
    case "cooling":
      return { phase, readyInMs: (cooldown.dueAt ?? nowAt) - nowAt, cooldown };
    case "probing":
      return { phase, readyInMs: probeWaitMs, cooldown };
    case "half-open":
    case "active":
      return { phase, readyInMs: 0, cooldown };
    default:
      return unreachable(phase);
  }
}

function harder(left: Hold, right: Hold): Hold {
  if (right.cooldown === null) return left;
  return left.cooldown === null || right.readyInMs > left.readyInMs ? right : left;
}

/** Stopped ones are kept for longest: only their owner ends them. */
function dropFirstOver(shelf: Shelf): void {
  let first: { readonly key: string; readonly dueAt: number } | null = null;
  for (const [key, { dueAt }] of shelf) {
    if (key !== null && dueAt !== null && (first === null || dueAt < first.dueAt)) first = { key, dueAt };
  }
  if (first !== null) shelf.delete(first.key);
}

/** [0, 1). */
function chanceFrom(random: Random): number {
  return random.bytes(4).readUInt32BE(0) / 2 ** 32;
}

/** Billing, quota and rate: what the provider's figures can take back. A refused key they say nothing of. */
export const quotaKinds: ReadonlySet<ErrorKind> = new Set(["quota", "rate-limit", "billing"]);
