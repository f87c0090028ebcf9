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
import { dialectOf, modelsAnswer, refusalAnswer } from "./gateway-dialect.ts";
import { matchRoute } from "./match.ts";
import { refusalFrom } from "./refusal.ts";
import { ControlRefusal } from "./route.ts";
import { findModel, listedModels, modelRoutes } from "./routes/models.ts";
import { registryRoutes, type RegistryRoute } from "./routes/registry.ts";

export interface GatewayDeps {
  readonly engine: Pick<Engine, "gateway" | "isCall">;
  readonly verbs: EngineVerbs;
  readonly clientKey: Secret;
  readonly redactor: Redactor;
}

const routes: Readonly<Record<string, RegistryRoute>> = { ...registryRoutes, ...modelRoutes };

/** The registry's bodies are a flag and no more. */
const maxBodyBytes = 64 * 1024;

export function createGatewayHandler(deps: GatewayDeps): GatewayHandler {
  return {
    isCall: (head) => deps.engine.isCall(addressed(head).head),
    async handle(exchange) {
      const url = urlOf(exchange.target);
      try {
        return await answer(exchange, url, deps);
      } catch (error) {
        return refusalAnswer(refusalFrom(error, deps.redactor), dialectOf(exchange, url));
      }
    },
  };
}

async function answer(exchange: Exchange, url: URL, deps: GatewayDeps): Promise<HttpReply> {
  const isQuestion = exchange.method === "GET" || exchange.method === "HEAD";
  if (url.pathname === "/healthz" && isQuestion) return json({ status: "ok" });
  const authorized = keysOf(exchange, url).some((key) => deps.clientKey.equals(key));
  const { head, provider } = addressed(exchange);
  if (deps.engine.isCall(head)) return deps.engine.gateway({ ...exchange, ...head, authorized, gateway: { provider } });
  if (!authorized) throw new ControlRefusal(401, "invalid_api_key", wrongKey.message);
  const dialect = dialectOf(exchange, url);
  const model = /^\/v1(?:beta|alpha)?\/models(?:\/(.+))?$/s.exec(url.pathname);
  if (isQuestion && dialect !== "openai-chat" && model !== null) {
    const [, name] = model;
    if (name === undefined) return modelsAnswer(await listedModels(url, deps.verbs), dialect);
    return modelsAnswer(await findModel(decoded(name), deps.verbs), dialect);
  }
  const found = matchRoute(routes, isQuestion ? "GET" : exchange.method, url.pathname);
  if (found === null) {
    throw new ControlRefusal(404, "not_found", `${exchange.method} ${url.pathname} is not served here`);
  }
  const body = isQuestion ? undefined : await readBody(exchange);
  return json(await found.route({ url, parameters: found.parameters, body }, deps.verbs));
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

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new ControlRefusal(400, "path", "the path is not valid percent-encoding");
  }
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
