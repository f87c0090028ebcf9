/** A client that goes away takes the upstream request with it: nobody pays for tokens that nobody reads. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { h2Through, readUntil, tcp, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawConnection, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let h1: RawOrigin;
let h2: H2Origin;
let plain: RawOrigin;
let core: CoreProcess;

/** Time in which the upstream must be gone. Aim 100 ms; the rest is for a busy machine. */
const promptlyMs = 1_000;

beforeAll(async () => {
  h1 = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] }, halfOpen: true }));
  h2 = stage.opened.add(await startH2Origin(stage.identity));
  plain = stage.opened.add(await startRawOrigin({ halfOpen: true }));
  core = await stage.startCore({ dial: { [host]: h1.port, [secondHost]: h2.port } });
});
afterAll(() => stage.close());

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const oneEvent = "9\r\ndata: 1\n\n\r\n";

/**
 * The origin goes on sending, as a model does: only a connection that is closed in both directions breaks under it.
 * Fails when that does not happen in time.
 */
async function goesAway(connection: RawConnection): Promise<string> {
  const timer = setInterval(() => void connection.write(oneEvent), 20);
  try {
    await within("the upstream connection to close", connection.gone, promptlyMs);
  } finally {
    clearInterval(timer);
  }
  return "gone";
}

async function readAndWait(connection: RawConnection): Promise<RawConnection> {
  await connection.readHead();
  return connection;
}

async function readAndStream(connection: RawConnection): Promise<RawConnection> {
  await connection.readHead();
  await connection.write(streamHead + oneEvent);
  return connection;
}

describe("a client that goes away", () => {
  it("before the reply head, over HTTP/1.1", async () => {
    const upstream = h1.play(readAndWait);
    const socket = await tlsThrough(core, host);
    socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const connection = await upstream;
    socket.destroy();
    expect(await goesAway(connection)).toBe("gone");
  });

  it("in the middle of a stream, over HTTP/1.1", async () => {
    const upstream = h1.play(readAndStream);
    const socket = await tlsThrough(core, host);
    socket.write(`GET /stream HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(socket, "data: 1");
    socket.destroy();
    expect(await goesAway(await upstream)).toBe("gone");
  });

  it("in the middle of its own upload, over HTTP/1.1", async () => {
    const upstream = h1.play(async (connection) => {
      await connection.readHead();
      await connection.readUntil(10);
      return connection;
    });
    const socket = await tlsThrough(core, host);
    socket.write(`POST /up HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\n0123456789`);
    const connection = await upstream;
    socket.destroy();
    expect(await goesAway(connection)).toBe("gone");
  });

  it("in the middle of a stream, over plain HTTP", async () => {
    const upstream = plain.play(readAndStream);
    const socket = await tcp(core.url);
    socket.write(`GET http://127.0.0.1:${plain.port}/ HTTP/1.1\r\nHost: 127.0.0.1:${plain.port}\r\n\r\n`);
    await readUntil(socket, "data: 1");
    socket.destroy();
    expect(await goesAway(await upstream)).toBe("gone");
  });

  it.each(["before the reply head", "in the middle of a stream"])(
    "%s, by resetting its HTTP/2 stream",
    async (when) => {
      const isEarly = when.startsWith("before");
      h2.play((stream) => {
        if (isEarly) return;
        stream.respond({ ":status": 200 });
        stream.write("data: 1\n\n");
      });
      const before = h2.seen.length;
      const over = await h2Through(core, secondHost);
      const stream = over.request({ ":path": "/" });
      stream.on("error", () => {});
      if (isEarly) await within("the request upstream", waitForSeen(before));
      else await within("the first event", new Promise((resolve) => stream.once("data", resolve)));
      stream.close(8);
      const over2 = h2.seen[before]?.over;
      expect(
        await within(
          "the upstream stream to be reset",
          over2 ?? Promise.reject(new Error("never arrived")),
          promptlyMs,
        ),
      ).not.toBe(0);
      over.destroy();
    },
  );

  it("by dropping its HTTP/2 connection: every stream of it is reset upstream", async () => {
    h2.play((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("data: 1\n\n");
    });
    const before = h2.seen.length;
    const over = await h2Through(core, secondHost);
    for (let count = 0; count < 3; count += 1) {
      const stream = over.request({ ":path": `/${count}` });
      stream.on("error", () => {});
      await within("the first event", new Promise((resolve) => stream.once("data", resolve)));
    }
    over.destroy();
    const codes = await within(
      "all upstream streams to end",
      Promise.all(h2.seen.slice(before).map((one) => one.over)),
      promptlyMs,
    );
    expect(codes).toHaveLength(3);
    expect(codes).not.toContain(0);
  });

  it("is a failed flow, not a finished one", async () => {
    const upstream = h1.play(readAndStream);
    const socket = await tlsThrough(core, host);
    socket.write(`GET /left-early HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(socket, "data: 1");
    socket.destroy();
    await goesAway(await upstream);
    const flow = await core.flow("the abandoned one", (one) => one.path === "/left-early" && one.state !== "streaming");
    expect(["failed", "truncated"]).toContain(flow.state);
  });
});

async function waitForSeen(before: number): Promise<void> {
  await waitFor("a stream upstream", () => h2.seen.length > before);
}
