/** An origin that speaks HTTP/2 frame by frame, as badly as it is told to. */
import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Identity } from "../../support/fake-ca.ts";
import { ack, kinds, preface, readFrames, settings, settingsAck } from "../../support/h2-frames.ts";
import type { UpstreamAbuse } from "./upstream-abuses.ts";

export interface HostileOrigin {
  readonly port: number;
  play(abuse: UpstreamAbuse["play"]): void;
  close(): Promise<void>;
}

export async function startHostileOrigin(identity: Identity): Promise<HostileOrigin> {
  const sockets = new Set<Socket>();
  let script: UpstreamAbuse["play"] = () => {};
  const server = createServer(
    { key: identity.key, cert: identity.cert, ALPNProtocols: ["h2"] },
    (socket: TLSSocket) => {
      socket.on("error", () => {});
      socket.write(settings());
      readFrames(
        socket,
        ({ kind, flags, stream }) => {
          if (kind === kinds.settings && (flags & ack) === 0) socket.write(settingsAck);
          if (kind === kinds.headers) script(socket, stream);
        },
        preface.length,
      );
    },
  );
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    play(abuse) {
      script = abuse;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
