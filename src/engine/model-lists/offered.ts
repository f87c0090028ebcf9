/** Names of models that a client may ask for because a rule sends them somewhere: what its list can be extended with. */
import type { Config } from "../config/schema.ts";
import type { Availability } from "../routing/availability.ts";
import { decide } from "../routing/decide.ts";
import { modelCatalog } from "../routing/models.ts";
import type { HeadFacts, Rule } from "../routing/rules.ts";
import { isWildcard } from "../routing/wildcard.ts";

export interface Offer {
  readonly config: Config;
  readonly rules: readonly Rule[];
  readonly availability: Availability;
}

/** A picker with more rows than these is of no use. */
const maxOffered = 200;

/**
 * Of each rule that reroutes: the model it names, and the target it names (`combo/deep`, an alias, `provider/model`) where
 * asking for that leads there; of a target with a wildcard, the models that are known. `places`: where the client calls.
 */
export function offeredModels(offer: Offer, places: readonly HeadFacts[]): readonly string[] {
  const offered = new Set<string>();
  const routes = offer.config.routes.filter(({ enabled, to }) => enabled && to !== "passthrough" && to !== "block");
  for (const { match, to } of routes) {
    if (match.model !== undefined && !isWildcard(match.model)) offered.add(match.model);
    if (!isWildcard(to)) offered.add(to);
    else for (const { id, kind } of modelCatalog(offer)) if (kind === "chat") offered.add(id);
  }
  return [...offered].filter((model) => isRouted(offer, places, model)).slice(0, maxOffered);
}

function isRouted({ config, rules, availability }: Offer, places: readonly HeadFacts[], model: string): boolean {
  return places.some((facts) => {
    const decision = decide(config, rules, { ...facts, model }, { availability });
    if (decision.action !== "reroute" || decision.targets.length === 0) return false;
    // A rule for every model leads a name elsewhere than it says, unless it is the rule's own.
    const route = config.routes[(decision.rule ?? 0) - 1];
    return route !== undefined && (route.to === model || isWildcard(route.to) || route.match.model === model);
  });
}
