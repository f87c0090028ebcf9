/**
 * An origin that knows no HTTP: it logs the exact bytes it received and answers the exact bytes it was told to.
 * The oracle for "nothing was changed on the way", and the way to break an answer at any byte.
 */
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Identity } from "./fake-ca.ts";
import { waitFor } from "./wait.ts";

export interface RawConnection {
  /** Everything received so far. */
  received(): Buffer;
  /** Waits for bytes nobody has read yet; false when the connection has ended without any. */
  hasMore(): Promise<boolean>;
  /** Waits until `count` bytes, or everything up to and including `marker`, are there. */
  readUntil(target: number | string): Promise<Buffer>;
  /** Reads one request head, up to and including the empty line. */
  readHead(): Promise<string>;
  write(bytes: string | Uint8Array): Promise<void>;
  /** FIN (after TLS close_notify). */
  end(): void;
  /** RST: the peer sees a broken connection. */
  reset(): void;
  /** Stops taking bytes off the socket. */
  stall(): void;
  /** Resolves when the connection is gone, however it went. */
  readonly gone: Promise<void>;
  /** The peer sent FIN. */
  readonly peerEnded: () => boolean;
}

/** What happens when a request's first bytes arrive. An origin closes nothing by itself. */
type Script<Result> = (connection: RawConnection) => Promise<Result> | Result;

export interface RawOrigin {
  readonly port: number;
  readonly connections: readonly RawConnection[];
  /** TLS handshakes that did not come to an end. */
  readonly failedHandshakes: () => number;
  /** Plays the script for every request from now on; resolves with what its first run returns. */
  play<Result>(script: Script<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface RawOriginOptions {
  readonly tls?: Identity & { readonly alpn?: readonly string[] };
  readonly host?: string;
  /** Keep sending possible after the peer's FIN; without it the origin closes then, as most servers do. */
  readonly halfOpen?: boolean;
  /** Play the script as soon as somebody connects, instead of when bytes arrive. */
  readonly speaksFirst?: boolean;
}

export async function startRawOrigin(options: RawOriginOptions = {}): Promise<RawOrigin> {
  const connections: RawConnection[] = [];
  const sockets = new Set<Socket>();
  // A TLS socket cannot be reset; the TCP socket under it can.
  const tcpByPort = new Map<number, Socket>();
  let script: Script<unknown> = () => {};
  let failedHandshakes = 0;

  function accept(socket: Socket): void {
    const connection = rawConnection(socket, tcpByPort.get(socket.remotePort ?? 0) ?? socket);
    connections.push(connection);
    serve(connection).catch(() => socket.destroy());
  }

  /** Kept-alive connections meet the script of the day, not the one they were opened under. */
  async function serve(connection: RawConnection): Promise<void> {
    if (options.speaksFirst === true) await script(connection);
    else while (await connection.hasMore()) await script(connection);
  }

  const { tls, halfOpen: allowHalfOpen = false } = options;
  const server: Server =
    tls === undefined
      ? createTcpServer({ allowHalfOpen }, accept)
      : createTlsServer({ key: tls.key, cert: tls.cert, ALPNProtocols: [...(tls.alpn ?? [])], allowHalfOpen }, accept);
  server.on("connection", (socket) => {
    sockets.add(socket);
    if (tls !== undefined) tcpByPort.set(socket.remotePort ?? 0, socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {
    failedHandshakes += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, options.host ?? "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    connections,
    failedHandshakes: () => failedHandshakes,
    play: (next) => {
      const { promise, resolve, reject } = settled<Awaited<ReturnType<typeof next>>>();
      script = async (connection) => {
        try {
          resolve(await next(connection));
        } catch (error) {
          reject(error);
          throw error;
        }
      };
      return promise;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function rawConnection(socket: Socket, tcp: Socket): RawConnection {
  const chunks: Buffer[] = [];
  let peerEnded = false;
  let isGone = false;
  let taken = 0;
  let offered = { length: -1, taken: -1 };
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => {
    peerEnded = true;
  });
  socket.on("error", () => {});
  const gone = new Promise<void>((resolve) => {
    for (const side of [socket, tcp]) {
      side.on("close", () => {
        isGone = true;
        resolve();
      });
    }
  });
  const received = (): Buffer => Buffer.concat(chunks);

  /** Bytes after those already read, as far as they go. */
  async function readUntil(target: number | string): Promise<Buffer> {
    const end = await waitFor(`the origin to receive ${JSON.stringify(target)}`, () => {
      const all = received();
      if (typeof target === "number") return all.length >= taken + target ? taken + target : null;
      const found = all.indexOf(target, taken);
      if (found >= 0) return found + target.length;
      if (isGone) throw new Error(`connection closed before ${JSON.stringify(target)}; got ${all.length} bytes`);
      return null;
    });
    const part = received().subarray(taken, end);
    taken = end;
    return part;
  }

  return {
    received,
    hasMore: () =>
      new Promise((resolve) => {
        const look = (): void => {
          const { length } = received();
          // What a script was offered and left lying is not news: offered again at once, it would be so for ever.
          const hasUnread = length > taken && (length !== offered.length || taken !== offered.taken);
          if (!hasUnread && !peerEnded && !isGone) return;
          for (const name of ["data", "end", "close"]) socket.off(name, look);
          offered = { length, taken };
          resolve(hasUnread);
        };
        for (const name of ["data", "end", "close"]) socket.on(name, look);
        look();
      }),
    readUntil,
    readHead: async () => (await readUntil("\r\n\r\n")).toString("latin1"),
    write: (bytes) =>
      new Promise((resolve) => {
        if (socket.writable) socket.write(bytes, () => resolve());
        else resolve();
      }),
    end: () => {
      socket.end();
    },
    reset: () => {
      tcp.resetAndDestroy();
    },
    stall: () => {
      socket.pause();
    },
    gone,
    peerEnded: () => peerEnded,
  };
}

/** A promise settled from outside; a rejection nobody waits for is no news: the test sees what the client got. */
function settled<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
