/** Does a provider serve a model, and under which names does it know it? */
import type { AccountConfig, ProviderConfig } from "../config/schema.ts";
import { defaultName, writtenName } from "../providers/model-mapping.ts";
import { splitSuffix } from "./model-name.ts";
import { compileGlob } from "./wildcard.ts";

/** Patterns are few and mostly `x-*`: that one is answered without compiling it. */
export function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  if (star === pattern.length - 1) return text.startsWith(pattern.slice(0, -1));
  return compileGlob(pattern)(text);
}

/** `excluded-models`: exact names, `x-*`, `*-x`, `*x*`. */
export function isExcluded(patterns: readonly string[], ...names: readonly string[]): boolean {
  if (patterns.length === 0) return false;
  // Whatever the case: what is left out for its price must not come back in capitals.
  const bare = names.map((name) => splitSuffix(name).name.toLowerCase());
  return patterns.some((pattern) => bare.some((name) => fits(pattern.toLowerCase(), name)));
}

/**
 * The provider's names for a model, best first: nearly always one. Two accounts may call different models by one name;
 * then both are meant.
 */
export function upstreamNames(
  id: string,
  provider: ProviderConfig,
  accounts: readonly AccountConfig[],
  model: string,
): readonly string[] {
  const { name, suffix } = splitSuffix(model);
  const written = writtenName(provider, model) ?? (suffix === "" ? null : writtenName(provider, name));
  if (written !== null) return [withSuffix(written, suffix, model)];
  const aliased = accountNames(id, accounts, name);
  if (aliased.length > 0) return aliased.map((each) => withSuffix(each, suffix, model));
  const usual = defaultName(id, name);
  return [usual === null ? model : withSuffix(usual, suffix, model)];
}

function withSuffix(mapped: string, suffix: string, model: string): string {
  return suffix === "" || mapped === model ? mapped : `${mapped}${suffix}`;
}

function accountNames(id: string, accounts: readonly AccountConfig[], called: string): readonly string[] {
  const names = new Set<string>();
  for (const account of accounts) {
    if (account.provider !== id || !account.enabled) continue;
    for (const { name, alias } of account.models) if (alias === called) names.add(name);
  }
  return [...names];
}

/** `named`: its lists or mappings have it. `likely`: it is known for such names. Null: nothing says that it has it. */
export type Support = "named" | "likely" | null;

export function supportOf(
  id: string,
  provider: ProviderConfig,
  accounts: readonly AccountConfig[],
  listed: ReadonlySet<string> | null,
  model: string,
): Support {
  const { name } = splitSuffix(model);
  const isNamed =
    [...provider.models, ...(provider.moreModels ?? [])].some((entry) => isName(entry, name) || isName(entry, model)) ||
    Object.hasOwn(provider.modelMappings, name) ||
    listed?.has(name) === true ||
    accounts.some(
      ({ provider: owner, enabled, models }) => owner === id && enabled && models.some((entry) => isName(entry, name)),
    ) ||
    // A list in the file is the whole of what is served.
    (provider.models.length === 0 && defaultName(id, name) !== null);
  const support = isNamed ? "named" : provider.models.length === 0 && isKnownFor(provider, name) ? "likely" : null;
  return support !== null && isExcluded(provider.excludedModels, name) ? null : support;
}

function isName(entry: { readonly name: string; readonly alias?: string }, word: string): boolean {
  return entry.name === word || entry.alias === word;
}

/** By `serves`. A name with a slash more than the pattern's is somebody else's path, not a longer name. */
export function isKnownFor({ serves }: ProviderConfig, name: string): boolean {
  return serves.some((pattern) => fits(pattern, name) && slashes(pattern) === slashes(name));
}

function slashes(text: string): number {
  return text.split("/").length;
}
