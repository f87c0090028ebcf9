/**
 * Plain HTTP on the proxy port: absolute-form requests are forwarded (header order and case kept), upgrades are spliced,
 * and everything else is refused in words. A web page can make a browser send origin-form requests here; it gets
 * nothing.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { passThrough, type Exchange, type ExchangeHead } from "../base/exchange.ts";
import { pairsFromRaw } from "../base/headers.ts";
import { runOf } from "../base/launch-env.ts";
import type { HeaderPairs, HttpReply, RequestHead } from "../base/http.ts";
import { UpstreamError } from "../base/upstream-error.ts";
import { parseConnectTarget } from "./connect-target.ts";
import type { DeclineUpgrade, ServeGateway } from "./gateway.ts";
import { writeHead } from "./h1/head.ts";
import type { ProxyAuthority } from "./proxy-auth.ts";
import type { OwnAnswer, RelayDeps } from "./relay-deps.ts";
import { requestLine } from "./request-line.ts";
import type { Send } from "./upstream/send.ts";
import { writeReply } from "./write-reply.ts";
import { joinSockets } from "./tunnel.ts";

export interface PlainDeps {
  readonly relay: RelayDeps;
  readonly send: Send;
  readonly auth: ProxyAuthority;
  readonly isOurselves: (host: string, port: number) => boolean;
  /** Requests that name a path only. */
  readonly serveGateway: ServeGateway;
  readonly declineUpgrade: DeclineUpgrade;
}

export interface PlainHandlers {
  onRequest(request: IncomingMessage, reply: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
}

export function createPlainHandlers(deps: PlainDeps): PlainHandlers {
  return {
    onRequest(request, reply) {
      reply.sendDate = false;
      if ((request.url ?? "").startsWith("/")) {
        deps.serveGateway(request, reply);
        return;
      }
      const judged = judge(request, deps);
      if (!judged.ok) {
        answer(reply, judged.status, judged.why, judged.headers);
        request.resume();
        return;
      }
      void forward(request, reply, judged.head, judged.authorized, deps);
    },
    onUpgrade(request, socket, head) {
      socket.on("error", () => {});
      if ((request.url ?? "").startsWith("/")) {
        deps.declineUpgrade(request, socket);
        return;
      }
      const judged = judge(request, deps);
      if (!judged.ok) {
        const body = `switchyard: ${judged.why}\n`;
        socket.end(
          writeHead(`HTTP/1.1 ${judged.status} Refused`, [
            ["Content-Length", String(Buffer.byteLength(body))],
            ["Connection", "close"],
          ]).toString("latin1") + body,
        );
        return;
      }
      void splice(request, socket, head, judged.head, deps);
    },
  };
}

type Judged =
  | { readonly ok: true; readonly head: RequestHead; readonly authorized: boolean }
  | { readonly ok: false; readonly status: number; readonly why: string; readonly headers?: HeaderPairs };

function judge(request: IncomingMessage, deps: PlainDeps): Judged {
  const target = request.url ?? "";
  if (target === "*") return { ok: false, status: 400, why: "Nothing is served for `*`." };
  const url = /^(https?):\/\/(?:[^/?#@]*@)?(\[[^\]/?#]*\](?::\d*)?|[^/?#[\]]*)([/?#].*)?$/i.exec(target);
  if (url === null) return { ok: false, status: 400, why: "The request target is not a URL." };
  if ((url[1] ?? "").toLowerCase() === "https") {
    return { ok: false, status: 400, why: "https goes through CONNECT; this client sent the URL itself." };
  }
  const place = parseConnectTarget((url[2] ?? "").replace(/:$/, ""), 80);
  if (!place.ok) return { ok: false, status: 400, why: `The request target is refused: ${place.why}.` };
  if (deps.isOurselves(place.host, place.port)) {
    return { ok: false, status: 403, why: "That is this proxy itself; forwarding it would loop." };
  }
  const auth = deps.auth.check(request.headers["proxy-authorization"]);
  if (auth === "required") {
    return {
      ok: false,
      status: 407,
      why: deps.auth.explanation,
      headers: [["Proxy-Authenticate", 'Basic realm="switchyard"']],
    };
  }
  const path = (url[3] ?? "/").replace(/#.*$/, "");
  return {
    ok: true,
    authorized: auth === "proven",
    head: {
      method: request.method ?? "GET",
      scheme: "http",
      host: place.host,
      port: place.port,
      target: path.startsWith("/") ? path : `/${path}`,
      headers: pairsFromRaw(request.rawHeaders),
    },
  };
}

async function forward(
  request: IncomingMessage,
  reply: ServerResponse,
  head: RequestHead,
  authorized: boolean,
  deps: PlainDeps,
): Promise<void> {
  const { relay } = deps;
  const client = relay.identify(head);
  const exchange: ExchangeHead = {
    ...head,
    client,
    protocol: request.httpVersion === "1.0" ? "http/1.0" : "http/1.1",
    authorized,
  };
  const tap = relay.recorder.open({
    client,
    host: head.host,
    method: head.method,
    path: head.target,
    protocol: exchange.protocol,
    action: "passthrough",
    run: runOf(request.headers["proxy-authorization"]),
  });
  tap.head("client-request", { line: requestLine(head), headers: head.headers });
  const gone = new AbortController();
  const read: Uint8Array[] = [];
  let ended = false;
  relay.inFlight.enter();
  const finish = (state: "done" | "failed" | "truncated", error?: string): void => {
    if (ended) return;
    ended = true;
    relay.inFlight.leave();
    tap.tell({ type: "ended", state, ...(error === undefined ? {} : { error }) });
  };
  reply.on("close", () => {
    if (reply.writableFinished) return;
    gone.abort(new Error("the client went away"));
    finish("failed", "the client went away");
  });
  const body: AsyncIterable<Uint8Array> = {
    async *[Symbol.asyncIterator]() {
      for await (const bytes of request as AsyncIterable<Buffer>) {
        tap.chunk("client-request", bytes);
        read.push(bytes);
        yield bytes;
      }
    },
  };
  const passOn = (rest: AsyncIterable<Uint8Array>): Promise<HttpReply> =>
    deps.send(
      { ...head, body: rest, signal: gone.signal },
      {
        purpose: "client",
        onConnected: (connectMs, tlsMs) => tap.tell({ type: "connected", connectMs, tlsMs }),
        onInformational: (status, headers) => {
          if (status === 100) reply.writeContinue();
          else if (status === 103)
            reply.writeEarlyHints(Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])));
        },
      },
    );
  try {
    let answered: HttpReply;
    if (relay.handler.wants(exchange)) {
      if (request.headers.expect !== undefined) reply.writeContinue();
      const whole: Exchange = { ...exchange, body, signal: gone.signal, tap };
      const result = await relay.handler.handle(whole);
      answered =
        result === passThrough
          ? await passOn(joined(read, request, (bytes) => tap.chunk("client-request", bytes)))
          : result;
    } else answered = await passOn(body);
    await writeReply(reply, answered, tap);
    finish("done");
  } catch (error) {
    const failure = error instanceof UpstreamError ? error : new UpstreamError("reset", "reply", String(error), error);
    if (reply.headersSent) {
      finish("truncated", failure.message);
      request.socket.destroySoon();
      return;
    }
    const own = relay.failureAnswer(head, failure);
    tap.tell({ type: "reply-started", status: own.status });
    finish("failed", failure.message);
    send(reply, own);
  }
}

async function* joined(
  read: readonly Uint8Array[],
  rest: IncomingMessage,
  onChunk: (bytes: Buffer) => void,
): AsyncIterable<Uint8Array> {
  yield* read;
  if (rest.readableEnded || rest.destroyed) return;
  for await (const bytes of rest as AsyncIterable<Buffer>) {
    onChunk(bytes);
    yield bytes;
  }
}

/** A WebSocket (or any other upgrade) over plain HTTP: the rebuilt head goes up, then the two sockets are one. */
async function splice(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  target: RequestHead,
  deps: PlainDeps,
): Promise<void> {
  const { relay } = deps;
  const client = relay.identify(target);
  const tap = relay.recorder.open({
    client,
    host: target.host,
    method: target.method,
    path: target.target,
    protocol: "websocket",
    action: "passthrough",
  });
  tap.head("client-request", { line: requestLine(target), headers: target.headers });
  try {
    const upstream = await relay.dial({ host: target.host, port: target.port, purpose: "client" });
    tap.tell({ type: "connected", connectMs: upstream.connectMs, tlsMs: null });
    const fields = target.headers.filter(([name]) => !/^proxy-(?:connection|authorization)$/i.test(name));
    upstream.socket.write(writeHead(`${request.method ?? "GET"} ${target.target} HTTP/1.1`, fields));
    if (head.length > 0) upstream.socket.write(head);
    await joinSockets(socket, upstream.socket, tap);
  } catch (error) {
    const failure =
      error instanceof UpstreamError ? error : new UpstreamError("reset", "connect", String(error), error);
    tap.tell({ type: "ended", state: "failed", error: failure.message });
    socket.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }
}

function answer(reply: ServerResponse, status: number, why: string, headers: HeaderPairs = []): void {
  send(reply, {
    status,
    headers: [...headers, ["Content-Type", "text/plain; charset=utf-8"]],
    body: Buffer.from(`switchyard: ${why}\n`),
  });
}

function send(reply: ServerResponse, own: OwnAnswer): void {
  const fields = own.headers.filter(([name]) => name.toLowerCase() !== "content-length");
  reply.writeHead(
    own.status,
    [...fields, ["Content-Length", String(own.body.byteLength)], ["Connection", "close"]].flat(),
  );
  reply.end(own.body);
}
