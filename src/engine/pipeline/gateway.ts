/**
 * A call to the port itself. What it asks for is told by its path and its model's name: a rule that fits goes first, as for
 * every call, then `provider/model`, a prefix, an alias, a wildcard, a combo, or any provider that has the model.
 */
import { passThrough, type Exchange } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { formats } from "../formats/table.ts";
import { mediaDialect, mediaError } from "../media/index.ts";
import { answerError, answerWhole } from "./answer-error.ts";
import { detectCall, mediaKind } from "./detect-call.ts";
import { type Answer, why } from "./say.ts";

export function createGatewayHandler(
  handle: (exchange: Exchange) => Promise<Answer>,
): (exchange: Exchange) => Promise<HttpReply> {
  return async (exchange) => {
    if (!exchange.authorized) return refuse(exchange, wrongKey);
    const answer = await handle(exchange);
    return answer === passThrough ? refuse(exchange, noSuchCall(exchange)) : answer;
  };
}

/** For calls and questions alike. */
export const wrongKey: EngineError = {
  kind: "auth",
  status: 401,
  message:
    "the client key is missing or wrong; `switchyard status --json --secrets` shows it (clientKey), and " +
    "`switchyard env --shell json` hands it out as SWITCHYARD_CLIENT_KEY",
};

function noSuchCall({ method, target }: Exchange): EngineError {
  const path = target.replace(/\?.*$/s, "");
  return { kind: "bad-request", status: 404, message: `${method} ${path} is no call that Switchyard serves` };
}

/** In the dialect of the address, where it has one. */
function refuse(exchange: Exchange, error: EngineError): HttpReply {
  why(exchange, { stage: "error", text: error.message, kind: error.kind });
  const reply = replyOf(exchange, error);
  exchange.tap.tell({ type: "reply-started", status: reply.status });
  return reply;
}

function replyOf(exchange: Exchange, error: EngineError): HttpReply {
  if (mediaKind(exchange) !== null) return answerWhole(mediaError(error, mediaDialect(exchange.target)), error);
  const detected = detectCall(exchange);
  const format = detected === null ? null : formats[detected.format];
  const reply = answerError(format, error, { target: exchange.target, variant: detected?.variant ?? null });
  return format === null && error.status !== undefined ? { ...reply, status: error.status } : reply;
}
