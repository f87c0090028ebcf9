/**
 * One HTTP/2 client connection inside an intercepted tunnel. Each stream is an exchange of its own: relayed to a stream
 * upstream, or handed to the engine.
 */
import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { ClientId } from "../../base/flow.ts";
import type { ExchangeHead } from "../../base/exchange.ts";
import type { RequestHead } from "../../base/http.ts";
import { limitText, type WireLimits } from "../../base/limits.ts";
import { namesHost } from "../authority-name.ts";
import type { Place } from "../connections.ts";
import { plainAnswer } from "../h1/connection.ts";
import type { RelayDeps, Tunnel } from "../relay-deps.ts";
import { answerStream, sendOwnAnswer } from "./answer.ts";
import { fieldsOf } from "./fields.ts";
import { watchControlFrames } from "./flood.ts";
import { requestLine } from "../request-line.ts";
import { relayStream } from "./relay.ts";
import type { UpstreamSession, UpstreamSessions } from "./sessions.ts";
import { watchStreams } from "./watch-streams.ts";

export interface Connection2 {
  readonly client: Duplex;
  readonly tunnel: Tunnel;
  readonly deps: RelayDeps;
  readonly sessions: UpstreamSessions;
  /** Opened while agreeing on ALPN; null = open one when a stream needs it. */
  readonly session: UpstreamSession | null;
  readonly onFirstStream: () => void;
  readonly place: Place;
}

/** Node resets what is larger than this without a word; we answer what is larger than the limit, so it is told more. */
const headSlackBytes = 32 * 1024;
/** `:method` and its like. */
const maxPseudoFields = 6;

/** What a stream needs to find its way upstream. */
export type UpstreamRoad =
  | { readonly protocol: "h2"; readonly session: UpstreamSession }
  | { readonly protocol: "http/1.1" };

export function serveHttp2(connection: Connection2): void {
  const { client, tunnel, deps, sessions, place } = connection;
  const limits = deps.limits();
  const server: ServerHttp2Session = performServerHandshake(client, {
    settings: {
      maxConcurrentStreams: limits.streamsPerConnection,
      maxHeaderListSize: limits.requestHeadBytes + headSlackBytes,
      // RFC 8441: promised to the client only if the upstream promised it to us.
      enableConnectProtocol: connection.session?.session.remoteSettings?.enableConnectProtocol === true,
    },
    maxHeaderListPairs: limits.headerFields * 2 + maxPseudoFields,
    maxSessionMemory: 32,
  });
  // A TLS socket that we wrapped ourselves never says `secureConnect` (only clients and tls.Server do), and the session
  // would wait for it for ever (source of Node 20.20 read 2026-11).
  if (client instanceof TLSSocket) client.emit("secureConnect");
  server.setLocalWindowSize(limits.connectionWindowBytes);
  let held: UpstreamSession | null = null;
  let opening: Promise<UpstreamRoad> | null = null;
  let heard = false;
  let isSentAway = false;
  /** One connection is one program: it is looked at again only when it changes its name. */
  let known: { readonly agent: string | undefined; readonly client: ClientId } | null = null;

  /** The upstream says it is leaving: so do we, once what runs has finished. */
  const leave = (): void => {
    held?.session.off("goaway", leave).off("close", leave);
    held = null;
    if (!server.closed) server.close();
  };
  const hold = (session: UpstreamSession): void => {
    held = session;
    session.session.once("goaway", leave).once("close", leave);
  };
  if (connection.session !== null) hold(connection.session);

  const road = (): UpstreamRoad | Promise<UpstreamRoad> => {
    if (held !== null && !held.session.closed && !held.session.destroyed) return { protocol: "h2", session: held };
    const alpn = tunnel.upstreamAlpn.includes("http/1.1") ? ["h2", "http/1.1"] : ["h2"];
    opening ??= sessions
      .open({ ...tunnel, alpn })
      .then((opened): UpstreamRoad => {
        // The client may have gone while we connected: then the next one may have it.
        if (opened.protocol === "h2" && server.destroyed) sessions.giveBack(opened.session);
        else if (opened.protocol === "h2") hold(opened.session);
        return opened;
      })
      .finally(() => {
        opening = null;
      });
    return opening;
  };

  const now = (): number => deps.clock.monotonic();
  // Without an error Node takes no notice of the code (20.20).
  const calm = (): void => server.destroy(new Error("too much"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  const watch = watchStreams({
    limits: deps.limits,
    now,
    onFirst: () => place.enter(),
    onLast() {
      place.leave();
      if (isSentAway) calm();
    },
    onResets() {
      // What it waits for it shall have; it may come back on another connection. Node's `close` would say a second
      // good-bye that takes the reason back.
      if (isSentAway || server.destroyed) return;
      isSentAway = true;
      server.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    },
    onStalled: (stream) => stream.close(constants.NGHTTP2_CANCEL),
    onIdle: leave,
  });
  watchControlFrames(server, { limit: () => deps.limits().controlFramesPer10s, now, onFlood: calm });
  const greeting = setTimeout(() => client.destroy(), limits.headMs);
  greeting.unref();
  server.once("remoteSettings", () => clearTimeout(greeting));

  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
    watch.opened(stream);
    if (isSentAway) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    if (!heard) connection.onFirstStream();
    heard = true;
    stream.on("error", () => {});
    const tooLarge = headFault(raw ?? [], deps.limits());
    if (tooLarge !== null) {
      sendOwnAnswer(stream, plainAnswer(431, `The request head is refused: ${tooLarge}.`));
      return;
    }
    const request = requestOf(headers, raw ?? [], tunnel);
    if ("why" in request) {
      sendOwnAnswer(stream, plainAnswer(request.status, request.why));
      return;
    }
    const agent = headers["user-agent"];
    if (known === null || known.agent !== agent) known = { agent, client: deps.identify(request) };
    const id = known.client;
    const protocol = headers[":protocol"] === "websocket" ? "websocket" : "h2";
    const exchange: ExchangeHead = {
      method: request.method,
      scheme: request.scheme,
      host: request.host,
      port: request.port,
      target: request.target,
      headers: request.headers,
      client: id,
      protocol,
      authorized: tunnel.authorized,
    };
    const tap = deps.recorder.open({
      client: id,
      host: request.host,
      method: request.method,
      path: request.target,
      protocol,
      action: "passthrough",
      run: tunnel.run,
    });
    tap.head("client-request", { line: requestLine(request), headers: request.headers });
    const relay = (opened: readonly Uint8Array[], trailers: readonly string[]): void =>
      relayStream({ stream, headers, raw: raw ?? [], request, opened, trailers, road, tap, deps });
    if (deps.handler.wants(exchange)) answerStream({ stream, exchange, tap, deps, relay });
    else relay([], []);
  });
  // Streams hear of the connection's death themselves; there is nothing else to do about a client that vanished.
  server.on("error", () => {});
  server.on("close", () => {
    watch.stop();
    clearTimeout(greeting);
    if (held !== null) {
      const session = held;
      held = null;
      session.session.off("goaway", leave).off("close", leave);
      // Streams that were still open have been reset one by one (h2/relay.ts); what is left is a clean session.
      sessions.giveBack(session);
    }
    client.destroy();
  });
}

/** Why a head is more than is taken; null: it is not. */
function headFault(raw: readonly string[], limits: WireLimits): string | null {
  let bytes = 0;
  let fields = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    // As a line of HTTP/1.1 would be counted.
    bytes += name.length + (raw[index + 1]?.length ?? 0) + 4;
    if (name.charCodeAt(0) !== 0x3a) fields += 1;
  }
  if (bytes > limits.requestHeadBytes) return `it is larger than ${limitText("request_head_bytes", limits)}`;
  if (fields > limits.headerFields) return `it has more header fields than ${limitText("header_fields", limits)}`;
  return null;
}

/** The request of a stream; why there is none when it is not for the tunnel's host, in either of the fields that say so. */
function requestOf(
  headers: IncomingHttpHeaders,
  raw: readonly string[],
  tunnel: Tunnel,
): RequestHead | { readonly status: number; readonly why: string } {
  const { ":authority": authority, host } = headers;
  const isForUs =
    (authority === undefined || namesHost(authority, tunnel.host)) &&
    (host === undefined || namesHost(host, tunnel.host));
  if (!isForUs) {
    return { status: 421, why: `This tunnel leads to ${tunnel.host}; the request is for another host.` };
  }
  if (headers[":method"] === "CONNECT" && headers[":protocol"] === undefined) {
    return { status: 405, why: "CONNECT inside an intercepted tunnel." };
  }
  return {
    method: headers[":method"] ?? "GET",
    scheme: tunnel.scheme,
    host: tunnel.host,
    port: tunnel.port,
    target: headers[":path"] ?? "/",
    headers: fieldsOf(raw),
  };
}
