/**
 * HTTP/1 connections to upstreams ("lanes"). A client connection holds one lane for as long as it lives, so that
 * keep-alive, closing and errors look to both ends as if they were joined directly; a clean lane that its client has
 * left is lent to the next client for a short while, which saves a handshake.
 */
import type { Connection, Dial, DialTarget } from "./dial.ts";

export interface Lane extends Connection {
  /** True when another exchange used it before: a failure before the first reply byte may then be a stale connection. */
  readonly reused: boolean;
}

export interface Lanes {
  /** One that stands ready, or null: then `take` opens one. */
  lend(target: DialTarget): Lane | null;
  take(target: DialTarget, signal?: AbortSignal): Promise<Lane>;
  /** A lane that stands between two exchanges with nothing unread. Its listeners must be gone. */
  giveBack(target: DialTarget, lane: Connection): void;
  close(): void;
  readonly idleCount: number;
}

/** Servers close idle connections after 5 s at the earliest (Node's default); we stop lending well before. */
const maxIdleMs = 3_000;
/** Per origin; a burst of client connections must not leave a heap of idle sockets behind. */
const maxIdlePerOrigin = 16;

export function createLanes(dial: Dial): Lanes {
  const idle = new Map<string, { connection: Connection; timer: NodeJS.Timeout; drop: () => void }[]>();
  let closed = false;

  // The way is part of it: a proxy that was taken out of the settings, or put in, holds from the next call on.
  const keyOf = (target: DialTarget, way: string): string =>
    `${target.tls === undefined ? "http" : "https"}|${target.host}:${target.port}|${target.tls?.alpn.join() ?? ""}|${target.purpose}|${target.via ?? ""}|${way}`;

  const lend = (target: DialTarget): Lane | null => {
    if (idle.size === 0) return null;
    const lent = idle.get(keyOf(target, dial.wayTo(target)))?.pop();
    if (lent === undefined) return null;
    clearTimeout(lent.timer);
    lent.connection.socket.off("close", lent.drop).off("end", lent.drop).off("data", lent.drop).off("error", lent.drop);
    return { ...lent.connection, connectMs: 0, tlsMs: lent.connection.tlsMs === null ? null : 0, reused: true };
  };

  return {
    lend,
    async take(target, signal) {
      return lend(target) ?? { ...(await dial(target, signal)), reused: false };
    },
    giveBack(target, connection) {
      const { socket } = connection;
      const key = keyOf(target, connection.way);
      const waiting = idle.get(key) ?? [];
      if (closed || socket.destroyed || socket.readableEnded || waiting.length >= maxIdlePerOrigin) {
        socket.on("error", () => {});
        socket.destroy();
        return;
      }
      const drop = (): void => {
        clearTimeout(entry.timer);
        const rest = (idle.get(key) ?? []).filter((other) => other !== entry);
        if (rest.length === 0) idle.delete(key);
        else idle.set(key, rest);
        socket.on("error", () => {});
        socket.destroy();
      };
      const entry = { connection, timer: setTimeout(drop, maxIdleMs).unref(), drop };
      // Data on an idle lane is a protocol violation (or a 408 from a server about to close): the lane is spent.
      socket.on("close", drop).on("end", drop).on("data", drop).on("error", drop);
      socket.resume();
      waiting.push(entry);
      idle.set(key, waiting);
    },
    close() {
      closed = true;
      for (const waiting of idle.values()) for (const entry of waiting) entry.drop();
      idle.clear();
    },
    get idleCount() {
      let count = 0;
      for (const waiting of idle.values()) count += waiting.length;
      return count;
    },
  };
}
