/**
 * The registry as the seeds' API shows it (`/v1/providers…`, `/v1/models…`, `/v1/capabilities`, `/v1/metrics/providers`):
 * served on the control socket and, with the client key, on the port. Every figure comes from the engine.
 */
import * as v from "valibot";
import { type ControlRoutes, type PortRoutes, sharedRoute } from "../route.ts";
import { providerModels, supported } from "../schemas/models.ts";
import { capabilities, provider, providerCheck, providerMetrics, providerStatus } from "../schemas/providers.ts";
import { exactly, filledText, flag, listOf } from "../schemas/words.ts";

export const enabledBody = v.pipe(v.strictObject({ enabled: flag("On or off.") }), v.description("A switch."));

export const refreshField = v.exactOptional(
  flag("Ask the providers for their lists first (`1` and `0` will do, too)."),
);

const named = { provider: "The provider's id or a second name of it." } as const;
const object = exactly("list", "OpenAI's word.");

export const registryRoutes = {
  "GET /v1/providers": sharedRoute({
    tag: "providers",
    summary: "All providers that are known, built in or written in config.yaml",
    reply: v.pipe(v.strictObject({ object, data: listOf(provider, "All of them.") }), v.description("Providers.")),
    changes: false,
  }).handle(async (_question, { verbs }) => ({ object: "list", data: await verbs.providers() })),
  "GET /v1/providers/:provider": sharedRoute({
    tag: "providers",
    summary: "One provider",
    parameters: named,
    reply: provider,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { verbs }) => verbs.provider(parameters.provider)),
  "PUT /v1/providers/:provider/enabled": sharedRoute({
    tag: "providers",
    summary: "Switch a provider on or off in config.yaml, which keeps its comments",
    parameters: named,
    body: enabledBody,
    reply: provider,
    refusals: ["not-found", "conflict", "unavailable"],
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => verbs.setProviderEnabled(parameters.provider, body.enabled)),
  "GET /v1/providers/:provider/models": sharedRoute({
    tag: "models",
    summary: "The models of one provider",
    parameters: named,
    query: { refresh: refreshField },
    reply: providerModels,
    refusals: ["not-found"],
    changes: false,
  }).handle(async ({ parameters, query }, { verbs }) => {
    const { id } = await verbs.provider(parameters.provider);
    return { object: "list", data: await verbs.models({ provider: id, refresh: query.refresh === true }) };
  }),
  "GET /v1/providers/:provider/capabilities": sharedRoute({
    tag: "providers",
    summary: "What a provider can do",
    parameters: named,
    reply: capabilities,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { verbs }) => verbs.capabilities(parameters.provider)),
  "POST /v1/providers/:provider/check": sharedRoute({
    tag: "providers",
    summary: "Ask a provider now whether it is there and takes the credential of its best account; spends no tokens",
    parameters: named,
    reply: providerCheck,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { verbs }) => verbs.checkProvider(parameters.provider)),
  "GET /v1/providers/:provider/status": sharedRoute({
    tag: "providers",
    summary: "How a provider is, from what happened to it",
    parameters: named,
    reply: providerStatus,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { verbs }) => verbs.providerStatus(parameters.provider)),
  "GET /v1/capabilities": sharedRoute({
    tag: "models",
    summary: "Whether a model can do something",
    query: {
      model: filledText("A name that clients may ask for."),
      feature: filledText("`streaming`, `functions`, `vision` or `code_generation`."),
    },
    reply: supported,
    refusals: ["invalid", "not-found"],
    changes: false,
  }).handle(async ({ query }, { verbs }) => ({ supported: await verbs.supports(query.model, query.feature) })),
  "GET /v1/metrics/providers": sharedRoute({
    tag: "providers",
    summary: "How all providers did in the last hour, from real calls",
    reply: v.pipe(
      v.strictObject({ object, data: listOf(providerMetrics, "Those that were called.") }),
      v.description("Figures of providers."),
    ),
    changes: false,
  }).handle(async (_question, { verbs }) => ({ object: "list", data: await verbs.providerMetrics() })),
} as const satisfies ControlRoutes & PortRoutes;
