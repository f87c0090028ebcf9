/**
 * A wildcard such as `*` + `/claude-*` as provider/model pairs: every usable provider that the pattern covers, with one
 * model each: the one that was asked for if the provider has it, else its first listed model that fits. Providers that
 * have the asked model come first, then by priority.
 */
import type { ProviderConfig } from "../config/schema.ts";
import { formatModelName, type ModelName } from "./model-name.ts";
import { fits, isExcluded, isKnownFor, upstreamNames } from "./serving.ts";
import type { Reading, RouteTarget } from "./targets.ts";
import { isWildcard } from "./wildcard.ts";

export function expandWildcard(reading: Reading, pattern: ModelName): readonly RouteTarget[] {
  const { config, availability, naming, notes, asked } = reading;
  const found: { readonly id: string; readonly provider: ProviderConfig; readonly model: string }[] = [];
  for (const [id, provider] of Object.entries(config.providers)) {
    if (!fits(pattern.provider, id)) continue;
    const model = pick(provider, pattern, asked, availability.listed(id), (left) =>
      notes.push(`provider ${id} leaves ${left} out (excluded_models)`),
    );
    if (model !== null && availability.isUsable(id)) found.push({ id, provider, model });
  }
  const sorted = found.toSorted(
    (left, right) =>
      Number(right.model === asked) - Number(left.model === asked) || left.provider.priority - right.provider.priority,
  );
  const names = sorted.map(({ id, model }) => `${id}/${model}`);
  notes.push(
    names.length === 0
      ? `${formatModelName(pattern)} fits no provider that has a usable account`
      : `${formatModelName(pattern)} fits ${names.join(", ")}`,
  );
  return sorted.flatMap(({ id, provider, model }) =>
    upstreamNames(id, provider, naming, model)
      .filter((name) => !isExcluded(provider.excludedModels, name))
      .map((name) => ({ provider: id, model: name, prefix: null })),
  );
}

function pick(
  provider: ProviderConfig,
  pattern: ModelName,
  asked: string | null,
  listedThere: ReadonlySet<string> | null,
  leftOut: (model: string) => void,
): string | null {
  const suits = (model: string): boolean => fits(pattern.model, model) && !isExcluded(provider.excludedModels, model);
  const fitting = listedNames(provider).filter(suits);
  if (asked !== null && fitting.includes(asked)) return asked;
  const wanted = isWildcard(pattern.model) ? asked : pattern.model;
  if (wanted !== null && fits(pattern.model, wanted)) {
    // A provider named outright is taken at its word; one among many must be known to serve the model.
    const known = !isWildcard(pattern.provider) || listedThere?.has(wanted) === true || isKnownFor(provider, wanted);
    if (known && provider.models.length === 0) {
      if (suits(wanted)) return wanted;
      leftOut(wanted);
    }
  }
  return fitting[0] ?? null;
}

/** Aliases before the names they stand for. */
function listedNames({ models, moreModels = [], modelMappings }: ProviderConfig): readonly string[] {
  const mapped = Object.keys(modelMappings);
  if (models.length + moreModels.length === 0) return mapped;
  return [
    ...[...models, ...moreModels].flatMap(({ name, alias }) => (alias === undefined ? [name] : [alias, name])),
    ...mapped,
  ];
}
