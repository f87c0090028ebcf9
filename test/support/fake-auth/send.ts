/**
 * `send` for tests: real sockets, and the internet's hosts led to the fakes (as `connect_to` does). A host that leads
 * nowhere is an error, so that no test ever asks a real service.
 */
import { request as httpRequest } from "node:http";
import type { HttpHandler } from "../../../src/base/http.ts";
import { UpstreamError } from "../../../src/base/upstream-error.ts";

export interface TestSend {
  readonly send: HttpHandler;
  /** `METHOD host/path` of everything asked so far. */
  readonly asked: readonly string[];
}

/** `routes`: host name (with the port, where it is not the scheme's own) → the fake's port. */
export function createTestSend(routes: Readonly<Record<string, number>> = {}): TestSend {
  const asked: string[] = [];
  const send: HttpHandler = async (message) => {
    const name = [80, 443].includes(message.port) ? message.host : `${message.host}:${message.port}`;
    asked.push(`${message.method} ${name}${message.target.split("?")[0] ?? ""}`);
    const port = routes[name] ?? (message.host === "127.0.0.1" ? message.port : null);
    if (port === null) throw new UpstreamError("dns", "connect", `${name} is not known here`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of message.body) chunks.push(chunk);
    const { method, target, headers, signal } = message;
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const outgoing = httpRequest(
        { host: "127.0.0.1", port, method, path: target, headers: headers.flat(), signal, agent: false },
        (incoming) => {
          isAnswered = true;
          const pairs = incoming.rawHeaders.flatMap((field, index, all) =>
            index % 2 === 0 ? [[field, all[index + 1] ?? ""] as const] : [],
          );
          resolve({ status: incoming.statusCode ?? 0, headers: pairs, body: readable(incoming, name) });
        },
      );
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        if (isAnswered) return;
        if (signal.aborted) reject(new UpstreamError("aborted", "request", "the asker went away"));
        else if (error.code === "ECONNREFUSED") reject(new UpstreamError("refused", "connect", `${name} refused`));
        else reject(new UpstreamError("reset", "reply", `${name} closed the connection before it answered`));
      });
      outgoing.end(Buffer.concat(chunks));
    });
  };
  return { send, asked };
}

async function* readable(incoming: AsyncIterable<Buffer>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming;
  } catch {
    throw new UpstreamError("reset", "body", `${name} closed the connection in the middle of its reply`);
  }
}
