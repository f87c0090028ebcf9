/** What a name stands for now, for lists: there nobody has asked for a model yet, and a wildcard goes by what is asked. */
import { resolveAlias } from "./aliases.ts";
import type { Config } from "../config/schema.ts";
import type { Availability } from "./availability.ts";
import { parseModelName } from "./model-name.ts";
import { type RouteTarget, targetsOf } from "./targets.ts";
import { isWildcard } from "./wildcard.ts";

export interface Meant {
  readonly targets: readonly RouteTarget[];
  /** Those whose provider can serve something. */
  readonly usable: readonly RouteTarget[];
  readonly notes: readonly string[];
}

export function meantNow(config: Config, text: string, availability: Availability): Meant {
  const alias = resolveAlias(config.aliases, text);
  const pattern = parseModelName(alias.ok ? alias.target : text)?.model ?? "";
  // The shortest name that the pattern covers finds who serves such names at all.
  const sample = isWildcard(pattern) ? pattern.replaceAll("*", "") : null;
  const { targets, notes } = targetsOf(config, text, sample, availability);
  const shown = targets.map((target) =>
    sample !== null && target.model === sample ? { ...target, model: pattern } : target,
  );
  return { targets: shown, usable: shown.filter(({ provider }) => availability.isUsable(provider)), notes };
}
