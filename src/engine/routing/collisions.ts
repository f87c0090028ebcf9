/**
 * Names that could mean two things, and which of them counts. The order is the resolver's; this only asks each of its
 * steps whether it would know the name. Nothing here is wrong: it is what surprises people.
 */
import type { AliasesJson } from "../../base/controls-engine.ts";
import type { AccountConfig, Config } from "../config/schema.ts";
import { providerId } from "../providers/registry.ts";
import { knownModels } from "../providers/table.ts";
import { parseModelName } from "./model-name.ts";

/** `accounts`: of the file and of the store. */
export function aliasReport(
  config: Pick<Config, "aliases" | "combos" | "providers">,
  accounts: readonly AccountConfig[],
): AliasesJson {
  const prefixes = new Set(accounts.flatMap(({ prefix }) => (prefix === null ? [] : [prefix])));
  const owners = modelOwners(config, accounts);
  const names = new Set([...Object.keys(config.aliases), ...Object.keys(config.combos), ...owners.keys()]);
  const reported = [...names].flatMap((name) => {
    const meanings = meaningsOf(name, config, prefixes, owners);
    const [taken] = meanings;
    return meanings.length > 1 && taken !== undefined ? [{ name, meanings, taken }] : [];
  });
  return { aliases: config.aliases, collisions: [...reported, ...prefixCollisions(config, prefixes)] };
}

/** Best first: the first one counts. */
function meaningsOf(
  name: string,
  { aliases, combos, providers }: Pick<Config, "aliases" | "combos" | "providers">,
  prefixes: ReadonlySet<string>,
  owners: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const parts = parseModelName(name);
  const provider = parts === null ? null : providerId(providers, parts.provider);
  const target = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  const meanings: string[] = [];
  if (parts !== null && provider !== null) meanings.push(`model ${parts.model} of provider ${provider}`);
  if (parts !== null && prefixes.has(parts.provider)) meanings.push(`model ${parts.model} of prefix ${parts.provider}`);
  if (target !== undefined) meanings.push(`alias of ${target}`);
  if (Object.hasOwn(combos, name)) meanings.push(`combo/${name}`);
  // Several providers of one model is what the bare name is for; several models under one name is not. A way to the very
  // model that the alias means is no second meaning.
  return [...meanings, ...(owners.get(name) ?? []).filter((meaning) => meaning !== target)];
}

/** Bare names that entries give to models: name → what it stands for where, `provider/model`. */
function modelOwners(
  { providers, aliases, combos }: Pick<Config, "aliases" | "combos" | "providers">,
  accounts: readonly AccountConfig[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  const aliased = new Set<string>();
  const add = (name: string, meaning: string): void => {
    const meanings = found.get(name) ?? new Set();
    found.set(name, meanings.add(meaning));
  };
  const addEntry = (provider: string, name: string, alias: string | undefined): void => {
    add(name, `${provider}/${name}`);
    if (alias === undefined) return;
    aliased.add(alias);
    add(alias, `${provider}/${name}`);
  };
  for (const [id, provider] of Object.entries(providers)) {
    for (const { name, alias } of knownModels(id, provider)) addEntry(id, name, alias);
    for (const [name, upstream] of Object.entries(provider.modelMappings)) add(name, `${id}/${upstream}`);
  }
  for (const { provider, models } of accounts) {
    for (const { name, alias } of models) addEntry(provider, name, alias);
  }
  const isNamed = (name: string): boolean =>
    aliased.has(name) || Object.hasOwn(aliases, name) || Object.hasOwn(combos, name);
  return new Map([...found].filter(([name]) => isNamed(name)).map(([name, meanings]) => [name, [...meanings]]));
}

function prefixCollisions(
  { providers }: Pick<Config, "providers">,
  prefixes: ReadonlySet<string>,
): AliasesJson["collisions"] {
  return [...prefixes].flatMap((prefix) => {
    const provider = providerId(providers, prefix);
    if (provider === null) return [];
    return [{ name: prefix, meanings: [`provider ${provider}`, `prefix ${prefix}`], taken: `provider ${provider}` }];
  });
}
