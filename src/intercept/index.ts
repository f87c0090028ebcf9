/**
 * The interceptor: one listening port, everything between a client's socket and an upstream's. It knows no LLM; what a
 * request means is asked of the `ExchangeHandler` it is given.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { lookup as dnsLookup } from "node:dns";
import type { Bus } from "../base/bus.ts";
import type { Clock } from "../base/clock.ts";
import type { CoreEvent } from "../base/events.ts";
import type { ExchangeHandler, GatewayHandler } from "../base/exchange.ts";
import type { FlowRecorder } from "../base/flow.ts";
import type { HttpHandler, HttpReply, RequestHead } from "../base/http.ts";
import { limitText, type WireLimits } from "../base/limits.ts";
import { systemRandom } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import { UpstreamError } from "../base/upstream-error.ts";
import { createConnections, type Place } from "./connections.ts";
import { createConnectHandler, statusOfFailure } from "./connect.ts";
import { createFront } from "./front.ts";
import { createGateway, createUpgradeRefusal } from "./gateway.ts";
import { createUpstreamSessions } from "./h2/sessions.ts";
import { hopName, isLoop, readHops, type Hops } from "./hops.ts";
import { createHostPolicy, type HostPolicy } from "./host-policy.ts";
import { identifyClient } from "./identify.ts";
import { countInFlight } from "./in-flight.ts";
import { createBarrier, type IpFilterSettings } from "./ip-filter.ts";
import { createPlainHandlers } from "./plain.ts";
import {
  answerGarbage,
  headFault,
  isToUs,
  lateHead,
  refuseOnSocket,
  tooManyConnections,
  watchBody,
} from "./port-refusals.ts";
import { createProxyAuthority, type ProxyAuthMode } from "./proxy-auth.ts";
import type { OwnAnswer, RelayDeps } from "./relay-deps.ts";
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
  readonly limits: WireLimits;
  readonly upstreamTrust: SecureContext;
  readonly ipFilter: IpFilterSettings;
  /** For everything that says nothing else: a URL, `direct`, or null for what the environment says. */
  readonly outboundProxy: string | null;
}

export interface CertificateSource {
  inScope(host: string): boolean;
  contextFor(host: string): SecureContext;
  /** `contextFor` would not have to make one. */
  hasContext(host: string): boolean;
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
  const limits = (): WireLimits => deps.settings().limits;
  const sessions = createUpstreamSessions(dial, lanes, limits);
  const timeouts = (): InterceptSettings["timeouts"] => deps.settings().timeouts;
  const shared = createSharedSessions(dial, limits);
  const sendH1 = createSend({ lanes, timeouts, limits });
  const sendH2 = createSendH2({ sessions: shared, timeouts, limits });
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
      const connections = createConnections({
        limits,
        now: () => deps.clock.monotonic(),
        onClosed: sayOfConnections(deps.bus, deps.clock, limits),
      });
      const inFlight = countInFlight();
      const relay: RelayDeps = {
        recorder: deps.recorder,
        handler: guarded(handler, deps.bus),
        dial,
        lanes,
        send: (request) => send(request, { purpose: "client" }),
        timeouts: () => deps.settings().timeouts,
        limits,
        clock: deps.clock,
        identify: identifyClient,
        failureAnswer: (head, error) => {
          const answer = deps.describeFailure(head, error) ?? ownFailureAnswer(error);
          // Whatever the dialect makes of it: this one is the client's own silence.
          return error.failure === "client-timeout" ? { ...answer, status: statusOfFailure[error.failure] } : answer;
        },
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
        hasContext: (host) => deps.certificates().hasContext(host),
        inScope: (host) => deps.certificates().inScope(host),
        bus: deps.bus,
      });
      const onConnect = createConnectHandler({
        relay,
        front,
        policy: policyOf(deps),
        auth,
        bus: deps.bus,
        connections,
        isOurselves,
        hopsOf,
      });
      const gatewayDeps = { relay, gateway: where.gateway, listening: () => listening };
      const serveGateway = createGateway(gatewayDeps);
      const declineUpgrade = createUpgradeRefusal(gatewayDeps);
      const plain = createPlainHandlers({ relay, send, auth, isOurselves, hopsOf, serveGateway, declineUpgrade });
      const barred = createBarrier(() => deps.settings().ipFilter, deps.bus);
      /** Null: it was refused, in words. */
      const taken = (request: IncomingMessage, socket: Socket): Place | null => {
        if (barred(socket)) return null;
        const place = connections.placeOf(socket);
        const refusal = place === null ? tooManyConnections(limits()) : headFault(request, limits());
        if (refusal !== null) refuseOnSocket(socket, refusal, isToUs(request));
        else sockets.add(socket);
        return refusal === null ? place : null;
      };
      const onRequest = (request: IncomingMessage, reply: ServerResponse): void => {
        const place = taken(request, request.socket);
        if (place === null) return;
        place.enter();
        reply.once("close", () => place.leave());
        watchBody(request, reply, limits);
        plain.onRequest(request, reply);
      };
      const shell = await openShell(where, limits, {
        onConnection(socket) {
          const place = connections.admit(socket);
          place?.watch(socket);
          // Nothing more than a moment for one that has no place; who has one says something in good time.
          const wait = place === null ? refusedMs : limits().headMs;
          const timer = setTimeout(() => {
            if (place === null) socket.destroy();
            else refuseOnSocket(socket, lateHead(limits()), false);
          }, wait);
          timer.unref();
          socket.once("close", () => clearTimeout(timer));
          return () => clearTimeout(timer);
        },
        onConnect: (request, socket, head) => {
          if (taken(request, socket) !== null) onConnect(request, socket, head);
        },
        onRequest,
        onExpectation: onRequest,
        onUpgrade: (request, socket, head) => {
          const place = taken(request, socket);
          if (place !== null) plain.onUpgrade(request, socket, head, place);
        },
        onGarbage: (error, socket) => {
          sockets.add(socket);
          answerGarbage(error, socket, deps.bus, limits());
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
          connections.close();
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

/** A connection that has no place says something at once, or it never will. */
const refusedMs = 2_000;
/** One line says what a flood of them would. */
const quietMs = 60_000;

function sayOfConnections(
  bus: Bus<CoreEvent>,
  clock: Clock,
  limits: () => WireLimits,
): (why: "shed" | "stalled" | "refused") => void {
  const saidAt = new Map<string, number>();
  return (why) => {
    const now = clock.monotonic();
    if (now - (saidAt.get(why) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    saidAt.set(why, now);
    const texts = {
      shed: `there are as many client connections as ${limitText("connections", limits())}: idle ones are closed for new ones`,
      refused: `there are as many client connections as ${limitText("connections", limits())}, all of them at work: new ones are refused`,
      stalled: `a client took nothing of its reply for as long as ${limitText("stalled_reader_ms", limits())}: its connection was broken`,
    };
    bus.publish({ type: "notice", level: why === "refused" ? "warn" : "info", area: "proxy", text: texts[why] });
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
