/** Rules, combos and aliases of config.yaml: put in, taken out, moved. What they mean is checked with the whole file. */
import { type EngineVerbs, type NewRouteJson, VerbRefusal } from "../../base/controls-engine.ts";
import { own } from "../../base/json.ts";
import type { Path } from "../../engine/config/problem.ts";
import type { VerbDeps } from "./deps.ts";

type RouteVerbs = Pick<
  EngineVerbs,
  "addRoute" | "removeRoute" | "moveRoute" | "setRouteEnabled" | "setCombo" | "removeCombo" | "setAlias" | "removeAlias"
>;

export function routeVerbs(deps: Pick<VerbDeps, "editConfig" | "editConfigList" | "written">): RouteVerbs {
  /** As they stand in the file, which is what their numbers count. */
  function written(): readonly unknown[] {
    const routes = own(deps.written(), "routes");
    return Array.isArray(routes) ? routes : [];
  }

  function requirePlace(number: number): number {
    const { length } = written();
    if (Number.isInteger(number) && number >= 1 && number <= length) return number - 1;
    const have = length === 0 ? "config.yaml has no rules" : `config.yaml has rules 1 to ${length}`;
    throw new VerbRefusal("not-found", `there is no rule ${number}; ${have}`);
  }

  async function takeOut(path: Path, what: string): Promise<void> {
    const [section, name] = path;
    if (own(own(deps.written(), String(section)), String(name)) === undefined) {
      throw new VerbRefusal("not-found", `config.yaml has no ${what} "${String(name)}"`);
    }
    await deps.editConfig(path, undefined);
  }

  return {
    async addRoute({ at, ...rule }) {
      const { length } = written();
      const number = at ?? length + 1;
      if (!Number.isInteger(number) || number < 1 || number > length + 1) {
        throw new VerbRefusal("invalid", `a new rule can have the places 1 to ${length + 1}`);
      }
      const entry = ruleOf(rule);
      if (number === length + 1) await deps.editConfig(["routes", length], entry);
      else await deps.editConfigList(["routes"], { type: "insert", at: number - 1, value: entry });
      return { number };
    },

    async removeRoute(number) {
      const place = requirePlace(number);
      // The last one takes the section along: an empty list is what a file without rules means anyway.
      await deps.editConfig(written().length === 1 ? ["routes"] : ["routes", place], undefined);
    },

    async moveRoute(number, to) {
      const change = { type: "move", from: requirePlace(number), to: requirePlace(to) } as const;
      if (change.from !== change.to) await deps.editConfigList(["routes"], change);
    },

    async setRouteEnabled(number, enabled) {
      // On is how every rule is: the key is in the file only where it says otherwise.
      await deps.editConfig(["routes", requirePlace(number), "enabled"], enabled ? undefined : false);
    },

    setCombo: (name, members) => deps.editConfig(["combos", name], [...members]),
    removeCombo: (name) => takeOut(["combos", name], "combo"),
    setAlias: (name, target) => deps.editConfig(["aliases", name], target),
    removeAlias: (name) => takeOut(["aliases", name], "alias"),
  };
}

/** Without what was not said. */
function ruleOf({ match, to, fallback }: Omit<NewRouteJson, "at">): Readonly<Record<string, unknown>> {
  const said = Object.fromEntries(Object.entries(match ?? {}).filter(([, glob]) => glob !== undefined));
  return {
    ...(Object.keys(said).length === 0 ? {} : { match: said }),
    to,
    ...(fallback === undefined ? {} : { fallback }),
  };
}
