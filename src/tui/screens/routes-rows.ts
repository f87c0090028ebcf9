/** The rows of the Routes screen: rules and what happens without one, combos, aliases. Each carries the world it is of. */
import type { FlowView } from "../state/flow-view.ts";
import type { AnyRow } from "../table/table.ts";
import { type Alias, type Combo, matchText, readWorld, type Rule, type World } from "./routes-world.ts";

export const routeVariants = ["rules", "combos", "aliases"] as const;

interface Common extends AnyRow {
  readonly world: World;
}

export interface RuleRow extends Common {
  readonly kind: "rule";
  readonly rule: Rule;
}

/** What becomes of a call that no rule matches. */
export interface DefaultRow extends Common {
  readonly kind: "default";
}

export interface ComboRow extends Common {
  readonly kind: "combo";
  readonly combo: Combo;
}

export interface AliasRow extends Common {
  readonly kind: "alias";
  readonly alias: Alias;
}

export type RouteRow = RuleRow | DefaultRow | ComboRow | AliasRow;

export function readRoutes(
  answers: readonly unknown[],
  variant: string,
  flows: Iterable<FlowView>,
): readonly RouteRow[] {
  const world = readWorld(answers, flows);
  if (variant === "combos") {
    return world.combos.map((combo): ComboRow => ({ id: `combo/${combo.name}`, kind: "combo", combo, world }));
  }
  if (variant === "aliases") {
    return world.aliases.map((alias): AliasRow => ({ id: `alias/${alias.name}`, kind: "alias", alias, world }));
  }
  const seen = new Map<string, number>();
  const rules = world.rules.map((rule): RuleRow => {
    // Not the number: the selection goes along with a rule that moves.
    const same = identityOf(rule);
    const times = (seen.get(same) ?? 0) + 1;
    seen.set(same, times);
    return { id: `${same} ${times}`, kind: "rule", rule, world };
  });
  return [...rules, { id: "default", kind: "default", world }];
}

/** What a rule says; two that say the same are told apart by their order only. */
export function identityOf({ match, to, fallback }: Rule): string {
  return JSON.stringify([matchText(match), to, fallback]);
}

/** What a row leads to; null: to nothing of its own. */
export function targetOf(row: RouteRow): string | null {
  switch (row.kind) {
    case "rule":
      return row.rule.to;
    case "default":
      return null;
    case "combo":
      return `combo/${row.combo.name}`;
    case "alias":
      return row.alias.name;
  }
}

export function isRouted({ to }: Rule): boolean {
  return to !== "passthrough" && to !== "block";
}

/** Rules that lead to a combo or an alias, by its name. */
export function rulesTo(world: World, names: readonly string[]): readonly Rule[] {
  return world.rules.filter(({ to }) => names.includes(to));
}
