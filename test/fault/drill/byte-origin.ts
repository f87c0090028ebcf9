/** An origin that reads nothing into what it gets: keeps the bytes, and when they stop for a moment answers once and closes. */
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Identity } from "../../support/fake-ca.ts";

const quietMs = 50;
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

export interface ByteOrigin {
  readonly port: number;
  /** What each connection was sent. */
  received(): readonly Buffer[];
  close(): Promise<void>;
}

export async function startByteOrigin(tls: Identity | null): Promise<ByteOrigin> {
  const connections: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    const chunks: Buffer[] = [];
    connections.push(chunks);
    sockets.add(socket);
    let timer: NodeJS.Timeout | undefined;
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(() => socket.end(answer), quietMs);
    });
  };
  const server: Server =
    tls === null ? createTcpServer(accept) : createTlsServer({ ...tls, ALPNProtocols: ["http/1.1"] }, accept);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    received: () => connections.map((chunks) => Buffer.concat(chunks)).filter((bytes) => bytes.length > 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
