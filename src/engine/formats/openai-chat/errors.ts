/** Chat's error bodies: read from an upstream (compatible servers have their own shapes), written for a client. */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { classify, plainText } from "../classify.ts";
import { numberField, textField } from "../fields.ts";
import type { WholeAnswer } from "../format.ts";
import { openaiErrorOf } from "../openai-errors.ts";
import { overflowFigures } from "../overflow.ts";
import { retryAfterHeader } from "../retry-after.ts";

/** `status` is left out for errors inside a stream: its 200 says nothing. */
export function readError(
  status: number | undefined,
  headers: HeaderPairs,
  body: unknown,
  text: string,
  now?: number,
): EngineError {
  // Google's Chat endpoint wraps the body in a list; FastAPI servers say `detail`; others put the error at the top.
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  const given = own(outer, "error");
  const error = isRecord(given) ? given : outer;
  const codes = [textField(error, "code"), textField(error, "type"), textField(error, "status")].filter(
    (code) => code !== undefined,
  );
  const message =
    textField(error, "message") ??
    (typeof given === "string" ? given : undefined) ??
    textField(outer, "detail") ??
    plainText(status, text);
  // OpenRouter answers 200 and puts the real status into `error.code`.
  const told = status !== undefined && status >= 400 ? status : numberField(error, "code");
  return classify({
    ...(told === undefined || told < 400 || told > 599 ? {} : { status: told }),
    headers,
    codes,
    message: withDetail(message, error),
    body: outer,
    ...(now === undefined ? {} : { now }),
  });
}

/** OpenRouter hides what its provider said in `metadata.raw`. */
function withDetail(message: string, error: unknown): string {
  const raw = textField(own(error, "metadata"), "raw");
  return raw === undefined || raw === "" || raw === message ? message : `${message}: ${raw.slice(0, 500)}`;
}

export function readErrorAnswer(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError {
  const text = new TextDecoder().decode(body);
  const parsed = parseJson(text);
  return readError(status, headers, parsed.ok ? parsed.value : undefined, text, now);
}

/** OpenAI's own codes that say more than our kind does; an upstream of this family keeps its word. */
const telling: ReadonlySet<string> = new Set([
  "array_above_max_length",
  "billing_hard_limit_reached",
  "content_filter",
  "insufficient_quota",
  "invalid_function_parameters",
  "invalid_image_format",
  "invalid_image_url",
  "invalid_json_schema",
  "invalid_prompt",
  "invalid_type",
  "invalid_value",
  "missing_required_parameter",
  "moderation_blocked",
  "previous_response_not_found",
  "string_above_max_length",
  "unknown_parameter",
  "unsupported_parameter",
  "unsupported_value",
  "usage_limit_reached",
  "usage_not_included",
]);

export function writeErrorBody(error: EngineError): string {
  const { type, code } = openaiErrorOf(error);
  const told = error.raw !== undefined && telling.has(error.raw) ? error.raw : code;
  return JSON.stringify({ error: { message: wording(error), type, param: null, code: told } });
}

export function writeErrorAnswer(error: EngineError): WholeAnswer {
  return {
    status: openaiErrorOf(error).status,
    headers: [["content-type", "application/json"], ...retryAfterHeader(error)],
    body: Buffer.from(writeErrorBody(error)),
  };
}

function wording(error: EngineError): string {
  const figures = error.kind === "context-overflow" ? overflowFigures(error.message) : null;
  if (figures === null) return error.message;
  return `This model's maximum context length is ${figures.maximum} tokens. However, your messages resulted in ${figures.tokens} tokens. Please reduce the length of the messages.`;
}
