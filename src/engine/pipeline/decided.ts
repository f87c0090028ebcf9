/** Where a call goes, before anything of it is read but its head and its model. It needs no format, and dry runs use it alone. */
import type { Exchange } from "../../base/exchange.ts";
import type { Config } from "../config/schema.ts";
import type { ErrorKind } from "../errors/engine-error.ts";
import { providerId } from "../providers/registry.ts";
import type { Availability } from "../routing/availability.ts";
import { decide, type RouteDecision } from "../routing/decide.ts";
import { parseModelName } from "../routing/model-name.ts";
import { resolveModel } from "../routing/resolve.ts";
import { supportOf } from "../routing/serving.ts";
import type { View } from "./view.ts";

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

/** A request target without its query. */
export function pathOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}
