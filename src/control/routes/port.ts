/** What only the port answers: whether it is there, this API's document, and models at Google's addresses. */
import * as v from "valibot";
import type { ModelJson } from "../../base/controls-engine.ts";
import { modelsIn } from "../gateway-dialect.ts";
import { type PortRoutes, portRoute } from "../route.ts";
import { googleModel, googleModels } from "../schemas/models.ts";
import { exactly } from "../schemas/words.ts";
import { findModel, listedModels, modelName, modelQuery } from "./models.ts";

type GoogleModels = v.InferOutput<typeof googleModels>;

const googleList = portRoute("port", {
  tag: "models",
  summary: "The models that one can talk with now, in Google's shape",
  query: modelQuery,
  reply: googleModels,
  refusals: ["not-found"],
  changes: false,
}).handle(async ({ query }, { verbs }) => inGoogles(await listedModels(query, verbs)));

const googleOne = portRoute("port", {
  tag: "models",
  summary: "One model, in Google's shape",
  parameters: modelName,
  reply: googleModel,
  refusals: ["model_not_found"],
  changes: false,
}).handle(async ({ parameters }, { verbs }) => {
  const [one] = inGoogles([await findModel(parameters.model, verbs)], { all: true }).models;
  if (one === undefined) throw new Error("one model makes a list of one");
  return one;
});

export const portOnlyRoutes = {
  "GET /healthz": portRoute("port-open", {
    tag: "core",
    summary: "Whether the port answers",
    reply: v.strictObject({ status: exactly("ok", "It does.") }),
    changes: false,
  }).handle((_question, _context) => ({ status: "ok" })),
  "GET /openapi.json": portRoute("port", {
    tag: "core",
    summary: "This document",
    reply: v.looseObject({ openapi: v.string() }),
    changes: false,
  }).handle((_question, { document }) => document()),
  "GET /metrics": portRoute("port", {
    tag: "core",
    summary: "Figures of the core since its start, for Prometheus",
    description: "The admin token opens it, too.",
    reply: { kind: "text", about: "Prometheus's text format, version 0.0.4." },
    changes: false,
  }).handle((_question, { metricsText }) => metricsText()),
  "GET /v1beta/models": googleList,
  "GET /v1beta/models/*model": googleOne,
  "GET /v1alpha/models": googleList,
  "GET /v1alpha/models/*model": googleOne,
} as const satisfies PortRoutes;

/** The format's own list, parsed: its shape is the format's word, and tests hold it to the schema. */
function inGoogles(models: readonly ModelJson[], options?: { readonly all: boolean }): GoogleModels {
  return modelsIn("gemini", models, options) as GoogleModels;
}
