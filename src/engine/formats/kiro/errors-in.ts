/**
 * What Kiro's errors mean: `{message, reason, __type}` over HTTP, exceptions and errors in frames. The reason says most,
 * then the type; names are those of the service's public model (amazon-q-developer-cli, 2026), spelled in either case.
 */
import { headerValue } from "../../../base/headers.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import { parseJson } from "../../../base/json.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";
import { classify, plainText } from "../classify.ts";
import { optional, textField } from "../fields.ts";

export function readErrorAnswer(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError {
  const text = new TextDecoder().decode(body);
  const parsed = parseJson(text);
  const said = parsed.ok ? parsed.value : undefined;
  const type = shapeName(textField(said, "__type") ?? headerValue(headers, "x-amzn-errortype") ?? "");
  return kiroError({
    type,
    reason: reasonIn(said),
    message: messageIn(said) ?? plainText(status, text),
    body: said,
    headers,
    ...(status < 400 ? {} : { status }),
    ...optional("now", now),
  });
}

/** A failure inside a stream: the frame's name and, where it has one, its payload. */
export function readStreamError(name: string, payload: unknown, message?: string): EngineError {
  return kiroError({
    type: shapeName(name),
    reason: reasonIn(payload),
    message: messageIn(payload) ?? message ?? "the service gave no reason",
    body: payload,
    headers: [],
  });
}

interface Said {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly body: unknown;
  readonly headers: HeaderPairs;
  readonly status?: number;
  readonly now?: number;
}

function kiroError(said: Said): EngineError {
  const { reason, type, message, status } = said;
  const codes = [reason, type].filter((code) => code !== "");
  const usual = classify({ ...said, codes });
  const known = kindOf(said);
  // A warning outranks every code (classify.ts).
  if (known === null || usual.kind === "account-warned") return usual;
  const scope = accountWide.has(reason) ? { scope: "account" as const } : optional("scope", usual.scope);
  return {
    kind: known,
    message,
    ...optional("status", status),
    ...optional("raw", codes[0]),
    ...optional("retryAfterMs", usual.retryAfterMs),
    ...scope,
  };
}

function kindOf({ reason, type, message, status }: Said): ErrorKind | null {
  const byReason = Object.hasOwn(kindOfReason, reason) ? kindOfReason[reason] : undefined;
  if (byReason !== undefined) return byReason;
  if (reason.startsWith("UNAUTHORIZED_")) return "permission";
  for (const [pattern, kind] of kindOfWords) if (pattern.test(message)) return kind;
  const byType = Object.hasOwn(kindOfType, type) ? kindOfType[type] : undefined;
  if (byType !== undefined) return byType;
  // Expired tokens are answered 403 here; the login is renewed once before the account counts as refused.
  return status === 403 ? "auth" : status === 402 ? "quota" : null;
}

const kindOfReason: Readonly<Record<string, ErrorKind>> = {
  CONTENT_LENGTH_EXCEEDS_THRESHOLD: "context-overflow",
  INVALID_CONVERSATION_ID: "bad-request",
  INVALID_MODEL_ID: "model-not-found",
  INVALID_KMS_GRANT: "bad-request",
  REQUEST_BODY_INVALID: "bad-request",
  THINKING_SIGNATURE_INVALID: "opaque-blob",
  // "We've locked it as a security precaution": only its owner can have it opened again.
  TEMPORARILY_SUSPENDED: "account-disabled",
  FEATURE_NOT_SUPPORTED: "permission",
  MONTHLY_REQUEST_COUNT: "quota",
  DAILY_REQUEST_COUNT: "quota",
  CONVERSATION_LIMIT_EXCEEDED: "quota",
  OVERAGE_REQUEST_LIMIT_EXCEEDED: "quota",
  INSUFFICIENT_MODEL_CAPACITY: "capacity",
  MODEL_TEMPORARILY_UNAVAILABLE: "capacity",
};

/** A plan's limits hold for all its models. */
const accountWide: ReadonlySet<string> = new Set([
  "MONTHLY_REQUEST_COUNT",
  "DAILY_REQUEST_COUNT",
  "CONVERSATION_LIMIT_EXCEEDED",
  "OVERAGE_REQUEST_LIMIT_EXCEEDED",
]);

const kindOfWords: readonly (readonly [RegExp, ErrorKind])[] = [
  [/input is too long|content length exceeds/i, "context-overflow"],
  [/bearer token included in the request is (invalid|expired)|security token .{0,40}(invalid|expired)/i, "auth"],
  // The login has no profile, or one that this host does not know: another account may.
  [/profileArn is required|invalid arn/i, "permission"],
];

/** Lower case, without "exception" or "error" behind it. */
const kindOfType: Readonly<Record<string, ErrorKind>> = {
  throttling: "rate-limit",
  servicequotaexceeded: "quota",
  accessdenied: "auth",
  unauthorized: "auth",
  expiredtoken: "auth",
  unrecognizedclient: "auth",
  validation: "bad-request",
  serialization: "bad-request",
  internalserver: "upstream",
  internal: "upstream",
  serviceunavailable: "capacity",
  conflict: "account-disabled",
  resourcenotfound: "model-not-found",
};

/** `com.amazon…#ThrottlingException`, `throttlingException:http://…` and `throttlingError` as one word. */
function shapeName(name: string): string {
  const bare = (name.split("#").at(-1) ?? "").split(":")[0] ?? "";
  return bare
    .trim()
    .toLowerCase()
    .replace(/(exception|error)$/, "");
}

function reasonIn(body: unknown): string {
  const reason = textField(body, "reason") ?? "";
  return /^[A-Z][A-Z0-9_]{0,99}$/.test(reason) ? reason : "";
}

function messageIn(body: unknown): string | undefined {
  return textField(body, "message") ?? textField(body, "Message");
}
