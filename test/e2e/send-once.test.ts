/** A request that must not arrive twice: never over a connection that its server may be closing. */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { bodyOf, type HttpReply } from "../../src/base/http.ts";
import { createLanes } from "../../src/intercept/upstream/lanes.ts";
import { createSend } from "../../src/intercept/upstream/send.ts";
import { createDial } from "../../src/intercept/upstream/dial.ts";
import { createDestinationGuard } from "../../src/intercept/upstream/destination.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createSecureContext } from "node:tls";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Answers the first request of a connection, and takes the second one without a word before it closes. */
async function closingServer(): Promise<{ readonly port: number; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let requests = 0;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      const body = /\r\n\r\n(.+)$/s.exec(chunk.toString())?.[1];
      if (body === undefined) return;
      bodies.push(body);
      requests += 1;
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, bodies }; // a TCP server's address is never a path
}

function sender(port: number) {
  const dial = createDial({
    guard: createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] }),
    hop: "000000000000",
    secureContext: () => createSecureContext(),
    connectTo: () => ({}),
    connectTimeoutMs: () => 5_000,
    clock: systemClock,
    outbound: () => null,
  });
  const lanes = createLanes(dial);
  closers.push(() => lanes.close());
  const send = createSend({ lanes, timeouts: () => ({ firstByteMs: 5_000, idleMs: 5_000 }) });
  return async (body: string, isOnce: boolean): Promise<HttpReply> => {
    const reply = await send(
      {
        method: "POST",
        scheme: "http",
        host: "127.0.0.1",
        port,
        target: "/token",
        headers: [
          ["host", "x"],
          ["content-length", String(body.length)],
        ],
        body: bodyOf(body),
        signal: new AbortController().signal,
        ...(isOnce ? { once: true } : {}),
      },
      { purpose: "configured" },
    );
    for await (const _ of reply.body);
    return reply;
  };
}

describe("a connection that its server takes a request on and closes", () => {
  it("has an ordinary request sent on over a new one", async () => {
    const { port, bodies } = await closingServer();
    const send = sender(port);
    await send("first", false);
    expect((await send("second", false)).status).toBe(200);
    expect(bodies).toEqual(["first", "second", "second"]);
  });
  it("never sees one that must arrive only once", async () => {
    const { port, bodies } = await closingServer();
    const send = sender(port);
    await send("first", false);
    expect((await send("token", true)).status).toBe(200);
    expect(bodies).toEqual(["first", "token"]);
  });
});
