/** Our kinds of error in OpenAI's words: status, type and code, the same in Chat and in Responses. */
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";

export interface OpenAiError {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

const wireErrors = {
  "bad-request": { status: 400, type: "invalid_request_error", code: null },
  unsupported: { status: 400, type: "invalid_request_error", code: "unsupported_value" },
  "context-overflow": { status: 400, type: "invalid_request_error", code: "context_length_exceeded" },
  "opaque-blob": { status: 400, type: "invalid_request_error", code: "invalid_encrypted_content" },
  "tool-history": { status: 400, type: "invalid_request_error", code: null },
  "content-policy": { status: 400, type: "invalid_request_error", code: "content_policy_violation" },
  auth: { status: 401, type: "invalid_request_error", code: "invalid_api_key" },
  "account-disabled": { status: 403, type: "invalid_request_error", code: "account_deactivated" },
  "account-warned": { status: 403, type: "invalid_request_error", code: "account_warned" },
  permission: { status: 403, type: "invalid_request_error", code: "permission_denied" },
  "model-not-found": { status: 404, type: "invalid_request_error", code: "model_not_found" },
  billing: { status: 402, type: "insufficient_quota", code: "insufficient_quota" },
  "rate-limit": { status: 429, type: "requests", code: "rate_limit_exceeded" },
  quota: { status: 429, type: "insufficient_quota", code: "insufficient_quota" },
  capacity: { status: 503, type: "server_error", code: "server_is_overloaded" },
  "too-large": { status: 413, type: "invalid_request_error", code: "request_too_large" },
  network: { status: 502, type: "server_error", code: "upstream_unreachable" },
  timeout: { status: 504, type: "server_error", code: "timeout" },
  upstream: { status: 502, type: "server_error", code: null },
  "malformed-reply": { status: 502, type: "server_error", code: "malformed_reply" },
  protocol: { status: 502, type: "server_error", code: "upstream_protocol" },
  truncated: { status: 502, type: "server_error", code: "stream_truncated" },
  "client-gone": { status: 499, type: "server_error", code: "client_gone" },
  "no-account": { status: 503, type: "server_error", code: "no_account" },
  cooling: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  "proxy-auth": { status: 407, type: "invalid_request_error", code: "proxy_auth" },
  blocked: { status: 403, type: "invalid_request_error", code: "blocked" },
  internal: { status: 500, type: "server_error", code: null },
} as const satisfies Record<ErrorKind, OpenAiError>;

export function openaiErrorOf(error: EngineError): OpenAiError {
  // All accounts resting is a rate limit to the client: it knows how to wait for one.
  if (error.kind === "no-account" && error.retryAfterMs !== undefined) return wireErrors["rate-limit"];
  const known: OpenAiError = wireErrors[error.kind];
  const isSameClass = error.status !== undefined && Math.floor(error.status / 100) === Math.floor(known.status / 100);
  const keepsStatus = error.kind === "bad-request" || error.kind === "upstream";
  return isSameClass && keepsStatus ? { ...known, status: error.status ?? known.status } : known;
}
