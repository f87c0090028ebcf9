/** Models as a client may ask for them, in OpenAI's list shape; other dialects' shapes are the gateway's business. */
import * as v from "valibot";
import type { EngineVerbs, ModelJson } from "../../base/controls-engine.ts";
import { ControlRefusal, type ControlRoutes, type PortRoutes, sharedRoute } from "../route.ts";
import { claudeModel, claudeModels, openaiModel, type OpenAiModelJson, openaiModels } from "../schemas/models.ts";
import { filledText } from "../schemas/words.ts";
import { refreshField } from "./registry.ts";

export interface ModelQuestion {
  readonly provider?: string;
  readonly refresh?: boolean;
}

const inAnthropics = "On the port, whoever sends `anthropic-version` gets Anthropic's shape.";

/** For every dialect's list. */
export const modelQuery = {
  provider: v.exactOptional(
    filledText("All that this provider has, usable or not; default: what can be asked for now."),
  ),
  refresh: refreshField,
};
export const modelName = { model: "As clients write it, or the provider's own name; it may hold slashes." } as const;

export const modelRoutes = {
  "GET /v1/models": sharedRoute({
    tag: "models",
    summary: "The models that can be asked for now",
    description: inAnthropics,
    query: modelQuery,
    reply: v.union([openaiModels, claudeModels]),
    refusals: ["not-found"],
    changes: false,
  }).handle(async ({ query }, { verbs }) => ({
    object: "list",
    data: (await listedModels(query, verbs)).map(asOpenAi),
  })),
  "GET /v1/models/*model": sharedRoute({
    tag: "models",
    summary: "One model",
    description: inAnthropics,
    parameters: modelName,
    reply: v.union([openaiModel, claudeModel]),
    refusals: ["model_not_found"],
    changes: false,
  }).handle(async ({ parameters }, { verbs }) => asOpenAi(await findModel(parameters.model, verbs))),
} as const satisfies ControlRoutes & PortRoutes;

/**
 * What can be asked for now. Whoever names a provider is shown all it has, usable or not: `usable` says which, and a
 * provider without an account still has models.
 */
export async function listedModels(
  { provider, refresh }: ModelQuestion,
  verbs: Pick<EngineVerbs, "models">,
): Promise<readonly ModelJson[]> {
  const models = await verbs.models({ provider: provider ?? null, refresh: refresh === true });
  return provider === undefined ? models.filter(({ usable }) => usable) : models;
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
function asOpenAi(model: ModelJson): OpenAiModelJson {
  return { ...model, object: "model", created: 0, owned_by: model.provider };
}
