/**
 * What goes wrong at Cursor, as our errors: Connect's code, and Cursor's own number beside it, which says more. Comes as the
 * payload of a last envelope, or as the JSON body of an answer that is no stream.
 */
import { isRecord, own, parseJson } from "../../../../base/json.ts";
import type { EngineError, ErrorKind } from "../../../errors/engine-error.ts";
import { booleanField, listField, optional, recordField, textField } from "../../fields.ts";
import { decodeMessage, MessageError } from "../wire/schema.ts";

/** The payload of a last envelope: null where it says that all is well. */
export function readEndFrame(payload: Uint8Array): EngineError | null {
  if (payload.byteLength === 0) return null;
  const parsed = parseJson(Buffer.from(payload).toString("utf8"));
  if (!parsed.ok || !isRecord(parsed.value)) {
    return { kind: "protocol", message: "Cursor's last envelope is not JSON" };
  }
  const error = own(parsed.value, "error");
  return isRecord(error) ? readConnectError(error) : null;
}

/** `{code, message, details}` as Connect writes it. */
export function readConnectError(error: unknown, status?: number): EngineError {
  const code = textField(error, "code") ?? "unknown";
  const said = detailsOf(error);
  const kind = kindOf(code, said);
  const words = [said?.title, said?.detail].filter((text) => text !== undefined && text !== "");
  const plain = words.length > 0 ? words.join(": ") : (textField(error, "message") ?? code);
  const named = said === null ? plain : `${plain} (${said.name})`;
  return {
    kind,
    message: said?.name === "ERROR_OUTDATED_CLIENT" ? `${named}: ${outdatedAdvice}` : named,
    raw: said?.name ?? code,
    ...optional("status", status ?? statusOf(code)),
  };
}

/** What a person can do: we name no version that we are not. */
const outdatedAdvice =
  "Cursor serves clients of certain versions only. Set client_version of this provider to the version of your own Cursor " +
  "(shown by `cursor --version`, or `cli-<version>` for cursor-agent)";

interface Said {
  readonly name: string;
  readonly title?: string;
  readonly detail?: string;
  readonly isRetryable?: boolean;
}

function detailsOf(error: unknown): Said | null {
  for (const detail of listField(error, "details") ?? []) {
    const debug = recordField(detail, "debug");
    const name = textField(debug, "error");
    if (name !== undefined) return saidIn(name, recordField(debug, "details"));
    const packed = textField(detail, "value");
    if (packed === undefined || !(textField(detail, "type") ?? "").endsWith("ErrorDetails")) continue;
    try {
      const read = decodeMessage("ErrorDetails", Buffer.from(packed, "base64"));
      return saidIn(String(own(read, "error") ?? "ERROR_UNSPECIFIED"), own(read, "details"));
    } catch (thrown) {
      // The code still says what class of failure this is.
      if (!(thrown instanceof MessageError)) throw thrown;
    }
  }
  return null;
}

function saidIn(name: string, details: unknown): Said {
  return {
    name,
    ...optional("title", textField(details, "title")),
    ...optional("detail", textField(details, "detail")),
    ...optional("isRetryable", booleanField(details, "isRetryable")),
  };
}

function kindOf(code: string, said: Said | null): ErrorKind {
  const own = said === null || !Object.hasOwn(kindOfName, said.name) ? undefined : kindOfName[said.name];
  if (own !== undefined) return own;
  return Object.hasOwn(kindOfCode, code) ? (kindOfCode[code] ?? "upstream") : "upstream";
}

/** Cursor's own numbers by name (schema of March 2026); those that say nothing more than Connect's code are left out. */
const kindOfName: Readonly<Record<string, ErrorKind>> = {
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
  ERROR_OPENAI_RATE_LIMIT_EXCEEDED: "rate-limit",
  ERROR_OPENAI_ACCOUNT_LIMIT_EXCEEDED: "quota",
  ERROR_AGENT_REQUIRES_LOGIN: "auth",
  ERROR_MAX_TOKENS: "context-overflow",
  ERROR_GENERIC_RATE_LIMIT_EXCEEDED: "rate-limit",
  ERROR_PRO_USER_ONLY: "permission",
  ERROR_API_KEY_NOT_SUPPORTED: "permission",
  ERROR_TIMEOUT: "timeout",
  ERROR_GPT_4_VISION_PREVIEW_RATE_LIMIT: "rate-limit",
  // Another account, or waiting, would not help; another provider does.
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
};

/** connectrpc.com, "error codes"; `context_length_exceeded` is Cursor's own (reported once). */
const kindOfCode: Readonly<Record<string, ErrorKind>> = {
  invalid_argument: "bad-request",
  failed_precondition: "bad-request",
  out_of_range: "bad-request",
  context_length_exceeded: "context-overflow",
  unauthenticated: "auth",
  permission_denied: "permission",
  not_found: "model-not-found",
  resource_exhausted: "rate-limit",
  unimplemented: "unsupported",
  deadline_exceeded: "timeout",
};

function statusOf(code: string): number | undefined {
  return Object.hasOwn(statusOfCode, code) ? statusOfCode[code] : undefined;
}

const statusOfCode: Readonly<Record<string, number>> = {
  canceled: 499,
  invalid_argument: 400,
  failed_precondition: 400,
  out_of_range: 400,
  context_length_exceeded: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  aborted: 409,
  resource_exhausted: 429,
  unimplemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
  internal: 500,
  unknown: 500,
  data_loss: 500,
};
