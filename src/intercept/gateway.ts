/**
 * The port as a server: requests that name a path and not a URL. They come from tools on this machine that were given
 * our address as their base URL; a web page that makes a browser send one is refused before anything is read (DNS
 * rebinding, CSRF), and so is a name for us that is no loopback name. The one page we serve may ask for its own parts.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { isIP, type Socket } from "node:net";
import type { Audience, Exchange, GatewayHandler } from "../base/exchange.ts";
import type { FlowTap } from "../base/flow.ts";
import { headerList, headerValue, pairsFromRaw } from "../base/headers.ts";
import type { HeaderPairs, HttpReply, RequestHead } from "../base/http.ts";
import { runOf } from "../base/launch-env.ts";
import { writeHead } from "./h1/head.ts";
import type { RelayDeps } from "./relay-deps.ts";
import { requestLine } from "./request-line.ts";
import { isLoopback, unmapped } from "./upstream/destination.ts";
import { writeReply } from "./write-reply.ts";

export interface GatewayDeps {
  readonly relay: RelayDeps;
  readonly gateway: GatewayHandler;
  /** Where we listen; null before that. */
  readonly listening: () => { readonly host: string; readonly port: number } | null;
}

export type ServeGateway = (request: IncomingMessage, reply: ServerResponse) => void;

export type DeclineUpgrade = (request: IncomingMessage, socket: Socket) => void;

/**
 * A WebSocket to the port itself. Nobody speaks one here; 426 is what makes clients that try it first (Codex) go on over
 * HTTP. Where it was meant for a model it is a flow, so that its user sees why.
 */
export function createUpgradeRefusal(deps: GatewayDeps): DeclineUpgrade {
  return (request, socket) => {
    const head = headOf(request, pairsFromRaw(request.rawHeaders), deps);
    const refusal = refusalOf(request, head.headers, deps) ?? audienceRefusal(request, head.headers, "tools");
    const status = refusal === null ? 426 : 403;
    const message = refusal ?? "WebSockets are not served here: send it as a POST";
    if (refusal === null && deps.gateway.isCall({ ...head, method: "POST" })) recordDeclined(head, deps);
    const body = JSON.stringify({ error: { type: "invalid_request_error", code: "upgrade_declined", message } });
    const fields: HeaderPairs = [
      ...(status === 426 ? ([["Upgrade", "HTTP/1.1"]] as const) : []),
      ["Content-Type", "application/json"],
      ["Content-Length", String(Buffer.byteLength(body))],
      ["Connection", "close"],
    ];
    const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`;
    socket.end(writeHead(line, fields).toString("latin1") + body);
  };
}

function recordDeclined(head: RequestHead, { relay }: GatewayDeps): void {
  const { host, method, target: path, headers } = head;
  const client = relay.identify(head);
  const tap = relay.recorder.open({ client, host, method, path, protocol: "websocket", action: "bypass" });
  tap.head("client-request", { line: `${method} ${path}`, headers });
  const text = "a WebSocket to the port itself: declined with 426, the client goes on over HTTP";
  tap.tell({ type: "why", step: { stage: "detect", text } });
  tap.tell({ type: "reply-started", status: 426 });
  tap.tell({ type: "ended", state: "done" });
}

export function createGateway(deps: GatewayDeps): ServeGateway {
  return (request, reply) => {
    const headers = pairsFromRaw(request.rawHeaders);
    const head = headOf(request, headers, deps);
    const refusal = refusalOf(request, headers, deps) ?? audienceRefusal(request, headers, deps.gateway.audience(head));
    if (refusal !== null) {
      request.resume();
      const body = Buffer.from(JSON.stringify({ error: { type: "forbidden", message: refusal } }));
      reply.writeHead(403, [
        "content-type",
        "application/json",
        "content-length",
        String(body.byteLength),
        "connection",
        "close",
      ]);
      reply.end(body);
      return;
    }
    void serve(request, reply, head, deps);
  };
}

function headOf(request: IncomingMessage, headers: HeaderPairs, { listening }: GatewayDeps): RequestHead {
  const where = listening();
  return {
    method: request.method ?? "GET",
    scheme: "http",
    host: where?.host ?? "127.0.0.1",
    port: where?.port ?? 0,
    target: request.url ?? "/",
    headers,
  };
}

async function serve(
  request: IncomingMessage,
  reply: ServerResponse,
  head: RequestHead,
  { relay, gateway }: GatewayDeps,
): Promise<void> {
  const { headers } = head;
  const client = relay.identify(head);
  const tap = gateway.isCall(head)
    ? relay.recorder.open({
        client,
        host: head.host,
        method: head.method,
        path: head.target,
        protocol: "http/1.1",
        action: "reroute",
        gateway: true,
        run: runOf(request.headers["proxy-authorization"]),
      })
    : unrecorded;
  tap.head("client-request", { line: requestLine(head), headers });
  const gone = new AbortController();
  let isOver = false;
  const finish = (state: "done" | "failed" | "truncated", error?: string): void => {
    if (isOver) return;
    isOver = true;
    relay.inFlight.leave();
    tap.tell({ type: "ended", state, ...(error === undefined ? {} : { error }) });
  };
  relay.inFlight.enter();
  reply.on("close", () => {
    if (reply.writableFinished) return;
    gone.abort(new Error("the client went away"));
    finish("failed", "the client went away");
  });
  const exchange: Exchange = {
    ...head,
    client,
    protocol: request.httpVersion === "1.0" ? "http/1.0" : "http/1.1",
    authorized: false,
    body: bodyOf(request, reply, tap),
    signal: gone.signal,
    tap,
  };
  try {
    const answered: HttpReply = await gateway.handle(exchange);
    await writeReply(reply, answered, tap, () => readOff(request));
    if (!request.complete) request.socket.destroySoon();
    finish("done");
  } catch (error) {
    finish(reply.headersSent ? "truncated" : "failed", error instanceof Error ? error.message : String(error));
    request.socket.destroySoon();
  }
}

/** A refused upload is let in and dropped for so long: many a client reads its answer only when all is sent. */
const lingerMs = 10_000;

/** What was left unread of the body must neither be taken for the next request nor keep the answer from its reader. */
function readOff(request: IncomingMessage): Promise<void> {
  request.resume();
  if (request.complete || request.destroyed || request.headers.expect !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(over, lingerMs);
    timer.unref();
    request.once("end", over).once("close", over);
    function over(): void {
      clearTimeout(timer);
      resolve();
    }
  });
}

/** A client that waits for our word before it sends (`Expect: 100-continue`) gets it when somebody wants to read. */
function bodyOf(request: IncomingMessage, reply: ServerResponse, tap: FlowTap): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      if (request.headers.expect !== undefined) reply.writeContinue();
      // Whoever has read enough still has an answer to give: leaving early must not take the connection along.
      for await (const bytes of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        tap.chunk("client-request", bytes);
        yield bytes;
      }
    },
  };
}

const unrecorded: FlowTap = { id: "none", head: () => {}, chunk: () => {}, tell: () => {} };

/** Whatever is asked for: the name for us must be ours. Why not; null: it is. */
function refusalOf(request: IncomingMessage, headers: HeaderPairs, { listening }: GatewayDeps): string | null {
  const where = listening();
  const names = headers.filter(([field]) => field.toLowerCase() === "host");
  const name = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(names[0]?.[1].trim() ?? "");
  const host = (name?.[1] ?? "").toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (
    where === null ||
    name === null ||
    names.length !== 1 ||
    Number(name[2] ?? 80) !== where.port ||
    !isOurName(host, request.socket.localAddress)
  ) {
    return "the Host of a request to Switchyard itself is 127.0.0.1 or localhost, with its port";
  }
  return null;
}

/** Why not; null: it may. Only the addresses of our own page are asked for by a page, and by no other one. */
function audienceRefusal(request: IncomingMessage, headers: HeaderPairs, audience: Audience): string | null {
  // All of them: a second one must not hide behind the first.
  const origin = headerList(headers, "origin");
  // `none`: typed into a browser by its user.
  const site = headerList(headers, "sec-fetch-site") ?? "none";
  if (audience === "tools") return origin === undefined && site === "none" ? null : byPages;
  const host = (headerValue(headers, "host") ?? "").trim().toLowerCase();
  const { hostname } = new URL(`http://${host}`);
  const isHere = hostname === "localhost" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
  if (!isHere || !isLoopback(request.socket.remoteAddress ?? "")) {
    return "this is for programs and browsers on the machine that Switchyard runs on, under the name 127.0.0.1 or localhost";
  }
  if (audience === "local") {
    const isMarked = headers.some(([name]) => /^(?:origin$|sec-)/i.test(name));
    return isMarked ? "requests made by browsers are refused here" : null;
  }
  const isOwn = origin === undefined || origin.toLowerCase() === `http://${host}`;
  if (isOwn && (site === "none" || site === "same-origin")) return null;
  return `${byPages}; open the address yourself: paste it into the browser's address bar`;
}

const byPages = "requests made by web pages are refused here";

/** A name is resolved by whoever owns it; an address is only ours where the connection arrived at it. */
function isOurName(host: string, arrivedAt: string | undefined): boolean {
  if (host === "localhost" || host === "127.0.0.1" || host === "::1") return true;
  return isIP(host) !== 0 && host === unmapped(arrivedAt ?? "");
}
