/** Ways through the proxy, from bare sockets up to client libraries. None of them reads the environment. */
import { spawn } from "node:child_process";
import { connect as connectH2, type ClientHttp2Session } from "node:http2";
import type { RequestOptions } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { ProxyAgent } from "undici";
import { within } from "./wait.ts";

/** Where the proxy is and whose certificates to believe. */
export interface Through {
  /** `http://127.0.0.1:N`, with user and password when a token is needed. */
  readonly url: string;
  /** The proxy's own root, in PEM. */
  readonly ca: string;
}

export interface Tunnel {
  readonly status: number;
  /** The whole reply head to CONNECT. */
  readonly head: string;
  readonly socket: Socket;
  /** Bytes that came with or after the head, so far. */
  readonly early: Buffer;
}

/** Sends CONNECT and reads exactly the reply head; what follows stays for the caller. */
export async function connectThrough(
  proxyUrl: string,
  authority: string,
  headers: readonly string[] = [`Host: ${authority}`],
): Promise<Tunnel> {
  const socket = await tcp(proxyUrl);
  socket.write([`CONNECT ${authority} HTTP/1.1`, ...headers, ...proxyAuthorization(proxyUrl), "", ""].join("\r\n"));
  const { head, early } = await within(`an answer to CONNECT ${authority}`, readHead(socket));
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0), head, socket, early };
}

export interface TlsOptions {
  readonly alpn?: readonly string[];
  readonly servername?: string;
  readonly port?: number;
}

/** CONNECT, then TLS to the host behind it. */
export async function tlsThrough(through: Through, host: string, options: TlsOptions = {}): Promise<TLSSocket> {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${options.port ?? 443}`;
  const tunnel = await connectThrough(through.url, authority);
  if (tunnel.status !== 200) {
    tunnel.socket.destroy();
    throw new Error(`CONNECT ${authority} was answered: ${tunnel.head.split("\r\n")[0] ?? ""}`);
  }
  const socket = connectTls({
    socket: tunnel.socket,
    host,
    servername: options.servername ?? (host.includes(":") || /^[\d.]+$/.test(host) ? "" : host),
    ca: through.ca,
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
  });
  await within(
    `TLS to ${host} through the proxy`,
    new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error(`closed during the TLS handshake with ${host}`)));
    }),
  );
  socket.removeAllListeners("close");
  // Resets are often the very thing under test; who cares listens too.
  socket.on("error", () => {});
  return socket;
}

/** An HTTP/2 session through the proxy; `alpn: []` is prior knowledge. */
export async function h2Through(
  through: Through,
  host: string,
  options: TlsOptions = { alpn: ["h2"] },
): Promise<ClientHttp2Session> {
  const socket = await tlsThrough(through, host, options);
  const session = connectH2(`https://${host}`, { createConnection: () => socket });
  session.on("error", () => {});
  return session;
}

/** `node:https` options that send one request through the proxy on a connection of its own. */
export async function nodeHttpsThrough(through: Through, host: string): Promise<RequestOptions> {
  const socket = await tlsThrough(through, host, { alpn: ["http/1.1"] });
  return { host, createConnection: () => socket };
}

export function undiciThrough(through: Through): ProxyAgent {
  return new ProxyAgent({
    uri: through.url,
    requestTls: { ca: through.ca },
    headersTimeout: 20_000,
    bodyTimeout: 20_000,
  });
}

export interface Outcome {
  readonly bytes: Buffer;
  /** FIN came; false means the connection broke. */
  readonly ended: boolean;
}

/** Reads until the peer is done or gone; then says goodbye too. */
export function readToEnd(socket: Socket, early: Uint8Array = Buffer.alloc(0)): Promise<Outcome> {
  const chunks: Uint8Array[] = [early];
  return within(
    "the peer to finish",
    new Promise((resolve) => {
      const settle = (ended: boolean): void => resolve({ bytes: Buffer.concat(chunks), ended });
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.on("error", () => {});
      socket.on("end", () => {
        settle(true);
        socket.end();
      });
      socket.on("close", () => settle(false));
      if (socket.destroyed) settle(false);
      socket.resume();
    }),
  );
}

/** Reads until the bytes contain `marker`. */
export function readUntil(socket: Socket, marker: string): Promise<string> {
  let text = "";
  return within(
    `${JSON.stringify(marker)} to arrive`,
    new Promise((resolve, reject) => {
      const stop = (): void => {
        socket.off("data", take);
        socket.off("end", over);
        socket.off("close", over);
      };
      const take = (chunk: Buffer): void => {
        text += chunk.toString("latin1");
        if (!text.includes(marker)) return;
        stop();
        // Still flowing, it would throw away what comes before the next reader.
        socket.pause();
        resolve(text);
      };
      const over = (): void => {
        stop();
        reject(new Error(`ended before ${JSON.stringify(marker)}; got ${JSON.stringify(text)}`));
      };
      socket.on("data", take);
      socket.on("end", over);
      socket.on("close", over);
      socket.resume();
    }),
  );
}

/** Opens a TCP connection to the proxy itself. */
export async function tcp(proxyUrl: string): Promise<Socket> {
  const { hostname, port } = new URL(proxyUrl);
  const socket = connectTcp({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.setNoDelay(true);
  socket.on("error", () => {});
  await within(
    "the proxy to accept a connection",
    new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    }),
  );
  return socket;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** What it reads; without it there is nothing to read. */
  readonly input?: string;
  /** Sent when it is known, to the program and all that it started, as a terminal does. */
  readonly signal?: Promise<NodeJS.Signals>;
}

/** Runs a program in a clean environment: this machine's own proxy and trust variables must not leak in. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 30_000,
    killSignal: "SIGKILL",
    // A group of its own, to be signalled as one.
    detached: options.signal !== undefined,
  });
  // Who does not read it has ended, and says how by its exit code.
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input);
  // One that never comes is the caller's to complain about.
  options.signal?.then((name) => child.pid !== undefined && process.kill(-child.pid, name)).catch(() => {});
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

function proxyAuthorization(proxyUrl: string): string[] {
  const { username, password } = new URL(proxyUrl);
  if (username === "" && password === "") return [];
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [`Proxy-Authorization: Basic ${Buffer.from(pair).toString("base64")}`];
}

function readHead(socket: Socket): Promise<{ head: string; early: Buffer }> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.pause();
      socket.off("data", take);
      socket.off("close", closed);
      resolve({ head: all.subarray(0, end + 4).toString("latin1"), early: all.subarray(end + 4) });
    };
    const closed = (): void =>
      reject(new Error(`closed without a reply head; got ${JSON.stringify(Buffer.concat(chunks).toString("latin1"))}`));
    socket.on("data", take);
    socket.once("close", closed);
  });
}
