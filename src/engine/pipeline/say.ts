/** What the pipeline tells a flow, and how it says no. */
import type { Exchange } from "../../base/exchange.ts";
import type { passThrough } from "../../base/exchange.ts";
import type { WhyStep } from "../../base/flow.ts";
import { emptyBody, type HttpReply } from "../../base/http.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { Format } from "../formats/format.ts";
import type { RouteDecision } from "../routing/decide.ts";
import { answerError } from "./answer-error.ts";
import { decided } from "./decided.ts";
import type { ClientCall } from "./read-client.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

export type Answer = HttpReply | typeof passThrough;

/** What a client that has gone is answered; nobody reads it. */
export const nobodyWaits: HttpReply = { status: 499, headers: [["content-length", "0"]], body: emptyBody };

/** Where a call goes, with the steps told to its flow. */
export type Decide = (tools: Tools, view: View, exchange: Exchange, model: string | null) => RouteDecision;

export function decideFor(tools: Tools, view: View, exchange: Exchange, model: string | null): RouteDecision {
  const decision = decided(tools.availability(), view, exchange, model);
  for (const step of decision.why) why(exchange, step);
  return decision;
}

/** The dialect to say no in. */
export type Dialect = Pick<ClientCall, "format"> & Partial<Pick<ClientCall, "variant">>;

export function refuse(exchange: Exchange, dialect: Dialect, error: EngineError, attempts = 0): HttpReply {
  why(exchange, { stage: "error", text: error.message, kind: error.kind });
  const reply = answerError(dialect.format, error, {
    attempts,
    variant: dialect.variant ?? null,
    target: exchange.target,
  });
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  return reply;
}

export function describe(exchange: Exchange, format: Format, model: string | null): void {
  exchange.tap.tell({ type: "described", formats: { client: format.id }, model: { asked: model } });
}

export function why(exchange: Exchange, step: WhyStep): void {
  exchange.tap.tell({ type: "why", step });
}
