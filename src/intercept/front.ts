/**
 * Our TLS front: takes a CONNECT socket whose host is to be intercepted, reads the ClientHello without consuming it,
 * agrees with the client on a protocol, and hands the decrypted connection to the HTTP/1 or HTTP/2 relay.
 *
 * ALPN is mirrored: when the client offers a choice and no rule concerns the host, the upstream is asked first and its
 * answer becomes ours; one offer needs no question, and for hosts with rules the client's own preference decides.
 */
import { isIP, type Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import type { Bus } from "../base/bus.ts";
import type { CoreEvent } from "../base/events.ts";
import { maxHelloBytes, readClientHello, type ClientHello } from "./client-hello.ts";
import type { Place } from "./connections.ts";
import { serveHttp1 } from "./h1/connection.ts";
import { serveHttp2 } from "./h2/connection.ts";
import { isHttp2Preface } from "./h2/preface.ts";
import type { Hops } from "./hops.ts";
import { peek } from "./peek.ts";
import type { RelayDeps, Tunnel } from "./relay-deps.ts";
import { joinSockets } from "./tunnel.ts";
import { createRefusalDetector } from "./refusals.ts";
import { createTurns } from "./turns.ts";
import type { UpstreamSessions, UpstreamSession } from "./h2/sessions.ts";

export interface FrontDeps {
  readonly relay: RelayDeps;
  readonly sessions: UpstreamSessions;
  /** A leaf for this host, made or cached; throws when the host is out of scope. */
  readonly contextFor: (host: string) => SecureContext;
  /** It is made already. */
  readonly hasContext: (host: string) => boolean;
  readonly inScope: (host: string) => boolean;
  readonly bus: Bus<CoreEvent>;
}

export interface FrontRequest {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly host: string;
  readonly port: number;
  readonly hops: Hops;
  readonly authorized: boolean;
  readonly run: string | undefined;
  readonly place: Place;
}

/** Which protocol an upstream chose, remembered per host and offer. */
const maxRememberedChoices = 512;
const choiceLifetimeMs = 10 * 60_000;

export interface Front {
  accept(request: FrontRequest): Promise<void>;
}

export function createFront(deps: FrontDeps): Front {
  const choices = new Map<string, { readonly protocol: string | null; readonly until: number }>();
  const making = createTurns({ now: () => deps.relay.clock.monotonic() });
  const refusals = createRefusalDetector(deps.bus, deps.relay.clock);

  /** The protocol for this client, and the upstream session that was opened to find out, if any. */
  const agree = async (
    request: FrontRequest,
    hello: ClientHello,
  ): Promise<{ protocol: string | null; session: UpstreamSession | null }> => {
    const known = hello.alpn.filter((name) => name === "h2" || name === "http/1.1");
    if (hello.alpn.length === 0) return { protocol: null, session: null };
    if (known.length === 0) {
      // Old clients send `http 1.1` or other private names; echoing the first keeps them working.
      return { protocol: hello.alpn[0] ?? null, session: null };
    }
    if (known.length === 1 && known[0] === "http/1.1") return { protocol: "http/1.1", session: null };
    if (deps.relay.handler.wantsHost(request.host)) return { protocol: known[0] ?? null, session: null };
    const key = `${request.host}:${request.port}|${hello.alpn.join()}`;
    const now = deps.relay.clock.monotonic();
    const remembered = choices.get(key);
    if (remembered !== undefined && remembered.until > now && remembered.protocol !== "h2") {
      return { protocol: remembered.protocol, session: null };
    }
    try {
      const asked = await deps.sessions.open({ ...request, alpn: hello.alpn });
      choices.set(key, { protocol: asked.protocol, until: now + choiceLifetimeMs });
      const oldest = choices.keys().next();
      if (choices.size > maxRememberedChoices && oldest.done !== true) choices.delete(oldest.value);
      return asked.protocol === "h2"
        ? { protocol: "h2", session: asked.session }
        : { protocol: "http/1.1", session: null };
    } catch {
      // The upstream cannot be reached: the client gets its own preference and, inside it, an error it can read.
      return { protocol: known[0] ?? null, session: null };
    }
  };

  return {
    async accept(request) {
      const { socket, host } = request;
      // Clients open idle pre-connections (Copilot does): closing them quietly is right.
      const first = await peek(socket, request.head, deps.relay.limits().helloMs, (bytes) => {
        const result = readClientHello(bytes);
        return result.type === "incomplete" && bytes.length <= maxHelloBytes ? null : result;
      });
      if (first.type !== "seen") {
        socket.destroy();
        return;
      }
      if (first.value.type !== "hello") {
        await relayBlindly(request, deps, "the client does not speak TLS here");
        return;
      }
      const { hello } = first.value;
      // The certificate is for the name the client will check: its SNI, else the CONNECT host. Dialling follows CONNECT.
      const name = hello.serverName ?? host;
      if (name !== host && (isIP(host) === 0 || !deps.inScope(name))) {
        deps.bus.publish({
          type: "notice",
          level: "warn",
          area: "tls",
          text: `a client asked to be connected to ${host} but greets another host there; the connection was closed`,
        });
        socket.destroy();
        return;
      }
      let secureContext: SecureContext;
      try {
        secureContext = deps.hasContext(name) ? deps.contextFor(name) : await making.take(() => deps.contextFor(name));
      } catch (error) {
        // Too many new names at once, or a scope that changed under us: better unseen than broken.
        await relayBlindly(
          request,
          deps,
          `no certificate could be made: ${error instanceof Error ? error.message : String(error)}`,
        );
        return;
      }
      const { protocol, session } = await agree(request, hello);
      if (socket.destroyed) {
        if (session !== null) deps.sessions.giveBack(session);
        return;
      }
      const secure = new TLSSocket(socket, {
        isServer: true,
        secureContext,
        ...(protocol === null ? {} : { ALPNProtocols: [protocol] }),
      });
      const handshake = setTimeout(() => socket.destroy(), deps.relay.limits().handshakeMs);
      let shaken = false;
      secure.on("error", (error) => {
        if (!shaken) refusals.onHandshakeError(host, error);
      });
      socket.on("error", () => {});
      secure.once("close", () => {
        clearTimeout(handshake);
        if (session !== null && !shaken) deps.sessions.giveBack(session);
      });
      secure.once("secure", () => {
        shaken = true;
        clearTimeout(handshake);
        const heard = refusals.watch(host, secure);
        const tunnel: Tunnel = {
          host,
          port: request.port,
          scheme: "https",
          authorized: request.authorized,
          run: request.run,
          hops: request.hops,
          upstreamAlpn: hello.alpn.filter((offer) => offer !== "h2"),
        };
        if (protocol === "h2") {
          secure.allowHalfOpen = false;
          serveHttp2({
            client: secure,
            tunnel,
            deps: deps.relay,
            sessions: deps.sessions,
            session,
            onFirstStream: heard,
            place: request.place,
          });
        } else if (protocol === "http/1.1") {
          // Agreed on: there is nothing to find out from its first bytes.
          secure.once("end", () => secure.destroy());
          const reset = (): Socket => socket.resetAndDestroy();
          serveHttp1({
            client: secure,
            tunnel,
            deps: deps.relay,
            place: request.place,
            onFirstBytes: heard,
            reset,
          });
        } else serve1or2({ secure, socket, tunnel, deps, heard, place: request.place });
      });
    },
  };
}

interface Shaken {
  readonly secure: TLSSocket;
  readonly socket: Socket;
  readonly tunnel: Tunnel;
  readonly deps: FrontDeps;
  readonly heard: () => void;
  readonly place: Place;
}

/** Without a word about ALPN the first bytes tell: an HTTP/2 client with prior knowledge opens with its preface. */
function serve1or2({ secure, socket, tunnel, deps, heard, place }: Shaken): void {
  const http1 = (): void => {
    serveHttp1({ client: secure, tunnel, deps: deps.relay, place, reset: () => socket.resetAndDestroy() });
  };
  const silent = setTimeout(() => socket.destroy(), deps.relay.limits().idleConnectionMs);
  silent.unref();
  secure.once("close", () => clearTimeout(silent));
  secure.once("data", (bytes: Buffer) => {
    clearTimeout(silent);
    heard();
    secure.pause();
    if (isHttp2Preface(bytes)) {
      secure.allowHalfOpen = false;
      const { sessions, relay } = deps;
      serveHttp2({ client: secure, tunnel, deps: relay, sessions, session: null, onFirstStream: heard, place });
      secure.unshift(bytes);
      secure.resume();
      return;
    }
    http1();
    secure.unshift(bytes);
    secure.resume();
  });
  secure.once("end", () => secure.destroy());
}

/** A connection to an intercepted host that we cannot or need not decrypt goes on as a tunnel. */
async function relayBlindly(request: FrontRequest, deps: FrontDeps, why: string): Promise<void> {
  const { socket, host, port, hops } = request;
  request.place.enter();
  const tap = deps.relay.recorder.open({
    client: "unknown",
    host,
    method: "CONNECT",
    path: `${host}:${port}`,
    protocol: "http/1.1",
    action: "tunnel",
  });
  tap.tell({ type: "why", step: { stage: "intercept", text: `tunnelled, not decrypted: ${why}` } });
  try {
    const upstream = await deps.relay.dial({ host, port, purpose: "client", hops });
    tap.tell({ type: "connected", connectMs: upstream.connectMs, tlsMs: null });
    await joinSockets(socket, upstream.socket, tap);
  } catch (error) {
    tap.tell({ type: "ended", state: "failed", error: error instanceof Error ? error.message : String(error) });
    socket.destroy();
  }
}
