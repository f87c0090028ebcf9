/** Which accounts of a provider this caller may use, and why there are none. */
import type { Exchange } from "../../base/exchange.ts";
import { candidates, type Candidates } from "../accounts/select.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { View } from "./view.ts";

export interface Usable {
  readonly accounts: Candidates;
  /** Why there are none. */
  readonly refusal: EngineError;
}

/** A stored key serves only callers that have shown the proxy token (or where none is asked for). */
export function usableAccounts(view: View, exchange: Exchange, id: string): Usable {
  const all = candidates(view.config, id);
  const accounts = exchange.authorized ? all : all.filter((account) => account === null);
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
export function preferredRefusal(known: EngineError | null, found: EngineError): EngineError {
  return known?.kind === "proxy-auth" ? known : found;
}

export const clientGone: EngineError = { kind: "client-gone", message: "the client has gone" };
export const nothingToTry: EngineError = {
  kind: "no-account",
  message: "the rule names no target that can be used now; see `switchyard routes explain`",
};
