/**
 * A provider that breaks: it reads a call as a real one does, over HTTP/1.1 or HTTP/2, over TLS or without, and answers
 * with the reply and the fault it was told. Which call it is, it finds in the request: `case-17` anywhere in it.
 */
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Identity } from "../../support/fake-ca.ts";
import type { Fault } from "./faults.ts";
import { replyBytes, type Reply } from "./wire.ts";

export interface Play {
  readonly reply: Reply;
  readonly fault: Fault;
  /** After the reply's frames, these over and over, until nobody takes them any more or so many bytes are sent. */
  readonly endless?: { readonly frame: Buffer; readonly gapMs: number; readonly bytes: number };
}

export interface Call {
  readonly wire: "h1" | "h2";
  readonly id: number;
  readonly startedAt: number;
  /** Body bytes that were handed to the socket. */
  sent(): number;
  /** When it was over for the provider (`performance.now()`), however it went; null: it still runs. */
  overAt(): number | null;
}

export interface ChaosUpstream {
  readonly port: number;
  readonly url: string;
  readonly calls: readonly Call[];
  /** Calls by their number, newest last. */
  callsOf(id: number): readonly Call[];
  connections(): number;
  /** Answers every call from now on. */
  play(script: (id: number, wire: "h1" | "h2") => Play): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

export interface ChaosUpstreamOptions {
  /** Absent: no TLS, and only HTTP/1.1. */
  readonly identity?: Identity;
  readonly alpn?: readonly string[];
}

export const caseWord = (id: number): string => `case-${id}.`;
const caseOf = (request: Buffer): number => Number(/case-(\d+)\./.exec(request.toString("latin1"))?.[1] ?? -1);

/** What a call is, between its parts. */
interface OpenCall extends Call {
  count(bytes: number): void;
  over(): void;
}

export async function startChaosUpstream(options: ChaosUpstreamOptions = {}): Promise<ChaosUpstream> {
  const { identity, alpn = ["h2", "http/1.1"] } = options;
  const calls: Call[] = [];
  const byId = new Map<number, Call[]>();
  const sockets = new Set<Socket>();
  // What TLS is made of: resets, and bytes that TLS knows nothing of, are below it.
  const tcpByPort = new Map<number, Socket>();
  let script: (id: number, wire: "h1" | "h2") => Play = () => {
    throw new Error("the chaos upstream was not told what to answer");
  };

  function open(wire: "h1" | "h2", id: number): OpenCall {
    let sent = 0;
    let overAt: number | null = null;
    const call: OpenCall = {
      wire,
      id,
      startedAt: performance.now(),
      sent: () => sent,
      overAt: () => overAt,
      count: (bytes) => void (sent += bytes),
      over: () => void (overAt ??= performance.now()),
    };
    calls.push(call);
    byId.set(id, [...(byId.get(id) ?? []), call]);
    return call;
  }

  const acceptH1 = (socket: Socket): void => {
    const tcp = tcpByPort.get(socket.remotePort ?? 0) ?? socket;
    void serveH1(socket, tcp, (id) => ({ call: open("h1", id), play: script(id, "h1") }));
  };
  const h2 =
    identity === undefined
      ? null
      : createSecureServer({ ...identity, settings: { enableConnectProtocol: true } }).on("stream", (stream) => {
          stream.on("error", () => {});
          void serveH2(stream, (id) => ({ call: open("h2", id), play: script(id, "h2") }));
        });
  h2?.on("session", (session) => session.on("error", () => {}));
  const accept = (socket: TLSSocket): void => {
    if (socket.alpnProtocol === "h2") h2?.emit("secureConnection", socket);
    else acceptH1(socket);
  };
  const server: Server =
    identity === undefined
      ? createServer(acceptH1)
      : createTlsServer({ ...identity, ALPNProtocols: [...alpn] }, accept);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    const { remotePort = 0 } = socket;
    if (identity !== undefined) tcpByPort.set(remotePort, socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      tcpByPort.delete(remotePort);
    });
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    url: `${identity === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    calls,
    callsOf: (id) => byId.get(id) ?? [],
    connections: () => sockets.size,
    play(next) {
      script = next;
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

type Begin = (id: number) => { readonly call: OpenCall; readonly play: Play };

/** One call after the other, as on any kept-alive connection. */
async function serveH1(socket: Socket, tcp: Socket, begin: Begin): Promise<void> {
  let unread = Buffer.alloc(0);
  let wake = (): void => {};
  let isGone = false;
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    unread = Buffer.concat([unread, bytes]);
    wake();
  });
  const gone = new Promise<void>((resolve) => {
    for (const one of [socket, tcp])
      one.on("close", () => {
        isGone = true;
        wake();
        resolve();
      });
  });
  while (!isGone) {
    const length = requestLength(unread);
    if (length === null) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    const { call, play } = begin(caseOf(unread.subarray(0, length)));
    unread = unread.subarray(length);
    void gone.then(() => call.over());
    await answerH1(socket, tcp, play, call, gone);
    if (play.fault.type === "hang") return;
    call.over();
    if (play.reply.framing === "close" || play.fault.type === "goodbye") socket.end();
  }
}

/** Null: it is not all there yet. */
function requestLength(bytes: Buffer): number | null {
  const head = bytes.indexOf("\r\n\r\n");
  if (head === -1) return null;
  const text = bytes.toString("latin1", 0, head + 2);
  if (/\r\ntransfer-encoding: *chunked/i.test(text)) {
    const end = bytes.indexOf("0\r\n\r\n", head);
    return end === -1 ? null : end + 5;
  }
  const length = head + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return bytes.length < length ? null : length;
}

async function answerH1(socket: Socket, tcp: Socket, play: Play, call: OpenCall, gone: Promise<void>): Promise<void> {
  const { fault } = play;
  const send = (bytes: Buffer): Promise<void> => {
    call.count(bytes.length);
    return written(socket, bytes, gone);
  };
  if (fault.type === "garbage") {
    await send(Buffer.from(fault.text, "latin1"));
    socket.end();
    return;
  }
  if (fault.type === "interim")
    for (let count = 0; count < fault.count && !socket.destroyed; count += 1)
      await send(Buffer.from(`HTTP/1.1 ${fault.status} Wait\r\nlink: <a>\r\n\r\n`));
  const reply = fault.type === "headers" ? flooded(play.reply, fault.count, fault.bytes) : play.reply;
  const bytes = replyBytes(
    play.endless === undefined ? reply : { ...reply, framing: "close" },
    fault.type === "wrong-length" ? fault.by : 0,
    fault.type === "bad-chunk" ? fault.size : null,
  );
  await sendWith(fault, bytes, send);
  await endless(play, send, () => socket.destroyed || !socket.writable);
  if (fault.type === "cut") {
    if (fault.how === "FIN") socket.end();
    else tcp.resetAndDestroy();
    await gone;
  } else if (fault.type === "below-tls") {
    tcp.write(fault.bytes, () => tcp.end());
    await gone;
  } else if (fault.type === "second-reply") {
    await send(replyBytes({ ...reply, frames: [Buffer.from("data: nobody asked for this\n\n")] }));
  } else if (fault.type === "wrong-length") socket.end();
}

async function serveH2(stream: ServerHttp2Stream, begin: Begin): Promise<void> {
  const parts: Buffer[] = [];
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    stream.on("close", () => {
      isGone = true;
      resolve();
    });
  });
  // A conversation's request has no end of its own: it is known by its first words.
  await new Promise<void>((resolve) => {
    stream.on("data", (bytes: Buffer) => {
      parts.push(bytes);
      if (caseOf(Buffer.concat(parts)) !== -1) resolve();
    });
    stream.on("end", resolve);
    void gone.then(resolve);
  });
  const id = caseOf(Buffer.concat(parts));
  // Gone before it had said what it wants.
  if (isGone || id === -1) return;
  const { call, play } = begin(id);
  void gone.then(() => call.over());
  const { fault } = play;
  if (fault.type === "hang" && fault.at < 0) return;
  if (fault.type === "cut" && fault.at < 0) return cutH2(stream, fault.how);
  if (fault.type === "interim")
    for (let count = 0; count < fault.count && !stream.destroyed; count += 1)
      if (fault.status !== 101) stream.additionalHeaders({ ":status": fault.status });
  const reply = fault.type === "headers" ? flooded(play.reply, fault.count, fault.bytes) : play.reply;
  const body = Buffer.concat(reply.frames);
  const length = fault.type === "wrong-length" ? { "content-length": String(body.length + fault.by) } : {};
  stream.respond({ ":status": reply.status, ...reply.headers, ...length });
  const send = (bytes: Buffer): Promise<void> => {
    call.count(bytes.length);
    return writtenH2(stream, bytes, gone);
  };
  await sendWith(fault, body, send);
  await endless(play, send, () => isGone);
  if (fault.type === "hang") return;
  if (fault.type === "cut") cutH2(stream, fault.how);
  else if (fault.type === "below-tls" || fault.type === "garbage" || fault.type === "bad-chunk") cutH2(stream, "RST");
  else if (fault.type === "goodbye") stream.end(() => stream.session?.close());
  else if (!stream.destroyed) stream.end();
}

/** FIN is the stream's own reset; RST the whole connection's death. */
function cutH2(stream: ServerHttp2Stream, how: "FIN" | "RST"): void {
  if (how === "RST") stream.session?.destroy();
  else stream.destroy(new Error("broken on purpose"));
}

/** As much of the bytes as the fault lets through, in the pieces it makes of them. */
async function sendWith(fault: Fault, bytes: Buffer, send: (piece: Buffer) => Promise<void>): Promise<void> {
  if (fault.type === "cut" || fault.type === "hang" || fault.type === "below-tls") {
    if (fault.at > 0) await send(bytes.subarray(0, fault.at));
  } else if (fault.type === "pause") {
    await send(bytes.subarray(0, fault.at));
    await pause(fault.ms);
    await send(bytes.subarray(fault.at));
  } else if (fault.type === "split" || fault.type === "drip") {
    const [size, gapMs] = fault.type === "split" ? [1, 0] : [fault.bytes, fault.gapMs];
    for (let at = 0; at < bytes.length; at += size) {
      await send(bytes.subarray(at, at + size));
      await pause(gapMs);
    }
  } else await send(bytes);
}

async function endless(
  { endless }: Play,
  send: (piece: Buffer) => Promise<void>,
  isOver: () => boolean,
): Promise<void> {
  if (endless === undefined) return;
  for (let sent = 0; sent < endless.bytes && !isOver(); sent += endless.frame.length) {
    await send(endless.frame);
    if (endless.gapMs > 0) await pause(endless.gapMs);
  }
}

function flooded(reply: Reply, count: number, bytes: number): Reply {
  const more = Array.from({ length: count }, (_, index) => [`x-flood-${index}`, "f".repeat(bytes)] as const);
  return { ...reply, headers: { ...reply.headers, ...Object.fromEntries(more) } };
}

function written(socket: Socket, bytes: Buffer, gone: Promise<void>): Promise<void> {
  if (!socket.writable || bytes.length === 0) return Promise.resolve();
  return Promise.race([new Promise<void>((resolve) => socket.write(bytes, () => resolve())), gone]);
}

function writtenH2(stream: ServerHttp2Stream, bytes: Buffer, gone: Promise<void>): Promise<void> {
  if (stream.destroyed || !stream.writable || bytes.length === 0) return Promise.resolve();
  return Promise.race([new Promise<void>((resolve) => stream.write(bytes, () => resolve())), gone]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}
