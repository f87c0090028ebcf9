/** Carries hostile inputs to whoever is tried. None of these throws: what the other side makes of it is not the question. */
import { request as httpRequest } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:tls";
import type { Identity } from "../../support/fake-ca.ts";
import { connectThrough, tlsThrough } from "../../support/proxy-clients.ts";
import type { Subject } from "../board/subjects.ts";
import type { HostileInput } from "./inputs.ts";

/** Who says nothing is left alone after so long; it is not what is tried here. */
const patienceMs = 120;

export interface HostileOrigin {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers whatever comes with the bytes that the request names: `GET /answer/17`. */
export async function startHostileOrigin(
  identity: Identity,
  alpn: "h2" | "http/1.1",
  answer: (index: number) => Buffer,
): Promise<HostileOrigin> {
  const sockets = new Set<Socket>();
  // Over HTTP/2 the request is packed: one connection, one answer.
  let next = 0;
  const server = createTlsServer({ key: identity.key, cert: identity.cert, ALPNProtocols: [alpn] }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      const named = /\/answer\/(\d+)/.exec(chunk.toString("latin1"))?.[1];
      if (alpn === "http/1.1" && named === undefined) return void socket.write(honestReply);
      socket.end(answer(named === undefined ? next++ : Number(named)));
    });
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export const honestReply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhonest";

/** A provider that answers each call with the bytes its model is numbered with. */
export async function startHostileProvider(answer: (index: number) => Buffer): Promise<HostileOrigin> {
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("latin1").on("data", (piece: string) => (text += piece));
    request.on("end", () => {
      const index = Number(/hostile-(\d+)/.exec(`${request.url ?? ""}${text}`)?.[1] ?? 0);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(answer(index));
    });
    request.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Reach {
  readonly subject: Subject;
  readonly host: string;
  /** Its upstream speaks HTTP/2. */
  readonly h2Host: string;
  /** Of Switchyard alone. */
  readonly clientKey: string | null;
  readonly controlSocket: string | null;
}

export async function carry(reach: Reach, input: HostileInput, index: number): Promise<void> {
  try {
    await carried(reach, input, index);
  } catch {
    // Refused, reset, closed in the middle of a handshake: all of them are answers.
  }
}

async function carried(
  reach: Reach,
  { door, bytes, path, headers, format }: HostileInput,
  index: number,
): Promise<void> {
  const { subject, host, h2Host } = reach;
  switch (door) {
    case "port":
      return say(await plain(subject), bytes);
    case "tunnel": {
      const { socket } = await connectThrough(subject.url, `${host}:${subject.portFor(host)}`);
      return say(socket, bytes);
    }
    case "inside":
      return say(await tlsThrough(subject, host, { alpn: ["http/1.1"], port: subject.portFor(host) }), bytes);
    case "h2":
      return say(await tlsThrough(subject, h2Host, { alpn: ["h2"], port: subject.portFor(h2Host) }), bytes);
    case "reply": {
      const socket = await tlsThrough(subject, host, { alpn: ["http/1.1"], port: subject.portFor(host) });
      return say(socket, Buffer.from(`GET /answer/${index} HTTP/1.1\r\nHost: ${authority(subject, host)}\r\n\r\n`));
    }
    case "reply-h2": {
      const socket = await tlsThrough(subject, h2Host, { alpn: ["h2"], port: subject.portFor(h2Host) });
      return say(socket, h2Get(authority(subject, h2Host)));
    }
    case "gateway":
      return post({ port: new URL(subject.url).port, host: "127.0.0.1" }, path ?? "/", bytes, {
        ...headers,
        authorization: `Bearer ${reach.clientKey ?? ""}`,
      });
    case "socket":
      return post({ socketPath: reach.controlSocket ?? "" }, path ?? "/", bytes, { host: "switchyard", ...headers });
    case "stream": {
      const { target, body } = streamCall(format ?? "openai-chat", index);
      return post({ port: new URL(subject.url).port, host: "127.0.0.1" }, target, Buffer.from(JSON.stringify(body)), {
        "content-type": "application/json",
        authorization: `Bearer ${reach.clientKey ?? ""}`,
      });
    }
  }
}

/** Others dial the port that the host field names. */
export function authority(subject: Subject, host: string): string {
  const port = subject.portFor(host);
  return port === 443 ? host : `${host}:${port}`;
}

/** The client speaks another dialect than the provider, so that what comes is read and not only passed on. */
function streamCall(format: string, index: number): { readonly target: string; readonly body: object } {
  const model = `${format}/hostile-${index}`;
  const messages = [{ role: "user", content: "hi" }];
  return format === "openai-chat"
    ? { target: "/v1/messages", body: { model, max_tokens: 9, stream: true, messages } }
    : { target: "/v1/chat/completions", body: { model, stream: true, messages } };
}

const plain = ({ url }: Subject): Promise<Socket> => {
  const socket = connectTcp({ host: "127.0.0.1", port: Number(new URL(url).port) });
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
};

function say(socket: Socket, bytes: Buffer): Promise<void> {
  socket.on("error", () => {});
  socket.write(bytes);
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    socket.end();
  });
}

function post(
  where: { readonly port?: string; readonly host?: string; readonly socketPath?: string },
  path: string,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  return new Promise((resolve) => {
    const request = httpRequest({
      ...where,
      path,
      method: "POST",
      agent: false,
      headers: { "content-length": bytes.byteLength, ...headers },
    });
    const timer = setTimeout(() => request.destroy(), 2_000);
    request.on("response", (reply) => {
      reply.on("error", () => {});
      reply.resume();
    });
    request.on("error", () => {});
    request.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    request.end(bytes);
  });
}

/** A whole request over HTTP/2, as bytes. */
function h2Get(host: string): Buffer {
  const text = (content: string): Buffer => Buffer.concat([Buffer.from([content.length]), Buffer.from(content)]);
  const field = (name: string, value: string): Buffer => Buffer.concat([Buffer.from([0]), text(name), text(value)]);
  const head = Buffer.concat([
    field(":method", "GET"),
    field(":scheme", "https"),
    field(":authority", host),
    field(":path", "/"),
  ]);
  const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from([0, payload.length >> 8, payload.length & 0xff, type, flags, 0, 0, 0, stream]),
      payload,
    ]);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    frame(4, 0, 0, Buffer.alloc(0)),
    frame(1, 5, 1, head),
  ]);
}
