/**
 * What the port answers itself, for tools that take a base URL: the registry's questions from the engine's verbs, lists of
 * models in the asker's dialect, figures, and model calls through the engine. All but `/healthz` need the client key. What
 * lies beside that, the control API and the login page, has doors of its own.
 */
import type { EngineVerbs } from "../base/controls-engine.ts";
import type { Controls } from "../base/controls.ts";
import type { Exchange, GatewayHandler } from "../base/exchange.ts";
import { headerValue } from "../base/headers.ts";
import { bodyOf, type HttpReply, type RequestHead } from "../base/http.ts";
import { parseJson } from "../base/json.ts";
import type { Redactor } from "../base/redact.ts";
import type { Secret } from "../base/secret.ts";
import type { Engine } from "../engine/engine.ts";
import { wrongKey } from "../engine/pipeline/gateway.ts";
import { type Addressed, addressed, tidied } from "./gateway-address.ts";
import { checked } from "./checked.ts";
import { claudeModelOf, dialectOf, modelsIn, refusalAnswer } from "./gateway-dialect.ts";
import { lazyDocument } from "./lazy-document.ts";
import type { LoginPageServer } from "./login-page/serve.ts";
import { matchRoute } from "./match.ts";
import type { PortControl } from "./port-control.ts";
import { refusalFrom } from "./refusal.ts";
import { ControlRefusal, type PortContext, type PortRoute, type PortRoutes } from "./route.ts";
import { metricsContentType } from "./routes/metrics.ts";
import { findModel, listedModels, type ModelQuestion, modelRoutes } from "./routes/models.ts";
import { portOnlyRoutes } from "./routes/port.ts";
import { registryRoutes } from "./routes/registry.ts";

export interface GatewayDeps {
  readonly engine: Pick<Engine, "gateway" | "isCall">;
  readonly verbs: EngineVerbs;
  readonly clientKey: Secret;
  readonly redactor: Redactor;
  readonly version: string;
  readonly control: PortControl;
  readonly loginPage: LoginPageServer;
  readonly metricsText: Controls["metricsText"];
}

/** Everything that is served on the port besides model calls (`callRoutes`); the document is made of the same table. */
export const portRoutes: PortRoutes = { ...portOnlyRoutes, ...registryRoutes, ...modelRoutes };

/** The registry's bodies are a flag and no more. */
const maxBodyBytes = 64 * 1024;

export function createGatewayHandler(deps: GatewayDeps): GatewayHandler {
  const context: PortContext = {
    verbs: deps.verbs,
    document: lazyDocument(() => deps.version),
    metricsText: deps.metricsText,
  };
  return {
    audience({ target, headers }) {
      const { pathname } = urlOf(target);
      if (deps.control.owns(pathname, headers)) return "local";
      return deps.loginPage.owns(pathname) ? "page" : "tools";
    },
    isCall: (head) => !isElsewhere(head, deps) && callAt(head, deps) !== null,
    async handle(exchange) {
      const given = urlOf(exchange.target);
      if (deps.control.owns(given.pathname, exchange.headers)) return deps.control.handle(exchange, given);
      if (deps.loginPage.owns(given.pathname)) return deps.loginPage.handle(exchange, given);
      const url = urlOf(tidied(exchange.target));
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
  const call = callAt(exchange, deps);
  if (call !== null) {
    return deps.engine.gateway({ ...exchange, ...call.head, authorized, gateway: { provider: call.provider } });
  }
  const isMetrics = url.pathname === "/metrics";
  if (!authorized && !mayAsk(exchange, isMetrics, deps)) {
    throw new ControlRefusal(401, "invalid_api_key", wrongKey.message);
  }
  const fixed = fixedMethods(exchange, url.pathname, deps);
  if (fixed !== null) throw new ControlRefusal(405, "method", notServed(exchange, url, fixed), { allowed: fixed });
  // What follows the colon is something to do with a model, and this one nobody does.
  const isUnknownVerb = !isQuestion && /^\/v1(?:beta|alpha)\/models\/.*:[A-Za-z]+$/s.test(url.pathname);
  const found = isUnknownVerb ? null : matchRoute(portRoutes, method, url.pathname);
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
  const value = await told(route, { url, parameters, body }, context);
  return route.reply.kind === "text" ? text(String(value), metricsContentType) : json(value);
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

/** The admin token opens what its control API would answer as well; figures at any time, for they give nothing away. */
function mayAsk({ headers }: Exchange, isMetrics: boolean, { control }: GatewayDeps): boolean {
  return control.showsToken(headers) && (isMetrics || control.isOn());
}

/** Addresses with doors of their own are taken as they are written. */
function isElsewhere({ target, headers }: RequestHead, { control, loginPage }: GatewayDeps): boolean {
  const { pathname } = urlOf(target);
  return control.owns(pathname, headers) || loginPage.owns(pathname);
}

/** Null: it is no model call. */
function callAt<Head extends RequestHead>(head: Head, { engine }: GatewayDeps): Addressed<Head> | null {
  const found = addressed(head);
  return !found.isAstray && engine.isCall(found.head) ? found : null;
}

/** Where the address is one of ours and takes other methods only: calls and what has no route in a table. Null: elsewhere. */
function fixedMethods(head: RequestHead, path: string, deps: GatewayDeps): readonly string[] | null {
  if (callAt({ ...head, method: "POST" }, deps) !== null) return ["POST"];
  const isQuestion = head.method === "GET" || head.method === "HEAD";
  if (!isQuestion && (path === "/healthz" || path === "/metrics")) return ["GET", "HEAD"];
  // What follows a colon would be something to do with the model, and this one nobody does.
  const isGoogles = /^\/v1(?:beta|alpha)\/models(?:$|\/(?!.*:[A-Za-z]+$))/s.test(path);
  return isGoogles && !isQuestion ? ["GET", "HEAD"] : null;
}

function notServed({ method }: Exchange, { pathname }: URL, allowed: readonly string[]): string {
  return `${method} is not served at ${pathname}, only ${allowed.join(", ")}`;
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
  return text(JSON.stringify(value ?? {}), "application/json");
}

function text(value: string, contentType: string): HttpReply {
  const body = Buffer.from(value);
  return {
    status: 200,
    headers: [
      ["content-type", contentType],
      ["content-length", String(body.byteLength)],
    ],
    body: bodyOf(body),
  };
}
