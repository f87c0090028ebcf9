/** The engine's `send` for tests, on Node's own client: real sockets, no redirects followed, no body undone. */
import { request as httpRequest } from "node:http";
import { pairsFromRaw } from "../../../base/headers.ts";
import type { HttpHandler } from "../../../base/http.ts";
import { UpstreamError } from "../../../base/upstream-error.ts";

export const httpSend: HttpHandler = async (request) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body) chunks.push(chunk);
  return new Promise((resolve, reject) => {
    const call = httpRequest({
      host: request.host,
      port: request.port,
      method: request.method,
      path: request.target,
      headers: request.headers.flat(),
      signal: request.signal,
      agent: false,
    });
    call.on("error", (error) => {
      const failure = request.signal.aborted ? "aborted" : "reset";
      reject(new UpstreamError(failure, "reply", `the connection to ${request.host} broke`, error));
    });
    call.on("response", (reply) => {
      resolve({ status: reply.statusCode ?? 0, headers: pairsFromRaw(reply.rawHeaders), body: reply });
    });
    call.end(Buffer.concat(chunks));
  });
};
