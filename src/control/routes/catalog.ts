/** All names that clients may ask for, and the models that config.yaml names by hand. */
import * as v from "valibot";
import type { ModelJson } from "../../base/controls-engine.ts";
import { ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { catalog, catalogTypes, customModels, newModel, oldModel } from "../schemas/models.ts";
import { filledText, oneOf } from "../schemas/words.ts";
import { done, okReply } from "./accounts.ts";
import { refreshField } from "./registry.ts";

type CatalogType = (typeof catalogTypes)[number];

const aProvider = "The provider's id or a second name of it.";

export const catalogRoutes = {
  "GET /api/models/catalog": socketRoute({
    tag: "models",
    summary: "Every name that clients may ask for, by provider and by what it is for",
    query: {
      provider: v.exactOptional(filledText("Only those of this provider.")),
      type: v.exactOptional(oneOf(catalogTypes, "Only those of this type.")),
      refresh: refreshField,
    },
    reply: catalog,
    refusals: ["not-found"],
    changes: false,
  }).handle(async ({ query }, { verbs }) => {
    const { provider = null, type, refresh = false } = query;
    const all = await verbs.models({ provider, refresh });
    const models = type === undefined ? all : all.filter((model) => isOf(model, type));
    return { models, byProvider: byProvider(models), byType: byType(models) };
  }),
  "GET /api/provider-models": socketRoute({
    tag: "models",
    summary: "The models that config.yaml names, by provider",
    query: { provider: v.exactOptional(filledText(aProvider)) },
    reply: customModels,
    refusals: ["not-found"],
    changes: false,
  }).handle(async ({ query }, { verbs }) => ({ models: await verbs.customModels(query.provider ?? null) })),
  "POST /api/provider-models": socketRoute({
    tag: "models",
    summary: "Name a model of a provider in config.yaml, which keeps its comments",
    body: newModel,
    reply: okReply,
    refusals: ["not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body: { provider, model, ...more } }, { verbs }) =>
    done(verbs.addCustomModel(provider, { name: model, ...more })),
  ),
  "DELETE /api/provider-models": socketRoute({
    tag: "models",
    summary: "Take a model out of config.yaml again",
    description: "`provider` and `model` stand in the query or in the body.",
    query: oldModel.entries,
    body: v.optional(oldModel, {}),
    reply: okReply,
    refusals: ["not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ query, body }, { verbs }) => {
    const { provider, model } = { ...body, ...query };
    if (provider === undefined) throw missing("provider");
    if (model === undefined) throw missing("model");
    return done(verbs.removeCustomModel(provider, model));
  }),
} as const satisfies ControlRoutes;

function byProvider(models: readonly ModelJson[]): Readonly<Record<string, readonly ModelJson[]>> {
  const groups = new Map<string, ModelJson[]>();
  for (const model of models) groups.set(model.provider, [...(groups.get(model.provider) ?? []), model]);
  return Object.fromEntries(groups);
}

function byType(models: readonly ModelJson[]): Readonly<Record<CatalogType, readonly string[]>> {
  const idsOf = (type: CatalogType): readonly string[] =>
    models.filter((model) => isOf(model, type)).map(({ id }) => id);
  return {
    chat: idsOf("chat"),
    embedding: idsOf("embedding"),
    image: idsOf("image"),
    combo: idsOf("combo"),
    alias: idsOf("alias"),
    custom: idsOf("custom"),
  };
}

function isOf({ kind, source }: ModelJson, type: CatalogType): boolean {
  return type === "custom" ? source === "custom" : kind === type;
}

function missing(field: "provider" | "model"): ControlRefusal {
  return new ControlRefusal(400, "invalid", `"${field}" is missing; it stands in the query or in the body`, field);
}
