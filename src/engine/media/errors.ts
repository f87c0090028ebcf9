/** An error as the two dialects' clients read it. */
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { WholeAnswer } from "../formats/format.ts";
import { retryAfterHeader } from "../formats/retry-after.ts";
import { jsonBytes, jsonHeaders, type MediaDialect } from "./media.ts";

/** Status, body and headers of an answer to a call whose answer never began. */
export function mediaError(error: EngineError, dialect: MediaDialect): WholeAnswer {
  const status = statusOf(error);
  const body = dialect === "gemini" ? geminiBody(error, status) : openaiBody(error, status);
  return { status, headers: [...jsonHeaders, ...retryAfterHeader(error)], body: jsonBytes(body) };
}

function statusOf({ kind, status, retryAfterMs }: EngineError): number {
  // Neither dialect has 529, and all accounts resting is a rate limit to the client: it knows how to wait for one.
  if (kind === "capacity") return 503;
  if (kind === "no-account" && retryAfterMs !== undefined) return 429;
  const usual = policy[kind].clientStatus;
  const isSameClass = status !== undefined && Math.floor(status / 100) === Math.floor(usual / 100);
  return isSameClass && (kind === "bad-request" || kind === "upstream") ? status : usual;
}

/** OpenAI's own codes; the others say our kind. */
const openaiCodes: Readonly<Partial<Record<ErrorKind, string | null>>> = {
  "bad-request": null,
  unsupported: "unsupported_value",
  "context-overflow": "context_length_exceeded",
  "content-policy": "content_policy_violation",
  auth: "invalid_api_key",
  "account-disabled": "account_deactivated",
  "account-warned": "account_warned",
  billing: "insufficient_quota",
  "rate-limit": "rate_limit_exceeded",
  quota: "insufficient_quota",
  capacity: "server_is_overloaded",
  "too-large": "request_too_large",
  upstream: null,
  internal: null,
};

function openaiBody({ kind, message }: EngineError, status: number): object {
  const own = openaiCodes[kind];
  const code = own === undefined ? kind.replaceAll("-", "_") : own;
  return { error: { message, type: openaiType(code, status), param: null, code } };
}

function openaiType(code: string | null, status: number): string {
  if (code === "insufficient_quota") return code;
  if (status === 429) return "requests";
  return status >= 499 ? "server_error" : "invalid_request_error";
}

const googleWords: Readonly<Record<number, string>> = {
  401: "UNAUTHENTICATED",
  402: "RESOURCE_EXHAUSTED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  504: "DEADLINE_EXCEEDED",
};

function geminiBody({ message }: EngineError, status: number): object {
  const word = googleWords[status] ?? (status < 500 ? "INVALID_ARGUMENT" : "UNAVAILABLE");
  return { error: { code: status, message, status: word } };
}
