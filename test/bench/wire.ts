/** A client that costs next to nothing: prebuilt request bytes, and just enough parsing to know when a reply is whole. */
import { connect as connectH2, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { tlsThrough } from "../support/proxy-clients.ts";
import { within } from "../support/wait.ts";
import { mainHost, type Contestant } from "./contestants.ts";

/** A Claude request of 2 KB. */
const smallBody = Buffer.from(
  JSON.stringify({
    model: "claude-bench",
    max_tokens: 1024,
    messages: [{ role: "user", content: "x".repeat(1963) }],
  }),
);

export async function open(who: Contestant, host = mainHost, alpn = "http/1.1"): Promise<TLSSocket> {
  if (who.proxyUrl !== null) {
    return tlsThrough({ url: who.proxyUrl, ca: who.ca }, host, { alpn: [alpn], port: who.targetPort });
  }
  const socket = connectTls({
    host: "127.0.0.1",
    port: who.targetPort,
    servername: host,
    ca: who.ca,
    ALPNProtocols: [alpn],
  });
  socket.setNoDelay(true);
  socket.on("error", () => {});
  await within("a direct TLS connection", new Promise<void>((resolve) => socket.once("secureConnect", resolve)));
  return socket;
}

export async function openH2(who: Contestant, host = mainHost): Promise<ClientHttp2Session> {
  const socket = await open(who, host, "h2");
  const session = connectH2(`https://${host}`, { createConnection: () => socket });
  session.on("error", () => {});
  return session;
}

/** One POST on a kept-alive connection; resolves when the reply is whole. */
export function post(socket: TLSSocket, who: Contestant, host = mainHost, body = smallBody): Promise<void> {
  // One write: two would wait for each other's acknowledgement.
  socket.write(Buffer.concat([Buffer.from(head("POST /v1/messages HTTP/1.1", host, who, body.length)), body]));
  return wholeReply(socket);
}

/** A GET as a stream of an HTTP/2 connection, whose reply the caller reads. */
export function getH2(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({ ":method": "GET", ":path": path, "x-api-key": "bench" });
  stream.on("error", () => {});
  return stream;
}

/** A GET whose reply the caller reads. */
export function get(socket: TLSSocket, who: Contestant, path: string, host = mainHost): void {
  socket.write(head(`GET ${path} HTTP/1.1`, host, who, null));
}

/** A POST of `count` bytes, written with backpressure. */
export async function upload(socket: TLSSocket, who: Contestant, count: number): Promise<void> {
  const block = Buffer.alloc(64 * 1024, 0x61);
  const reply = wholeReply(socket, 60_000);
  socket.write(head("POST /sink HTTP/1.1", mainHost, who, count));
  for (let left = count; left > 0; left -= block.length) {
    const part = left >= block.length ? block : block.subarray(0, left);
    if (!socket.write(part)) await new Promise((resolve) => socket.once("drain", resolve));
  }
  await reply;
}

export function postH2(session: ClientHttp2Session): Promise<void> {
  const stream = session.request({
    ":method": "POST",
    ":path": "/v1/messages",
    "content-type": "application/json",
    "x-api-key": "bench",
    "anthropic-version": "2023-06-01",
    "content-length": String(smallBody.length),
  });
  stream.end(smallBody);
  return within(
    "an HTTP/2 reply",
    new Promise((resolve, reject) => {
      stream.resume();
      stream.on("error", reject);
      stream.on("end", resolve);
    }),
  );
}

/** Reads one reply and throws its bytes away. */
export function wholeReply(socket: Socket, timeoutMs = 20_000): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = "";
    let left = -1;
    let isChunked = false;
    const timer = setTimeout(() => settle(new Error("no whole reply")), timeoutMs);
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      socket.off("data", take);
      socket.off("close", closed);
      if (error === null) resolve();
      else reject(error);
    };
    const closed = (): void => settle(new Error(`closed before the reply was whole: ${seen.slice(0, 200)}`));
    const take = (chunk: Buffer): void => {
      if (left >= 0) {
        left -= chunk.length;
      } else {
        seen += chunk.toString("latin1");
        const end = seen.indexOf("\r\n\r\n");
        if (end >= 0 && !isChunked) {
          const length = /\r\ncontent-length: *(\d+)/i.exec(seen.slice(0, end + 2))?.[1];
          isChunked = length === undefined;
          if (length !== undefined) left = Number(length) - (seen.length - end - 4);
          if (!seen.startsWith("HTTP/1.1 200")) settle(new Error(`unexpected reply: ${seen.slice(0, 200)}`));
        }
      }
      if (left === 0 || (isChunked && seen.endsWith("\r\n0\r\n\r\n"))) settle(null);
    };
    socket.on("data", take);
    socket.on("close", closed);
  });
}

function head(line: string, host: string, who: Contestant, length: number | null): string {
  const authority = who.targetPort === 443 ? host : `${host}:${who.targetPort}`;
  const body = length === null ? "" : `content-type: application/json\r\ncontent-length: ${length}\r\n`;
  return `${line}\r\nHost: ${authority}\r\nUser-Agent: bench\r\nx-api-key: bench\r\nanthropic-version: 2023-06-01\r\n${body}\r\n`;
}
