/**
 * Our errors as Kiro's clients know them: HTTP answers in AWS's JSON protocols before the stream, exception frames inside
 * it. Names and reasons are those of the Smithy model of amazon-q-developer-cli (2026).
 */
import { encodeException } from "../../codecs/aws-event-stream.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";
import { optional } from "../fields.ts";
import type { Variant, WholeAnswer } from "../format.ts";
import { retryAfterHeader } from "../retry-after.ts";
import { wellFormed } from "./well-formed.ts";

type ErrorName =
  | "AccessDeniedException"
  | "InternalServerException"
  | "ServiceQuotaExceededException"
  | "ServiceUnavailableException"
  | "ThrottlingException"
  | "ValidationException";

interface WireError {
  readonly status: number;
  readonly name: ErrorName;
  readonly reason?: string;
}

const invalid = { status: 400, name: "ValidationException" } as const;
const denied = { status: 403, name: "AccessDeniedException" } as const;
const throttled = { status: 429, name: "ThrottlingException" } as const;
const failed = { status: 500, name: "InternalServerException" } as const;
const unavailable = { status: 503, name: "ServiceUnavailableException" } as const;

const wireErrors = {
  "bad-request": { ...invalid, reason: "REQUEST_BODY_INVALID" },
  unsupported: invalid,
  "context-overflow": { ...invalid, reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD" },
  "opaque-blob": { ...invalid, reason: "THINKING_SIGNATURE_INVALID" },
  "tool-history": { ...invalid, reason: "REQUEST_BODY_INVALID" },
  "content-policy": invalid,
  auth: { ...denied, status: 401 },
  "account-disabled": { ...denied, reason: "TEMPORARILY_SUSPENDED" },
  "account-warned": denied,
  permission: denied,
  "model-not-found": { ...invalid, reason: "INVALID_MODEL_ID" },
  billing: { status: 402, name: "ServiceQuotaExceededException" },
  "rate-limit": throttled,
  quota: throttled,
  capacity: { ...throttled, reason: "INSUFFICIENT_MODEL_CAPACITY" },
  "too-large": { ...invalid, status: 413, reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD" },
  network: unavailable,
  timeout: unavailable,
  upstream: failed,
  "malformed-reply": failed,
  protocol: failed,
  truncated: failed,
  "client-gone": { ...failed, status: 499 },
  "no-account": unavailable,
  cooling: throttled,
  "proxy-auth": { ...denied, status: 407 },
  blocked: denied,
  internal: failed,
} as const satisfies Record<ErrorKind, WireError>;

/** Reasons of Kiro's own that say more than our kind does. */
const tellingReasons: ReadonlySet<string> = new Set([
  "CONTENT_LENGTH_EXCEEDS_THRESHOLD",
  "CONVERSATION_LIMIT_EXCEEDED",
  "DAILY_REQUEST_COUNT",
  "FEATURE_NOT_SUPPORTED",
  "INSUFFICIENT_MODEL_CAPACITY",
  "INVALID_CONVERSATION_ID",
  "INVALID_KMS_GRANT",
  "INVALID_MODEL_ID",
  "MODEL_TEMPORARILY_UNAVAILABLE",
  "MONTHLY_REQUEST_COUNT",
  "OVERAGE_REQUEST_LIMIT_EXCEEDED",
  "REQUEST_BODY_INVALID",
  "TEMPORARILY_SUSPENDED",
  "THINKING_SIGNATURE_INVALID",
]);

export function writeErrorAnswer(error: EngineError, variant?: Variant): WholeAnswer {
  const { status, name, reason } = wireErrorOf(error);
  const type = variant === "aws-json" ? "application/x-amz-json-1.0" : "application/json";
  return {
    status,
    headers: [["content-type", type], ["x-amzn-errortype", name], ...retryAfterHeader(error)],
    body: Buffer.from(JSON.stringify({ __type: name, message: wording(error), ...optional("reason", reason) })),
  };
}

/** In the middle of a stream. Named as the HTTP error is: clients look at the name, wherever it came from. */
export function writeException(error: EngineError): Uint8Array {
  const { name, reason } = wireErrorOf(error);
  return encodeException(name, Buffer.from(JSON.stringify({ message: wording(error), ...optional("reason", reason) })));
}

function wireErrorOf(error: EngineError): WireError {
  // All accounts resting is a rate limit to the client: it knows how to wait for one.
  if (error.kind === "no-account" && error.retryAfterMs !== undefined) return wireErrors["rate-limit"];
  const known: WireError = wireErrors[error.kind];
  const isTelling = error.raw !== undefined && tellingReasons.has(error.raw);
  return isTelling ? { ...known, ...optional("reason", error.raw) } : known;
}

/** Kiro's clients begin to summarise on the words "input is too long", whatever else the message says. */
function wording({ kind, message }: EngineError): string {
  const text = wellFormed(message);
  if (kind !== "context-overflow" && kind !== "too-large") return text;
  return /input is too long/i.test(text) ? text : `Input is too long: ${text}`;
}
