/** What happens to a CONNECT: checked, then intercepted or tunnelled. Refusals are 4xx/5xx with the reason in words. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Bus } from "../base/bus.ts";
import type { CoreEvent } from "../base/events.ts";
import { runOf } from "../base/launch-env.ts";
import { UpstreamError, type UpstreamFailure } from "../base/upstream-error.ts";
import { parseConnectTarget } from "./connect-target.ts";
import type { Connections } from "./connections.ts";
import type { Front } from "./front.ts";
import type { Hops } from "./hops.ts";
import type { HostPolicy } from "./host-policy.ts";
import type { ProxyAuthority } from "./proxy-auth.ts";
import type { RelayDeps } from "./relay-deps.ts";
import { connectEstablished, joinSockets } from "./tunnel.ts";

export interface ConnectDeps {
  readonly relay: RelayDeps;
  readonly front: Front;
  readonly policy: () => HostPolicy;
  readonly auth: ProxyAuthority;
  readonly bus: Bus<CoreEvent>;
  readonly connections: Connections;
  /** True for an address and port that are this proxy itself. */
  readonly isOurselves: (host: string, port: number) => boolean;
  /** Who has passed a request on, by its `Via`; null when we have, already. */
  readonly hopsOf: (via: string | undefined) => Hops | null;
}

export function createConnectHandler(
  deps: ConnectDeps,
): (request: IncomingMessage, socket: Socket, head: Buffer) => void {
  const toldOutOfScope = new Set<string>();

  const tunnel = async (
    { host, port, hops }: { readonly host: string; readonly port: number; readonly hops: Hops },
    socket: Socket,
    head: Buffer,
    why: string,
  ): Promise<void> => {
    const name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const tap = deps.relay.recorder.open({
      client: "unknown",
      host,
      method: "CONNECT",
      path: name,
      protocol: "http/1.1",
      action: "tunnel",
    });
    tap.tell({ type: "why", step: { stage: "intercept", text: `tunnelled, not decrypted: ${why}` } });
    const gone = new AbortController();
    const onGone = (): void => gone.abort();
    socket.once("close", onGone);
    try {
      const upstream = await deps.relay.dial({ host, port, purpose: "client", hops }, gone.signal);
      socket.off("close", onGone);
      tap.tell({ type: "connected", connectMs: upstream.connectMs, tlsMs: null });
      tap.tell({ type: "reply-started", status: 200 });
      socket.write(connectEstablished);
      if (head.length > 0) upstream.socket.write(head);
      deps.connections.placeOf(socket)?.enter();
      // Not counted as in flight: an idle tunnel would hold up every shutdown, and we cannot see whether it is idle.
      await joinSockets(socket, upstream.socket, tap);
    } catch (error) {
      const failure =
        error instanceof UpstreamError ? error : new UpstreamError("reset", "connect", String(error), error);
      const status = statusOfFailure[failure.failure];
      tap.tell({ type: "reply-started", status });
      tap.tell({ type: "ended", state: "failed", error: failure.message });
      answerConnect(socket, status, failure.message);
    }
  };

  return (request, socket, head) => {
    socket.on("error", () => {});
    const target = parseConnectTarget(request.url);
    if (!target.ok) {
      answerConnect(socket, 400, `CONNECT refused: ${target.why}.`);
      return;
    }
    const { host, port } = target;
    if (deps.isOurselves(host, port)) {
      answerConnect(socket, 403, "CONNECT refused: that is this proxy itself.");
      return;
    }
    const hops = deps.hopsOf(request.headers.via);
    if (hops === null) {
      answerConnect(socket, 508, `CONNECT refused: ${loopText}`);
      return;
    }
    const said = request.headers["proxy-authorization"];
    const auth = deps.auth.check(said);
    if (auth === "required") {
      answerConnect(socket, 407, deps.auth.explanation, 'Proxy-Authenticate: Basic realm="switchyard"\r\n');
      return;
    }
    const verdict = deps.policy().decide(host);
    if (verdict.action === "tunnel") {
      if (verdict.outOfScope && !toldOutOfScope.has(host) && toldOutOfScope.size < 1_000) {
        toldOutOfScope.add(host);
        const fix = "switchyard ca rotate";
        deps.bus.publish({ type: "out-of-scope", host, fix });
      }
      void tunnel({ host, port, hops }, socket, head, verdict.why);
      return;
    }
    const place = deps.connections.placeOf(socket);
    if (place === null) return;
    socket.setNoDelay(true);
    socket.write(connectEstablished);
    deps.front
      .accept({ socket, head, host, port, hops, authorized: auth === "proven", run: runOf(said), place })
      .catch((error: unknown) => {
        deps.bus.publish({
          type: "notice",
          level: "error",
          area: "tls",
          text: `${host}: ${error instanceof Error ? error.message : String(error)}`,
        });
        socket.destroy();
      });
  };
}

export const loopText =
  "it has been here before. Two proxies are each other's outbound proxy: look at HTTPS_PROXY and settings.network_proxy.";

/** A client that asked for a connection is told by status: 504 for silence, 403 for what we refuse, 502 for the rest. */
export const statusOfFailure: Readonly<Record<UpstreamFailure, number>> = {
  dns: 502,
  refused: 502,
  unreachable: 502,
  "connect-timeout": 504,
  tls: 502,
  forbidden: 403,
  "first-byte-timeout": 504,
  "idle-timeout": 504,
  reset: 502,
  protocol: 502,
  "client-timeout": 408,
  aborted: 502,
};

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  407: "Proxy Authentication Required",
  502: "Bad Gateway",
  504: "Gateway Timeout",
  508: "Loop Detected",
};

function answerConnect(socket: Socket, status: number, why: string, extra = ""): void {
  const body = `switchyard: ${why}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? "Error"}\r\n${extra}Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // What the client may still send is not read; it has a moment to read our answer.
  socket.resume();
  setTimeout(() => socket.destroy(), 2_000).unref();
}
