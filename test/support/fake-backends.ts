/**
 * The providers' part of the internet on one TLS port: every host has its certificate there, and what is asked of a host
 * goes on to the fake that plays it. Keeps every request as it came, the address it was meant for included.
 */
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { FakeCa } from "./fake-ca.ts";
import { within } from "./wait.ts";

export interface BackendCall {
  readonly host: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** 0 until it is answered. */
  readonly status: number;
}

type Asked = Omit<BackendCall, "status">;

/** Who plays a host, or a part of one; the first that fits is asked. */
export interface Backend {
  readonly host: string;
  readonly fits?: (call: Asked) => boolean;
  /** Plain HTTP on loopback; 0: no program listens there, and the connection breaks. */
  readonly port: () => number;
  /** A fake may stand at another path than the service it plays. */
  readonly path?: (path: string) => string;
}

export interface FakeBackends {
  /** For `startCore`: every host of it. */
  readonly dial: Readonly<Record<string, number>>;
  /** All so far, oldest first. */
  readonly calls: readonly BackendCall[];
  /** Those of one host, of one path where it is given (without the query). */
  to(host: string, path?: string): readonly BackendCall[];
  /** Every answer of that host has these headers besides, from now on. */
  say(host: string, headers: Readonly<Record<string, string>>): void;
  /** That host has this status for everything; null: as usual. */
  busy(host: string, status: number | null): void;
  close(): Promise<void>;
}

export async function startFakeBackends(ca: FakeCa, backends: readonly Backend[]): Promise<FakeBackends> {
  const hosts = [...new Set(backends.map(({ host }) => host))];
  const calls: BackendCall[] = [];
  const besides = new Map<string, Readonly<Record<string, string>>>();
  const statuses = new Map<string, number | null>();

  async function serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage without encoding yields Buffers
    const body = Buffer.concat(chunks);
    const call: BackendCall = {
      host: request.headers.host ?? "",
      method: request.method ?? "",
      path: request.url ?? "/",
      headers: plain(request),
      text: body.toString("utf8"),
      get status() {
        return reply.headersSent ? reply.statusCode : 0;
      },
    };
    calls.push(call);
    const status = statuses.get(call.host);
    if (status !== undefined && status !== null) {
      reply.writeHead(status, { "content-type": "text/html" }).end("<html>Not now</html>");
      return;
    }
    const backend = backends.find(({ host, fits }) => host === call.host && (fits?.(call) ?? true));
    if (backend === undefined || backend.port() === 0) {
      reply.destroy();
      return;
    }
    const path = backend.path?.(call.path) ?? call.path;
    await forward(request, reply, body, { port: backend.port(), path, besides: besides.get(call.host) ?? {} });
  }

  const server = createServer(ca.issue(hosts), (request, reply) => {
    serve(request, reply).catch(() => reply.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    dial: Object.fromEntries(hosts.map((host) => [host, port])),
    calls,
    to: (host, path) =>
      calls.filter((call) => call.host === host && (path === undefined || call.path.split("?")[0] === path)),
    say: (host, headers) => void besides.set(host, headers),
    busy: (host, status) => void statuses.set(host, status),
    close: () =>
      within(
        "the fake backends to close",
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
      ),
  };
}

/** Byte for byte both ways; who goes away takes the other with it. */
function forward(
  request: IncomingMessage,
  reply: ServerResponse,
  body: Buffer,
  to: { readonly port: number; readonly path: string; readonly besides: Readonly<Record<string, string>> },
): Promise<void> {
  const { method, headers } = request;
  const { port, path } = to;
  return new Promise((resolve) => {
    const onward = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...to.besides });
      answer.on("error", () => reply.destroy()).on("aborted", () => reply.destroy());
      answer.pipe(reply);
    });
    onward.on("error", () => reply.destroy());
    reply.on("close", () => {
      onward.destroy();
      resolve();
    });
    onward.end(body);
  });
}

function plain({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/** A list of keys that a fake asks whether one is in it, whoever decides that and whenever. */
export function liveKeys(isGood: (key: string) => boolean): readonly string[] {
  return Object.assign<string[], Pick<string[], "includes">>([], { includes: isGood });
}
