/**
 * What Cursor's errors are here and ours are there: Connect's codes with their HTTP status, and the words of
 * `aiserver.v1.ErrorDetails`. Facts of late 2026.
 */
import type { ErrorKind } from "../../errors/engine-error.ts";

/** Connect's codes with their HTTP status (connectrpc.com, "Error codes"; canceled as Cursor's servers have it). */
export const statusOfCode = {
  canceled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
  /** Cursor's own, reported once. */
  context_length_exceeded: 400,
} as const;
export type ConnectCode = keyof typeof statusOfCode;

export interface Said {
  readonly code: ConnectCode;
  readonly error: string;
  readonly title: string;
  readonly isRetryable: boolean;
}

const custom = { error: "ERROR_CUSTOM", isRetryable: false } as const;
const wrong = {
  code: "invalid_argument",
  error: "ERROR_BAD_REQUEST",
  title: "Bad request",
  isRetryable: false,
} as const;
const broken = { ...custom, code: "unavailable", title: "The model could not answer", isRetryable: true } as const;
const denied = { ...custom, code: "permission_denied" } as const;
const limited = {
  code: "resource_exhausted",
  error: "ERROR_RATE_LIMITED",
  title: "Rate limited",
  isRetryable: true,
} as const;

/**
 * What a Cursor client is told. A refused account of ours is never `unauthenticated` or one of Cursor's login errors: the
 * user's own login at Cursor is well, and the client would throw it away. Nor is it one of Cursor's price errors.
 */
export const saidOf = {
  "bad-request": wrong,
  "opaque-blob": wrong,
  "tool-history": wrong,
  "too-large": { ...wrong, title: "Request too large" },
  unsupported: { ...custom, code: "unimplemented", title: "Not supported" },
  "context-overflow": {
    code: "invalid_argument",
    error: "ERROR_CONVERSATION_TOO_LONG",
    title: "Conversation too long",
    isRetryable: false,
  },
  "content-policy": { ...denied, title: "Declined by the provider" },
  auth: { ...denied, title: "The provider refused the configured account" },
  "account-disabled": { ...denied, title: "The configured account is disabled" },
  "account-warned": { ...denied, title: "The provider warned the configured account" },
  permission: { ...denied, title: "Not allowed for the configured account" },
  "proxy-auth": { ...denied, title: "Switchyard wants a password" },
  blocked: { ...denied, title: "Blocked by a rule" },
  "model-not-found": { code: "not_found", error: "ERROR_BAD_MODEL_NAME", title: "Unknown model", isRetryable: false },
  billing: { ...custom, code: "resource_exhausted", title: "The configured account is out of credit" },
  "rate-limit": limited,
  cooling: limited,
  quota: { ...limited, error: "ERROR_RESOURCE_EXHAUSTED", title: "Quota used up", isRetryable: false },
  capacity: { ...broken, title: "The model is at capacity" },
  network: broken,
  upstream: broken,
  "malformed-reply": broken,
  protocol: broken,
  truncated: { ...broken, title: "The answer was cut" },
  timeout: { code: "deadline_exceeded", error: "ERROR_TIMEOUT", title: "Timed out", isRetryable: true },
  "client-gone": { code: "canceled", error: "ERROR_USER_ABORTED_REQUEST", title: "Canceled", isRetryable: false },
  "no-account": { ...custom, code: "failed_precondition", title: "No account is configured" },
  internal: { ...custom, code: "internal", title: "Switchyard failed" },
} as const satisfies Record<ErrorKind, Said>;

/** Cursor's own errors. Those that only carry a text (29, 52) are told by Connect's code. */
export const kindOfError: Readonly<Record<string, ErrorKind>> = {
  ERROR_BAD_API_KEY: "auth",
  ERROR_NOT_LOGGED_IN: "auth",
  ERROR_INVALID_AUTH_ID: "auth",
  ERROR_NOT_HIGH_ENOUGH_PERMISSIONS: "permission",
  ERROR_BAD_MODEL_NAME: "model-not-found",
  ERROR_USER_NOT_FOUND: "auth",
  ERROR_FREE_USER_RATE_LIMIT_EXCEEDED: "rate-limit",
  ERROR_PRO_USER_RATE_LIMIT_EXCEEDED: "rate-limit",
  ERROR_FREE_USER_USAGE_LIMIT: "quota",
  ERROR_PRO_USER_USAGE_LIMIT: "quota",
  ERROR_AUTH_TOKEN_NOT_FOUND: "auth",
  ERROR_AUTH_TOKEN_EXPIRED: "auth",
  ERROR_OPENAI: "upstream",
  ERROR_OPENAI_RATE_LIMIT_EXCEEDED: "rate-limit",
  ERROR_OPENAI_ACCOUNT_LIMIT_EXCEEDED: "quota",
  ERROR_AGENT_REQUIRES_LOGIN: "auth",
  ERROR_MAX_TOKENS: "context-overflow",
  ERROR_USER_ABORTED_REQUEST: "upstream",
  ERROR_GENERIC_RATE_LIMIT_EXCEEDED: "rate-limit",
  ERROR_PRO_USER_ONLY: "permission",
  ERROR_API_KEY_NOT_SUPPORTED: "permission",
  ERROR_TIMEOUT: "timeout",
  ERROR_GPT_4_VISION_PREVIEW_RATE_LIMIT: "rate-limit",
  // The configured client version is too old: no account is at fault, and no other one helps.
  ERROR_OUTDATED_CLIENT: "unsupported",
  ERROR_CLAUDE_IMAGE_TOO_LARGE: "too-large",
  ERROR_API_KEY_RATE_LIMIT: "rate-limit",
  ERROR_DEBOUNCED: "rate-limit",
  ERROR_BAD_REQUEST: "bad-request",
  ERROR_UNAUTHORIZED: "auth",
  ERROR_DEPRECATED: "unsupported",
  ERROR_RESOURCE_EXHAUSTED: "rate-limit",
  ERROR_BAD_USER_API_KEY: "auth",
  ERROR_CONVERSATION_TOO_LONG: "context-overflow",
  ERROR_USAGE_PRICING_REQUIRED: "billing",
  ERROR_USAGE_PRICING_REQUIRED_CHANGEABLE: "billing",
  ERROR_RATE_LIMITED: "rate-limit",
  ERROR_RATE_LIMITED_CHANGEABLE: "rate-limit",
  ERROR_HOOKS_BLOCKED: "permission",
  ERROR_SUSPICIOUS_USAGE_BLOCKED: "account-warned",
  ERROR_EXTENSION_HOST_TIMEOUT: "timeout",
};

/** `canceled` by the server is its doing: the user's own cancelling is known here before the server says so. */
export const kindOfCode: Readonly<Record<string, ErrorKind>> = {
  canceled: "upstream",
  context_length_exceeded: "context-overflow",
  deadline_exceeded: "timeout",
  unauthenticated: "auth",
  permission_denied: "permission",
  not_found: "model-not-found",
  resource_exhausted: "rate-limit",
  unimplemented: "unsupported",
  unavailable: "upstream",
};
