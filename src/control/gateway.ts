/**
 * What the port answers itself, for tools that take a base URL: the registry's questions from the engine's verbs, lists of
 * models in the asker's dialect, and model calls through the engine. All but `/healthz` need the client key.
 */
import type { EngineVerbs } from "../base/controls-engine.ts";
import type { Exchange, GatewayHandler } from "../base/exchange.ts";
import { headerValue } from "../base/headers.ts";
import { bodyOf, type HttpReply } from "../base/http.ts";
import { parseJson } from "../base/json.ts";
import type { Redactor } from "../base/redact.ts";
import type { Secret } from "../base/secret.ts";
import type { Engine } from "../engine/engine.ts";
import { wrongKey } from "../engine/pipeline/gateway.ts";
import { addressed } from "./gateway-address.ts";
import { checked } from "./checked.ts";
import { claudeModelOf, dialectOf, modelsIn, refusalAnswer } from "./gateway-dialect.ts";
import { lazyDocument } from "./lazy-document.ts";
import { matchRoute } from "./match.ts";
import { refusalFrom } from "./refusal.ts";
import { ControlRefusal, type PortContext, type PortRoute, type PortRoutes } from "./route.ts";
import { findModel, listedModels, type ModelQuestion, modelRoutes } from "./routes/models.ts";
import { portOnlyRoutes } from "./routes/port.ts";
import { registryRoutes } from "./routes/registry.ts";

export interface GatewayDeps {
  readonly engine: Pick<Engine, "gateway" | "isCall">;
  readonly verbs: EngineVerbs;
  readonly clientKey: Secret;
  readonly redactor: Redactor;
  readonly version: string;
}

/** Everything that is served on the port besides model calls (`callRoutes`); the document is made of the same table. */
export const portRoutes: PortRoutes = { ...portOnlyRoutes, ...registryRoutes, ...modelRoutes };

/** The registry's bodies are a flag and no more. */
const maxBodyBytes = 64 * 1024;

export function createGatewayHandler(deps: GatewayDeps): GatewayHandler {
  const context: PortContext = { verbs: deps.verbs, document: lazyDocument(() => deps.version) };
  return {
    isCall: (head) => deps.engine.isCall(addressed(head).head),
    async handle(exchange) {
      const url = urlOf(exchange.target);
      try {
        return await answer(exchange, url, deps, context);
      } catch (error) {
        return refusalAnswer(refusalFrom(error, deps.redactor), dialectOf(exchange, url));
      }
    },
  };
}

async function answer(exchange: Exchange, url: URL, deps: GatewayDeps, context: PortContext): Promise<HttpReply> {
  const isQuestion = exchange.method === "GET" || exchange.method === "HEAD";
  const method = isQuestion ? "GET" : exchange.method;
  const open = portRoutes[`${method} ${url.pathname}`];
  if (open?.surfaces.includes("port-open") === true) return json(await told(open, { url, parameters: {} }, context));
  const authorized = keysOf(exchange, url).some((key) => deps.clientKey.equals(key));
  const { head, provider } = addressed(exchange);
  if (deps.engine.isCall(head)) return deps.engine.gateway({ ...exchange, ...head, authorized, gateway: { provider } });
  if (!authorized) throw new ControlRefusal(401, "invalid_api_key", wrongKey.message);
  const found = matchRoute(portRoutes, method, url.pathname);
  if (found === null) {
    throw new ControlRefusal(404, "not_found", `${exchange.method} ${url.pathname} is not served here`);
  }
  const { route, parameters } = found;
  const body = isQuestion ? undefined : await readBody(exchange);
  if (dialectOf(exchange, url) === "claude") {
    // The same questions, answered in Anthropic's shape.
    if (route === modelRoutes["GET /v1/models"]) {
      const { query } = checked(route, { url, body }, { strict: false });
      return json(modelsIn("claude", await listedModels(query as ModelQuestion, deps.verbs))); // that route's own
    }
    if (route === modelRoutes["GET /v1/models/*model"]) {
      return json(claudeModelOf(await findModel(parameters["model"] ?? "", deps.verbs)));
    }
  }
  return json(await told(route, { url, parameters, body }, context));
}

interface Asked {
  readonly url: URL;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Clients of providers send parameters of their own; those are nobody's business here. */
async function told(route: PortRoute, { url, parameters, body }: Asked, context: PortContext): Promise<unknown> {
  return route.handle({ url, parameters, ...checked(route, { url, body }, { strict: false }) }, context);
}

/** A target that begins with two slashes names no host here: it is a path like any other. */
function urlOf(target: string): URL {
  return new URL(`http://switchyard${target}`);
}

/** Wherever a dialect's clients put it. */
function keysOf({ headers }: Exchange, url: URL): readonly string[] {
  const bearer = /^bearer +(\S+)$/i.exec(headerValue(headers, "authorization") ?? "")?.[1];
  return [
    bearer,
    headerValue(headers, "x-api-key"),
    headerValue(headers, "x-goog-api-key"),
    url.searchParams.get("key"),
  ]
    .filter((key) => typeof key === "string")
    .filter((key) => key !== "");
}

async function readBody({ body }: Exchange): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw new ControlRefusal(413, "too-large", `a body is at most ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const parsed = parseJson(Buffer.concat(chunks).toString("utf8"));
  // The parser's own words quote the body.
  if (!parsed.ok) throw new ControlRefusal(400, "json", "the body is not JSON");
  return parsed.value;
}

function json(value: unknown): HttpReply {
  const body = Buffer.from(JSON.stringify(value ?? {}));
  return {
    status: 200,
    headers: [
      ["content-type", "application/json"],
      ["content-length", String(body.byteLength)],
    ],
    body: bodyOf(body),
  };
}
