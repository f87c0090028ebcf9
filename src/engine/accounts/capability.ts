/**
 * Can a provider's model do what a call needs? Only an explicit no counts: what is not known is let try, and the provider
 * says so itself. A model's own entry knows better than its provider's features.
 */
import type { ModelConfig, ProviderConfig } from "../config/schema.ts";
import type { Needs } from "./pool.ts";

const abilities = ["streaming", "functions", "vision"] as const;
export type Ability = (typeof abilities)[number];

/** What is needed and known to be missing. */
export function missingAbilities(provider: ProviderConfig, model: string, needs: Needs): readonly Ability[] {
  const isIt = ({ name, alias }: ModelConfig): boolean => name === model || alias === model;
  const entry = provider.models.find(isIt) ?? provider.moreModels?.find(isIt);
  return abilities.filter((ability) => needs[ability] && knownAbility(ability, provider, entry) === false);
}

function knownAbility(ability: Ability, { features }: ProviderConfig, entry?: ModelConfig): boolean | undefined {
  if (ability === "streaming") return entry?.supportsStreaming ?? features.streaming;
  if (ability === "functions") return entry?.supportsFunctions ?? features.functions;
  return features.vision ?? features.multimodal;
}
