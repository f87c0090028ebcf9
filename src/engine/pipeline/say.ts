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
import { parseModelName } from "../routing/model-name.ts";
import { resolveModel } from "../routing/resolve.ts";
import { supportOf } from "../routing/serving.ts";
import { providerId } from "../providers/registry.ts";
import { answerError } from "./answer-error.ts";
import { pathOf, type ClientCall } from "./read-client.ts";
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

/** What is to become of a call, by the rules, and of one to the port itself also by its model's name. */
export function decided(
  availability: Availability,
  { config, rules }: View,
  call: Pick<Exchange, "host" | "target" | "gateway"> & { readonly client: string },
  model: string | null,
  options: { readonly verbose?: boolean } = {},
): RouteDecision {
  const { client, host, target, gateway } = call;
  const ofRules = decide(config, rules, { client, host, path: pathOf(target), model }, { ...options, availability });
  // What a rule forbids stays forbidden, however it is asked for.
  if (gateway === undefined || ofRules.action === "block") return ofRules;
  if (gateway.provider !== null) return forProvider(config, gateway.provider, availability, model);
  if (ofRules.action !== "passthrough") return ofRules;
  if (model === null) return refusal("bad-request", 400, "the call names no model");
  return resolveModel({ config, availability }, model);
}

/** The address names the provider; the model is its own, with or without its name before it. */
function forProvider(config: Config, name: string, availability: Availability, model: string | null): RouteDecision {
  const id = providerId(config.providers, name);
  const provider = id === null ? undefined : config.providers[id];
  if (id === null || provider === undefined) return refusal("model-not-found", 404, `provider not found: ${name}`);
  if (!provider.enabled) return refusal("model-not-found", 404, `provider ${id} is switched off`);
  if (model === null) return refusal("bad-request", 400, "the call names no model");
  const named = parseModelName(model);
  const meant = named === null ? null : providerId(config.providers, named.provider);
  const bare = named !== null && meant === id ? named.model : model;
  const naming = availability.accounts.filter(({ models }) => models.length > 0);
  const isListed = supportOf(id, provider, naming, availability.listed(id), bare) !== null;
  // A list in the file is the whole of what is served; elsewhere a name that says another provider is a slip.
  const isElsewhere = meant !== null && meant !== id;
  if (!isListed && (provider.models.length > 0 || (isElsewhere && provider.kind !== "aggregator"))) {
    return refusal("model-not-found", 404, `no providers support model: ${model} (${id} does not serve it)`);
  }
  return resolveModel({ config, availability }, `${id}/${bare}`);
}

function refusal(kind: ErrorKind, status: number, message: string): RouteDecision {
  return { action: "refuse", rule: null, to: null, why: [], error: { kind, status, message } };
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
