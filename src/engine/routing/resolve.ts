/**
 * What a call to the gateway means whose model no rule speaks of: the name itself says where it goes. As `decide`, it is
 * pure and explains itself; a name that nobody serves is refused in words, because there is no original provider to hand
 * the call back to.
 */
import type { WhyStep } from "../../base/flow.ts";
import type { Config } from "../config/schema.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { type Availability, configured } from "./availability.ts";
import type { RouteDecision } from "./decide.ts";
import { modelNameProblem } from "./model-name.ts";
import { targetsOf } from "./targets.ts";

export type ModelDecision = Extract<RouteDecision, { readonly action: "reroute" | "refuse" }>;

export interface ModelView {
  readonly config: Config;
  /** Absent: by the configuration alone. */
  readonly availability?: Availability;
}

/** `to` of the result is the name as it was asked for. */
export function resolveModel({ config, availability }: ModelView, model: string): ModelDecision {
  const problem = modelNameProblem(model);
  if (problem !== null) {
    return { action: "refuse", rule: null, to: null, why: [], error: { kind: "bad-request", message: problem } };
  }
  const { targets, combo, notes } = targetsOf(config, model, model, availability ?? configured(config));
  const why = notes.map((text): WhyStep => ({ stage: "target", text }));
  const base = { rule: null, to: model, why };
  return targets.length === 0
    ? { ...base, action: "refuse", error: notFound(model, notes) }
    : { ...base, action: "reroute", combo, targets, fallback: "error" };
}

function notFound(model: string, notes: readonly string[]): EngineError {
  // The seed's words come first; what was tried comes after them.
  const said = `no providers support model: ${model}`;
  const rest = notes.filter((note) => note !== said);
  const message = rest.length === 0 ? `${said}; see \`switchyard models list\`` : `${said} (${rest.join("; ")})`;
  return { kind: "model-not-found", status: 404, message };
}
