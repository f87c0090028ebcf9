/** A WebSocket origin over TLS that echoes messages, with subprotocol and permessage-deflate. */
import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { Identity } from "./fake-ca.ts";

export interface WebSocketOrigin {
  readonly port: number;
  readonly upgrades: readonly IncomingMessage[];
  readonly sockets: readonly WebSocket[];
  /** Ends every connection without a close frame. */
  cut(): void;
  close(): Promise<void>;
}

export async function startWebSocketOrigin(identity: Identity): Promise<WebSocketOrigin> {
  const upgrades: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  const raw = new Set<Socket>();
  const server = createServer({ ...identity, ALPNProtocols: ["http/1.1"] });
  const webSockets = new WebSocketServer({
    server,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has("chat.v2") ? "chat.v2" : false),
  });
  webSockets.on("connection", (socket, request) => {
    upgrades.push(request);
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.on("secureConnection", (socket: Socket) => {
    raw.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => raw.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of raw) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    upgrades,
    sockets,
    cut,
    close: () =>
      new Promise((resolve) => {
        webSockets.close();
        server.close(() => resolve());
        cut();
      }),
  };
}
