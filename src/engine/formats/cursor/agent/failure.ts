/**
 * How a run ends that went wrong: an end frame with Connect's code and Cursor's `ErrorDetails` (facts of 2026-11). Never
 * words in the answer. A refused account of ours is no refused login of the user's: `unauthenticated` would log them out.
 */
import { endEnvelope } from "../../../codecs/connect.ts";
import type { EngineError, ErrorKind } from "../../../errors/engine-error.ts";
import { encodeMessage } from "../wire/schema.ts";

interface Said {
  readonly code: string;
  readonly error: string;
  readonly title: string;
  readonly isRetryable?: true;
}

const custom = "ERROR_CUSTOM";
const upstreamFailed: Said = {
  code: "unavailable",
  error: custom,
  title: "The model could not answer",
  isRetryable: true,
};
const badRequest: Said = {
  code: "invalid_argument",
  error: "ERROR_BAD_REQUEST",
  title: "The request cannot be answered",
};
const noAccess: Said = { code: "permission_denied", error: custom, title: "The account may not do this" };
const limited: Said = { code: "resource_exhausted", error: "ERROR_RATE_LIMITED", title: "Too many requests" };

const said: Readonly<Record<ErrorKind, Said>> = {
  "bad-request": badRequest,
  unsupported: { code: "unimplemented", error: custom, title: "This is not supported here" },
  "context-overflow": {
    code: "invalid_argument",
    error: "ERROR_CONVERSATION_TOO_LONG",
    title: "The conversation is too long for this model",
  },
  "opaque-blob": badRequest,
  "tool-history": badRequest,
  "content-policy": { ...badRequest, title: "The provider declined this request" },
  auth: noAccess,
  "account-disabled": noAccess,
  "account-warned": noAccess,
  permission: noAccess,
  "model-not-found": { code: "not_found", error: "ERROR_BAD_MODEL_NAME", title: "There is no such model" },
  billing: { code: "resource_exhausted", error: custom, title: "The account has no credit left" },
  "rate-limit": limited,
  quota: { ...limited, title: "The account's limit is reached" },
  capacity: { ...limited, title: "The provider is overloaded", isRetryable: true },
  "too-large": { ...badRequest, title: "The request is too large" },
  network: upstreamFailed,
  timeout: { code: "deadline_exceeded", error: "ERROR_TIMEOUT", title: "It took too long", isRetryable: true },
  upstream: upstreamFailed,
  "malformed-reply": upstreamFailed,
  protocol: upstreamFailed,
  truncated: { ...upstreamFailed, title: "The answer was cut off" },
  "client-gone": { code: "canceled", error: "ERROR_USER_ABORTED_REQUEST", title: "Canceled" },
  "no-account": { code: "failed_precondition", error: custom, title: "No account can answer this" },
  cooling: { ...limited, title: "Every account has to wait", isRetryable: true },
  "proxy-auth": noAccess,
  blocked: { code: "permission_denied", error: custom, title: "Blocked by a rule" },
  internal: { code: "internal", error: custom, title: "A fault in Switchyard" },
};

/** The end frame of this error. */
export function failureFrame({ kind, message }: EngineError): Uint8Array {
  const { code, error, title, isRetryable = false } = said[kind];
  const details = { title, detail: message, isRetryable, shouldShowImmediateError: true };
  const isExpected = kind === "client-gone";
  const value = encodeMessage("ErrorDetails", { error, details, isExpected });
  return endEnvelope({
    error: {
      code,
      message: title,
      details: [
        {
          type: "aiserver.v1.ErrorDetails",
          value: Buffer.from(value).toString("base64").replace(/=+$/, ""),
          debug: { error, details, isExpected },
        },
      ],
    },
  });
}
