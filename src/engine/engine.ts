/** The engine's public shape, for the composition root. Implementation: index.ts. */
import type { Exchange, ExchangeHandler } from "../base/exchange.ts";
import type { ClientId } from "../base/flow.ts";
import type { HttpHandler, HttpReply, RequestHead } from "../base/http.ts";
import type { RouteAnswer, RouteQuestion } from "../base/controls.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { RequestLog } from "../base/request-log.ts";
import type { Credentials } from "./accounts/credential.ts";
import type { AccountPool } from "./accounts/pool.ts";
import type { Availability } from "./routing/availability.ts";
import type { CallObserver } from "./observer.ts";
import type { Observation, ObservedReply } from "./pipeline/observe.ts";
import type { UpstreamError } from "../base/upstream-error.ts";
import type { WholeAnswer } from "./formats/format.ts";
import type { ReplayOrder, ReplayPlan } from "./pipeline/replay.ts";
import type { Config } from "./config/schema.ts";

export interface EngineDeps {
  /** Sends to any http(s) URL with TLS verified; implemented by intercept's upstream. */
  readonly send: HttpHandler;
  readonly clock: Clock;
  /** The configuration in force now; the engine asks again for every request, so a reload needs no restart. */
  readonly config: () => Config;
  /** Runs something once after so many ms and returns how to call it off; default: an unreferenced timer. */
  readonly after?: (ms: number, run: () => void) => () => void;
  /** What ids that must not be guessed are made of; default: the system's. */
  readonly random?: Random;
  /** The accounts and what authorises them; default: those of the configuration, which have keys only. */
  readonly accounts?: { readonly pool: AccountPool; readonly credentials: Credentials };
  /** What the moment adds to the configuration when targets are chosen; default: the accounts alone. */
  readonly availability?: () => Availability;
  /** Keeps figures; default: nobody. */
  readonly observer?: CallObserver;
  /** Keeps the stages of rerouted calls as files; default: none. */
  readonly requestLog?: RequestLog;
}

export type { RouteAnswer, RouteQuestion } from "../base/controls.ts";

export interface Engine extends ExchangeHandler {
  /** A call to the port itself (`exchange.gateway` is set); `authorized` says whether it showed the client key. */
  gateway(exchange: Exchange): Promise<HttpReply>;
  /** Is this, by its address, something the engine answers: a model call, embeddings, images? */
  isCall(head: RequestHead): boolean;
  /** How an earlier call would be made again; nothing is sent before the plan is run. */
  planReplay(order: ReplayOrder): Promise<ReplayPlan>;
  /** Dry run of the rules: sends nothing. */
  explain(question: RouteQuestion): RouteAnswer;
  /** Is this a model call in a dialect that is known here? By its head alone. */
  isModelCall(head: RequestHead): boolean;
  /** A passed-through call that failed before its answer began, told in its own dialect; null when it speaks none. */
  describeFailure(head: RequestHead, error: UpstreamError): WholeAnswer | null;
  /** What a passed-through call was: format, model asked and served, usage. Bodies are decoded (no content-encoding). */
  observe(
    head: RequestHead & { readonly client: ClientId },
    requestBody: Uint8Array,
    reply: ObservedReply,
  ): Observation;
}
