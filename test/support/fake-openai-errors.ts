/** OpenAI's error answers, the same for Chat and Responses (late 2026). */
import type { Call } from "./fake-providers.ts";
import type { ErrorTurn } from "./provider-turn.ts";

/** Status to `type` and `code` of the error body. */
const kinds: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ["invalid_request_error", null],
  401: ["invalid_request_error", "invalid_api_key"],
  403: ["invalid_request_error", "unsupported_country_region_territory"],
  404: ["invalid_request_error", "model_not_found"],
  429: ["requests", "rate_limit_exceeded"],
};

export interface ErrorWords {
  readonly code?: string | null;
  readonly param?: string;
}

export function sendOpenAiError(
  call: Call,
  status: number,
  message: string,
  words: ErrorWords,
  turn: Pick<ErrorTurn, "headers" | "retryAfterSeconds"> = {},
): void {
  const [type, usual] = kinds[status] ?? ["server_error", null];
  const after = turn.retryAfterSeconds === undefined ? {} : { "retry-after": String(turn.retryAfterSeconds) };
  call.reply.writeHead(status, {
    "content-type": "application/json",
    "x-request-id": "req_fake",
    ...after,
    ...turn.headers,
  });
  const code = words.code === undefined ? usual : words.code;
  call.reply.end(JSON.stringify({ error: { message, type, param: words.param ?? null, code } }));
}
