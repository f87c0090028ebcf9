/**
 * What the port itself says to a client it does not serve: too many connections, a head that is too large or too late,
 * bytes that are no HTTP. Words first, then the end of the connection.
 */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Bus } from "../base/bus.ts";
import type { CoreEvent } from "../base/events.ts";
import { limitText, type WireLimits } from "../base/limits.ts";

/** What a client that reads slowly gets of our last words. */
const lingerMs = 2_000;

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly why: string;
}

/** A call to the port itself is answered in JSON, whichever dialect it speaks; a proxy's client in plain words. */
export function refuseOnSocket(socket: Socket, { status, code, why }: Refusal, isToUs: boolean): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const type = status >= 500 ? "overloaded_error" : "invalid_request_error";
  const json = JSON.stringify({ error: { type, code, message: why } });
  const [kind, body] = isToUs ? ["application/json", json] : ["text/plain; charset=utf-8", `switchyard: ${why}.\n`];
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: ${kind}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${status === 503 ? "Retry-After: 1\r\n" : ""}Connection: close\r\n\r\n${body}`,
  );
  // What it still sends is not read by anybody; it has a moment to read our answer.
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

export function tooManyConnections(limits: WireLimits): Refusal {
  const why = `no more connections are taken than ${limitText("connections", limits)}, and none of them is idle`;
  return { status: 503, code: "too_many_connections", why };
}

export function lateHead(limits: WireLimits): Refusal {
  const why = `the request head did not arrive in time: ${limitText("head_ms", limits)}`;
  return { status: 408, code: "bad_head", why };
}

/** Node cuts off what is more than it was told: one field more says that there were too many. */
export function headFault(request: IncomingMessage, limits: WireLimits): Refusal | null {
  if (request.rawHeaders.length / 2 <= limits.headerFields) return null;
  const why = `the request has more header fields than ${limitText("header_fields", limits)}`;
  return { status: 431, code: "bad_head", why };
}

export function isToUs(request: IncomingMessage): boolean {
  return (request.url ?? "").startsWith("/");
}

/** Bytes on the port that Node's parser refused. */
export function answerGarbage(error: Error, socket: Socket, bus: Bus<CoreEvent>, limits: WireLimits): void {
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
  if (code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  // As far as it got: of a long head, its last piece. That may be anybody's, and JSON is for everybody to read.
  const start = packet instanceof Uint8Array ? Buffer.from(packet.subarray(0, 16)).toString("latin1") : "";
  const isOwn = /^[A-Z]{3,8} \//.test(start) || (code === "HPE_HEADER_OVERFLOW" && !/^[A-Z]{3,8} /.test(start));
  const tooLarge: Refusal = {
    status: 431,
    code: "bad_head",
    why: `the request head is larger than ${limitText("request_head_bytes", limits)}`,
  };
  const noHttp: Refusal = { status: 400, code: "bad_head", why: "that is not an HTTP proxy request" };
  const late = code === "ERR_HTTP_REQUEST_TIMEOUT" ? lateHead(limits) : noHttp;
  refuseOnSocket(socket, code === "HPE_HEADER_OVERFLOW" ? tooLarge : late, isOwn);
}

/**
 * A request whose body stops coming, before anything was answered. One that nobody reads on is not meant: then it is we
 * who are slow.
 */
export function watchBody(request: IncomingMessage, reply: ServerResponse, limits: () => WireLimits): void {
  if (request.complete || request.headers.expect !== undefined) return;
  const { socket } = request;
  let { bytesRead } = socket;
  const timer = setTimeout(look, limits().bodyIdleMs);
  timer.unref();
  reply.once("close", () => clearTimeout(timer));
  function look(): void {
    if (request.complete || reply.headersSent || socket.destroyed) return;
    const isUnread = request.readableLength > 0;
    if (isUnread || socket.bytesRead !== bytesRead) {
      ({ bytesRead } = socket);
      timer.refresh();
      return;
    }
    const why = `nothing of the request body came for as long as ${limitText("body_idle_ms", limits())}`;
    refuseOnSocket(socket, { status: 408, code: "bad_body", why }, isToUs(request));
  }
}
