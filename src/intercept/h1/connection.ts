/**
 * One HTTP/1 client connection inside an intercepted tunnel: reads heads, opens a flow for each request and hands it
 * to the relay (bytes as they are) or to the engine. One exchange at a time; pipelined requests wait their turn.
 */
import type { Duplex } from "node:stream";
import type { ExchangeHead } from "../../base/exchange.ts";
import type { ClientId, FlowTap } from "../../base/flow.ts";
import { durationText } from "../../base/duration.ts";
import { headerValue } from "../../base/headers.ts";
import type { RequestHead } from "../../base/http.ts";
import { limitText, type LimitKey } from "../../base/limits.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createAlarm } from "../alarm.ts";
import { namesHost } from "../authority-name.ts";
import type { Place as ConnectionPlace } from "../connections.ts";
import type { OwnAnswer, RelayDeps, Tunnel } from "../relay-deps.ts";
import { createAnswer, reasonPhrase } from "./answer.ts";
import { createBodyScanner } from "./body.ts";
import { findHeadEnd, hasField, parseRequestHead, withoutField, writeHead, type RequestHead1 } from "./head.ts";
import { requestLine } from "../request-line.ts";
import { createLaneHolder } from "./lane-holder.ts";
import { adjoining, createRelay, type Exchange1, type Outcome } from "./relay.ts";

export interface Connection1 {
  readonly client: Duplex;
  readonly tunnel: Tunnel;
  readonly deps: RelayDeps;
  readonly place: ConnectionPlace;
  /** Called with the client's first bytes. */
  readonly onFirstBytes?: () => void;
  /** Breaks the client's TCP connection with a reset, for answers whose end only the connection tells. */
  readonly reset: () => void;
}

/** Pipelined bytes held while an exchange is in flight. */
const maxPipelinedBytes = 64 * 1024;
/** After our last word we wait this long for the client to close before we do. */
const lingerMs = 2_000;

export function serveHttp1(connection: Connection1): void {
  const { client, tunnel, deps, place } = connection;
  const named = (key: LimitKey): string => limitText(key, deps.limits());
  let pending: Buffer | null = null;
  let searched = 0;
  let exchange: Exchange1 | null = null;
  let closing = false;
  /** Against the client, and (while an exchange is relayed) against the upstream: both may run at once. */
  const alarm = createAlarm();
  const relayAlarm = createAlarm();
  let { onFirstBytes } = connection;
  let known: { readonly agent: string | undefined; readonly client: ClientId } | null = null;

  const holder = createLaneHolder(
    deps.lanes,
    {
      host: tunnel.host,
      port: tunnel.port,
      purpose: tunnel.byPage === true ? "page" : "client",
      hops: tunnel.hops,
      ...(tunnel.scheme === "https" ? { tls: { alpn: tunnel.upstreamAlpn } } : {}),
    },
    () => {
      // The upstream ended an idle connection: the client sees just that, as it would without us.
      if (exchange === null) close();
    },
  );

  const armIdle = (): void => alarm.set(deps.limits().idleConnectionMs, close);

  /** Runs while a request body is still to come: each piece of it starts the time again. */
  const onBodyLate = (): void => {
    if (exchange === null || exchange.requestDone()) return;
    if (client.isPaused() || exchange.replyBegun()) {
      // It is we who read no further, or both sides talk at once: then the client may be silent.
      alarm.set(deps.limits().bodyIdleMs, onBodyLate);
      return;
    }
    const text = `the client sent nothing of its request body for ${durationText(deps.limits().bodyIdleMs)}`;
    exchange.giveUp(new UpstreamError("client-timeout", "request", `${text}: ${named("body_idle_ms")}`));
  };

  const close = (): void => {
    if (closing) return;
    closing = true;
    client.end();
    alarm.set(lingerMs, () => client.destroy());
  };

  const refuse = (status: number, why: string): void => {
    sendOwn(plainAnswer(status, why), false);
    close();
  };

  const sendOwn = (answer: OwnAnswer, bodiless: boolean): void => {
    const fields = answer.headers.filter(([name]) => !/^(content-length|connection)$/i.test(name));
    const head = writeHead(`HTTP/1.1 ${answer.status} ${reasonPhrase(answer.status)}`, [
      ...fields,
      ["Content-Length", String(answer.body.byteLength)],
      ["Connection", "close"],
    ]);
    client.write(bodiless ? head : Buffer.concat([head, answer.body]));
  };

  const tryStart = (): void => {
    if (pending === null || closing) return;
    let from = 0;
    while (pending[from] === 0x0d && pending[from + 1] === 0x0a) from += 2;
    if (from > 0) {
      pending = pending.subarray(from);
      searched = 0;
    }
    const end = findHeadEnd(pending, searched);
    const { requestHeadBytes, headMs, headerFields } = deps.limits();
    if (end > requestHeadBytes || (end === -1 && pending.length > requestHeadBytes)) {
      refuse(431, `The request head is larger than ${named("request_head_bytes")}.`);
      return;
    }
    if (end === -1) {
      searched = pending.length;
      if (pending.length > 0 && !alarm.isSet()) {
        alarm.set(headMs, () => refuse(408, `The request head did not arrive within ${named("head_ms")}.`));
      }
      return;
    }
    const received = pending.subarray(0, end);
    const rest = pending.subarray(end);
    pending = null;
    searched = 0;
    alarm.clear();
    const parsedAsReceived = parseRequestHead(received, headerFields);
    const headBytes = parsedAsReceived.ok ? withoutH2c(received, parsedAsReceived.head) : received;
    const parsed = headBytes === received ? parsedAsReceived : parseRequestHead(headBytes, headerFields);
    if (!parsed.ok) {
      refuse(parsed.status, `The request head is refused: ${parsed.why}.`);
      return;
    }
    const found = destinationOf(parsed.head, tunnel);
    if (!found.ok) refuse(found.status, found.why);
    else begin(parsed.head, found.request, headBytes, rest);
  };

  const begin = (head: RequestHead1, request: RequestHead, headBytes: Buffer, rest: Buffer): void => {
    const id = whose(request);
    // Each field by its name: a spread with fields behind it is built property by property.
    const exchangeHead: ExchangeHead = {
      method: request.method,
      scheme: request.scheme,
      host: request.host,
      port: request.port,
      target: request.target,
      headers: request.headers,
      client: id,
      protocol: head.upgrade ? "websocket" : head.version === "1.1" ? "http/1.1" : "http/1.0",
      authorized: tunnel.authorized,
    };
    const tap = deps.recorder.open({
      client: id,
      host: request.host,
      method: request.method,
      path: request.target,
      protocol: exchangeHead.protocol,
      action: "passthrough",
      run: tunnel.run,
    });
    tap.head("client-request", { line: requestLine(request), headers: head.headers });
    place.enter();
    const scanner = createBodyScanner(head.framing);
    const onOutcome = (outcome: Outcome): void => settle(outcome, request, tap);
    const onSpliced = (): void => {
      const early = pending;
      pending = null;
      if (early !== null) exchange?.onClientBytes(early);
      client.resume();
    };
    const relay = (opening: readonly Buffer[], bodyBegun: boolean, continued: boolean): Exchange1 =>
      createRelay({
        client,
        holder,
        head,
        request,
        opening,
        scanner,
        bodyBegun,
        continued,
        tap,
        deps,
        alarm: relayAlarm,
        onOutcome,
        onSpliced,
      });

    if (deps.handler.wants(exchangeHead)) {
      exchange = createAnswer({
        client,
        head,
        exchange: exchangeHead,
        headBytes,
        scanner,
        tap,
        deps,
        onOutcome,
        relay,
      });
      if (rest.length > 0) onClientData(rest);
    } else {
      // Body bytes that came with the head leave with it, in one write.
      const taken = scanner.done || rest.length === 0 ? 0 : scanBody(rest);
      if (taken === null) return;
      const body = rest.subarray(0, taken);
      if (taken < rest.length) pending = rest.subarray(taken);
      const joined = taken > 0 ? adjoining(headBytes, body) : headBytes;
      exchange = relay(joined === null ? [headBytes, body] : [joined], taken > 0, false);
    }
    // A reply may have come and gone already.
    if (!scanner.done && !closing && exchange !== null) alarm.set(deps.limits().bodyIdleMs, onBodyLate);

    function scanBody(bytes: Buffer): number | null {
      try {
        return scanner.push(bytes, (data) => tap.chunk("client-request", data));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        tap.tell({ type: "ended", state: "failed", error: why });
        place.leave();
        refuse(400, `The request body is not framed as HTTP/1.1 says: ${why}.`);
        return null;
      }
    }
  };

  /** One connection is one program: it is looked at again only when it changes its name. */
  const whose = (request: RequestHead): ClientId => {
    const agent = headerValue(request.headers, "user-agent");
    if (known === null || known.agent !== agent) known = { agent, client: deps.identify(request) };
    return known.client;
  };

  const settle = (outcome: Outcome, request: RequestHead, tap: FlowTap): void => {
    exchange = null;
    place.leave();
    switch (outcome.type) {
      case "finished":
        if (!outcome.keepAlive || deps.inFlight.draining || tunnel.once === true) close();
        else {
          client.resume();
          if (pending === null) armIdle();
          else tryStart();
        }
        break;
      case "failed": {
        const answer = deps.failureAnswer(request, outcome.error);
        tap.tell({ type: "reply-started", status: answer.status });
        tap.head("client-reply", { line: String(answer.status), headers: answer.headers });
        tap.chunk("client-reply", answer.body);
        tap.tell({ type: "ended", state: "failed", error: outcome.error.message });
        sendOwn(answer, request.method === "HEAD");
        close();
        break;
      }
      case "broken":
        closing = true;
        if (outcome.reset) connection.reset();
        client.destroy();
        break;
    }
  };

  const onBodyBytes = (): void => {
    if (exchange !== null && !exchange.requestDone()) alarm.again();
    else if (exchange !== null) alarm.clear();
  };

  const onClientData = (bytes: Buffer): void => {
    if (closing) return;
    if (onFirstBytes !== undefined) {
      onFirstBytes();
      onFirstBytes = undefined;
    }
    if (exchange === null) {
      if (pending === null) alarm.clear();
      pending = pending === null ? bytes : Buffer.concat([pending, bytes]);
      tryStart();
      return;
    }
    let rest = bytes;
    if (!exchange.requestDone()) {
      try {
        const taken = exchange.onClientBytes(bytes);
        if (alarm.isSet()) onBodyBytes();
        if (taken === bytes.length) return;
        rest = bytes.subarray(taken);
      } catch {
        // Bad chunk framing in mid-request: nothing after it can be understood.
        exchange?.onClientClose();
        closing = true;
        client.destroy();
        return;
      }
    }
    pending = pending === null ? rest : Buffer.concat([pending, rest]);
    if (pending.length > maxPipelinedBytes) client.pause();
  };

  place.watch(client);
  client.on("data", onClientData);
  client.on("drain", () => exchange?.onClientDrain());
  client.on("end", () => {
    if (exchange === null) close();
    else exchange.onClientEnd();
  });
  // An error is always followed by `close`; there is nothing else to learn from a client that vanished.
  client.on("error", () => {});
  client.on("close", () => {
    alarm.end();
    relayAlarm.end();
    closing = true;
    if (exchange === null) holder.release();
    else exchange.onClientClose();
    holder.destroy();
  });
  armIdle();
}

/** Our own answer where no dialect is known. */
export function plainAnswer(status: number, text: string): OwnAnswer {
  return {
    status,
    headers: [["Content-Type", "text/plain; charset=utf-8"]],
    body: Buffer.from(`switchyard: ${text}\n`),
  };
}

/** Names of protocols compare without case (RFC 9110 §7.8). */
const h2cSpellings = ["h2c", "H2C", "H2c", "h2C"] as const;

/** HTTP/2 by upgrade (h2c) would be a conversation that nobody here can follow; without the offer the client goes on in HTTP/1. */
function withoutH2c(head: Buffer, { headers }: RequestHead1): Buffer {
  // Nearly no head offers anything.
  if (!hasField(headers, "upgrade") || !h2cSpellings.some((name) => head.includes(name))) return head;
  return withoutField(withoutField(head, "upgrade", /\bh2c\b/i), "http2-settings");
}

type Destination =
  | { readonly ok: true; readonly request: RequestHead }
  | { readonly ok: false; readonly status: number; readonly why: string };

const noSingleHost: Destination = { ok: false, status: 400, why: "A request needs exactly one Host field." };

/** Who the request is for. The CONNECT authority decides; a `Host` that says otherwise is refused, never followed. */
function destinationOf(head: RequestHead1, tunnel: Tunnel): Destination {
  if (head.method === "CONNECT") return { ok: false, status: 405, why: "CONNECT inside an intercepted tunnel." };
  let host: string | null = null;
  for (const [name, value] of head.headers) {
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    if (host !== null) return noSingleHost;
    host = value;
  }
  if (host === null && head.version === "1.1") return noSingleHost;
  let { target } = head;
  let isForUs = host === null || namesHost(host, tunnel.host);
  const absolute = target.startsWith("/") ? null : /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (absolute !== null) {
    // Which of the two counts, servers disagree: so both must name this host.
    isForUs &&= namesHost(absolute[1] ?? "", tunnel.host);
    target = absolute[2] === "" || absolute[2] === undefined ? "/" : absolute[2];
  } else if (!target.startsWith("/") && !(target === "*" && head.method === "OPTIONS")) {
    return { ok: false, status: 400, why: "The request target is neither a path nor a URL." };
  }
  if (!isForUs) {
    return { ok: false, status: 421, why: `This tunnel leads to ${tunnel.host}; the request is for another host.` };
  }
  return {
    ok: true,
    request: {
      method: head.method,
      scheme: tunnel.scheme,
      host: tunnel.host,
      port: tunnel.port,
      target,
      headers: head.headers,
    },
  };
}
