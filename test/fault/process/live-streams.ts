/** Answers that are under way, in the four ways in which a client can be answered, and origins that end them when told. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Identity } from "../../support/fake-ca.ts";
import { host, secondHost } from "../../support/fixture.ts";
import { h2Through, type Through, tlsThrough } from "../../support/proxy-clients.ts";
import { within } from "../../support/wait.ts";

export interface Origins {
  /** HTTP/1.1 over TLS. */
  readonly h1: number;
  /** HTTP/2 over TLS. */
  readonly h2: number;
  /** A provider of Chat Completions, base URL. */
  readonly chat: string;
  /** Answers under way. */
  live(): number;
  /** Says the rest of every answer, and of those that come. */
  finish(): void;
  /** From now on an answer stays under way. */
  hold(): void;
  close(): void;
}

/** One answer, from its first bytes on: true when all of it came and it ended as it should. */
export interface LiveStream {
  readonly whole: Promise<boolean>;
  close(): void;
}

const firstPart = "the first part\n";
const lastPart = "the last part\n";
const pauseMs = 20;
const parts = 10;

export async function startOrigins(identity: Identity): Promise<Origins> {
  let go = deferred();
  let live = 0;

  async function play(write: (text: string) => void, end: () => void): Promise<void> {
    live += 1;
    write(firstPart);
    await go.promise;
    for (let count = 0; count < parts; count += 1) {
      write("more\n");
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    write(lastPart);
    end();
    live -= 1;
  }

  const plain = (request: IncomingMessage, reply: ServerResponse): void => {
    request.resume();
    reply.on("error", () => {});
    reply.writeHead(200, { "content-type": "text/plain" });
    void play(
      (text) => reply.write(text),
      () => reply.end(),
    );
  };
  const chatReply = (request: IncomingMessage, reply: ServerResponse): void => {
    request.resume();
    reply.on("error", () => {});
    reply.writeHead(200, { "content-type": "text/event-stream" });
    void play(
      (content) => reply.write(chunk({ role: "assistant", content }, null)),
      () => reply.end(`${chunk({}, "stop")}data: [DONE]\n\n`),
    );
  };
  const h1 = createTlsServer({ key: identity.key, cert: identity.cert, ALPNProtocols: ["http/1.1"] }, plain);
  const h2 = createSecureServer({ key: identity.key, cert: identity.cert, allowHTTP1: true });
  h2.on("request", (request, reply) => {
    // The compatible half of HTTP/2's interface is all that is used.
    plain(request as unknown as IncomingMessage, reply as unknown as ServerResponse);
  });
  const chat = createServer(chatReply);
  const servers = [h1, h2, chat];
  const sockets = new Set<{ destroy(): void }>();
  for (const server of servers) {
    server.on("connection", (socket: { destroy(): void; on(name: string, listener: () => void): void }) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    });
  }
  const [h1Port, h2Port, chatPort] = await Promise.all([listen(h1), listen(h2), listen(chat)]);
  return {
    h1: h1Port,
    h2: h2Port,
    chat: `http://127.0.0.1:${chatPort}/v1`,
    live: () => live,
    finish: () => go.resolve(),
    hold: () => {
      go = deferred();
    },
    close() {
      go.resolve();
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function chunk(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices })}\n\n`;
}

async function listen(server: Server | Http2SecureServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // a TCP listener has an AddressInfo
}

export async function openH1(through: Through, port = 443): Promise<LiveStream> {
  const socket = await tlsThrough(through, host, { port, alpn: ["http/1.1"] });
  const request = httpRequest({ createConnection: () => socket, host, path: "/stream" });
  request.end();
  return reading(request, lastPart);
}

export async function openH2(through: Through, port = 443): Promise<LiveStream> {
  const session = await h2Through(through, secondHost, { port, alpn: ["h2", "http/1.1"] });
  const stream = session.request({ ":path": "/stream" });
  stream.on("error", () => {});
  let text = "";
  stream.setEncoding("utf8").on("data", (more: string) => (text += more));
  await within("the first bytes over HTTP/2", once(stream, "data"));
  // These sockets stay half open after a FIN, and a session would wait on one for ever.
  const over = Promise.race([closedOf(stream), new Promise<void>((resolve) => session.socket.once("end", resolve))]);
  return {
    whole: over.then(() => stream.closed && stream.rstCode === 0 && text.endsWith(lastPart)),
    close: () => session.destroy(),
  };
}

export async function openRerouted(through: Through): Promise<LiveStream> {
  const socket = await tlsThrough(through, host, { alpn: ["http/1.1"] });
  const request = httpRequest({ createConnection: () => socket, host, ...question("claude-rerouted", "sk-own-key") });
  request.end(body("claude-rerouted"));
  return reading(request, "message_stop");
}

export async function openGateway(through: Through, key: string): Promise<LiveStream> {
  const { hostname, port } = new URL(through.url);
  const request = httpRequest({ host: hostname, port, agent: false, ...question("local/m", key) });
  request.end(body("local/m"));
  return reading(request, "message_stop");
}

function question(model: string, key: string) {
  const headers = {
    "x-api-key": key,
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body(model)),
  };
  return { method: "POST", path: "/v1/messages", headers };
}

function body(model: string): string {
  const messages = [{ role: "user", content: "hi" }];
  return JSON.stringify({ model, max_tokens: 50, stream: true, messages });
}

async function reading(request: import("node:http").ClientRequest, ending: string): Promise<LiveStream> {
  request.on("error", () => {});
  const [reply] = (await within("the head of an answer", once(request, "response"))) as [IncomingMessage]; // that event's one argument
  let text = "";
  reply.on("error", () => {});
  reply.setEncoding("utf8").on("data", (more: string) => (text += more));
  const closed = closedOf(reply);
  if (text === "") await within(`the first bytes (${reply.statusCode})`, Promise.race([once(reply, "data"), closed]));
  return { whole: closed.then(() => reply.complete && text.includes(ending)), close: () => request.destroy() };
}

/** However it went. */
function closedOf(stream: { once(name: "close", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}
