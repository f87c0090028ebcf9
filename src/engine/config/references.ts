/** Does every name in `routes`, `combos` and `aliases` mean something? Said when the file is read, not at the first call. */
import { resolveAlias } from "../routing/aliases.ts";
import { comboName } from "../routing/combo.ts";
import { parseModelName } from "../routing/model-name.ts";
import { compileGlob, isWildcard } from "../routing/wildcard.ts";
import { suggestion } from "./nearest.ts";

export interface Names {
  /** Providers in force, and those the file names that this version leaves dormant. */
  readonly providers: ReadonlySet<string>;
  readonly combos: ReadonlySet<string>;
  readonly aliases: Readonly<Record<string, string>>;
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
  const combo = comboName(target);
  if (combo !== null) {
    if (place === "combo") return `a combo cannot hold a combo (${target}); write its members out`;
    return names.combos.has(combo) ? null : `there is no combo "${combo}"${suggestion(combo, names.combos)}`;
  }
  const name = parseModelName(target);
  if (name === null) {
    const known = [...Object.keys(names.aliases), ...keywords, ...[...names.combos].map((each) => `combo/${each}`)];
    return `"${target}" is no alias, and a target is written provider/model${suggestion(target, known)}`;
  }
  if (isWildcard(name.provider)) {
    const fits = compileGlob(name.provider);
    return [...names.providers].some(fits) ? null : `no provider fits "${name.provider}"`;
  }
  if (names.providers.has(name.provider)) return null;
  return `there is no provider "${name.provider}"${suggestion(name.provider, names.providers)}`;
}
