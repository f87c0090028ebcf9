/**
 * The interceptor: one listening port, everything between a client's socket and an upstream's. It knows no LLM; what a
 * request means is asked of the `ExchangeHandler` it is given.
 */
import type { SecureContext } from "node:tls";
import { lookup as dnsLookup } from "node:dns";
import type { Bus } from "../base/bus.ts";
import type { Clock } from "../base/clock.ts";
import type { CoreEvent } from "../base/events.ts";
import type { ExchangeHandler, GatewayHandler } from "../base/exchange.ts";
import type { FlowRecorder } from "../base/flow.ts";
import type { HttpHandler, HttpReply, RequestHead } from "../base/http.ts";
import { systemRandom } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import { UpstreamError } from "../base/upstream-error.ts";
import { createConnectHandler, statusOfFailure } from "./connect.ts";
import { createFront } from "./front.ts";
import { createGateway, createUpgradeRefusal } from "./gateway.ts";
import { createUpstreamSessions } from "./h2/sessions.ts";
import { hopName, isLoop, readHops, type Hops } from "./hops.ts";
import { createHostPolicy, type HostPolicy } from "./host-policy.ts";
import { identifyClient } from "./identify.ts";
import { createBarrier, type IpFilterSettings } from "./ip-filter.ts";
import { createPlainHandlers } from "./plain.ts";
import { createProxyAuthority, type ProxyAuthMode } from "./proxy-auth.ts";
import type { InFlight, OwnAnswer, RelayDeps } from "./relay-deps.ts";
import { openShell } from "./shell.ts";
import { createDestinationGuard } from "./upstream/destination.ts";
import { createDial } from "./upstream/dial.ts";
import { createLanes } from "./upstream/lanes.ts";
import { createOutbound } from "./upstream/outbound.ts";
import { createSend, type Send } from "./upstream/send.ts";
import { createSendH2 } from "./upstream/send-h2.ts";
import { createSharedSessions } from "./upstream/shared-sessions.ts";
import { createSocketSet } from "./socket-set.ts";

/** Everything that may change while we run; asked for anew on every use. */
export interface InterceptSettings {
  readonly hosts: readonly string[];
  readonly tunnel: readonly string[];
  readonly proxyAuth: ProxyAuthMode;
  readonly connectTo: Readonly<Record<string, string>>;
  readonly privateDestinations: "auto" | "refuse" | "allow";
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  readonly upstreamTrust: SecureContext;
  readonly ipFilter: IpFilterSettings;
  /** For everything that says nothing else: a URL, `direct`, or null for what the environment says. */
  readonly outboundProxy: string | null;
}

export interface CertificateSource {
  inScope(host: string): boolean;
  contextFor(host: string): SecureContext;
}

export interface InterceptorDeps {
  readonly settings: () => InterceptSettings;
  readonly certificates: () => CertificateSource;
  readonly proxyToken: Secret;
  readonly recorder: FlowRecorder;
  readonly bus: Bus<CoreEvent>;
  readonly clock: Clock;
  /** An upstream failure in the dialect of the request, or null when the request speaks none we know. */
  readonly describeFailure: (head: RequestHead, error: UpstreamError) => OwnAnswer | null;
  readonly resolve?: typeof dnsLookup;
  /** Its proxy variables count where the settings name none. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Answers requests to the port itself. */
  readonly gateway: GatewayHandler;
}

export interface Interceptor {
  /** Sends a request of our own (the engine's); destinations come from the user's configuration. */
  readonly send: HttpHandler;
  /** Opens the port. Rejects with the listen error. */
  listen(where: ListenOptions, handler: ExchangeHandler): Promise<Listening>;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly inFlight: number;
  /** Stops accepting, lets exchanges finish for at most `graceMs`, then breaks what is left. */
  close(graceMs: number): Promise<void>;
}

export function createInterceptor(deps: InterceptorDeps): Interceptor {
  let listening: { readonly host: string; readonly port: number } | null = null;
  const hop = hopName(systemRandom.bytes(6));
  const guard = createDestinationGuard({
    privateDestinations: () => {
      const wish = deps.settings().privateDestinations;
      if (wish !== "auto") return wish;
      return listening !== null && isLoopback(listening.host) ? "allow" : "refuse";
    },
    ownPorts: () => (listening === null ? [] : [listening.port]),
    ...(deps.resolve === undefined ? {} : { resolve: deps.resolve }),
  });
  const dial = createDial({
    guard,
    secureContext: () => deps.settings().upstreamTrust,
    connectTo: () => deps.settings().connectTo,
    connectTimeoutMs: () => deps.settings().timeouts.connectMs,
    outbound: createOutbound({
      global: () => deps.settings().outboundProxy,
      env: deps.env,
      clock: deps.clock,
      isOurselves: (host, port) => port === listening?.port && isLoopback(host === "localhost" ? "127.0.0.1" : host),
    }),
    clock: deps.clock,
    hop,
  });
  const lanes = createLanes(dial);
  const sessions = createUpstreamSessions(dial, lanes);
  const timeouts = (): InterceptSettings["timeouts"] => deps.settings().timeouts;
  const shared = createSharedSessions(dial);
  const sendH1 = createSend({ lanes, timeouts });
  const sendH2 = createSendH2({ sessions: shared, timeouts });
  const send: Send = (request, options) => (request.over === "h2" ? sendH2 : sendH1)(request, options);

  return {
    async send(request) {
      let connected: HttpReply["connected"];
      const reply = await send(request, {
        purpose: "configured",
        onConnected: (connectMs, tlsMs) => {
          connected = { connectMs, tlsMs };
        },
      });
      return connected === undefined ? reply : { ...reply, connected };
    },
    async listen(where, handler) {
      const sockets = createSocketSet();
      const inFlight = countInFlight();
      const relay: RelayDeps = {
        recorder: deps.recorder,
        handler: guarded(handler, deps.bus),
        dial,
        lanes,
        send: (request) => send(request, { purpose: "client" }),
        timeouts: () => deps.settings().timeouts,
        clock: deps.clock,
        identify: identifyClient,
        failureAnswer: (head, error) => deps.describeFailure(head, error) ?? ownFailureAnswer(error),
        inFlight,
      };
      const isOurselves = (host: string, port: number): boolean => {
        if (port !== listening?.port) return false;
        try {
          guard.check(host, port, "configured");
          return host === "localhost" || host.endsWith(".localhost");
        } catch {
          return true;
        }
      };
      const hopsOf = (via: string | undefined): Hops | null => {
        const hops = readHops(via);
        return isLoop(hops, hop) ? null : hops;
      };
      const auth = createProxyAuthority(() => deps.settings().proxyAuth, deps.proxyToken);
      const front = createFront({
        relay,
        sessions,
        contextFor: (host) => deps.certificates().contextFor(host),
        inScope: (host) => deps.certificates().inScope(host),
        bus: deps.bus,
      });
      const onConnect = createConnectHandler({
        relay,
        front,
        policy: policyOf(deps),
        auth,
        bus: deps.bus,
        isOurselves,
        hopsOf,
      });
      const gatewayDeps = { relay, gateway: where.gateway, listening: () => listening };
      const serveGateway = createGateway(gatewayDeps);
      const declineUpgrade = createUpgradeRefusal(gatewayDeps);
      const plain = createPlainHandlers({ relay, send, auth, isOurselves, hopsOf, serveGateway, declineUpgrade });
      const barred = createBarrier(() => deps.settings().ipFilter, deps.bus);
      const shell = await openShell(where, {
        onConnect: (request, socket, head) => {
          if (barred(socket)) return;
          sockets.add(socket);
          onConnect(request, socket, head);
        },
        onRequest: (request, reply) => {
          if (barred(request.socket)) return;
          sockets.add(request.socket);
          plain.onRequest(request, reply);
        },
        onExpectation: (request, reply) => {
          if (barred(request.socket)) return;
          sockets.add(request.socket);
          plain.onRequest(request, reply);
        },
        onUpgrade: (request, socket, head) => {
          if (barred(socket)) return;
          sockets.add(socket);
          plain.onUpgrade(request, socket, head);
        },
        onGarbage: (error, socket) => {
          sockets.add(socket);
          answerGarbage(error, socket, deps.bus);
        },
      });
      listening = shell;
      return {
        host: shell.host,
        port: shell.port,
        get inFlight() {
          return inFlight.count;
        },
        async close(graceMs) {
          inFlight.drain();
          const closed = shell.close();
          await inFlight.settled(graceMs);
          lanes.close();
          sessions.close();
          shared.close();
          sockets.destroyAll();
          await closed;
        },
      };
    },
  };
}

/** The policy of the settings in force, built again only when they change. */
function policyOf(deps: InterceptorDeps): () => HostPolicy {
  let from: InterceptSettings | null = null;
  let policy: HostPolicy | null = null;
  return () => {
    const now = deps.settings();
    if (policy === null || now !== from) {
      from = now;
      policy = createHostPolicy({
        intercept: now.hosts,
        tunnel: now.tunnel,
        inScope: (host) => deps.certificates().inScope(host),
      });
    }
    return policy;
  };
}

/** A handler that throws must not take the relay down: the request passes through, and we say what happened. */
function guarded(handler: ExchangeHandler, bus: Bus<CoreEvent>): ExchangeHandler {
  const ask = (question: () => boolean): boolean => {
    try {
      return question();
    } catch (error) {
      const text = `routing failed, the request passes through: ${error instanceof Error ? error.message : String(error)}`;
      bus.publish({ type: "notice", level: "error", area: "engine", text });
      return false;
    }
  };
  return {
    wantsHost: (host) => ask(() => handler.wantsHost(host)),
    wants: (head) => ask(() => handler.wants(head)),
    handle: (exchange) => handler.handle(exchange),
  };
}

function ownFailureAnswer(error: UpstreamError): OwnAnswer {
  const status = statusOfFailure[error.failure];
  return {
    status,
    headers: [
      ["Content-Type", "application/json"],
      ["X-Switchyard-Error", error.failure],
    ],
    body: Buffer.from(
      `${JSON.stringify({ error: { type: "switchyard_upstream_error", code: error.failure, message: `switchyard: ${error.message}` } })}\n`,
    ),
  };
}

function answerGarbage(error: Error, socket: import("node:net").Socket, bus: Bus<CoreEvent>): void {
  const code = "code" in error ? String(error.code) : "";
  const packet: unknown = "rawPacket" in error ? error.rawPacket : undefined;
  if (packet instanceof Uint8Array && packet[0] === 0x16) {
    bus.publish({
      type: "notice",
      level: "warn",
      area: "proxy",
      text: "a client spoke TLS to the proxy port itself: its proxy URL must begin with http://, also for https sites",
    });
  }
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLarge = code === "HPE_HEADER_OVERFLOW";
  const late = code === "ERR_HTTP_REQUEST_TIMEOUT";
  const line = tooLarge ? "431 Request Header Fields Too Large" : late ? "408 Request Timeout" : "400 Bad Request";
  const why = tooLarge
    ? "the request head is too large"
    : late
      ? "the request head did not arrive in time"
      : "that is not an HTTP proxy request";
  // A call to the port itself, as far as it got: its client reads JSON, whichever dialect it speaks.
  const isToUs =
    packet instanceof Uint8Array && /^[A-Z]{3,8} \//.test(Buffer.from(packet.subarray(0, 16)).toString("latin1"));
  const json = JSON.stringify({ error: { type: "invalid_request_error", code: "bad_head", message: why } });
  const [type, body] = isToUs ? ["application/json", json] : ["text/plain; charset=utf-8", `switchyard: ${why}.\n`];
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), 2_000).unref();
}

interface CountedInFlight extends InFlight {
  drain(): void;
  /** Resolves when nothing is in flight, or after `graceMs`. */
  settled(graceMs: number): Promise<void>;
}

function countInFlight(): CountedInFlight {
  let count = 0;
  let draining = false;
  let onZero: (() => void) | null = null;
  return {
    enter() {
      count += 1;
    },
    leave() {
      count -= 1;
      if (count === 0) onZero?.();
    },
    get count() {
      return count;
    },
    get draining() {
      return draining;
    },
    drain() {
      draining = true;
    },
    settled(graceMs) {
      if (count === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        onZero = () => {
          clearTimeout(timer);
          // The last bytes of the last reply are still on their way to the socket.
          setTimeout(resolve, 50);
        };
      });
    },
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
