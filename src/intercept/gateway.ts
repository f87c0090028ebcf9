/**
 * The port as a server: requests that name a path and not a URL. They come from tools on this machine that were given
 * our address as their base URL; a web page that makes a browser send one is refused before anything is read (DNS
 * rebinding, CSRF), and so is a name for us that is no loopback name.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Exchange, GatewayHandler } from "../base/exchange.ts";
import type { FlowTap } from "../base/flow.ts";
import { headerValue, pairsFromRaw } from "../base/headers.ts";
import type { HeaderPairs, HttpReply, RequestHead } from "../base/http.ts";
import type { RelayDeps } from "./relay-deps.ts";
import { requestLine } from "./request-line.ts";
import { unmapped } from "./upstream/destination.ts";
import { writeReply } from "./write-reply.ts";

export interface GatewayDeps {
  readonly relay: RelayDeps;
  readonly gateway: GatewayHandler;
  /** Where we listen; null before that. */
  readonly listening: () => { readonly host: string; readonly port: number } | null;
}

export type ServeGateway = (request: IncomingMessage, reply: ServerResponse) => void;

export function createGateway(deps: GatewayDeps): ServeGateway {
  return (request, reply) => {
    const headers = pairsFromRaw(request.rawHeaders);
    const refusal = refusalOf(request, headers, deps);
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
    void serve(request, reply, headers, deps);
  };
}

async function serve(
  request: IncomingMessage,
  reply: ServerResponse,
  headers: HeaderPairs,
  { relay, gateway, listening }: GatewayDeps,
): Promise<void> {
  const where = listening();
  const head: RequestHead = {
    method: request.method ?? "GET",
    scheme: "http",
    host: where?.host ?? "127.0.0.1",
    port: where?.port ?? 0,
    target: request.url ?? "/",
    headers,
  };
  const client = relay.identify(head);
  const tap = gateway.isCall(head)
    ? relay.recorder.open({
        client,
        host: head.host,
        method: head.method,
        path: head.target,
        protocol: "http/1.1",
        action: "reroute",
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
    await writeReply(reply, answered, tap);
    // What was left unread of the body must not be taken for the next request.
    if (!request.readableEnded) request.resume();
    finish("done");
  } catch (error) {
    finish(reply.headersSent ? "truncated" : "failed", error instanceof Error ? error.message : String(error));
    request.socket.destroySoon();
  }
}

/** A client that waits for our word before it sends (`Expect: 100-continue`) gets it when somebody wants to read. */
function bodyOf(request: IncomingMessage, reply: ServerResponse, tap: FlowTap): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      if (request.headers.expect !== undefined) reply.writeContinue();
      for await (const bytes of request as AsyncIterable<Buffer>) {
        tap.chunk("client-request", bytes);
        yield bytes;
      }
    },
  };
}

const unrecorded: FlowTap = { id: "none", head: () => {}, chunk: () => {}, tell: () => {} };

/** Why not; null: it may. We serve no pages, so that no page has a reason to ask, not even one that seems to be ours. */
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
  const site = headerValue(headers, "sec-fetch-site");
  // `none`: typed into a browser by its user.
  if (headerValue(headers, "origin") !== undefined || (site !== undefined && site !== "none")) {
    return "requests made by web pages are refused here";
  }
  return null;
}

/** A name is resolved by whoever owns it; an address is only ours where the connection arrived at it. */
function isOurName(host: string, arrivedAt: string | undefined): boolean {
  if (host === "localhost" || host === "127.0.0.1" || host === "::1") return true;
  return isIP(host) !== 0 && host === unmapped(arrivedAt ?? "");
}
