/**
 * Walks the targets of a decision and the accounts of each, until one answers. `policy` says after every failure who may
 * still be asked. Bounded, and over as soon as the client has gone.
 */
import type { Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import { candidates } from "../accounts/select.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { WholeAnswer } from "../formats/format.ts";
import type { RouteTarget } from "../routing/targets.ts";
import { attempt } from "./attempt.ts";
import type { ClientCall } from "./read-client.ts";
import type { Tools } from "./tools.ts";
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
    };

/** Clients wait seconds, not minutes, for the first byte; more tries than this only delay the news. */
export const maxAttempts = 16;

export async function failover(input: FailoverInput): Promise<FailoverResult> {
  const { view, exchange, call, targets, tools } = input;
  const hub = once<ReturnType<HubRead>>(() => call.format.client.readRequest(call.value, exchange.target));
  let attempts = 0;
  let answered: { error: EngineError; whole: WholeAnswer | null } | null = null;
  let refused: EngineError | null = null;

  walk: for (const { provider: id, model } of targets) {
    const provider = view.providers.get(id);
    const usable = usableAccounts(input, id);
    if (provider === undefined || usable.accounts.length === 0) {
      refused = preferred(refused, usable.refusal);
      exchange.tap.tell({ type: "why", step: { stage: "account", text: usable.refusal.message, provider: id } });
      continue;
    }
    for (const account of usable.accounts) {
      if (attempts >= maxAttempts) break walk;
      if (exchange.signal.aborted) return { ok: false, error: clientGone, whole: null, attempts };
      const who = account === null ? id : `${id} (${account.name})`;
      exchange.tap.tell({ type: "why", step: { stage: "attempt", text: `${model} at ${who}`, provider: id, model } });
      const result = await attempt({ tools, config: view.config, exchange, call, provider, account, model, hub });
      if (result.ok) return result;
      if (result.wasSent) attempts += 1;
      answered = { error: result.error, whole: result.whole };
      const { next } = policy[result.error.kind];
      const text = `${who}: ${result.error.kind}: ${result.error.message}`;
      exchange.tap.tell({ type: "why", step: { stage: "error", text, kind: result.error.kind, next } });
      if (next === "stop") break walk;
      if (next === "target") break;
    }
  }
  if (answered !== null) return { ok: false, ...answered, attempts };
  return { ok: false, error: refused ?? nothingToTry, whole: null, attempts };
}

const clientGone: EngineError = { kind: "client-gone", message: "the client has gone" };
const nothingToTry: EngineError = {
  kind: "no-account",
  message: "the rule names no target that can be used now; see `switchyard routes explain`",
};

interface Usable {
  readonly accounts: ReturnType<typeof candidates>;
  /** Why there are none. */
  readonly refusal: EngineError;
}

/** A stored key serves only callers that have shown the proxy token (or where none is asked for). */
function usableAccounts(input: FailoverInput, id: string): Usable {
  const all = candidates(input.view.config, id);
  const accounts = input.exchange.authorized ? all : all.filter((account) => account === null);
  if (all.length > 0 && accounts.length === 0) return { accounts, refusal: proxyAuth };
  const message = `provider ${id} has no usable account: add one to accounts in config.yaml, or enable it`;
  return { accounts, refusal: { kind: "no-account", message } };
}

const proxyAuth: EngineError = {
  kind: "proxy-auth",
  status: 407,
  message:
    "this call would use a credential stored in Switchyard, and the client did not show the proxy token: " +
    'start it with `switchyard run -- COMMAND`, or run `eval "$(switchyard env)"` in its shell first',
};

/** Of several reasons why nothing was tried, the one its reader can do something about. */
function preferred(known: EngineError | null, found: EngineError): EngineError {
  return known?.kind === "proxy-auth" ? known : found;
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | null = null;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}
