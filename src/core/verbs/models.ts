/** Models that can be asked for, those added by hand, combos and aliases. */
import { type CustomModelJson, type EngineVerbs, VerbRefusal } from "../../base/controls-engine.ts";
import { own } from "../../base/json.ts";
import { modelNameProblem } from "../../engine/routing/model-name.ts";
import { aliasReport } from "../../engine/routing/collisions.ts";
import { comboReport } from "../../engine/routing/combo-report.ts";
import { modelCatalog } from "../../engine/routing/models.ts";
import { blockPlaces, ownBlock } from "./blocks.ts";
import { credentialFor, requireProvider, type VerbDeps } from "./deps.ts";

type ModelVerbs = Pick<
  EngineVerbs,
  "models" | "customModels" | "addCustomModel" | "removeCustomModel" | "combos" | "aliases"
>;

/** A list of models is asked of at most this many providers at once. */
const maxAtOnce = 4;
const listTimeoutMs = 15_000;

type ModelDeps = Pick<
  VerbDeps,
  "config" | "written" | "editConfig" | "pool" | "credentials" | "discovery" | "availability"
>;

export function modelVerbs(deps: ModelDeps): ModelVerbs {
  async function refreshed(only: string | null): Promise<void> {
    const { providers } = deps.config();
    const wanted = Object.keys(providers).filter((id) => (only === null || id === only) && deps.pool.isUsable(id));
    const signal = AbortSignal.timeout(listTimeoutMs);
    for (let at = 0; at < wanted.length; at += maxAtOnce) {
      await Promise.all(wanted.slice(at, at + maxAtOnce).map((id) => ask(id, signal)));
    }
  }

  async function ask(id: string, signal: AbortSignal): Promise<void> {
    const config = deps.config().providers[id];
    if (config === undefined) return;
    const credential = await credentialFor(deps, id, signal);
    // Who does not answer leaves the list as it was; its status says why.
    await deps.discovery.list({ id, config, credential, signal, refresh: true });
  }

  /** As they stand in the file, by the provider's name there. */
  function written(provider: string, list: ModelList): readonly unknown[] {
    const models = own(own(own(deps.written(), "providers"), provider), list);
    return Array.isArray(models) ? models : [];
  }

  function names(provider: string): readonly string[] {
    return modelLists.flatMap((list) => written(provider, list).flatMap((model) => nameOf(model) ?? []));
  }

  return {
    async models({ provider, refresh }) {
      const only = provider === null ? null : requireProvider(deps.config(), provider).id;
      if (refresh) await refreshed(only);
      const rows = modelCatalog({
        config: deps.config(),
        availability: deps.availability(),
        fetched: deps.discovery.known(),
      });
      return only === null ? rows : rows.filter((row) => row.provider === only);
    },

    customModels(provider) {
      const { providers } = deps.config();
      const ids = provider === null ? Object.keys(providers) : [requireProvider(deps.config(), provider).id];
      const named = ids.map((id) => [id, names(id)] as const);
      return Promise.resolve(Object.fromEntries(named.filter(([, models]) => models.length > 0)));
    },

    async addCustomModel(provider, model: CustomModelJson) {
      const { id } = requireProvider(deps.config(), provider);
      const problem =
        modelNameProblem(model.name) ?? (model.alias === undefined ? null : modelNameProblem(model.alias));
      if (problem !== null) throw new VerbRefusal("invalid", problem);
      if (blockPlaces(deps, id).length > 0) {
        throw new VerbRefusal("invalid", `${id} stands in the block ${ownBlock} of config.yaml; add its models there`);
      }
      if (names(id).includes(model.name))
        throw new VerbRefusal("conflict", `${id} has a model "${model.name}" already`);
      // Where its owner has written what is served, it is one more of them; elsewhere a list of one would shut out the rest.
      const list = written(id, "models").length > 0 ? "models" : "more_models";
      await deps.editConfig(["providers", id, list, written(id, list).length], model);
    },

    async removeCustomModel(provider, name) {
      const { id } = requireProvider(deps.config(), provider);
      for (const list of modelLists) {
        const models = written(id, list);
        const place = models.findIndex((each) => nameOf(each) === name);
        if (place < 0) continue;
        if (list === "models" && models.length === 1) {
          throw new VerbRefusal(
            "invalid",
            `${name} is the last one of the list that says what ${id} serves, and without a list it serves all it has; ` +
              "change it in config.yaml",
          );
        }
        const isLast = models.length === 1;
        await deps.editConfig(["providers", id, list, ...(isLast ? [] : [place])], undefined);
        return;
      }
      throw new VerbRefusal("not-found", `config.yaml has no model "${name}" for ${id}`);
    },

    combos: () => Promise.resolve(comboReport(deps.config(), deps.availability())),
    aliases: () => Promise.resolve(aliasReport(deps.config(), deps.availability().accounts)),
  };
}

/** What a provider's block may name models in: the whole of what it serves, and what comes besides. */
const modelLists = ["models", "more_models"] as const;
type ModelList = (typeof modelLists)[number];

function nameOf(model: unknown): string | null {
  const name = own(model, "name");
  return typeof name === "string" ? name : null;
}
