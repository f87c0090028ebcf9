/**
 * The registry as the seeds' API shows it (`/v1/providers…`, `/v1/models…`, `/v1/capabilities`, `/v1/metrics/providers`):
 * served on the control socket and, with the client key, on the port. Every figure comes from the engine.
 */
import type { EngineVerbs } from "../../base/controls-engine.ts";
import { own } from "../../base/json.ts";
import { ControlRefusal } from "../route.ts";

export interface RegistryQuestion {
  readonly url: URL;
  readonly parameters: Readonly<Record<string, string>>;
  /** The parsed JSON body; undefined without one. */
  readonly body: unknown;
}

export type RegistryRoute = (question: RegistryQuestion, verbs: EngineVerbs) => Promise<unknown>;

export const registryRoutes = {
  "GET /v1/providers": async (_, verbs) => ({ object: "list", data: await verbs.providers() }),
  "GET /v1/providers/:provider": ({ parameters }, verbs) => verbs.provider(named(parameters, "provider")),
  "PUT /v1/providers/:provider/enabled": ({ parameters, body }, verbs) =>
    verbs.setProviderEnabled(named(parameters, "provider"), enabledIn(body)),
  "GET /v1/providers/:provider/models": async ({ parameters, url }, verbs) => {
    const provider = await verbs.provider(named(parameters, "provider"));
    const models = await verbs.models({ provider: provider.id, refresh: isWish(url.searchParams.get("refresh")) });
    return { object: "list", data: models };
  },
  "GET /v1/providers/:provider/capabilities": ({ parameters }, verbs) =>
    verbs.capabilities(named(parameters, "provider")),
  "POST /v1/providers/:provider/check": ({ parameters }, verbs) => verbs.checkProvider(named(parameters, "provider")),
  "GET /v1/providers/:provider/status": ({ parameters }, verbs) => verbs.providerStatus(named(parameters, "provider")),
  "GET /v1/capabilities": async ({ url }, verbs) => ({
    supported: await verbs.supports(asked(url, "model"), asked(url, "feature")),
  }),
  "GET /v1/metrics/providers": async (_, verbs) => ({ object: "list", data: await verbs.providerMetrics() }),
} as const satisfies Readonly<Record<string, RegistryRoute>>;

export function named(parameters: Readonly<Record<string, string>>, name: string): string {
  return parameters[name] ?? "";
}

/** Of a parameter such as `?refresh=1`. */
export function isWish(value: string | null): boolean {
  return value === "1" || value === "true";
}

export function enabledIn(body: unknown): boolean {
  const enabled = own(body, "enabled");
  if (typeof enabled !== "boolean") throw new ControlRefusal(400, "enabled", 'the body is {"enabled": true} or false');
  return enabled;
}

function asked(url: URL, name: string): string {
  const value = url.searchParams.get(name);
  if (value === null || value === "") throw new ControlRefusal(400, name, `?${name}= is missing`);
  return value;
}
