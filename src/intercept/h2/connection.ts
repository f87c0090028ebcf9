/**
 * One HTTP/2 client connection inside an intercepted tunnel. Each stream is an exchange of its own: relayed to a stream
 * upstream, or handed to the engine.
 */
import type { Duplex } from "node:stream";
import type { ClientId } from "../../base/flow.ts";
import type { ExchangeHead } from "../../base/exchange.ts";
import type { RequestHead } from "../../base/http.ts";
import { limitText, type WireLimits } from "../../base/limits.ts";
import { namesHost } from "../authority-name.ts";
import type { Place } from "../connections.ts";
import { plainAnswer } from "../h1/connection.ts";
import type { RelayDeps, Tunnel } from "../relay-deps.ts";
import { answerStream, sendOwnAnswer } from "./answer.ts";
import { fieldsOf, valueOf } from "./fields.ts";
import { createRate } from "./flood.ts";
import { requestLine } from "../request-line.ts";
import { relayStream } from "./relay.ts";
import type { UpstreamSession, UpstreamSessions } from "./sessions.ts";
import { watchStreams } from "./watch-streams.ts";
import { errorCodes } from "./wire/codes.ts";
import type { RequestSketch } from "./wire/head-rules.ts";
import type { FieldBlock } from "./wire/hpack-decoder.ts";
import { WireSession } from "./wire/session.ts";
import type { WireStream } from "./wire/stream.ts";

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

/** Said to the client beyond the limit: a client that holds to what it is told would never hear the answer that names it. */
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
  let held: UpstreamSession | null = null;
  let opening: Promise<UpstreamRoad> | null = null;
  let heard = false;
  let isSentAway = false;
  /** One connection is one program: it is looked at again only when it changes its name. */
  let known: { readonly agent: string | undefined; readonly client: ClientId } | null = null;

  const now = (): number => deps.clock.monotonic();
  const idleFrames = createRate(now);
  const greeting = setTimeout(() => client.destroy(), limits.headMs);
  greeting.unref();
  const server = new WireSession({
    role: "server",
    socket: client,
    maxStreams: limits.streamsPerConnection,
    maxHeadBytes: limits.requestHeadBytes + headSlackBytes,
    maxHeadFields: limits.headerFields * 2 + maxPseudoFields,
    windowBytes: limits.connectionWindowBytes,
    // RFC 8441: promised to the client only if the upstream promised it to us.
    enableConnectProtocol: connection.session?.session.settings.enableConnectProtocol === true,
    mayGoOn: () => idleFrames.take(deps.limits().controlFramesPer10s),
    listener: {
      onSettings: () => clearTimeout(greeting),
      onStream,
      onStreamClosed: (stream) => watch.closed(stream),
      onClose() {
        watch.stop();
        clearTimeout(greeting);
        if (held === null) return;
        // Streams that were still open have been reset one by one (h2/relay.ts); what is left is a clean session.
        sessions.giveBack(held);
        held = null;
      },
    },
  });

  const hold = (session: UpstreamSession): void => {
    held = session;
    /** The upstream says it is leaving: so do we, once what runs has finished. */
    const leave = (): void => {
      if (held === session) held = null;
      server.close();
    };
    session.session.listener = { onGoaway: leave, onClose: leave };
  };
  if (connection.session !== null) hold(connection.session);

  const road = (): UpstreamRoad | Promise<UpstreamRoad> => {
    if (held !== null && !held.session.isClosed) return { protocol: "h2", session: held };
    const alpn = tunnel.upstreamAlpn.includes("http/1.1") ? ["h2", "http/1.1"] : ["h2"];
    opening ??= sessions
      .open({ ...tunnel, alpn })
      .then((opened): UpstreamRoad => {
        // The client may have gone while we connected: then the next one may have it.
        if (opened.protocol === "h2" && client.destroyed) sessions.giveBack(opened.session);
        else if (opened.protocol === "h2") hold(opened.session);
        return opened;
      })
      .finally(() => {
        opening = null;
      });
    return opening;
  };

  const calm = (): void => server.destroy(errorCodes.enhanceYourCalm);
  const watch = watchStreams({
    limits: deps.limits,
    now,
    onFirst: () => place.enter(),
    onLast() {
      place.leave();
      if (isSentAway) calm();
    },
    onResets() {
      // What it waits for it shall have; it may come back on another connection.
      isSentAway = true;
      server.goaway(errorCodes.enhanceYourCalm);
    },
    onStalled: (stream) => stream.giveUp(errorCodes.cancel),
    onIdle: () => server.close(),
  });

  function onStream(stream: WireStream, head: FieldBlock, sketch: RequestSketch | null): void {
    watch.opened(stream);
    if (!heard) connection.onFirstStream();
    heard = true;
    const tooLarge = headFault(head, deps.limits());
    if (tooLarge !== null || sketch === null) {
      sendOwnAnswer(stream, plainAnswer(431, `The request head is refused: ${tooLarge ?? "it is too large"}.`));
      return;
    }
    const request = requestOf(sketch, head.raw, tunnel);
    if ("why" in request) {
      sendOwnAnswer(stream, plainAnswer(request.status, request.why));
      return;
    }
    const agent = valueOf(head.raw, "user-agent");
    if (known === null || known.agent !== agent) known = { agent, client: deps.identify(request) };
    const id = known.client;
    const protocol = sketch.protocol === "websocket" ? "websocket" : "h2";
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
    const relay = (opened: readonly Uint8Array[], trailers: FieldBlock | null, isRead: boolean): void =>
      relayStream({ stream, head, request, opened, trailers, isRead, road, tap, deps });
    if (deps.handler.wants(exchange)) answerStream({ stream, exchange, tap, deps, relay });
    else relay([], null, false);
  }
}

/** Why a head is more than is taken; null: it is not. */
function headFault({ raw, tooLarge }: FieldBlock, limits: WireLimits): string | null {
  let bytes = 0;
  let fields = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? "";
    // As a line of HTTP/1.1 would be counted.
    bytes += name.length + (raw[index + 1]?.length ?? 0) + 4;
    if (name.charCodeAt(0) !== 0x3a) fields += 1;
  }
  const isMany = fields > limits.headerFields;
  if (bytes > limits.requestHeadBytes || (tooLarge && !isMany))
    return `it is larger than ${limitText("request_head_bytes", limits)}`;
  if (isMany) return `it has more header fields than ${limitText("header_fields", limits)}`;
  return null;
}

/** The request of a stream; why there is none when it is not for the tunnel's host, in either of the fields that say so. */
function requestOf(
  { method, authority, path, protocol }: RequestSketch,
  raw: readonly string[],
  tunnel: Tunnel,
): RequestHead | { readonly status: number; readonly why: string } {
  const headers = fieldsOf(raw);
  const isForUs =
    (authority === undefined || namesHost(authority, tunnel.host)) &&
    headers.every(([name, value]) => name !== "host" || namesHost(value, tunnel.host));
  if (!isForUs) {
    return { status: 421, why: `This tunnel leads to ${tunnel.host}; the request is for another host.` };
  }
  if (method === "CONNECT" && protocol === undefined) {
    return { status: 405, why: "CONNECT inside an intercepted tunnel." };
  }
  return { method, scheme: tunnel.scheme, host: tunnel.host, port: tunnel.port, target: path ?? "/", headers };
}
