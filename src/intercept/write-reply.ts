/** A reply of the engine's written to a client on the plain port, with backpressure and shown to its flow. */
import type { ServerResponse } from "node:http";
import type { FlowTap } from "../base/flow.ts";
import { withoutHeaders } from "../base/headers.ts";
import type { HttpReply } from "../base/http.ts";
import { isWritableField } from "./h1/head.ts";

const strippedFromReplies: ReadonlySet<string> = new Set([
  "alt-svc",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
]);

/** `beforeEnd`: all is written, and the connection is not to be given up yet. */
export async function writeReply(
  reply: ServerResponse,
  answered: HttpReply,
  tap: FlowTap,
  beforeEnd?: () => Promise<void>,
): Promise<void> {
  // Node would throw at a field that cannot be written; the rest of the reply is good without it.
  const headers = withoutHeaders(answered.headers, strippedFromReplies).filter(([name, value]) =>
    isWritableField(name, value),
  );
  tap.head("client-reply", { line: String(answered.status), headers: answered.headers });
  tap.tell({ type: "reply-started", status: answered.status });
  if (answered.reason === undefined) reply.writeHead(answered.status, headers.flat());
  else reply.writeHead(answered.status, answered.reason, headers.flat());
  for await (const bytes of answered.body) {
    tap.chunk("client-reply", bytes);
    if (!reply.write(bytes)) await drained(reply);
    if (reply.destroyed) return;
  }
  if (beforeEnd !== undefined) {
    reply.flushHeaders();
    await beforeEnd();
  }
  const trailers = (answered.trailers?.() ?? []).filter(([name, value]) => isWritableField(name, value));
  if (trailers.length > 0) reply.addTrailers(trailers.map(([name, value]) => [name, value] as [string, string])); // its type wants a mutable pair
  reply.end();
}

/** Resolves when more may be written, or nothing more can be. A long stream comes here thousands of times. */
function drained(reply: ServerResponse): Promise<void> {
  if (reply.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const go = (): void => {
      reply.off("drain", go).off("close", go);
      resolve();
    };
    reply.on("drain", go).on("close", go);
  });
}
