/**
 * A TCP relay between any two parties that breaks as networks do: slow, thin, cut, reset, closed on one side only, silent
 * while it stays open, with a wrong byte, or a byte at a time. Positions count bytes of one direction.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Ways {
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
  readonly cut?: { readonly at: number; readonly how: "FIN" | "RST" };
  /** This direction ends after so many bytes; the other one goes on. */
  readonly halfCloseAt?: number;
  /** After so many bytes nothing is forwarded and nothing is read any more; the connection stays. */
  readonly stallAt?: number;
  /** The byte at this place is not what was sent. */
  readonly corruptAt?: number;
  /** Each byte in a segment of its own. */
  readonly split?: boolean;
}

export interface LinkPlan {
  readonly toServer?: Ways;
  readonly toClient?: Ways;
}

export interface Link {
  readonly port: number;
  /** Connections that stand. */
  open(): number;
  /** Connections from now on; the ones that stand keep their plan. */
  plan(next: LinkPlan): void;
  /** Ends the ones that stand. */
  drop(): void;
  close(): Promise<void>;
}

export async function startLink(serverPort: number, first: LinkPlan = {}): Promise<Link> {
  let plan = first;
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const upstream = connect({ port: serverPort, host: "127.0.0.1", allowHalfOpen: true });
    for (const one of [client, upstream]) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => {});
    }
    const both = [client, upstream] as const;
    for (const [one, other] of [both, [upstream, client] as const])
      one.on("close", (hadError) => {
        sockets.delete(one);
        // How one side went is how the other sees it.
        if (hadError) other.resetAndDestroy();
        else if (!other.destroyed && !one.readableEnded) other.destroy();
      });
    upstream.on("connect", () => {
      void carry(client, upstream, plan.toServer ?? {}, both);
      void carry(upstream, client, plan.toClient ?? {}, both);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    open: () => Math.ceil(sockets.size / 2),
    plan(next) {
      plan = next;
    },
    drop,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

/** One direction; resolves when it carries nothing more. */
async function carry(from: Socket, to: Socket, ways: Ways, both: readonly [Socket, Socket]): Promise<void> {
  let passed = 0;
  const stop = Math.min(ways.cut?.at ?? Infinity, ways.halfCloseAt ?? Infinity, ways.stallAt ?? Infinity);
  try {
    if (stop > 0) {
      // Taken by hand: leaving the loop must not close the socket.
      const chunks = from[Symbol.asyncIterator]();
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        const chunk = Buffer.from(next.value as Buffer); // a socket without encoding yields Buffers
        const at = (ways.corruptAt ?? -1) - passed;
        if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 0x55;
        const part = chunk.subarray(0, Math.max(0, stop - passed));
        if (ways.latencyMs !== undefined) await pause(ways.latencyMs);
        await forward(to, part, ways);
        passed += part.length;
        if (passed >= stop) break;
      }
    }
  } catch {
    // One side is gone; the other one hears of it by its own end.
    for (const socket of both) socket.destroy();
    return;
  }
  if (passed < stop) to.end();
  else if (ways.cut?.at === stop) {
    for (const socket of both) {
      if (ways.cut.how === "FIN") socket.destroy();
      else socket.resetAndDestroy();
    }
  } else if (ways.halfCloseAt === stop) to.end();
  else from.pause();
}

async function forward(to: Socket, bytes: Buffer, ways: Ways): Promise<void> {
  const size = ways.split === true ? 1 : ways.bytesPerSecond === undefined ? bytes.length : 512;
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    if (to.destroyed) throw new Error("gone");
    await new Promise<void>((resolve, reject) =>
      to.write(piece, (error) => (error === null || error === undefined ? resolve() : reject(error))),
    );
    if (ways.bytesPerSecond !== undefined) await pause((piece.length / ways.bytesPerSecond) * 1000);
    else if (ways.split === true) await pause(0);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}
