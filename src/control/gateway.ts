/**
 * What the port answers itself, for tools that take a base URL: the registry's questions from the engine's verbs, lists of
 * models in the asker's dialect, and model calls through the engine. All but `/healthz` need the client key.
 */
import type { EngineVerbs } from "../base/controls-engine.ts";
import type { Exchange, GatewayHandler } from "../base/exchange.ts";
import { headerValue } from "../base/headers.ts";
import { bodyOf, type HttpReply, type RequestHead } from "../base/http.ts";
import { parseJson } from "../base/json.ts";
import type { Redactor } from "../base/redact.ts";
import type { Secret } from "../base/secret.ts";
import type { Engine } from "../engine/engine.ts";
import type { ListedModel } from "../engine/formats/format.ts";
import { formats } from "../engine/formats/table.ts";
import type { FormatId } from "../engine/hub/format-id.ts";
import { matchRoute } from "./match.ts";
import { refusalFrom } from "./refusal.ts";
import { ControlRefusal } from "./route.ts";
import { modelRoutes } from "./routes/models.ts";
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
      try {
        return await answer(exchange, deps);
      } catch (error) {
        const refusal = refusalFrom(error, deps.redactor);
        return json(refusal.status, { error: { type: refusal.code, code: refusal.code, message: refusal.message } });
      }
    },
  };
}

async function answer(exchange: Exchange, deps: GatewayDeps): Promise<HttpReply> {
  const url = new URL(exchange.target, "http://switchyard");
  if (url.pathname === "/healthz" && exchange.method === "GET") return json(200, { status: "ok" });
  const authorized = keyOf(exchange, url).some((key) => deps.clientKey.equals(key));
  const { head, provider } = addressed(exchange);
  if (deps.engine.isCall(head) || !authorized) {
    return deps.engine.gateway({ ...exchange, ...head, authorized, gateway: { provider } });
  }
  const dialect = listDialect(exchange, url);
  if (dialect !== null) return listModels(dialect, url, deps.verbs);
  const found = matchRoute(routes, exchange.method, url.pathname);
  if (found === null) {
    throw new ControlRefusal(404, "not-found", `${exchange.method} ${url.pathname} is not served here`);
  }
  const body = exchange.method === "GET" ? undefined : await readBody(exchange);
  return json(200, await found.route({ url, parameters: found.parameters, body }, deps.verbs));
}

/** `/v1/providers/NAME/chat/completions` is the call `/v1/chat/completions`, for that provider alone. */
function addressed<Head extends RequestHead>(head: Head): { readonly head: Head; readonly provider: string | null } {
  const found =
    /^\/v1\/providers\/([^/?]+)(\/(?:chat\/completions|responses|messages|embeddings|images\/generations)(?:\?.*)?)$/s.exec(
      head.target,
    );
  if (found === null) return { head, provider: null };
  const [, name = "", rest = ""] = found;
  return { head: { ...head, target: `/v1${rest}` }, provider: decodeURIComponent(name) };
}

/** Wherever a dialect's clients put it. */
function keyOf({ headers }: Exchange, url: URL): readonly string[] {
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

/** Claude's clients name their version, Gemini's have an address of their own; OpenAI's shape is for everybody else. */
function listDialect({ method, headers }: Exchange, { pathname }: URL): FormatId | null {
  if (method !== "GET") return null;
  if (/^\/v1(?:beta|alpha)\/models$/.test(pathname)) return "gemini";
  return pathname === "/v1/models" && headerValue(headers, "anthropic-version") !== undefined ? "claude" : null;
}

async function listModels(dialect: FormatId, url: URL, verbs: EngineVerbs): Promise<HttpReply> {
  const models = await verbs.models({ provider: url.searchParams.get("provider"), refresh: false });
  const listed = models
    .filter(({ usable }) => usable)
    .map(
      ({ id, provider, max_tokens }): ListedModel => ({
        id,
        ownedBy: provider,
        ...(max_tokens === null ? {} : { maxInputTokens: max_tokens }),
      }),
    );
  const { status, headers, body } = formats[dialect].client.writeModels(listed);
  return { status, headers: [...headers, ["content-length", String(body.byteLength)]], body: bodyOf(body) };
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
  if (!parsed.ok) throw new ControlRefusal(400, "json", parsed.why);
  return parsed.value;
}

function json(status: number, value: unknown): HttpReply {
  const body = Buffer.from(JSON.stringify(value ?? {}));
  return {
    status,
    headers: [
      ["content-type", "application/json"],
      ["content-length", String(body.byteLength)],
    ],
    body: bodyOf(body),
  };
}
