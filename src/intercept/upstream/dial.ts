/**
 * One connection to an upstream: resolve, check the destination, connect, and — for https — a TLS handshake that is
 * always verified. Failures come out as `UpstreamError`s that say which step failed.
 */
import { connect as netConnect, isIP, type Socket } from "node:net";
import { connect as tlsConnect, type SecureContext, type TLSSocket } from "node:tls";
import { UpstreamError, type UpstreamFailure } from "../../base/upstream-error.ts";
import type { Clock } from "../../base/clock.ts";
import type { DestinationGuard, Purpose } from "./destination.ts";
import type { Outbound, ProxyAddress } from "./outbound.ts";
import type { Hops } from "../hops.ts";
import { throughProxy } from "./through-proxy.ts";

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** ALPN names to offer, in the client's order; empty = send no ALPN. Absent = no TLS. */
  readonly tls?: { readonly alpn: readonly string[] };
  readonly purpose: Purpose;
  /** The outbound proxy it must go through: a URL, or `direct`. Absent: as everything goes. */
  readonly via?: string;
  /** Instances of ours that asked before us; an outbound proxy is told of them. */
  readonly hops?: Hops;
}

export interface Connection {
  readonly socket: Socket | TLSSocket;
  /** What the upstream chose, or null when ALPN was not used. */
  readonly alpn: string | null;
  readonly connectMs: number;
  readonly tlsMs: number | null;
  /** What `wayTo` said when it was opened. */
  readonly way: string;
}

export interface Dial {
  (target: DialTarget, signal?: AbortSignal): Promise<Connection>;
  /** How a target would be reached now, as a name: two connections of one name go the same way. No password is in it. */
  wayTo(target: DialTarget): string;
}

export interface DialDeps {
  readonly guard: DestinationGuard;
  /** Trust toward upstreams; never holds our own CA. */
  readonly secureContext: () => SecureContext;
  /** `host:port` → `host:port`; the TLS name stays the original host (curl's --connect-to). */
  readonly connectTo: () => Readonly<Record<string, string>>;
  readonly connectTimeoutMs: () => number;
  readonly outbound: Outbound;
  readonly clock: Clock;
  /** Our own name among the hops. */
  readonly hop: string;
}

interface Route {
  readonly detour: { readonly host: string; readonly port: number } | null;
  readonly proxy: ProxyAddress | null;
  readonly way: string;
}

/** TLS sessions remembered for resumption: enough for every provider host at once. */
const maxRememberedSessions = 256;

export function createDial(deps: DialDeps): Dial {
  const sessions = new Map<string, Buffer>();

  const routeOf = (target: DialTarget): Route => {
    const detours = deps.connectTo();
    const name = `${target.host}:${target.port}`;
    const detour = Object.hasOwn(detours, name) ? splitHostPort(detours[name] ?? "") : null;
    // Whoever names another address for a host means that address, not one that a proxy would reach.
    if (detour !== null) return { detour, proxy: null, way: `at ${detour.host}:${detour.port}` };
    const proxy = deps.outbound({ ...target, secure: target.tls !== undefined || target.port === 443 }, target.via);
    return { detour, proxy, way: proxy === null ? "" : `by ${proxy.user ?? ""}@${proxy.label}` };
  };

  const dial = async (target: DialTarget, signal?: AbortSignal): Promise<Connection> => {
    const started = deps.clock.monotonic();
    const { detour, proxy, way } = routeOf(target);
    const where = detour ?? proxy ?? target;
    // Both were written down by the user.
    const purpose: Purpose = detour === null && proxy === null ? target.purpose : "configured";
    if (proxy !== null && isIP(target.host) !== 0) deps.guard.check(target.host, target.port, target.purpose);
    const name = `${target.host}:${target.port}`;
    if (detour === null) deps.guard.checkName(target.host, target.port, target.purpose);
    if (isIP(where.host) !== 0) deps.guard.check(where.host, where.port, purpose);

    const limit = AbortSignal.timeout(deps.connectTimeoutMs());
    const stop = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const failed = (error: unknown, step: "connect" | "tls"): UpstreamError => {
      if (signal?.aborted === true)
        return new UpstreamError("aborted", "connect", `connecting to ${name} was given up`);
      if (limit.aborted) {
        return new UpstreamError(
          "connect-timeout",
          "connect",
          `${name} did not answer within ${deps.connectTimeoutMs()} ms`,
        );
      }
      return asUpstreamError(error, name, step);
    };

    let plain: Socket;
    try {
      plain = await opened(
        netConnect({
          host: where.host,
          port: where.port,
          allowHalfOpen: true,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: 30_000,
          lookup: deps.guard.lookupFor(where.port, purpose),
        }),
        "connect",
        stop,
      );
      if (proxy !== null) plain = await joinedTo(proxy, plain, target, stop);
    } catch (error) {
      throw failed(error, "connect");
    }
    const connected = deps.clock.monotonic();
    if (target.tls === undefined) {
      return { socket: plain, alpn: null, connectMs: connected - started, tlsMs: null, way };
    }

    const sessionKey = `${name}|${target.tls.alpn.join()}`;
    const session = sessions.get(sessionKey);
    const secure = tlsConnect({
      socket: plain,
      host: target.host,
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      ...(target.tls.alpn.length > 0 ? { ALPNProtocols: [...target.tls.alpn] } : {}),
      ...(session === undefined ? {} : { session }),
      secureContext: deps.secureContext(),
      minVersion: "TLSv1.2",
      // Said outright: a variable of the environment (NODE_TLS_… = 0) must not switch it off.
      rejectUnauthorized: true,
    });
    secure.on("session", (fresh) => {
      sessions.delete(sessionKey);
      sessions.set(sessionKey, fresh);
      const oldest = sessions.keys().next();
      if (sessions.size > maxRememberedSessions && oldest.done !== true) sessions.delete(oldest.value);
    });
    try {
      await opened(secure, "secureConnect", stop);
    } catch (error) {
      sessions.delete(sessionKey);
      plain.destroy();
      throw failed(error, "tls");
    }
    return {
      socket: secure,
      alpn: typeof secure.alpnProtocol === "string" ? secure.alpnProtocol : null,
      connectMs: connected - started,
      tlsMs: deps.clock.monotonic() - connected,
      way,
    };
  };
  return Object.assign(dial, { wayTo: (target: DialTarget): string => routeOf(target).way });

  /** A connection to the target, by way of the proxy that `plain` leads to. */
  async function joinedTo(proxy: ProxyAddress, plain: Socket, target: DialTarget, stop: AbortSignal): Promise<Socket> {
    let socket = plain;
    try {
      if (proxy.scheme === "https") {
        const name = isIP(proxy.host) === 0 ? { servername: proxy.host } : {};
        const options = {
          socket: plain,
          host: proxy.host,
          ...name,
          minVersion: "TLSv1.2",
          rejectUnauthorized: true,
        } as const;
        socket = await opened(tlsConnect({ ...options, secureContext: deps.secureContext() }), "secureConnect", stop);
      }
      await throughProxy(socket, proxy, { ...target, hops: [...(target.hops ?? []), deps.hop] }, stop);
      return socket;
    } catch (error) {
      socket.on("error", () => {});
      plain.on("error", () => {});
      socket.destroy();
      plain.destroy();
      throw error;
    }
  }
}

/** `host:port` or `[v6]:port`; null when it is neither. */
function splitHostPort(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) return null;
  return { host: (match[1] ?? match[2] ?? "").toLowerCase(), port };
}

function opened<S extends Socket>(socket: S, event: "connect" | "secureConnect", signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off("error", onError);
      socket.off("close", onClose);
      socket.off(event, onOpen);
      signal.removeEventListener("abort", onAbort);
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
      // Later errors of a socket nobody holds any more must not become uncaught.
      socket.on("error", () => {});
      socket.destroy();
    };
    const onClose = (): void => onError(new Error("the connection was closed during the handshake"));
    const onAbort = (): void => onError(new Error("aborted"));
    const onOpen = (): void => {
      settle();
      resolve(socket);
    };
    socket.on("error", onError);
    socket.on("close", onClose);
    socket.on(event, onOpen);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

const byCode: Readonly<Record<string, UpstreamFailure>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  ENODATA: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ETIMEDOUT: "connect-timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
};

function asUpstreamError(error: unknown, name: string, step: "connect" | "tls"): UpstreamError {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  if (inner instanceof UpstreamError) return inner;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : "";
  const failure = byCode[code] ?? (step === "tls" ? "tls" : "reset");
  const detail = inner instanceof Error ? inner.message : String(inner);
  const texts: Partial<Record<UpstreamFailure, string>> = {
    dns: `the name ${name} does not resolve (${code})`,
    refused: `${name} refused the connection`,
    unreachable: `${name} cannot be reached (${code})`,
    "connect-timeout": `${name} did not answer`,
    tls: `TLS with ${name} failed: ${detail}`,
  };
  return new UpstreamError(failure, "connect", texts[failure] ?? `the connection to ${name} broke: ${detail}`, inner);
}
