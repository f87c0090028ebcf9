/** The engine: a function from a client's request to its answer. It knows no socket and no TLS; `send` is given to it. */
import type { ExchangeHead } from "../base/exchange.ts";
import type { RequestHead } from "../base/http.ts";
import { systemRandom } from "../base/random.ts";
import { createPool } from "./accounts/create-pool.ts";
import { keyCredentials } from "./accounts/key-credentials.ts";
import type { Engine, EngineDeps } from "./engine.ts";
import { explain } from "./explain.ts";
import type { UpstreamError } from "../base/upstream-error.ts";
import { fromUnknown } from "./errors/from-unknown.ts";
import type { WholeAnswer } from "./formats/format.ts";
import { formats } from "./formats/table.ts";
import { createSignatureLedger } from "./hub/signature-ledger.ts";
import { detectCall, isModelAddress, isModelSocket, mayTellInBody, mediaKind } from "./pipeline/detect-call.ts";
import { noObserver } from "./observer.ts";
import { createGatewayHandler } from "./pipeline/gateway.ts";
import { createHandler } from "./pipeline/handle.ts";
import { planReplay } from "./pipeline/replay.ts";
import { pathOf } from "./pipeline/decided.ts";
import { createDedupe } from "./pipeline/dedupe.ts";
import { createResponseMemory } from "./pipeline/response-memory.ts";
import { systemAfter, type Tools } from "./pipeline/tools.ts";
import { extendsList, mayExtendLists } from "./pipeline/extend-list.ts";
import { observe } from "./pipeline/observe.ts";
import { createViews, type View } from "./pipeline/view.ts";
import { configured } from "./routing/availability.ts";
import { headMayMatch } from "./routing/rules.ts";

export type { Engine, EngineDeps } from "./engine.ts";

export function createEngine(deps: EngineDeps): Engine {
  const views = createViews(deps.config);
  const { send, clock } = deps;
  const random = deps.random ?? systemRandom;
  const { pool, credentials } = deps.accounts ?? {
    pool: createPool({ config: deps.config, stored: () => [], clock, random }),
    credentials: keyCredentials,
  };
  const tools: Tools = {
    send,
    clock,
    random,
    pool,
    credentials,
    availability:
      deps.availability ?? (() => ({ ...configured(deps.config()), isUsable: (provider) => pool.isUsable(provider) })),
    observer: deps.observer ?? noObserver,
    after: deps.after ?? systemAfter,
    ledger: createSignatureLedger({ clock }),
    dedupe: createDedupe({ clock }),
    responses: createResponseMemory({ clock, random }),
    ...(deps.requestLog === undefined ? {} : { requestLog: deps.requestLog }),
  };
  const handle = createHandler(tools, views);
  return {
    handle,
    gateway: createGatewayHandler(handle),
    planReplay: (order) => planReplay(tools, views(), order),
    isCall: (head) => isModelAddress(head) || mediaKind(head) !== null,
    wants: (head) => wants(views(), head),
    wantsHost: (host) =>
      views().rules.some((rule) => rule.to !== "passthrough" && rule.matchesHost(host)) ||
      mayExtendLists(views(), host),
    explain: (question) => explain(tools, views(), question),
    isModelCall: (head) => head.method === "POST" && detectCall(head) !== null,
    describeFailure,
    observe,
  };
}

/** Rules first: without a rule that fits nothing more is looked at. Telemetry and settings on the same host stay unread. */
function wants(view: View, head: ExchangeHead): boolean {
  const { client, host, target } = head;
  const facts = { client, host, path: pathOf(target) };
  if (extendsList(view, head) !== null) return true;
  if (!headMayMatch(view.rules, facts)) return false;
  if (isModelAddress(head) || isModelSocket(head) || mediaKind(head) !== null) return true;
  // A host that only its owner knows: a rule that names it asks us to look at its headers and into its bodies.
  if (detectCall(head) === null && !mayTellInBody(head)) return false;
  return view.rules.some((rule) => rule.namesHost && rule.matchesHead(facts));
}

/** A pass-through call that failed before its answer began: told in the dialect of the call, where it is one. */
function describeFailure(head: RequestHead, error: UpstreamError): WholeAnswer | null {
  const detected = detectCall(head);
  return detected === null
    ? null
    : formats[detected.format].client.writeError(fromUnknown(error), undefined, head.target);
}
