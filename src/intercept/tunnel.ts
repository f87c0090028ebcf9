/**
 * A blind tunnel: bytes in both directions, untouched and unseen. The client hears `200` only after the upstream is
 * connected, so a dead destination is an error it can read, and a server that speaks first is heard.
 */
import type { Socket } from "node:net";
import type { FlowTap } from "../base/flow.ts";

export const connectEstablished = "HTTP/1.1 200 Connection Established\r\n\r\n";

/** A peer that vanished without a word is found by the kernel; a quiet tunnel (ssh, a WebSocket) may stay quiet for hours. */
const keepAliveMs = 30_000;

/** Joins two open sockets until both directions have ended. Half-closing passes through; an abort on one side aborts the other. */
export function joinSockets(client: Socket, upstream: Socket, tap: FlowTap): Promise<void> {
  return new Promise((resolve) => {
    let open = 2;
    let failure: string | null = null;
    const onClosed = (): void => {
      open -= 1;
      if (open > 0) return;
      tap.tell({ type: "ended", state: "done", ...(failure === null ? {} : { error: failure }) });
      resolve();
    };
    const link = (from: Socket, to: Socket, name: string): void => {
      from.on("error", (error) => {
        failure ??= `${name}: ${error.message}`;
        // What one side lost by a reset, the other must not read as a clean end.
        if (!to.destroyed) to.resetAndDestroy();
      });
      from.on("close", () => {
        if (!to.destroyed) to.destroySoon();
        onClosed();
      });
      from.setNoDelay(true);
      from.setKeepAlive(true, keepAliveMs);
      from.pipe(to);
    };
    link(client, upstream, "client");
    link(upstream, client, "upstream");
  });
}
