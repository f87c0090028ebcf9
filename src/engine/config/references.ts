/** Does every name in `routes`, `combos` and `aliases` mean something? Said when the file is read, not at the first call. */
import { knownModels } from "../providers/table.ts";
import { resolveAlias } from "../routing/aliases.ts";
import { comboName } from "../routing/combo.ts";
import { parseModelName, splitSuffix } from "../routing/model-name.ts";
import { compileGlob, isWildcard } from "../routing/wildcard.ts";
import { suggestion } from "./nearest.ts";
import type { Config } from "./schema.ts";

export interface Names {
  /** Providers in force, and those the file names that this version leaves dormant. */
  readonly providers: ReadonlySet<string>;
  /** Prefixes of accounts: what stands before a model's name and means these accounts alone. */
  readonly prefixes: ReadonlySet<string>;
  readonly combos: ReadonlySet<string>;
  readonly aliases: Readonly<Record<string, string>>;
  /** Is it the bare name of a model that some provider is known to serve? */
  isModel(word: string): boolean;
}

const keywords = ["passthrough", "block"] as const;

/** What is wrong with a `to`; null when nothing is. */
export function targetProblem(names: Names, to: string, place: "route" | "combo" | "alias"): string | null {
  if (keywords.some((keyword) => keyword === to)) {
    return place === "route" ? null : `"${to}" can stand in a route only`;
  }
  const alias = resolveAlias(names.aliases, to);
  if (!alias.ok) return `alias goes in a circle: ${alias.loop.join(" → ")}`;
  const target = alias.target;
  const combo = comboName(target) ?? (names.combos.has(target) ? target : null);
  if (combo !== null) {
    if (place === "combo") return `a combo cannot hold a combo (${target}); write its members out`;
    return names.combos.has(combo) ? null : `there is no combo "${combo}"${suggestion(combo, names.combos)}`;
  }
  const name = parseModelName(target);
  if (name === null) {
    if (names.isModel(splitSuffix(target).name)) return null;
    const known = [...Object.keys(names.aliases), ...keywords, ...[...names.combos].map((each) => `combo/${each}`)];
    return `"${target}" is no alias, and a target is written provider/model${suggestion(target, known)}`;
  }
  if (isWildcard(name.provider)) {
    const fits = compileGlob(name.provider);
    return [...names.providers].some(fits) ? null : `no provider fits "${name.provider}"`;
  }
  if (names.providers.has(name.provider) || names.prefixes.has(name.provider)) return null;
  const known = [...names.providers, ...names.prefixes];
  return `there is no provider "${name.provider}"${suggestion(name.provider, known)}`;
}

/** Every bare name that stands for a model somewhere: of the file, of the registry, of an account. */
export function modelTest({ providers, accounts }: Pick<Config, "providers" | "accounts">): (word: string) => boolean {
  const words = new Set<string>();
  const globs: ((word: string) => boolean)[] = [];
  for (const [id, provider] of Object.entries(providers)) {
    for (const { name, alias } of knownModels(id, provider)) words.add(name).add(alias ?? name);
    for (const name of Object.keys(provider.modelMappings)) words.add(name);
    for (const pattern of provider.serves) globs.push(compileGlob(pattern));
  }
  for (const { models } of accounts) for (const { name, alias } of models) words.add(name).add(alias ?? name);
  return (word) => words.has(word) || globs.some((fits) => fits(word));
}
