/** Models as a client may ask for them, in OpenAI's list shape; other dialects' shapes are the gateway's business. */
import type { EngineVerbs, ModelJson } from "../../base/controls-engine.ts";
import { ControlRefusal } from "../route.ts";
import { isWish, named, type RegistryRoute } from "./registry.ts";

export const modelRoutes = {
  "GET /v1/models": async ({ url }, verbs) => ({
    object: "list",
    data: (await listedModels(url, verbs)).map(openaiModel),
  }),
  "GET /v1/models/*model": async ({ parameters }, verbs) =>
    openaiModel(await findModel(named(parameters, "model"), verbs)),
} as const satisfies Readonly<Record<string, RegistryRoute>>;

/**
 * What can be asked for now. Whoever names a provider is shown all it has, usable or not: `usable` says which, and a
 * provider without an account still has models.
 */
export async function listedModels(url: URL, verbs: Pick<EngineVerbs, "models">): Promise<readonly ModelJson[]> {
  const provider = url.searchParams.get("provider");
  const models = await verbs.models({ provider, refresh: isWish(url.searchParams.get("refresh")) });
  return provider === null ? models.filter(({ usable }) => usable) : models;
}

/** By the name that clients write, else by the provider's own; not by what an alias only stands for now. */
export async function findModel(id: string, verbs: Pick<EngineVerbs, "models">): Promise<ModelJson> {
  const models = await verbs.models({ provider: null, refresh: false });
  const called = models.filter(({ model, kind }) => model === id && kind !== "alias" && kind !== "combo");
  const found = models.find((model) => model.id === id) ?? called.find(({ usable }) => usable) ?? called[0];
  if (found === undefined) throw new ControlRefusal(404, "model_not_found", `there is no model "${id}" here`);
  return found;
}

/** OpenAI's four fields, and ours besides; clients leave alone what they do not know. */
function openaiModel(model: ModelJson): Readonly<Record<string, unknown>> {
  return { ...model, object: "model", created: 0, owned_by: model.provider };
}
