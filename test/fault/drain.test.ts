/** SIGTERM: what is running may finish, nothing new is taken in, and the process ends by itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { readUntil, tcp, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let origin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({ dial: { [host]: origin.port } });
});
afterAll(() => stage.close());

describe("SIGTERM", () => {
  it("lets a running stream finish, takes nothing new, then ends with 0", async () => {
    const upstream = origin.play(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
      return connection;
    });
    const idle = await tlsThrough(core, host);
    const socket = await tlsThrough(core, host);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(socket, "one");

    core.signal("SIGTERM");
    const isClosedToNew = (): Promise<boolean> =>
      tcp(core.url).then(
        (late) => {
          late.destroy();
          return false;
        },
        () => true,
      );
    await waitFor("new connections to be refused", isClosedToNew);
    expect(core.isAlive()).toBe(true);

    const rest = readUntil(socket, "0\r\n\r\n");
    await (await upstream).write("3\r\ntwo\r\n0\r\n\r\n");
    expect(await rest).toContain("two");
    expect(await within("the core to end", core.exited)).toBe(0);
    idle.destroy();
  });
});
