/**
 * Responses' errors: read from an upstream (a body, or an event inside a stream), written for a client as an HTTP body
 * or as the `error` of a `response.failed`.
 */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";
import { classify, plainText } from "../classify.ts";
import { numberField, recordField, textField, type Fields } from "../fields.ts";
import type { Variant, WholeAnswer } from "../format.ts";
import { openaiErrorOf, type OpenAiError } from "../openai-errors.ts";
import { overflowFigures } from "../overflow.ts";
import { retryAfterHeader } from "../retry-after.ts";

/** Codes of this dialect (read from openai 6.49 and Codex, late 2026) that mean one thing, and which. */
const kindOfCode: Readonly<Record<string, ErrorKind>> = {
  previous_response_not_found: "bad-request",
  invalid_prompt: "bad-request",
  data_residency_mismatch: "bad-request",
  invalid_image: "bad-request",
  invalid_image_format: "bad-request",
  invalid_base64_image: "bad-request",
  invalid_image_url: "bad-request",
  invalid_image_mode: "bad-request",
  image_too_large: "bad-request",
  image_too_small: "bad-request",
  image_parse_error: "bad-request",
  image_file_too_large: "bad-request",
  image_file_not_found: "bad-request",
  unsupported_image_media_type: "bad-request",
  empty_image_file: "bad-request",
  failed_to_download_image: "bad-request",
  image_content_policy_violation: "content-policy",
  bio_policy: "content-policy",
  cyber_policy: "content-policy",
  // A plan that does not include this: waiting does not help.
  usage_not_included: "billing",
  vector_store_timeout: "timeout",
  slow_down: "capacity",
};

/** What the words of a message told is more than what such a code says. */
const toldByWords: ReadonlySet<ErrorKind> = new Set(["context-overflow", "opaque-blob", "tool-history"]);

/** `status` is left out for errors inside a stream: its 200 says nothing. */
export function readError(
  status: number | undefined,
  headers: HeaderPairs,
  body: unknown,
  text: string,
  now?: number,
): EngineError {
  // `error` (HTTP, and nested events), `response.error` (a failed response), `detail` (chatgpt.com), or the event itself.
  const given = own(body, "error") ?? own(recordField(body, "response"), "error") ?? own(body, "detail");
  const error = isRecord(given) ? given : body;
  const type = textField(error, "type");
  const codes = [textField(error, "code"), type === "error" ? undefined : type].flatMap((code) => code || []);
  const message = textField(error, "message") ?? (typeof given === "string" ? given : plainText(status, text));
  // Errors that came over a websocket carry the status inside.
  const told = status !== undefined && status >= 400 ? status : numberField(body, "status");
  const classified = classify({
    ...(told === undefined || told < 400 || told > 599 ? {} : { status: told }),
    headers,
    codes,
    message,
    body: isRecord(given) ? { error: given } : body,
    ...(now === undefined ? {} : { now }),
  });
  const code = codes.find((one) => Object.hasOwn(kindOfCode, one));
  const kind = code === undefined ? undefined : kindOfCode[code];
  return kind === undefined || toldByWords.has(classified.kind) ? classified : { ...classified, kind };
}

export function readErrorAnswer(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError {
  const text = new TextDecoder().decode(body);
  const parsed = parseJson(text);
  return readError(status, headers, parsed.ok ? parsed.value : undefined, text, now);
}

export function writeErrorAnswer(error: EngineError, variant?: Variant): WholeAnswer {
  const { status, type, code } = wireErrorOf(error);
  const body =
    variant === "codex" && error.kind === "quota"
      ? usageLimit(error)
      : { message: wording(error), type, param: paramOf(code), code };
  return {
    status,
    headers: [["content-type", "application/json"], ...retryAfterHeader(error)],
    body: Buffer.from(JSON.stringify({ error: body })),
  };
}

/** Codex tells its user when the limit ends only if it is told in these words (read in its source, late 2026). */
function usageLimit(error: EngineError): Fields {
  const seconds = error.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  return {
    type: "usage_limit_reached",
    message: error.message,
    ...(seconds === undefined ? {} : { resets_in_seconds: seconds }),
  };
}

/** The `error` of a failed response. Codex decides by its code what to do next, and reads the wait out of the message. */
export function writeFailure(error: EngineError): Fields {
  const { code } = wireErrorOf(error);
  const message = wording(error);
  const waits = error.kind === "rate-limit" || error.kind === "no-account";
  if (!waits || error.retryAfterMs === undefined || /try again in/i.test(message)) {
    return { code: code ?? "server_error", message };
  }
  const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  return { code: code ?? "server_error", message: `${message} Please try again in ${seconds}s.` };
}

function wireErrorOf(error: EngineError): OpenAiError {
  const known = openaiErrorOf(error);
  return isOwnCode(error) ? { ...known, code: error.raw ?? known.code } : known;
}

/** A code of this dialect is told as it came: clients act on it (`previous_response_not_found`: send everything again). */
function isOwnCode({ raw, kind }: EngineError): boolean {
  return raw !== undefined && Object.hasOwn(kindOfCode, raw) && kindOfCode[raw] === kind;
}

function paramOf(code: string | null): string | null {
  return code === "previous_response_not_found" ? "previous_response_id" : null;
}

/** The words of the API itself; the upstream's own stay where they say more. */
function wording(error: EngineError): string {
  if (error.kind !== "context-overflow") return error.message;
  const figures = overflowFigures(error.message);
  if (figures !== null) {
    return `This model's maximum context length is ${figures.maximum} tokens. However, your messages resulted in ${figures.tokens} tokens. Please reduce the length of the messages.`;
  }
  return /context (window|length)/i.test(error.message)
    ? error.message
    : `Your input exceeds the context window of this model: ${error.message}`;
}
