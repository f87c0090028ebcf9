/**
 * What the words of a rule's `to` mean: one keyword, or the list of provider/model pairs to try, in order.
 * Resolution order: keyword, `combo/NAME`, wildcard, `provider/model`, alias.
 */
import { isUsable } from "../accounts/select.ts";
import type { Config, ProviderConfig } from "../config/schema.ts";
import { resolveAlias } from "./aliases.ts";
import { comboMembers, comboName } from "./combo.ts";
import { formatModelName, parseModelName, type ModelName } from "./model-name.ts";
import { compileGlob, isWildcard, type Glob } from "./wildcard.ts";

export interface RouteTarget {
  readonly provider: string;
  /** The upstream's name for the model, the provider's own mapping applied. */
  readonly model: string;
}

export type Meaning =
  | { readonly kind: "passthrough" }
  | { readonly kind: "block" }
  | {
      readonly kind: "targets";
      readonly combo: string | null;
      /** Empty when nothing that was named can be used now. */
      readonly targets: readonly RouteTarget[];
      /** How the words were read, for people. */
      readonly notes: readonly string[];
    };

/** More targets than this are never tried for one call: a client has lost its patience long before. */
const maxTargets = 32;

export function meaningOf(config: Config, to: string, asked: string | null): Meaning {
  if (to === "passthrough" || to === "block") return { kind: to };
  const notes: string[] = [];
  const alias = resolveAlias(config.aliases, to);
  if (!alias.ok) {
    return { kind: "targets", combo: null, targets: [], notes: [`alias goes in a circle: ${alias.loop.join(" → ")}`] };
  }
  if (alias.via.length > 0) notes.push(`alias ${alias.via.join(" → ")} is ${alias.target}`);
  const combo = comboName(alias.target);
  const words = combo === null ? [alias.target] : comboMembers(config.combos, combo);
  if (words === null) notes.push(`there is no combo named ${combo ?? ""}`);
  const targets = (words ?? []).flatMap((word) => single(config, word, asked, notes)).slice(0, maxTargets);
  return { kind: "targets", combo, targets, notes };
}

/** A member of a combo, or a `to` that is none: an alias, a wildcard or provider/model. */
function single(config: Config, word: string, asked: string | null, notes: string[]): readonly RouteTarget[] {
  const alias = resolveAlias(config.aliases, word);
  const name = parseModelName(alias.ok ? alias.target : word);
  if (name === null) {
    notes.push(`${word} is neither provider/model nor an alias`);
    return [];
  }
  if (isWildcard(name.provider) || isWildcard(name.model)) return expandWildcard(config, name, asked, notes);
  const provider = Object.hasOwn(config.providers, name.provider) ? config.providers[name.provider] : undefined;
  if (provider === undefined) {
    notes.push(`provider ${name.provider} is not active`);
    return [];
  }
  return [{ provider: name.provider, model: mapped(provider, name.model) }];
}

/**
 * Every usable provider that the pattern covers, with one model each: the one that was asked for if the provider has
 * it, else its first listed model that fits. Providers that have the asked model come first, then by priority.
 */
function expandWildcard(
  config: Config,
  pattern: ModelName,
  asked: string | null,
  notes: string[],
): readonly RouteTarget[] {
  const providerFits = compileGlob(pattern.provider);
  const modelFits = compileGlob(pattern.model);
  const found = Object.entries(config.providers)
    .flatMap(([id, provider]) => {
      const model = providerFits(id) ? pick(provider, pattern, modelFits, asked) : null;
      return model === null || !isUsable(config, id) ? [] : [{ id, provider, model, exact: model === asked }];
    })
    .toSorted(
      (left, right) => Number(right.exact) - Number(left.exact) || left.provider.priority - right.provider.priority,
    );
  const names = found.map(({ id, model }) => `${id}/${model}`);
  notes.push(
    names.length === 0
      ? `${formatModelName(pattern)} fits no provider that has a usable account`
      : `${formatModelName(pattern)} fits ${names.join(", ")}`,
  );
  return found.map(({ id, provider, model }) => ({ provider: id, model: mapped(provider, model) }));
}

function pick(provider: ProviderConfig, pattern: ModelName, fits: Glob, asked: string | null): string | null {
  const listed = [...provider.models.map(({ name }) => name), ...Object.keys(provider.modelMappings)].filter(fits);
  if (asked !== null && listed.includes(asked)) return asked;
  const wanted = isWildcard(pattern.model) ? asked : pattern.model;
  if (wanted !== null && fits(wanted)) {
    // A provider named outright is taken at its word; one among many must be known to serve the model.
    const known = !isWildcard(pattern.provider) || provider.serves.some((glob) => compileGlob(glob)(wanted));
    if (known && provider.models.length === 0) return wanted;
  }
  return listed[0] ?? null;
}

function mapped(provider: ProviderConfig, model: string): string {
  return Object.hasOwn(provider.modelMappings, model) ? (provider.modelMappings[model] ?? model) : model;
}
