/**
 * The client connections that are open, and how many there may be. One with an exchange in flight is never closed for
 * another; of the others the one that has waited longest goes first. A blind tunnel counts as in flight: nobody here can
 * see whether it is idle.
 */
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { WireLimits } from "../base/limits.ts";
import { createStalls, lookAgain } from "./stalls.ts";

/** One client connection's place among all of them. */
export interface Place {
  /** An exchange began; calls nest, as streams of one connection do. */
  enter(): void;
  leave(): void;
  /** What the client reads: when it takes nothing of it for too long, the connection is broken. */
  watch(stream: Writable): void;
}

export interface Connections {
  /** Null: there is no room, and nobody to make room for it. */
  admit(socket: Socket): Place | null;
  /** The place a socket was given; null for one that was not admitted. */
  placeOf(socket: Socket): Place | null;
  close(): void;
  readonly size: number;
}

export interface ConnectionsOptions {
  readonly limits: () => WireLimits;
  /** ms that never go back. */
  readonly now: () => number;
  /** `shed`: an idle one was closed to make room. */
  readonly onClosed: (why: "shed" | "stalled" | "refused") => void;
}

export function createConnections(options: ConnectionsOptions): Connections {
  const { limits, onClosed } = options;
  const places = new Map<Socket, Place>();
  /** In the order in which they fell idle. */
  const idle = new Set<Socket>();
  const stalls = createStalls<Writable>({
    now: options.now,
    forMs: () => limits().stalledReaderMs,
    waitingOf: (stream) => stream.writableLength,
  });
  /** Below TLS: what is to be reset. */
  const under = new Map<Writable, Socket>();
  const stop = lookAgain(
    () => limits().stalledReaderMs,
    () => {
      for (const stream of stalls.look()) {
        stalls.delete(stream);
        under.get(stream)?.resetAndDestroy();
        onClosed("stalled");
      }
    },
  );

  const forget = (socket: Socket): void => {
    places.delete(socket);
    idle.delete(socket);
  };
  const makeRoom = (): boolean => {
    // More than one when a reload has made the limit smaller.
    for (const socket of idle) {
      if (places.size < limits().connections) return true;
      forget(socket);
      socket.destroy();
      onClosed("shed");
    }
    return places.size < limits().connections;
  };

  return {
    admit(socket) {
      if (!makeRoom()) {
        onClosed("refused");
        return null;
      }
      let inFlight = 0;
      const place: Place = {
        enter() {
          inFlight += 1;
          if (inFlight === 1) idle.delete(socket);
        },
        leave() {
          inFlight -= 1;
          if (inFlight === 0 && places.has(socket)) idle.add(socket);
        },
        watch(stream) {
          stalls.add(stream);
          under.set(stream, socket);
          stream.once("close", () => {
            stalls.delete(stream);
            under.delete(stream);
          });
        },
      };
      places.set(socket, place);
      idle.add(socket);
      socket.once("close", () => forget(socket));
      return place;
    },
    placeOf: (socket) => places.get(socket) ?? null,
    close: stop,
    get size() {
      return places.size;
    },
  };
}
