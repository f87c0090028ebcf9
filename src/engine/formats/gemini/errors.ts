/** Google's error bodies: read from an upstream, written for a client. */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";
import { classify, plainText } from "../classify.ts";
import { listField, numberField, optional, textField, type Fields } from "../fields.ts";
import type { Variant, WholeAnswer } from "../format.ts";
import { overflowFigures } from "../overflow.ts";
import { retryAfterHeader } from "../retry-after.ts";
import { wantsList } from "./target.ts";

/** A wait beyond this is no short limit whatever it is called; Gemini CLI draws the same line (late 2026). */
const longWaitMs = 300_000;

/** `status` is left out for errors inside a stream: its 200 says nothing, `code` in the body does. */
export function readError(
  status: number | undefined,
  headers: HeaderPairs,
  body: unknown,
  text: string,
  now?: number,
): EngineError {
  // Calls without `alt=sse` get their errors in a list, as they get their chunks.
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  const given = own(outer, "error");
  const error = isRecord(given) ? given : outer;
  const message = textField(error, "message") ?? (typeof given === "string" ? given : undefined);
  const told = status !== undefined && status >= 400 ? status : numberField(error, "code");
  const details = (listField(error, "details") ?? []).filter(isRecord);
  const reasons = details.map((detail) => textField(detail, "reason")).filter((reason) => reason !== undefined);
  const name = textField(error, "status");
  const window = quotaWindow(message ?? "", details);
  const read = classify({
    ...(told === undefined || told < 400 || told > 599 ? {} : { status: told }),
    headers,
    codes: [window, ...reasons, name].filter((code) => code !== undefined),
    message: message ?? plainText(status, text),
    body: outer,
    ...optional("now", now),
  });
  const isLong = read.kind === "rate-limit" && (read.retryAfterMs ?? 0) > longWaitMs;
  return { ...read, ...(isLong ? { kind: "quota" } : {}), ...optional("raw", reasons[0] ?? name) };
}

/** Which limit was hit, in Google's own word for it: the name of the quota says more than the reason beside it. */
function quotaWindow(message: string, details: readonly Fields[]): string | undefined {
  // A limit of nothing: this account may not use the model at all, however often it asks.
  if (/\blimit: 0\b/.test(message)) return "QUOTA_EXHAUSTED";
  const ids = details.flatMap((detail) =>
    (listField(detail, "violations") ?? []).map((violation) => textField(violation, "quotaId") ?? ""),
  );
  if (ids.some((id) => id.includes("PerDay"))) return "QUOTA_EXHAUSTED";
  return ids.some((id) => id.includes("PerMinute")) ? "RATE_LIMIT_EXCEEDED" : undefined;
}

export function readErrorAnswer(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError {
  const text = new TextDecoder().decode(body);
  const parsed = parseJson(text);
  return readError(status, headers, parsed.ok ? parsed.value : undefined, text, now);
}

interface WireError {
  readonly code: number;
  readonly status: string;
}

const wireErrors = {
  "bad-request": { code: 400, status: "INVALID_ARGUMENT" },
  unsupported: { code: 400, status: "INVALID_ARGUMENT" },
  "context-overflow": { code: 400, status: "INVALID_ARGUMENT" },
  "opaque-blob": { code: 400, status: "INVALID_ARGUMENT" },
  "tool-history": { code: 400, status: "INVALID_ARGUMENT" },
  "content-policy": { code: 400, status: "INVALID_ARGUMENT" },
  auth: { code: 401, status: "UNAUTHENTICATED" },
  "account-disabled": { code: 403, status: "PERMISSION_DENIED" },
  "account-warned": { code: 403, status: "PERMISSION_DENIED" },
  permission: { code: 403, status: "PERMISSION_DENIED" },
  "model-not-found": { code: 404, status: "NOT_FOUND" },
  // Google has no 402; its 429 would make clients ask again and again.
  billing: { code: 403, status: "PERMISSION_DENIED" },
  "rate-limit": { code: 429, status: "RESOURCE_EXHAUSTED" },
  quota: { code: 429, status: "RESOURCE_EXHAUSTED" },
  capacity: { code: 503, status: "UNAVAILABLE" },
  "too-large": { code: 413, status: "INVALID_ARGUMENT" },
  network: { code: 502, status: "UNAVAILABLE" },
  timeout: { code: 504, status: "DEADLINE_EXCEEDED" },
  upstream: { code: 502, status: "INTERNAL" },
  "malformed-reply": { code: 502, status: "INTERNAL" },
  protocol: { code: 502, status: "INTERNAL" },
  truncated: { code: 502, status: "UNAVAILABLE" },
  "client-gone": { code: 499, status: "CANCELLED" },
  "no-account": { code: 503, status: "UNAVAILABLE" },
  cooling: { code: 429, status: "RESOURCE_EXHAUSTED" },
  "proxy-auth": { code: 407, status: "UNAUTHENTICATED" },
  blocked: { code: 403, status: "PERMISSION_DENIED" },
  internal: { code: 500, status: "INTERNAL" },
} as const satisfies Record<ErrorKind, WireError>;

/** The error as Google's clients read it, over HTTP and as a chunk of a stream. */
export function writeErrorBody(error: EngineError): string {
  const { code, status } = wireErrorOf(error);
  const details =
    error.retryAfterMs === undefined
      ? {}
      : {
          details: [
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${error.retryAfterMs / 1000}s` },
          ],
        };
  return JSON.stringify({ error: { code, message: wording(error), status, ...details } });
}

/** A stream that is asked for as one JSON list answers errors as a list, too. */
export function writeErrorAnswer(error: EngineError, _variant?: Variant, target = ""): WholeAnswer {
  const body = writeErrorBody(error);
  return {
    status: wireErrorOf(error).code,
    headers: [["content-type", "application/json; charset=utf-8"], ...retryAfterHeader(error)],
    body: Buffer.from(wantsList(target) ? `[${body}]` : body),
  };
}

function wireErrorOf(error: EngineError): WireError {
  // All accounts resting is a rate limit to the client: it knows how to wait for one.
  if (error.kind === "no-account" && error.retryAfterMs !== undefined) return wireErrors["rate-limit"];
  const wire: WireError = wireErrors[error.kind];
  const isSameClass = error.status !== undefined && Math.floor(error.status / 100) === Math.floor(wire.code / 100);
  const keepsStatus = error.kind === "bad-request" || error.kind === "upstream";
  return isSameClass && keepsStatus ? { ...wire, code: error.status ?? wire.code } : wire;
}

/** Clients of this dialect know a full context by Google's sentence, with figures or without. */
function wording(error: EngineError): string {
  if (error.kind !== "context-overflow") return error.message;
  const figures = overflowFigures(error.message);
  if (figures !== null) {
    return `The input token count (${figures.tokens}) exceeds the maximum number of tokens allowed (${figures.maximum}).`;
  }
  const isGoogles = /token count.{0,40}exceeds the maximum/i.test(error.message);
  return isGoogles
    ? error.message
    : `The input token count exceeds the maximum number of tokens allowed: ${error.message}`;
}
