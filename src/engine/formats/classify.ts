/**
 * What an upstream's error means, from its code or type, its words and its status, in that order: a 400 that says
 * "insufficient_quota" is about money, whatever its number. One table for all formats; codes do not clash.
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import { optional } from "./fields.ts";
import { refusalScope } from "./refusal-scope.ts";
import { retryAfterMs } from "./retry-after.ts";
import { readUnifiedLimits, refuses } from "./unified-limits.ts";

export interface UpstreamComplaint {
  readonly status?: number;
  readonly headers: HeaderPairs;
  /** Type and code, most telling first. */
  readonly codes: readonly string[];
  readonly message: string;
  readonly body: unknown;
  readonly now?: number;
}

export function classify(complaint: UpstreamComplaint): EngineError {
  const kind = kindOf(complaint);
  const wait = retryAfterMs(complaint);
  return {
    kind,
    message: complaint.message,
    ...optional("status", complaint.status),
    ...optional("raw", complaint.codes[0]),
    ...optional("retryAfterMs", wait ?? undefined),
    ...optional("scope", wantsQuota.has(kind) ? (refusalScope(complaint) ?? undefined) : undefined),
  };
}

/** Errors whose headers and codes tell what they cover; the others' scope goes with their kind. */
const wantsQuota: ReadonlySet<ErrorKind> = new Set(["quota", "rate-limit", "billing"]);

/** Whatever the code says: seen inside quota errors (reported, early 2026). */
const warning =
  /terms of (service|use)|acceptable use policy|(suspicious|abusive|unusual) (activity|usage|behaviou?r)|detected abuse/i;

function kindOf({ status, headers, codes, message }: UpstreamComplaint): ErrorKind {
  if (warning.test(message)) return "account-warned";
  for (const code of codes) {
    const kind = Object.hasOwn(kindOfCode, code) ? kindOfCode[code] : undefined;
    if (kind !== undefined) return kind;
  }
  for (const [pattern, kind] of kindOfWords) if (pattern.test(message)) return kind;
  const limits = status === undefined || status === 429 ? readUnifiedLimits(headers) : null;
  if (limits !== null && refuses(limits)) return "quota";
  const known = status !== undefined && Object.hasOwn(kindOfStatus, status) ? kindOfStatus[status] : undefined;
  if (known !== undefined) return known;
  for (const code of codes) {
    const kind = Object.hasOwn(kindOfVagueCode, code) ? kindOfVagueCode[code] : undefined;
    // Gateways give a fault of their own the type of a wrong request; the status says whose it is.
    const isDenied =
      status !== undefined && ((kind === "bad-request" && status >= 500) || (kind === "upstream" && status < 500));
    if (kind !== undefined && !isDenied) return kind;
  }
  // Nothing else was said: the path or the model is not there, and another target has its own. What is not there of the
  // request's own (an answer, a file) is told with a type.
  if (status === 404) return "model-not-found";
  return status !== undefined && status >= 400 && status < 500 ? "bad-request" : "upstream";
}

/** Codes that mean one thing. */
const kindOfCode: Readonly<Record<string, ErrorKind>> = {
  context_length_exceeded: "context-overflow",
  context_too_large: "context-overflow",
  model_max_prompt_tokens_exceeded: "context-overflow",
  exceed_context_size_error: "context-overflow",
  invalid_encrypted_content: "opaque-blob",
  thinking_signature_invalid: "opaque-blob",
  content_filter: "content-policy",
  content_policy_violation: "content-policy",
  moderation_blocked: "content-policy",
  invalid_api_key: "auth",
  authentication_error: "auth",
  account_deactivated: "account-disabled",
  model_not_found: "model-not-found",
  // Copilot, Groq, Mistral, Fireworks: known there and not to be had, or not any more (late 2026).
  model_not_supported: "model-not-found",
  model_not_available: "model-not-found",
  model_decommissioned: "model-not-found",
  unsupported_model: "model-not-found",
  invalid_model: "model-not-found",
  insufficient_quota: "billing",
  billing_error: "billing",
  billing_hard_limit_reached: "billing",
  usage_limit_reached: "quota",
  rate_limit_exceeded: "rate-limit",
  overloaded_error: "capacity",
  server_is_overloaded: "capacity",
  engine_overloaded_error: "capacity",
  request_too_large: "too-large",
  timeout_error: "timeout",
  // Google's reasons (`ErrorInfo`), late 2026.
  RATE_LIMIT_EXCEEDED: "rate-limit",
  QUOTA_EXHAUSTED: "quota",
  MODEL_CAPACITY_EXHAUSTED: "capacity",
  INSUFFICIENT_G1_CREDITS_BALANCE: "billing",
  BILLING_DISABLED: "billing",
  VALIDATION_REQUIRED: "account-disabled",
  CONSUMER_SUSPENDED: "account-disabled",
  API_KEY_INVALID: "auth",
  ACCESS_TOKEN_EXPIRED: "auth",
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: "permission",
  API_KEY_SERVICE_BLOCKED: "permission",
  SERVICE_DISABLED: "permission",
};

/** Words, where the code is missing or says less. Order matters: the first match counts. */
const kindOfWords: readonly (readonly [RegExp, ErrorKind])[] = [
  [/prompt is too long|input is too long|input length and .{0,3}max_tokens.{0,3} exceed/i, "context-overflow"],
  [
    /maximum context length|exceeds? the (available )?context|context window|too many (input )?tokens/i,
    "context-overflow",
  ],
  [
    /invalid .?signature.? in .?thinking|thought.?signature|encrypted[ _]content.{0,60}(could not|invalid|verif|decrypt)/i,
    "opaque-blob",
  ],
  [
    /tool_use.? ids were found without|unexpected .?tool_use_id|no tool output found|number of function response parts|tool_call_ids did not have response|messages with role .?tool.? must be a response|function (call|response) turn comes immediately/i,
    "tool-history",
  ],
  [/token count.{0,40}exceeds the maximum/i, "context-overflow"],
  [
    /account (has been|is|was) (disabled|deactivated|suspended)|verify your account|organization has been disabled/i,
    "account-disabled",
  ],
  [/credit balance is too low|insufficient (funds|balance|credits?)|requires more credits/i, "billing"],
  [/exceeded your current quota|quota will reset after/i, "quota"],
  [
    /model.{0,80}(does not exist|not found|no longer (available|supported)|end of life)|(unknown|no such) model/i,
    "model-not-found",
  ],
  // The model itself, not something it does not take ("… is not supported with this model").
  [
    /(^|\b(the|this|requested|your)\s+|["'`])model(\s+["'`]?[\w./:@-]+["'`]?)? is not (supported|available|enabled|accessible|allowed)\b/i,
    "model-not-found",
  ],
  [/["'`][\w./:@-]+["'`] model is not (supported|available|enabled|accessible)\b/i, "model-not-found"],
  [
    /not a valid model( id| name)?\b|(not have|no) access to (the |this )?model|not entitled to (the |this )?model/i,
    "model-not-found",
  ],
  [
    /(invalid|incorrect|missing|expired).{0,20}(api key|x-api-key|bearer token|access token)|api key (not valid|expired)|oauth token has expired/i,
    "auth",
  ],
  [/content (management )?policy|usage policies|flagged by/i, "content-policy"],
  [/payload size exceeds the limit/i, "too-large"],
  [/at capacity|no capacity available|overloaded/i, "capacity"],
  [/user location is not supported/i, "permission"],
];

/** Types that say less than a telling status does: OpenAI calls a missing key an `invalid_request_error`. */
const kindOfVagueCode: Readonly<Record<string, ErrorKind>> = {
  rate_limit_error: "rate-limit",
  permission_error: "permission",
  not_found_error: "model-not-found",
  invalid_request_error: "bad-request",
  api_error: "upstream",
  server_error: "upstream",
  conflict_error: "upstream",
  INVALID_ARGUMENT: "bad-request",
  FAILED_PRECONDITION: "bad-request",
  OUT_OF_RANGE: "bad-request",
  UNAUTHENTICATED: "auth",
  PERMISSION_DENIED: "permission",
  NOT_FOUND: "model-not-found",
  RESOURCE_EXHAUSTED: "rate-limit",
  UNAVAILABLE: "capacity",
  DEADLINE_EXCEEDED: "timeout",
  ABORTED: "upstream",
  CANCELLED: "upstream",
  INTERNAL: "upstream",
  UNKNOWN: "upstream",
};

const kindOfStatus: Readonly<Record<number, ErrorKind>> = {
  401: "auth",
  402: "billing",
  403: "permission",
  408: "timeout",
  409: "upstream",
  410: "model-not-found",
  413: "too-large",
  429: "rate-limit",
  503: "capacity",
  504: "timeout",
  529: "capacity",
};

const maxQuotedChars = 500;

/** The message of an error body that is not the dialect's JSON. HTML pages of gateways are not quoted. */
export function plainText(status: number | undefined, text: string): string {
  const quoted = text.trim().startsWith("<") ? "" : text.trim().slice(0, maxQuotedChars);
  const said = status === undefined ? "the upstream reported an error" : `the upstream answered ${status}`;
  return quoted === "" ? said : `${said}: ${quoted}`;
}
