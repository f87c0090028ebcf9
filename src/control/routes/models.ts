/** Models as a client may ask for them, in OpenAI's list shape; other dialects' shapes are the gateway's business. */
import type { ModelJson } from "../../base/controls-engine.ts";
import { ControlRefusal } from "../route.ts";
import { named, type RegistryRoute } from "./registry.ts";

export const modelRoutes = {
  "GET /v1/models": async ({ url }, verbs) => {
    const models = await verbs.models({
      provider: url.searchParams.get("provider"),
      refresh: url.searchParams.get("refresh") === "1",
    });
    return { object: "list", data: models.map(openaiModel) };
  },
  "GET /v1/models/*model": async ({ parameters }, verbs) => {
    const id = named(parameters, "model");
    const models = await verbs.models({ provider: null, refresh: false });
    const found = models.find((model) => model.id === id) ?? models.find((model) => model.model === id && model.usable);
    if (found === undefined) throw new ControlRefusal(404, "model_not_found", `there is no model "${id}" here`);
    return openaiModel(found);
  },
} as const satisfies Readonly<Record<string, RegistryRoute>>;

/** OpenAI's four fields, and ours besides; clients leave alone what they do not know. */
function openaiModel(model: ModelJson): Readonly<Record<string, unknown>> {
  return { ...model, object: "model", created: 0, owned_by: model.provider };
}
