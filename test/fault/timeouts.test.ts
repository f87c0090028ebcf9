/** Origins that say nothing: the wait has an end, and the end is honest. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { readToEnd, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let origin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] }, halfOpen: true }));
  core = await stage.startCore({
    dial: { [host]: origin.port },
    config: { upstream: { timeouts: { first_byte_ms: 400, idle_ms: 600 } } },
  });
});
afterAll(() => stage.close());

async function ask(path: string): Promise<string> {
  const socket = await tlsThrough(core, host);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return (await readToEnd(socket)).bytes.toString("latin1");
}

describe("an origin that says nothing", () => {
  it("before its reply: 504 with the reason, and the connection upstream is let go", async () => {
    const upstream = origin.play(async (connection) => {
      await connection.readHead();
      return connection;
    });
    const socket = await tlsThrough(core, host);
    socket.write(`GET /never HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const reply = (await readToEnd(socket)).bytes.toString();
    expect(reply).toMatch(/^HTTP\/1\.1 504 /);
    expect(reply).toMatch(/nothing for (400 ms|0\.4 s)/);
    const connection = await upstream;
    await connection.write("too late");
    await within("the upstream connection to close", Promise.race([connection.gone, connection.hasMore()]));
  });

  it("in the middle of its reply: the reply is cut, not ended", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
    });
    const reply = await ask("/stops");
    expect(reply).toContain("data: 1");
    expect(reply).not.toMatch(/0\r\n\r\n$/);
    const flow = await core.flow("the silent one", (one) => one.path === "/stops" && one.state !== "streaming");
    expect(flow.state).toBe("truncated");
  });

  it("but now and then a comment: the stream lives on, however long it takes", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n");
      for (let count = 0; count < 10; count += 1) {
        // Each pause is within the limit; all of them together are over it twice.
        await new Promise((resolve) => setTimeout(resolve, 150));
        await connection.write(": \n");
      }
      connection.end();
    });
    expect(await ask("/alive")).toMatch(/(?:: \n){10}$/);
  });
});
