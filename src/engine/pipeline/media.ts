/**
 * Embeddings and images: walks the targets of a decision and the accounts of each, as failover.ts does for model calls.
 * `policy` says after every failure who may still be asked.
 */
import type { Exchange } from "../../base/exchange.ts";
import type { Credential } from "../accounts/credential.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { WholeAnswer } from "../formats/format.ts";
import type { MediaKind } from "../media/index.ts";
import type { RouteTarget } from "../routing/targets.ts";
import { maxAttempts, type FailoverResult } from "./failover.ts";
import { attemptMedia } from "./media-attempt.ts";
import type { Tools } from "./tools.ts";
import { clientGone, nothingToTry, preferredRefusal, usableAccounts } from "./usable-accounts.ts";
import type { View } from "./view.ts";

export interface MediaInput {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly kind: MediaKind;
  /** The client's body, parsed. */
  readonly body: unknown;
  readonly targets: readonly RouteTarget[];
}

export async function handleMedia(input: MediaInput): Promise<FailoverResult> {
  const { tools, view, exchange, kind, body, targets } = input;
  const { tap } = exchange;
  let attempts = 0;
  let answered: { readonly error: EngineError; readonly whole: WholeAnswer | null } | null = null;
  let refused: EngineError | null = null;

  walk: for (const { provider: id, model } of targets) {
    const provider = view.providers.get(id);
    const usable = usableAccounts(view, exchange, id);
    if (provider === undefined || usable.accounts.length === 0) {
      refused = preferredRefusal(refused, usable.refusal);
      tap.tell({ type: "why", step: { stage: "account", text: usable.refusal.message, provider: id } });
      continue;
    }
    for (const account of usable.accounts) {
      if (attempts >= maxAttempts) break walk;
      if (exchange.signal.aborted) return { ok: false, error: clientGone, whole: null, attempts };
      const credential: Credential | null =
        account?.source.kind === "key" ? { kind: "key", secret: account.source.key, facts: {} } : null;
      const who = account === null ? id : `${id} (${account.name})`;
      tap.tell({ type: "why", step: { stage: "attempt", text: `${model} at ${who}`, provider: id, model } });
      const result = await attemptMedia({ tools, exchange, kind, body, provider, account, credential, model });
      if (result.ok) return result;
      if (result.wasSent) attempts += 1;
      answered = { error: result.error, whole: result.whole };
      const { next } = policy[result.error.kind];
      const text = `${who}: ${result.error.kind}: ${result.error.message}`;
      tap.tell({ type: "why", step: { stage: "error", text, kind: result.error.kind, next } });
      if (next === "stop") break walk;
      if (next === "target") break;
    }
  }
  if (answered !== null) return { ok: false, ...answered, attempts };
  return { ok: false, error: refused ?? nothingToTry, whole: null, attempts };
}
