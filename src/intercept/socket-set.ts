/** The client sockets that are open, so that a shutdown can end them: closing a server leaves its sockets alone. */
import type { Socket } from "node:net";

export interface SocketSet {
  add(socket: Socket): void;
  destroyAll(): void;
  readonly size: number;
}

export function createSocketSet(): SocketSet {
  const sockets = new Set<Socket>();
  return {
    add(socket) {
      if (sockets.has(socket)) return;
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    },
    destroyAll() {
      for (const socket of sockets) socket.destroy();
    },
    get size() {
      return sockets.size;
    },
  };
}
