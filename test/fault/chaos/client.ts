/**
 * A client that misbehaves: reads, reads slowly or not at all, goes away at a chosen moment, drips its request, says that it
 * is done, asks twice at once. Bare sockets and Node's HTTP/2; what it got is told as it came.
 */
import { connect as connectH2, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { tcp, tlsThrough, type Through } from "../../support/proxy-clients.ts";
import { readReply, type ReadReply } from "./wire.ts";

export type Road =
  /** CONNECT and TLS to the host, which the proxy plays. */
  | { readonly type: "proxy"; readonly through: Through; readonly port: number }
  /** The port itself, as an address of models. */
  | { readonly type: "gateway"; readonly url: string };

export type Leaving =
  | "FIN"
  | "RST"
  /** RST_STREAM (HTTP/2). */
  | "stream"
  /** The connection under the stream dies (HTTP/2). */
  | "connection";

export type Manner =
  | { readonly type: "reads" }
  /** Goes away after so many ms, counted from the request, or from the first byte of the answer. */
  | { readonly type: "leaves"; readonly ms: number; readonly from: "request" | "first-byte"; readonly by: Leaving }
  | { readonly type: "drips"; readonly bytes: number; readonly gapMs: number }
  /** Takes a little, then waits. */
  | { readonly type: "slow"; readonly gapMs: number }
  /** Says FIN as soon as it has asked, and waits for the answer. */
  | { readonly type: "half-closes" }
  /** Asks the same once more, before the first answer. */
  | { readonly type: "pipelines" };

export interface Asking {
  readonly road: Road;
  readonly wire: "h1" | "h2";
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly manner?: Manner;
  /** How long to wait for the end. */
  readonly patienceMs?: number;
  /** Goes on listening for so long after the end, for what nobody asked for. */
  readonly lingerMs?: number;
}

export interface Got extends Pick<ReadReply, "status" | "headers" | "body" | "interims"> {
  /** Its framing says that it is complete: the last chunk, all of Content-Length, END_STREAM, or FIN where nothing else tells. */
  readonly isWhole: boolean;
  /** Nothing came to an end before the patience did. */
  readonly hangs: boolean;
  /** When the client went away (`performance.now()`), if it did. */
  readonly leftAt: number | null;
  /** The answer to what was pipelined. */
  readonly second?: ReadReply;
  /** Bytes behind the answer that were not asked for. */
  readonly extra: number;
}

const usualPatienceMs = 20_000;

export async function ask(asking: Asking): Promise<Got> {
  const socket = await openRoad(asking);
  try {
    return await (asking.wire === "h2" ? askH2(asking, socket) : askH1(asking, socket));
  } finally {
    socket.destroy();
  }
}

async function openRoad({ road, wire, host }: Asking): Promise<Socket> {
  if (road.type === "proxy")
    return tlsThrough(road.through, host, { alpn: [wire === "h2" ? "h2" : "http/1.1"], port: road.port });
  return tcp(road.url);
}

/** `Host` names the port where it is not the usual one, as clients do. */
export function requestBytes({ host, road, path, headers, body }: Omit<Asking, "wire">): Buffer {
  const port = road.type === "proxy" && road.port !== 443 ? `:${road.port}` : "";
  const authority = road.type === "gateway" ? new URL(road.url).host : `${host}${port}`;
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nHost: ${authority}\r\n${fields.join("")}Content-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

async function askH1(asking: Asking, socket: Socket): Promise<Got> {
  const { manner = { type: "reads" }, patienceMs = usualPatienceMs } = asking;
  const request = requestBytes(asking);
  const isWhole = createWholeCheck(manner.type === "pipelines" ? 2 : 1);
  const chunks: Buffer[] = [];
  let leftAt: number | null = null;
  let ended = false;
  const leave = (by: Leaving): void => {
    leftAt = performance.now();
    if (by === "RST") resetBelow(socket);
    else socket.destroy();
  };
  const end = new Promise<"over" | "late">((resolve) => {
    const timer = setTimeout(() => resolve("late"), patienceMs);
    const over = (): void => {
      clearTimeout(timer);
      resolve("over");
    };
    const leavesFirst = manner.type === "leaves" && manner.from === "first-byte" ? manner : null;
    socket.on("data", (bytes: Buffer) => {
      if (chunks.length === 0 && leavesFirst !== null) setTimeout(() => leave(leavesFirst.by), leavesFirst.ms);
      chunks.push(bytes);
      if (manner.type === "slow") {
        socket.pause();
        setTimeout(() => socket.resume(), manner.gapMs);
      }
      if (isWhole(bytes, () => Buffer.concat(chunks))) setTimeout(over, asking.lingerMs ?? 0);
    });
    socket.on("end", () => {
      ended = true;
      over();
    });
    socket.on("error", () => {});
    socket.on("close", over);
    if (socket.destroyed) over();
  });
  socket.resume();
  if (manner.type === "drips") {
    for (let at = 0; at < request.length && socket.writable; at += manner.bytes) {
      socket.write(request.subarray(at, at + manner.bytes));
      await pause(manner.gapMs);
    }
  } else socket.write(manner.type === "pipelines" ? Buffer.concat([request, request]) : request);
  if (manner.type === "half-closes") socket.end();
  if (manner.type === "leaves" && manner.from === "request") setTimeout(() => leave(manner.by), manner.ms);
  const how = await end;
  const { rest, ...first } = readReply(Buffer.concat(chunks), ended);
  const second = manner.type === "pipelines" ? { second: readReply(rest, ended) } : {};
  return { ...first, hangs: how === "late", leftAt, extra: manner.type === "pipelines" ? 0 : rest.length, ...second };
}

/** Tells when so many replies are whole; a long one is not read anew for each of its pieces. */
function createWholeCheck(wanted: number): (bytes: Buffer, all: () => Buffer) => boolean {
  let total = 0;
  let needed = 0;
  let isChunked = false;
  return (bytes, all) => {
    total += bytes.length;
    const isEnd = bytes.subarray(-5).equals(Buffer.from("0\r\n\r\n"));
    if (total < needed || (isChunked && total > 65_536 && !isEnd)) return false;
    let count = 0;
    for (let rest = all(); rest.length > 0; ) {
      const reply = readReply(rest, false);
      isChunked = /\r\ntransfer-encoding: *chunked/i.test(reply.headers);
      const length = /\r\ncontent-length: *(\d+)/i.exec(reply.headers)?.[1];
      if (length !== undefined && !reply.isWhole) needed = total + Number(length) - reply.body.length;
      if (!reply.isWhole) break;
      count += 1;
      rest = reply.rest;
    }
    return count >= wanted;
  };
}

/** A TLS socket cannot be reset; what is below it can. */
function resetBelow(socket: Socket): void {
  const below: unknown = Reflect.get(socket, "_parent"); // Node has no public name for it
  if (below instanceof Object && "resetAndDestroy" in below && typeof below.resetAndDestroy === "function")
    below.resetAndDestroy();
  else if ("encrypted" in socket) socket.destroy();
  else socket.resetAndDestroy();
}

async function askH2(asking: Asking, socket: Socket): Promise<Got> {
  const { host, path, headers, body, manner = { type: "reads" }, patienceMs = usualPatienceMs } = asking;
  const session: ClientHttp2Session = connectH2(`https://${host}`, { createConnection: () => socket });
  session.on("error", () => {});
  const stream: ClientHttp2Stream = session.request({ ":method": "POST", ":path": path, ...headers });
  stream.on("error", () => {});
  const chunks: Buffer[] = [];
  let [status, ended, interims]: [number | null, boolean, number] = [null, false, 0];
  let leftAt: number | null = null;
  let said = "";
  const leave = (by: Leaving): void => {
    leftAt = performance.now();
    if (by === "connection") socket.destroy();
    else if (by === "RST") resetBelow(socket);
    else stream.close(8); // CANCEL
  };
  const end = new Promise<"over" | "late">((resolve) => {
    const timer = setTimeout(() => resolve("late"), patienceMs);
    const over = (): void => {
      clearTimeout(timer);
      resolve("over");
    };
    stream.on("headers", () => void (interims += 1));
    stream.on("response", (fields) => {
      status = fields[":status"] ?? null;
      said = Object.entries(fields)
        .map(([name, value]) => `${name}: ${String(value)}\r\n`)
        .join("");
    });
    const leavesFirst = manner.type === "leaves" && manner.from === "first-byte" ? manner : null;
    stream.on("data", (bytes: Buffer) => {
      if (chunks.length === 0 && leavesFirst !== null) setTimeout(() => leave(leavesFirst.by), leavesFirst.ms);
      chunks.push(bytes);
      if (manner.type === "slow") {
        stream.pause();
        setTimeout(() => stream.resume(), manner.gapMs);
      }
    });
    stream.on("end", () => void (ended = true));
    stream.on("close", over);
    session.on("close", over);
  });
  stream.resume();
  if (manner.type === "drips") {
    for (let at = 0; at < body.length && !stream.destroyed; at += manner.bytes) {
      stream.write(body.subarray(at, at + manner.bytes));
      await pause(manner.gapMs);
    }
    stream.end();
  } else stream.end(body);
  if (manner.type === "leaves" && manner.from === "request") setTimeout(() => leave(manner.by), manner.ms);
  const how = await end;
  const isWhole = ended && stream.rstCode === 0 && status !== null;
  session.destroy();
  return {
    status,
    headers: said,
    body: Buffer.concat(chunks),
    interims,
    isWhole,
    hangs: how === "late",
    leftAt,
    extra: 0,
  };
}

/** A client that asks and then takes nothing off its socket; whoever holds it ends it. */
export interface Stalled {
  /** Bytes of the answer that it took before it stopped. */
  taken(): number;
  close(): void;
}

export async function askAndStall(asking: Asking): Promise<Stalled> {
  const socket = await openRoad(asking);
  let taken = 0;
  if (asking.wire === "h1") {
    socket.on("error", () => {});
    await new Promise<void>((resolve) => {
      socket.once("data", (bytes: Buffer) => {
        taken += bytes.length;
        socket.pause();
        resolve();
      });
      socket.once("close", resolve);
      socket.resume();
      socket.write(requestBytes(asking));
    });
    return { taken: () => taken, close: () => void socket.destroy() };
  }
  const session = connectH2(`https://${asking.host}`, { createConnection: () => socket });
  session.on("error", () => {});
  const stream = session.request({ ":method": "POST", ":path": asking.path, ...asking.headers });
  stream.on("error", () => {});
  await new Promise<void>((resolve) => {
    stream.once("response", () => resolve());
    stream.once("close", () => resolve());
    stream.end(asking.body);
  });
  stream.pause();
  return {
    taken: () => taken,
    close() {
      session.destroy();
      socket.destroy();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}
