/**
 * Plain HTTP on the proxy port: absolute-form requests are forwarded (header order and case kept), upgrades are spliced,
 * and everything else is refused in words. A web page can make a browser send origin-form requests here; it gets
 * nothing.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { passThrough, type Exchange, type ExchangeHead } from "../base/exchange.ts";
import { headerList, headerValue, pairsFromRaw } from "../base/headers.ts";
import { runOf } from "../base/launch-env.ts";
import type { HeaderPairs, HttpReply, RequestHead } from "../base/http.ts";
import { UpstreamError } from "../base/upstream-error.ts";
import { parseConnectTarget } from "./connect-target.ts";
import type { DeclineUpgrade, ServeGateway } from "./gateway.ts";
import { loopText } from "./connect.ts";
import type { Place } from "./connections.ts";
import { serveHttp1 } from "./h1/connection.ts";
import { writeHead } from "./h1/head.ts";
import type { Hops } from "./hops.ts";
import type { ProxyAuthority } from "./proxy-auth.ts";
import type { OwnAnswer, RelayDeps } from "./relay-deps.ts";
import { requestLine } from "./request-line.ts";
import type { Send } from "./upstream/send.ts";
import { writeReply } from "./write-reply.ts";

export interface PlainDeps {
  readonly relay: RelayDeps;
  readonly send: Send;
  readonly auth: ProxyAuthority;
  readonly isOurselves: (host: string, port: number) => boolean;
  /** Who has passed a request on, by its `Via`; null when we have, already. */
  readonly hopsOf: (via: string | undefined) => Hops | null;
  /** Requests that name a path only. */
  readonly serveGateway: ServeGateway;
  readonly declineUpgrade: DeclineUpgrade;
}

export interface PlainHandlers {
  onRequest(request: IncomingMessage, reply: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer, place: Place): void;
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
      void forward(request, reply, judged, deps);
    },
    onUpgrade(request, socket, head, place) {
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
      upgrade({ request, socket, head, place }, judged, deps);
    },
  };
}

interface Wanted {
  readonly ok: true;
  readonly head: RequestHead;
  readonly authorized: boolean;
  readonly hops: Hops;
  /** A page of another origin made a browser send it. */
  readonly byPage: boolean;
}

type Judged =
  | Wanted
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
  const hops = deps.hopsOf(request.headers.via);
  if (hops === null) return { ok: false, status: 508, why: loopText };
  const headers = pairsFromRaw(request.rawHeaders);
  if (headers.filter(([name]) => name.toLowerCase() === "host").length > 1) {
    return { ok: false, status: 400, why: "A request has one Host." };
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
    hops,
    byPage: isByPage(headers, place),
    head: {
      method: request.method ?? "GET",
      scheme: "http",
      host: place.host,
      port: place.port,
      target: path.startsWith("/") ? path : `/${path}`,
      headers,
    },
  };
}

/**
 * Whether a page elsewhere made a browser send this, as far as browsers say so. `Sec-Fetch-Mode` alone says nothing: Node's
 * own `fetch` sends it.
 */
function isByPage(headers: HeaderPairs, { host, port }: { readonly host: string; readonly port: number }): boolean {
  const origin = headerValue(headers, "origin")?.toLowerCase();
  const site = headerValue(headers, "sec-fetch-site")?.toLowerCase() ?? "none";
  const own = `http://${host.includes(":") ? `[${host}]` : host}`;
  const isOwn = origin === undefined || origin === `${own}:${port}` || (port === 80 && origin === own);
  return !isOwn || site === "cross-site" || site === "same-site";
}

async function forward(
  request: IncomingMessage,
  reply: ServerResponse,
  { head, authorized, hops, byPage }: Wanted,
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
        purpose: byPage ? "page" : "client",
        hops,
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

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly place: Place;
}

/**
 * A WebSocket (or any other upgrade) over plain HTTP: its head is made anew, and what follows is a connection like one in
 * a tunnel, for this one request. HTTP/2 is not taken up this way (h2c): nobody would see what is said in it.
 */
function upgrade({ request, socket, head, place }: Upgrade, wanted: Wanted, deps: PlainDeps): void {
  const { host, port, target, headers } = wanted.head;
  const name = host.includes(":") ? `[${host}]` : host;
  const protocols = (headerList(headers, "upgrade") ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "" && !/^h2c$/i.test(protocol));
  const ours: HeaderPairs =
    protocols.length === 0
      ? [["Connection", "close"]]
      : [
          ["Connection", "Upgrade"],
          ["Upgrade", protocols.join(", ")],
        ];
  const fields = headers.filter(([field]) => !madeAnew.test(field));
  const line = `${wanted.head.method} ${target} HTTP/1.1`;
  const first = writeHead(line, [["Host", port === 80 ? name : `${name}:${port}`], ...fields, ...ours]);
  socket.unshift(Buffer.concat([first, head]));
  serveHttp1({
    client: socket,
    tunnel: {
      host,
      port,
      scheme: "http",
      authorized: wanted.authorized,
      run: runOf(request.headers["proxy-authorization"]),
      upstreamAlpn: [],
      hops: wanted.hops,
      once: true,
      byPage: wanted.byPage,
    },
    deps: deps.relay,
    place,
    reset: () => socket.resetAndDestroy(),
  });
  socket.resume();
}

const madeAnew = /^(?:host|connection|upgrade|http2-settings|keep-alive|proxy-connection|proxy-authorization)$/i;

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
