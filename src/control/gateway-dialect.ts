/** Lists of models and refusals of the gateway, in the dialect of whoever asks. Model calls are the engine's business. */
import type { ModelJson } from "../base/controls-engine.ts";
import { headerValue } from "../base/headers.ts";
import { bodyOf, type HeaderPairs, type HttpReply, type RequestHead } from "../base/http.ts";
import { own, parseJson } from "../base/json.ts";
import type { EngineError } from "../engine/errors/engine-error.ts";
import type { ListedModel, WholeAnswer } from "../engine/formats/format.ts";
import { formats } from "../engine/formats/table.ts";
import type { ControlRefusal } from "./route.ts";

export type AskersDialect = "openai-chat" | "claude" | "gemini";

/** Claude's clients name their version, Gemini's have an address of their own; OpenAI's shape is for everybody else. */
export function dialectOf({ headers }: Pick<RequestHead, "headers">, { pathname }: URL): AskersDialect {
  if (/^\/v1(?:beta|alpha)\//.test(pathname)) return "gemini";
  if (pathname.startsWith("/v1/messages") || headerValue(headers, "anthropic-version") !== undefined) return "claude";
  return "openai-chat";
}

/** Several as a page; one as it stands in a page. */
export function modelsAnswer(found: ModelJson | readonly ModelJson[], dialect: "claude" | "gemini"): HttpReply {
  const write = (models: readonly ListedModel[]): WholeAnswer => formats[dialect].client.writeModels(models);
  if (isOne(found)) {
    const page = parseJson(Buffer.from(write([listed(found)]).body).toString("utf8"));
    const list = page.ok ? own(page.value, dialect === "claude" ? "data" : "models") : undefined;
    const body = Buffer.from(JSON.stringify(Array.isArray(list) ? list[0] : {}));
    return replyOf({ status: 200, headers: [["content-type", "application/json"]], body });
  }
  // The writers say of every model that one can talk with it.
  return replyOf(write(found.filter(({ kind }) => kind !== "embedding" && kind !== "image").map(listed)));
}

function isOne(found: ModelJson | readonly ModelJson[]): found is ModelJson {
  return !Array.isArray(found);
}

function listed({ id, provider, max_tokens }: ModelJson): ListedModel {
  return { id, ownedBy: provider, ...(max_tokens === null ? {} : { maxInputTokens: max_tokens }) };
}

/** Our own codes survive where the dialect has a place for them. */
export function refusalAnswer({ status, code, message }: ControlRefusal, dialect: AskersDialect): HttpReply {
  if (dialect !== "openai-chat") return replyOf(formats[dialect].client.writeError(errorOf(status, message)));
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  const headers: HeaderPairs = [["content-type", "application/json"]];
  const body = Buffer.from(JSON.stringify({ error: { message, type, param: null, code } }));
  return replyOf({ status, headers, body });
}

const kinds: Readonly<Record<number, EngineError["kind"]>> = {
  401: "auth",
  403: "permission",
  404: "model-not-found",
  413: "too-large",
  502: "upstream",
  503: "upstream",
};

function errorOf(status: number, message: string): EngineError {
  return { kind: kinds[status] ?? (status < 500 ? "bad-request" : "internal"), status, message };
}

function replyOf({ status, headers, body }: WholeAnswer): HttpReply {
  return { status, headers: [...headers, ["content-length", String(body.byteLength)]], body: bodyOf(body) };
}
