/**
 * Walks the targets of a decision and, within each, the accounts that the pool lends, until one answers. `policy` says
 * after every failure who may still be asked; the pool hears how each attempt ended. When all that could serve are cooling or
 * at their limits for a moment only, it waits that moment; nothing is waited for once an upstream has been asked.
 */
import type { Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import { type CallLog, noCallLog } from "../../base/request-log.ts";
import type { Credential } from "../accounts/credential.ts";
import type { CooldownNote, Lease, Needs, Pick as PoolPick } from "../accounts/pool.ts";
import { accountId, type AccountConfig, type AccountId } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { WholeAnswer } from "../formats/format.ts";
import { noUsage } from "../hub/usage.ts";
import type { UsedEvent } from "../observer.ts";
import type { Provider } from "../providers/provider.ts";
import type { RouteTarget } from "../routing/targets.ts";
import type { AttemptResult } from "./attempt.ts";
import { pause } from "./pause.ts";
import { preferredRefusal } from "./refusals.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

export interface WalkInput<Target extends RouteTarget = RouteTarget> {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly targets: readonly Target[];
  readonly needs: Needs;
  readonly session: string | null;
  /** One try; told of an account and what authorises it, it reports the end of a committed answer through `lease` itself. */
  readonly attempt: (chosen: Chosen<Target>) => Promise<AttemptResult>;
}

export interface Chosen<Target extends RouteTarget = RouteTarget> {
  readonly target: Target;
  readonly provider: Provider;
  readonly model: string;
  /** Null where the provider asks for none. */
  readonly account: AccountConfig | null;
  readonly credential: Credential | null;
  readonly lease: Lease;
  /** For people: the provider and the account's name. */
  readonly who: string;
  /** For tries that went out and were followed by another of the same account. */
  readonly countTry: () => void;
}

export type WalkResult =
  | { readonly ok: true; readonly reply: HttpReply }
  | {
      readonly ok: false;
      /** The last upstream's word; where none was asked, why not. */
      readonly error: EngineError;
      readonly whole: WholeAnswer | null;
      /** Upstream calls made. */
      readonly attempts: number;
      /** Of the last try, still open. */
      readonly log?: CallLog;
    };

/** Clients wait seconds, not minutes, for the first byte; more tries than this only delay the news. */
export const maxAttempts = 16;
/** Nobody asks more often than this whether somebody is ready, unless the pool says that something changed. */
const minPauseMs = 10;

const clientGone: EngineError = { kind: "client-gone", message: "the client has gone" };
const nothingToTry: EngineError = {
  kind: "no-account",
  message: "the rule names no target that can be used now; see `switchyard routes explain`",
};

export async function walk<Target extends RouteTarget>(input: WalkInput<Target>): Promise<WalkResult> {
  const { tools, exchange } = input;
  const state: WalkState = {
    attempts: 0,
    answered: null,
    refused: null,
    log: noCallLog,
    readyInMs: null,
    hasWaited: false,
  };
  const { maxWaitMs } = input.view.config.settings.selection;
  const startedAt = tools.clock.monotonic();
  for (;;) {
    const found = await round(input, state);
    if (found !== null) return found;
    const { attempts, answered, readyInMs, refused, log } = state;
    if (answered !== null) {
      const { error, whole } = answered;
      const { provider, account } = answered.by;
      exchange.tap.tell({ type: "described", provider, account: account?.name ?? null });
      if (attempts > 0 && !exchange.signal.aborted) recordFailure(input, answered.by, startedAt);
      return { ok: false, error, whole, attempts, log };
    }
    const leftMs = maxWaitMs - (tools.clock.monotonic() - startedAt);
    if (readyInMs === null || readyInMs > leftMs) {
      return { ok: false, error: refused ?? nothingToTry, whole: null, attempts, log };
    }
    // Woken for nothing it goes on waiting, and says so once.
    const text = `nobody is ready: waiting up to ${(leftMs / 1000).toFixed(1)} s (${refused?.message ?? ""})`;
    if (!state.hasWaited) exchange.tap.tell({ type: "why", step: { stage: "account", text } });
    state.hasWaited = true;
    await pause(tools, Math.max(readyInMs, minPauseMs), exchange.signal);
    if (exchange.signal.aborted) return { ok: false, error: clientGone, whole: null, attempts, log };
  }
}

/** A call that nobody answered counts as one, though it used nothing that anybody told of. */
function recordFailure({ tools, exchange, session }: FailedCall, by: Asked, startedAt: number): void {
  const { clock, observer } = tools;
  const durationMs = clock.monotonic() - startedAt;
  const who = { flow: exchange.tap.id, client: exchange.client, session, ...by };
  observer.used({ ...who, usage: noUsage, ok: false, durationMs });
}

type FailedCall = Pick<WalkInput, "tools" | "exchange" | "session">;
type Asked = Pick<UsedEvent, "provider" | "account" | "model">;

interface WalkState {
  attempts: number;
  answered: { readonly error: EngineError; readonly whole: WholeAnswer | null; readonly by: Asked } | null;
  refused: EngineError | null;
  log: CallLog;
  /** The soonest of those that were not ready; null: there were none. */
  readyInMs: number | null;
  hasWaited: boolean;
}

/** Null: nobody answered, `state` says why. */
async function round<Target extends RouteTarget>(
  input: WalkInput<Target>,
  state: WalkState,
): Promise<WalkResult | null> {
  const { view, exchange } = input;
  state.readyInMs = null;
  state.refused = null;
  for (const target of input.targets) {
    const provider = view.providers.get(target.provider);
    if (provider === undefined) continue;
    const tried = new Set<AccountId>();
    for (;;) {
      if (state.attempts >= maxAttempts) return null;
      if (exchange.signal.aborted) {
        state.log.end();
        return { ok: false, error: clientGone, whole: null, attempts: state.attempts, log: state.log };
      }
      const lease = lend(input, state, target, tried);
      if (lease === null) break;
      tried.add(accountId(lease.account));
      const end = await tryOne(input, state, provider, target, lease).catch((thrown: unknown) => {
        // A fault of ours must not keep the account lent for ever.
        lease.released();
        throw thrown;
      });
      if (typeof end !== "string") return end;
      if (end === "stop") return null;
      if (end === "target") break;
    }
  }
  return null;
}

/** The pool's choice for one target; what it says goes to the flow. */
function lend(
  { tools, exchange, needs, session }: Pick<WalkInput, "tools" | "exchange" | "needs" | "session">,
  state: WalkState,
  { provider, model, prefix }: RouteTarget,
  tried: ReadonlySet<AccountId>,
): Lease | null {
  const { authorized } = exchange;
  const pick: PoolPick = tools.pool.pick({
    provider,
    model,
    prefix,
    needs,
    session,
    authorized,
    tried,
    client: exchange.client,
  });
  // Each time that a waiting call is woken for nothing would say the same again.
  if (pick.kind === "lease" || !state.hasWaited) {
    for (const step of pick.why) exchange.tap.tell({ type: "why", step });
  }
  if (pick.kind === "lease") return pick.lease;
  // Who was asked and failed is no news; the answer is what they said.
  if (tried.size > 0) return null;
  if (pick.kind === "wait") state.readyInMs = Math.min(state.readyInMs ?? Number.POSITIVE_INFINITY, pick.readyInMs);
  state.refused = preferredRefusal(state.refused, pick.error);
  if (!state.hasWaited) {
    exchange.tap.tell({ type: "why", step: { stage: "account", text: pick.error.message, provider } });
  }
  return null;
}

type Next = "account" | "target" | "stop";

async function tryOne<Target extends RouteTarget>(
  input: WalkInput<Target>,
  state: WalkState,
  provider: Provider,
  target: Target,
  lease: Lease,
): Promise<WalkResult | Next> {
  const { tools, exchange } = input;
  const { tap, signal } = exchange;
  const { model } = target;
  const account = lease.account.source.kind === "none" ? null : lease.account;
  const who = account === null ? provider.id : `${provider.id} (${account.name})`;
  const say = (stage: "attempt" | "refresh" | "error", text: string): void =>
    tap.tell({ type: "why", step: { stage, text, provider: provider.id, model } });

  let credential: Credential | null = null;
  if (account !== null) {
    const had = await tools.credentials.get(account, signal);
    if (!had.ok) {
      // Nobody was asked, so there is nothing to cool for: to look again costs nothing, and its owner may have mended it
      // by then. A login that is over for good, the pool has heard of.
      lease.released();
      state.refused = preferredRefusal(state.refused, had.error);
      say("refresh", `${who}: ${had.error.message}`);
      return signal.aborted ? "stop" : "account";
    }
    credential = had.credential;
  }
  say("attempt", `${model} at ${who}`);
  state.log.end();
  const countTry = (): void => void (state.attempts += 1);
  const asked = { target, model, account, lease, who, countTry };
  let result = await input.attempt({ ...asked, ...as(provider, credential, model) });
  if (!result.ok && account !== null && credential !== null && mayRenew(account, result.error)) {
    const renewed = await tools.credentials.renew(account, credential, signal);
    if (renewed.ok) {
      if (result.wasSent) countTry();
      result.log?.end();
      say("refresh", `${who}: ${result.error.message}; tried once more with a renewed login`);
      result = await input.attempt({ ...asked, ...as(provider, renewed.credential, model) });
    } else say("refresh", `${who}: the login could not be renewed: ${renewed.error.message}`);
  }
  if (result.ok) {
    lease.succeeded();
    return result;
  }
  state.log = result.log ?? noCallLog;
  if (result.wasSent) state.attempts += 1;
  // What we could not say to this target another may take as it is: one of the client's own dialect.
  const next = result.wasSent ? policy[result.error.kind].next : "target";
  const text = `${who}: ${result.error.kind}: ${result.error.message}`;
  tap.tell({ type: "why", step: { stage: "error", text, kind: result.error.kind, next } });
  const note = settle(exchange, lease, result);
  state.answered = {
    error: withWait(result.error, note),
    whole: result.whole,
    by: { provider: provider.id, account, model },
  };
  return next;
}

/** A provider as its login sees it (at that login's host, with its project), in the dialect of the model. */
function as(provider: Provider, credential: Credential | null, model: string): Pick<Chosen, "provider" | "credential"> {
  const own = credential === null ? provider : (provider.forLogin?.(credential.facts) ?? provider);
  return { provider: own.forModel?.(model) ?? own, credential };
}

function mayRenew({ source }: AccountConfig, error: EngineError): boolean {
  return policy[error.kind].refreshFirst && (source.kind === "login" || source.kind === "client");
}

/** What a failed attempt costs its account. */
function settle(exchange: Exchange, lease: Lease, result: AttemptResult & { readonly ok: false }): CooldownNote | null {
  if (!result.wasSent || result.error.kind === "client-gone") {
    lease.released();
    return null;
  }
  const note = lease.failed(result.error);
  if (note === null) return null;
  exchange.tap.tell({ type: "cooled", cooldownMs: note.cooldownMs });
  exchange.tap.tell({ type: "why", step: { stage: "cooldown", text: note.text, scope: note.scope } });
  return note;
}

/** A limit whose provider does not say how long it holds: the account's wait is what its client is told. */
function withWait(error: EngineError, note: CooldownNote | null): EngineError {
  const isLimit = error.kind === "rate-limit" || error.kind === "quota" || error.kind === "capacity";
  return note === null || !isLimit || error.retryAfterMs !== undefined
    ? error
    : { ...error, retryAfterMs: note.cooldownMs };
}
