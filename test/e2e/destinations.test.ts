/** `private_destinations`: where a proxy that is more than our own may not be sent. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";
import { connectThrough, readToEnd, tcp } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
let origin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ speaksFirst: true }));
  core = await stage.startCore({ config: { upstream: { private_destinations: "refuse" } } });
});
afterAll(() => stage.close());

const addresses = [
  "127.0.0.1",
  "localhost",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "10.1.2.3",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "[fe80::1]",
  "[fd12::1]",
  "0.0.0.0",
];

describe("private_destinations: refuse", () => {
  it.each(addresses)("no tunnel to %s", async (address) => {
    const { socket, status, early } = await connectThrough(core.url, `${address}:${origin.port}`);
    expect(status).toBe(403);
    expect((await readToEnd(socket, early)).bytes.toString()).toMatch(/private|loopback|this machine/i);
    expect(origin.connections).toHaveLength(0);
  });

  it.each(addresses)("no plain request to %s", async (address) => {
    const socket = await tcp(core.url);
    socket.write(`GET http://${address}:${origin.port}/ HTTP/1.1\r\nHost: ${address}\r\nConnection: close\r\n\r\n`);
    expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 403 /);
    expect(origin.connections).toHaveLength(0);
  });
});
