/**
 * The outer shell: http-mitm-proxy owns the listening port and the CONNECT event. Its `onConnect` hook is where we take
 * the socket, and we never call back, so nothing of its TLS path, its CA or its WebSocket bridge ever runs. Plain HTTP
 * is taken over too, before its handler sees it: that one dies on a malformed absolute URI (measured on 1.1.0).
 */
import type { WireLimits } from "../base/limits.ts";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Proxy } from "http-mitm-proxy";
import { lazyPackage } from "../base/lazy-package.ts";

export interface ShellHandlers {
  /** Before anything is read of it. What is returned is called when its first request is there. */
  onConnection(socket: Socket): () => void;
  onConnect(request: IncomingMessage, socket: Socket, head: Buffer): void;
  onRequest(request: IncomingMessage, reply: ServerResponse): void;
  /** `Expect: 100-continue` on a plain request: nobody has answered it yet. */
  onExpectation(request: IncomingMessage, reply: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Bytes on the port that are not HTTP. */
  onGarbage(error: Error, socket: Socket): void;
}

export interface Shell {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; sockets already taken are the taker's business. */
  close(): Promise<void>;
}

/** Rejects with the listen error (`EADDRINUSE` …). */
export async function openShell(
  where: { host: string; port: number },
  limits: () => WireLimits,
  handlers: ShellHandlers,
): Promise<Shell> {
  const proxy = new Proxy();
  proxy.onConnect((request, socket, head: Buffer) => {
    if (socket instanceof Socket) handlers.onConnect(request, socket, head);
    else socket.destroy();
  });
  await listening(proxy, where);
  const server = proxy.httpServer;
  if (server === undefined) throw new Error("http-mitm-proxy did not open its server");
  takeOver(server, limits, handlers);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : where.port;
  return {
    host: where.host,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** The part of its authority that makes one. */
interface AuthorityMaker {
  create: (this: void, folder: string, callback: (error: Error | null, authority: unknown) => void) => void;
}

const loadMaker = lazyPackage<{ readonly default: AuthorityMaker }>("http-mitm-proxy/dist/lib/ca.js");

/**
 * Listening makes it an authority of its own, which nothing of ours ever uses: an RSA key signed in JavaScript and written
 * to disk world-readable, a third of a second of CPU and its garbage at every start (measured on 1.1.0, 2026-11, a version
 * we pin). While `work` begins, the maker gives it an empty one.
 */
function withoutItsAuthority<Result>(work: () => Result): Result {
  const { default: maker } = loadMaker();
  const { create } = maker;
  maker.create = (_folder, callback) => callback(null, {});
  try {
    return work();
  } finally {
    maker.create = create;
  }
}

/**
 * Resolves when the port is open. Neither of its callbacks hears of a failed listen: the error reaches only its own
 * reporting method, which writes to the console unless it is replaced. The screen belongs to the TUI, and errors of
 * sockets that we have taken to us.
 */
function listening(proxy: Proxy, options: { host: string; port: number }): Promise<void> {
  return withoutItsAuthority(
    () =>
      new Promise((resolve, reject) => {
        proxy._onSocketError = () => {};
        proxy._onError = (kind, _context, error) => {
          if (kind === "HTTP_SERVER_ERROR") reject(error);
        };
        proxy.listen({ ...options, keepAlive: true }, ((error?: Error) => {
          if (error instanceof Error) reject(error);
          else resolve();
        }) as () => void); // its type says the callback takes nothing; its code passes the error of making its CA
      }),
  );
}

function takeOver(server: Server, limits: () => WireLimits, handlers: ShellHandlers): void {
  const onFirst = new WeakMap<Socket, () => void>();
  const heard = (socket: Duplex): void => {
    if (!(socket instanceof Socket)) return;
    onFirst.get(socket)?.();
    onFirst.delete(socket);
  };
  // Before Node's own listener: it reads these settings when it makes a connection's parser.
  server.prependListener("connection", (socket: Socket) => {
    tune(server, limits());
    onFirst.set(socket, handlers.onConnection(socket));
  });
  server.removeAllListeners("request");
  server.removeAllListeners("upgrade");
  server.prependListener("connect", (_request: IncomingMessage, socket: Duplex) => heard(socket));
  const onRequest = (request: IncomingMessage, reply: ServerResponse): void => {
    heard(request.socket);
    handlers.onRequest(request, reply);
  };
  server.on("request", onRequest);
  server.on("checkContinue", (request: IncomingMessage, reply: ServerResponse) => {
    heard(request.socket);
    handlers.onExpectation(request, reply);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    heard(socket);
    if (socket instanceof Socket) handlers.onUpgrade(request, socket, head);
    else socket.destroy();
  });
  server.on("clientError", (error: Error, socket: Duplex) => {
    heard(socket);
    if (socket instanceof Socket) handlers.onGarbage(error, socket);
    else socket.destroy();
  });
  // Model replies last longer than Node's five minutes; a head still has to arrive in good time.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 65_000;
  server.timeout = 0;
}

/** A connection keeps what it began with; a reload holds for the next one. */
function tune(server: Server, { requestHeadBytes, headerFields, headMs }: WireLimits): void {
  // Read for each parser that is made (source of Node 20.20 and 24, read 2026-11), and missing in its type.
  Reflect.set(server, "maxHeaderSize", requestHeadBytes);
  // What is more is cut off without a word: one more shows that there was more.
  server.maxHeadersCount = headerFields + 1;
  server.headersTimeout = headMs;
}
