/** Lists of models and refusals of the gateway, in the dialect of whoever asks. Model calls are the engine's business. */
import type { ModelJson } from "../base/controls-engine.ts";
import { headerValue } from "../base/headers.ts";
import { bodyOf, type HttpReply, type RequestHead } from "../base/http.ts";
import { own, parseJson } from "../base/json.ts";
import type { EngineError } from "../engine/errors/engine-error.ts";
import type { Format, ListedModel, WholeAnswer } from "../engine/formats/format.ts";
import { formats } from "../engine/formats/table.ts";
import type { Refusal } from "./refusal.ts";

export type AskersDialect = "openai-chat" | "claude" | "gemini";

/** Claude's clients name their version, Gemini's have an address of their own; OpenAI's shape is for everybody else. */
export function dialectOf({ headers }: Pick<RequestHead, "headers">, { pathname }: URL): AskersDialect {
  if (/^\/v1(?:beta|alpha)\/|:(?:generateContent|streamGenerateContent|countTokens)$/.test(pathname)) return "gemini";
  const isMessages = pathname.startsWith("/v1/messages") || /\/messages(?:\/count_tokens)?$/.test(pathname);
  const isClaude = isMessages || headerValue(headers, "anthropic-version") !== undefined;
  return isClaude || /^claude-cli\//i.test(headerValue(headers, "user-agent") ?? "") ? "claude" : "openai-chat";
}

/** A page of models as the dialect's format writes it, parsed. `all`: also those that one cannot talk with. */
export function modelsIn(
  dialect: "claude" | "gemini",
  models: readonly ModelJson[],
  { all }: { readonly all: boolean } = { all: false },
): unknown {
  // The writers say of every model that one can talk with it.
  const shown = all ? models : models.filter(({ kind }) => kind !== "embedding" && kind !== "image");
  const page = parseJson(Buffer.from(formats[dialect].client.writeModels(shown.map(listed)).body).toString("utf8"));
  return page.ok ? page.value : {};
}

/** One as it stands in Claude's page. */
export function claudeModelOf(model: ModelJson): unknown {
  const list = own(modelsIn("claude", [model], { all: true }), "data");
  return Array.isArray(list) ? list[0] : {};
}

function listed({ id, provider, max_tokens }: ModelJson): ListedModel {
  return { id, ownedBy: provider, ...(max_tokens === null ? {} : { maxInputTokens: max_tokens }) };
}

/** Our own codes survive where the dialect has a place for them. */
export function refusalAnswer(refusal: Refusal, dialect: AskersDialect): HttpReply {
  const answer = replyOf(dialect === "openai-chat" ? openaiRefusal(refusal) : refusalIn(formats[dialect], refusal));
  if (refusal.allowed.length === 0) return answer;
  // Whoever may ask may ask without wanting the body.
  const allowed = new Set(refusal.allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])));
  return { ...answer, headers: [["allow", [...allowed].join(", ")], ...answer.headers] };
}

/** Its kinds of error bring a status of their own; ours is what it is. */
function refusalIn({ client }: Format, { status, message }: Refusal): WholeAnswer {
  return { ...client.writeError(errorOf(status, message)), status };
}

function openaiRefusal({ status, code, message, field }: Refusal): WholeAnswer {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  const body = Buffer.from(JSON.stringify({ error: { message, type, param: field, code } }));
  return { status, headers: [["content-type", "application/json"]], body };
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
