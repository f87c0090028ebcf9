/** An HTTP/2 connection of our own framing to an upstream, on a socket that was just made. */
import type { Duplex } from "node:stream";
import type { WireLimits } from "../../base/limits.ts";
import { createRate } from "./flood.ts";
import { WireSession } from "./wire/session.ts";

/** `:status`. */
const pseudoFields = 1;

/** Resolves when the upstream has said its settings, when `waitMs` are over, or when the connection is. */
export function openWire(socket: Duplex, limits: () => WireLimits, waitMs: number): Promise<WireSession> {
  const { responseHeadBytes, headerFields, connectionWindowBytes } = limits();
  // HTTP/2 has no half-closed connections.
  socket.allowHalfOpen = false;
  const rate = createRate(() => performance.now());
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve(session);
    };
    const timer = setTimeout(done, waitMs);
    const session = new WireSession({
      role: "client",
      socket,
      maxStreams: 0,
      maxHeadBytes: responseHeadBytes,
      maxHeadFields: headerFields + pseudoFields,
      windowBytes: connectionWindowBytes,
      enableConnectProtocol: false,
      mayGoOn: () => rate.take(limits().controlFramesPer10s),
      listener: { onSettings: done, onClose: done },
    });
  });
}
