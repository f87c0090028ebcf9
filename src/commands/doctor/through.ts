/**
 * Connections of `doctor` itself, to loopback only. Made with sockets and not with `fetch`: a Node that is told to
 * (NODE_USE_ENV_PROXY) would send that through the very proxy that is being looked at. Certificates are verified
 * whatever the environment says about it.
 */
import { Agent, request as httpRequest } from "node:http";
import { connect as netConnect, type Socket } from "node:net";
import { connect as tlsConnect, type TLSSocket } from "node:tls";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Longer than anything on loopback takes on a busy machine. */
export const patienceMs = 5_000;
/** Our own answers are a few KB, and the probe's body comes back. */
const maxReplyBytes = 1024 * 1024;

export interface ProxyPlace {
  readonly host: string;
  readonly port: number;
  /** `Basic …`; null: it wants none. Never shown. */
  readonly authorization: string | null;
}

/** CONNECT, and the socket behind it. @throws Error with the proxy's own words when it says no */
export async function connectThrough(proxy: ProxyPlace, authority: string): Promise<Socket> {
  const headers = proxy.authorization === null ? {} : { "proxy-authorization": proxy.authorization };
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: proxy.host,
      port: proxy.port,
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...headers },
      agent: new Agent(),
      timeout: patienceMs,
    });
    request.once("timeout", () => request.destroy(new Error(`no answer to CONNECT within ${patienceMs / 1000} s`)));
    request.once("error", reject);
    request.once("connect", (reply, socket, head) => {
      if (reply.statusCode === 200) {
        resolve(socket);
        return;
      }
      socket.unshift(head);
      socket.setTimeout(patienceMs, () => socket.destroy());
      collect(socket).then((body) => reject(refusal(reply.statusCode ?? 0, body)), reject);
    });
    request.end();
  });
}

/** The proxy said no to a CONNECT, and why. */
export class ConnectRefused extends Error {
  readonly status: number;

  constructor(status: number, words: string) {
    super(words === "" ? `CONNECT was answered ${status}` : words);
    this.name = "ConnectRefused";
    this.status = status;
  }
}

function refusal(status: number, body: Buffer): ConnectRefused {
  return new ConnectRefused(status, body.toString("utf8").split("\n")[0]?.trim() ?? "");
}

export interface TlsWish {
  readonly name: string;
  /** Roots to believe, in PEM. */
  readonly roots: string;
}

/** A verified TLS connection on a socket. HTTP/1.1 is all that is offered. */
export async function tlsOver(socket: Socket, { name, roots }: TlsWish): Promise<TLSSocket> {
  const secure = tlsConnect({
    socket,
    servername: name,
    ca: roots,
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
  });
  await new Promise<void>((resolve, reject) => {
    const late = (): void => void secure.destroy(new Error(`no TLS handshake within ${patienceMs / 1000} s`));
    const timer = setTimeout(late, patienceMs);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    secure.once("secureConnect", () => settle(resolve));
    secure.once("error", (error) => settle(() => reject(error)));
    secure.once("close", () => settle(() => reject(new Error("the connection was closed during the TLS handshake"))));
  });
  secure.on("error", () => {});
  return secure;
}

export interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** One request on a connection of its own. */
export async function askOn(socket: Socket, { method, path, headers, body }: Asked): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(body.byteLength) };
    const request = httpRequest({
      createConnection: () => socket,
      method,
      path,
      headers: { ...headers, ...length, connection: "close" },
      timeout: patienceMs,
    });
    request.once("timeout", () => request.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    request.once("error", reject);
    request.once("response", (reply) => {
      const { statusCode = 0, headers: answered } = reply;
      collect(reply).then((bytes) => resolve({ status: statusCode, headers: answered, body: bytes }), reject);
    });
    request.end(body);
  });
}

/** @throws Error when nobody listens there */
export async function openSocket(host: string, port: number): Promise<Socket> {
  const socket = netConnect({ host, port, timeout: patienceMs });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
    socket.once("timeout", () => socket.destroy(new Error("no answer")));
  });
  socket.on("error", () => {});
  return socket;
}

export async function isListening(host: string, port: number): Promise<boolean> {
  try {
    (await openSocket(host, port)).destroy();
    return true;
  } catch {
    // Whatever the reason: a client would not get through either.
    return false;
  }
}

async function collect(stream: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.byteLength;
      if (size > maxReplyBytes) throw new Error("the answer is too long");
      chunks.push(chunk);
    }
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks);
}
