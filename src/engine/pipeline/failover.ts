/**
 * Walks the targets of a decision and the accounts of each, until one answers. `policy` says after every failure who may
 * still be asked. Bounded, and over as soon as the client has gone.
 */
import type { Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import { type CallLog, noCallLog } from "../../base/request-log.ts";
import type { Credential } from "../accounts/credential.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { WholeAnswer } from "../formats/format.ts";
import type { RouteTarget } from "../routing/targets.ts";
import { attempt } from "./attempt.ts";
import { readAsked } from "./read-asked.ts";
import type { ClientCall } from "./read-client.ts";
import { remedyFor, remedyWords } from "./remedy.ts";
import type { Tools } from "./tools.ts";
import { splitThinkingSuffix } from "./thinking-budget.ts";
import { clientGone, nothingToTry, preferredRefusal, usableAccounts } from "./usable-accounts.ts";
import type { HubRead } from "./translated.ts";
import type { View } from "./view.ts";

export interface FailoverInput {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly call: ClientCall;
  readonly targets: readonly RouteTarget[];
}

export type FailoverResult =
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

export async function failover(input: FailoverInput): Promise<FailoverResult> {
  const { view, exchange, call, targets, tools } = input;
  const hub = once<ReturnType<HubRead>>(() => readAsked(tools, exchange, call));
  let attempts = 0;
  let answered: { error: EngineError; whole: WholeAnswer | null } | null = null;
  let refused: EngineError | null = null;
  let log = noCallLog;

  walk: for (const { provider: id, model: named } of targets) {
    const { model, thinking } = splitThinkingSuffix(named);
    const provider = view.providers.get(id);
    const usable = usableAccounts(view, exchange, id);
    if (provider === undefined || usable.accounts.length === 0) {
      refused = preferredRefusal(refused, usable.refusal);
      exchange.tap.tell({ type: "why", step: { stage: "account", text: usable.refusal.message, provider: id } });
      continue;
    }
    for (const account of usable.accounts) {
      if (attempts >= maxAttempts) break walk;
      if (exchange.signal.aborted) {
        log.end();
        return { ok: false, error: clientGone, whole: null, attempts, log };
      }
      const credential: Credential | null =
        account?.source.kind === "key" ? { kind: "key", secret: account.source.key, facts: {} } : null;
      const who = account === null ? id : `${id} (${account.name})`;
      exchange.tap.tell({ type: "why", step: { stage: "attempt", text: `${model} at ${who}`, provider: id, model } });
      const asked = { tools, config: view.config, exchange, call, provider, account, credential, model, thinking, hub };
      log.end();
      let result = await attempt({ ...asked, remedy: null });
      const remedy = result.ok ? null : remedyFor(result.error, call.operation);
      if (!result.ok && remedy !== null && !exchange.signal.aborted) {
        if (result.wasSent) attempts += 1;
        const why = `${who}: ${result.error.kind}: ${result.error.message}; ${remedyWords[remedy]}`;
        exchange.tap.tell({ type: "why", step: { stage: "attempt", text: why, provider: id, model } });
        result.log?.end();
        result = await attempt({ ...asked, remedy });
      }
      if (result.ok) return result;
      log = result.log ?? noCallLog;
      if (result.wasSent) attempts += 1;
      answered = { error: result.error, whole: result.whole };
      // What we could not say to this target another may take as it is: one of the client's own dialect.
      const next = result.wasSent ? policy[result.error.kind].next : "target";
      const text = `${who}: ${result.error.kind}: ${result.error.message}`;
      exchange.tap.tell({ type: "why", step: { stage: "error", text, kind: result.error.kind, next } });
      if (next === "stop") break walk;
      if (next === "target") break;
    }
  }
  if (answered !== null) return { ok: false, ...answered, attempts, log };
  return { ok: false, error: refused ?? nothingToTry, whole: null, attempts, log };
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | null = null;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}
