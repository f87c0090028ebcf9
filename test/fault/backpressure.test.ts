/** A side that stops reading stops the other side: what is in flight stays small, whatever the body's size. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { residentMb } from "../bench/process-meter.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { h2Through, readToEnd, readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawConnection, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let h1: RawOrigin;
let h2: H2Origin;
let core: CoreProcess;

const block = Buffer.alloc(64 * 1024, 0x61);
const bodyBytes = 256 * 1024 * 1024;
/** Loopback socket buffers on both legs take a few MB by themselves; a relay without a brake takes all 256. */
const inFlightBound = 24 * 1024 * 1024;
const growthBoundMb = 48;

beforeAll(async () => {
  h1 = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  h2 = stage.opened.add(await startH2Origin(stage.identity));
  core = await stage.startCore({ dial: { [host]: h1.port, [secondHost]: h2.port } });
});
afterAll(() => stage.close());

/** Resolves when the figure has stood still for half a second. */
async function standsStill(figure: () => number): Promise<number> {
  let last = figure();
  let since = performance.now();
  await waitFor("the flow of bytes to stop", () => {
    const now = figure();
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since > 500;
  });
  return last;
}

describe("backpressure", () => {
  it("a client that stops reading stops the origin, over HTTP/1.1", async () => {
    let sent = 0;
    void h1.play(async (connection: RawConnection) => {
      await connection.readHead();
      await connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
      while (sent < bodyBytes) {
        await connection.write(block);
        sent += block.length;
      }
    });
    const before = residentMb(core.pid);
    const socket = await tlsThrough(core, host);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(socket, "\r\n\r\n");
    socket.pause();
    expect(await standsStill(() => sent)).toBeLessThan(inFlightBound);
    expect(residentMb(core.pid) - before).toBeLessThan(growthBoundMb);
    socket.destroy();
  });

  it("a client that stops reading stops the origin, over HTTP/2", async () => {
    let sent = 0;
    h2.play((stream) => {
      stream.respond({ ":status": 200 });
      const more = (): void => {
        if (stream.destroyed || sent >= bodyBytes) return;
        sent += block.length;
        stream.write(block, more);
      };
      more();
    });
    const over = await h2Through(core, secondHost);
    const stream = over.request({ ":path": "/" });
    stream.on("error", () => {});
    await within("the head", new Promise((resolve) => stream.once("response", resolve)));
    stream.pause();
    expect(await standsStill(() => sent)).toBeLessThan(inFlightBound);
    over.destroy();
  });

  it("an origin that stops reading stops the client", async () => {
    const stalled = h1.play(async (connection) => {
      await connection.readHead();
      connection.stall();
      return connection;
    });
    const socket = await tlsThrough(core, host);
    let sent = 0;
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
    const more = (): void => {
      if (socket.destroyed || sent >= bodyBytes) return;
      sent += block.length;
      socket.write(block, more);
    };
    more();
    await stalled;
    expect(await standsStill(() => sent)).toBeLessThan(inFlightBound);
    socket.destroy();
  });

  it("does not hold up another client meanwhile", async () => {
    let sent = 0;
    void h1.play(async (connection) => {
      const head = await connection.readHead();
      if (head.startsWith("GET /small")) {
        await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        return;
      }
      await connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
      while (sent < bodyBytes) {
        await connection.write(block);
        sent += block.length;
      }
    });
    const stalled = await tlsThrough(core, host);
    stalled.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(stalled, "\r\n\r\n");
    stalled.pause();
    const other = await tlsThrough(core, host);
    other.write(`GET /small HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect((await readToEnd(other)).bytes.toString()).toMatch(/ok$/);
    stalled.destroy();
  });
});
