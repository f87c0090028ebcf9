/** Claude's error bodies: read from an upstream, written for a client. */
import { parseJson } from "../../../base/json.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";
import { classify, plainText } from "../classify.ts";
import { recordField, textField } from "../fields.ts";
import type { WholeAnswer } from "../format.ts";
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
  const error = recordField(body, "error");
  const codes = [textField(error, "code"), textField(error, "type")].filter((code) => code !== undefined);
  const message = textField(error, "message") ?? textField(body, "message") ?? plainText(status, text);
  return classify({
    ...(status === undefined || status < 400 ? {} : { status }),
    headers,
    codes,
    message,
    body,
    ...(now === undefined ? {} : { now }),
  });
}

export function readErrorAnswer(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError {
  const text = new TextDecoder().decode(body);
  const parsed = parseJson(text);
  return readError(status, headers, parsed.ok ? parsed.value : undefined, text, now);
}

interface WireError {
  readonly status: number;
  readonly type: string;
}

const wireErrors = {
  "bad-request": { status: 400, type: "invalid_request_error" },
  unsupported: { status: 400, type: "invalid_request_error" },
  "context-overflow": { status: 400, type: "invalid_request_error" },
  "opaque-blob": { status: 400, type: "invalid_request_error" },
  "tool-history": { status: 400, type: "invalid_request_error" },
  "content-policy": { status: 400, type: "invalid_request_error" },
  auth: { status: 401, type: "authentication_error" },
  "account-disabled": { status: 403, type: "permission_error" },
  "account-warned": { status: 403, type: "permission_error" },
  permission: { status: 403, type: "permission_error" },
  "model-not-found": { status: 404, type: "not_found_error" },
  billing: { status: 402, type: "billing_error" },
  "rate-limit": { status: 429, type: "rate_limit_error" },
  quota: { status: 429, type: "rate_limit_error" },
  capacity: { status: 529, type: "overloaded_error" },
  "too-large": { status: 413, type: "request_too_large" },
  network: { status: 502, type: "api_error" },
  timeout: { status: 504, type: "timeout_error" },
  upstream: { status: 502, type: "api_error" },
  "malformed-reply": { status: 502, type: "api_error" },
  protocol: { status: 502, type: "api_error" },
  truncated: { status: 502, type: "api_error" },
  "client-gone": { status: 499, type: "api_error" },
  "no-account": { status: 503, type: "api_error" },
  cooling: { status: 429, type: "rate_limit_error" },
  "proxy-auth": { status: 407, type: "authentication_error" },
  blocked: { status: 403, type: "permission_error" },
  internal: { status: 500, type: "api_error" },
} as const satisfies Record<ErrorKind, WireError>;

/** Claude's own words that say more than our kind does, with the status each comes with. */
const telling: Readonly<Record<string, number>> = {
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
};

export function writeErrorBody(error: EngineError): string {
  return JSON.stringify({ type: "error", error: { type: wireErrorOf(error).type, message: wording(error) } });
}

export function writeErrorAnswer(error: EngineError): WholeAnswer {
  return {
    status: wireErrorOf(error).status,
    headers: [["content-type", "application/json"], ...retryAfterHeader(error)],
    body: Buffer.from(writeErrorBody(error)),
  };
}

function wireErrorOf(error: EngineError): WireError {
  // All accounts resting is a rate limit to the client: it knows how to wait for one.
  if (error.kind === "no-account" && error.retryAfterMs !== undefined) return wireErrors["rate-limit"];
  const own = error.raw !== undefined && Object.hasOwn(telling, error.raw) ? telling[error.raw] : undefined;
  if (error.raw !== undefined && own !== undefined && (error.status ?? own) === own) {
    return { status: own, type: error.raw };
  }
  const known = wireErrors[error.kind];
  const isSameClass = error.status !== undefined && Math.floor(error.status / 100) === Math.floor(known.status / 100);
  const keepsStatus = error.kind === "bad-request" || error.kind === "upstream";
  return isSameClass && keepsStatus ? { status: error.status ?? known.status, type: known.type } : known;
}

/** Claude Code starts its compaction on the words "prompt is too long", whatever else the message says. */
function wording(error: EngineError): string {
  if (error.kind !== "context-overflow") return error.message;
  const figures = overflowFigures(error.message);
  if (figures !== null) return `prompt is too long: ${figures.tokens} tokens > ${figures.maximum} maximum`;
  return /prompt is too long/i.test(error.message) ? error.message : `prompt is too long: ${error.message}`;
}
