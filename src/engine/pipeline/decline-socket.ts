/** The answer to a WebSocket that a client tries before plain HTTP: 426 at once, on which it goes on over HTTP (late 2026). */
import type { Exchange } from "../../base/exchange.ts";
import { bodyOf, type HttpReply } from "../../base/http.ts";

const body = Buffer.from(
  JSON.stringify({
    error: {
      message: "Switchyard reroutes this call over HTTP: send it as a POST",
      type: "invalid_request_error",
      code: "upgrade_declined",
      param: null,
    },
  }),
);

export function declineSocket({ tap }: Exchange): HttpReply {
  tap.tell({ type: "described", action: "bypass", formats: { client: "openai-responses" } });
  tap.tell({
    type: "why",
    step: {
      stage: "detect",
      text: "a WebSocket where a rule may reroute: declined with 426, the client goes on over HTTP",
    },
  });
  tap.tell({ type: "reply-started", status: 426 });
  return {
    status: 426,
    headers: [
      // RFC 9110 wants to be told which protocol would do.
      ["upgrade", "HTTP/1.1"],
      ["content-type", "application/json"],
      ["content-length", String(body.byteLength)],
    ],
    body: bodyOf(body),
  };
}
