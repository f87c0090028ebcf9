/** An error as an HTTP answer in the client's own dialect, before any byte of an answer was sent. */
import { withHeader } from "../../base/headers.ts";
import { bodyOf, type HeaderPairs, type HttpReply } from "../../base/http.ts";
import { createRedactor } from "../../base/redact.ts";
import type { Secret } from "../../base/secret.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import type { Format, Variant, WholeAnswer } from "../formats/format.ts";

export interface AnswerOptions {
  /**
   * How many upstream calls were made for it. After the second one we have done the trying again: `x-should-retry`
   * stops the client's own (the openai and anthropic SDKs honour it), so that retries do not multiply.
   */
  readonly attempts?: number;
  /** The accent of the client's dialect. */
  readonly variant?: Variant | null;
  /** The client's request target: some dialects say there how they want to be answered. */
  readonly target?: string;
}

/** `format` is null when no dialect is known: then plain JSON. */
export function answerError(format: Format | null, error: EngineError, options: AnswerOptions = {}): HttpReply {
  const { variant, target } = options;
  const answer = format === null ? lastResort(error) : format.client.writeError(error, variant ?? undefined, target);
  return answerWhole(answer, error, options);
}

/** `answer` says the error in the client's dialect; the headers that hold in all of them are added. */
export function answerWhole(answer: WholeAnswer, error: EngineError, options: AnswerOptions = {}): HttpReply {
  let headers = answer.headers;
  if (error.kind === "proxy-auth") headers = withHeader(headers, "proxy-authenticate", 'Basic realm="switchyard"');
  if (error.retryAfterMs !== undefined) {
    headers = withHeader(headers, "retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  }
  return replyFrom({ ...answer, headers }, options);
}

export function replyFrom(answer: WholeAnswer, options: AnswerOptions = {}): HttpReply {
  const headers = (options.attempts ?? 0) > 1 ? withHeader(answer.headers, "x-should-retry", "false") : answer.headers;
  return {
    status: answer.status,
    headers: withHeader(headers, "content-length", String(answer.body.byteLength)),
    body: bodyOf(answer.body),
  };
}

/** The same text without the keys that were used for it, in any form: some servers quote the key they refuse. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.register(secret.reveal());
  return redactor.text(secrets.reduce((clean, secret) => clean.replaceAll(secret.reveal(), "•••"), text));
}

function lastResort(error: EngineError): WholeAnswer {
  const headers: HeaderPairs = [["content-type", "application/json"]];
  return {
    status: policy[error.kind].clientStatus,
    headers,
    body: Buffer.from(JSON.stringify({ error: { type: error.kind, message: error.message } })),
  };
}
