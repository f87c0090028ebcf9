/** A model call asked of its targets: the walk of walk.ts, with one more try where a failure can be mended (remedy.ts). */
import type { Exchange } from "../../base/exchange.ts";
import type { RouteTarget } from "../routing/targets.ts";
import { attempt, type AttemptResult } from "./attempt.ts";
import { needsOf } from "./needs.ts";
import { readAsked } from "./read-asked.ts";
import type { ClientCall } from "./read-client.ts";
import { remedyFor, remedyWords } from "./remedy.ts";
import { sessionOf } from "./session.ts";
import { splitThinkingSuffix } from "./thinking-budget.ts";
import type { Tools } from "./tools.ts";
import type { HubRead } from "./translated.ts";
import type { View } from "./view.ts";
import { type Chosen, walk, type WalkResult } from "./walk.ts";

export interface FailoverInput {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly call: ClientCall;
  readonly targets: readonly RouteTarget[];
  /** The combo that the targets are members of. */
  readonly combo: string | null;
}

export async function failover(input: FailoverInput): Promise<WalkResult> {
  const { tools, view, exchange, call, combo } = input;
  const hub = once<ReturnType<HubRead>>(() => readAsked(tools, exchange, call));
  const session = call.operation === "reply" ? sessionOf(exchange, call.value) : null;
  // Accounts know models by their own names, without what a target says about thinking besides.
  const targets = input.targets.map((target) => ({ ...target, ...splitThinkingSuffix(target.model) }));

  if (session !== null) exchange.tap.tell({ type: "described", session });

  async function mendable(chosen: Chosen<(typeof targets)[number]>): Promise<AttemptResult> {
    const { provider, model, account, credential, lease, who } = chosen;
    const { thinking } = chosen.target;
    const asked = {
      tools,
      config: view.config,
      exchange,
      call,
      provider,
      account,
      credential,
      lease,
      session,
      combo,
      model,
      thinking,
      hub,
    };
    const result = await attempt({ ...asked, remedy: null });
    const remedy = result.ok ? null : remedyFor(result.error, call.operation);
    if (result.ok || remedy === null || exchange.signal.aborted) return result;
    if (result.wasSent) chosen.countTry();
    const text = `${who}: ${result.error.kind}: ${result.error.message}; ${remedyWords[remedy]}`;
    exchange.tap.tell({ type: "why", step: { stage: "attempt", text, provider: provider.id, model } });
    result.log?.end();
    return attempt({ ...asked, remedy });
  }
  return walk({ tools, view, exchange, targets, needs: needsOf(call), session, attempt: mendable });
}

function once<T>(work: () => T): () => T {
  let done: { readonly value: T } | null = null;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}
