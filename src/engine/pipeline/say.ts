/** What the pipeline tells a flow, and how it says no. */
import type { Exchange } from "../../base/exchange.ts";
import type { passThrough } from "../../base/exchange.ts";
import type { WhyStep } from "../../base/flow.ts";
import { emptyBody, type HttpReply } from "../../base/http.ts";
import type { Config } from "../config/schema.ts";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import type { Format } from "../formats/format.ts";
import type { Availability } from "../routing/availability.ts";
import { decide, type RouteDecision } from "../routing/decide.ts";
import { resolveModel } from "../routing/resolve.ts";
import { answerError } from "./answer-error.ts";
import { pathOf, type ClientCall } from "./read-client.ts";
import { providerId } from "../providers/registry.ts";
import type { Tools } from "./tools.ts";
import type { View } from "./view.ts";

export type Answer = HttpReply | typeof passThrough;

/** What a client that has gone is answered; nobody reads it. */
export const nobodyWaits: HttpReply = { status: 499, headers: [["content-length", "0"]], body: emptyBody };

export function decideFor(tools: Tools, view: View, exchange: Exchange, model: string | null): RouteDecision {
  const decision = decided(tools.availability(), view, exchange, model);
  for (const step of decision.why) why(exchange, step);
  return decision;
}

function decided(availability: Availability, view: View, exchange: Exchange, model: string | null): RouteDecision {
  const { client, host, target, gateway } = exchange;
  const { config, rules } = view;
  const ofRules = (): RouteDecision =>
    decide(config, rules, { client, host, path: pathOf(target), model }, { availability });
  if (gateway === undefined) return ofRules();
  if (gateway.provider !== null) return forProvider(config, gateway.provider, availability, model);
  const decision = ofRules();
  if (decision.action !== "passthrough") return decision;
  if (model === null) return refusal("bad-request", 400, "the call names no model", decision);
  const resolved = resolveModel({ config, availability }, model);
  return { ...resolved, why: [...decision.why.filter(({ stage }) => stage !== "rule"), ...resolved.why] };
}

/** The address names the provider; the model is its own, with or without its name before it. */
function forProvider(config: Config, name: string, availability: Availability, model: string | null): RouteDecision {
  const id = providerId(config.providers, name);
  if (id === null) return refusal("model-not-found", 404, `provider not found: ${name}`);
  if (model === null) return refusal("bad-request", 400, "the call names no model");
  const full = model.startsWith(`${id}/`) ? model : `${id}/${model}`;
  return resolveModel({ config, availability }, full);
}

function refusal(kind: ErrorKind, status: number, message: string, decision?: RouteDecision): RouteDecision {
  return { action: "refuse", rule: null, to: null, why: decision?.why ?? [], error: { kind, status, message } };
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
