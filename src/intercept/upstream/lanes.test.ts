/** A connection is lent on only to a call that would go the same way: real TLS and HTTP/2 servers on loopback. */
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { createFakeCa } from "../../../test/support/fake-ca.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { systemClock } from "../../base/clock.ts";
import { createUpstreamSessions } from "../h2/sessions.ts";
import { createDestinationGuard } from "./destination.ts";
import { createDial, type DialTarget } from "./dial.ts";
import { createLanes } from "./lanes.ts";

const opened = createOpened();
afterAll(() => opened.closeAll());

const host = "far.example";

/** Two servers that both are the host, and which of them the settings name now. */
async function stage() {
  const ca = opened.add(createFakeCa());
  /** Which of them each HTTP/2 connection came to. */
  const reached: (number | undefined)[] = [];
  const serve = async (): Promise<number> => {
    const server = createSecureServer({ ...ca.issue([host]), allowHTTP1: true });
    server.on("session", (session) => {
      reached.push(session.socket.localPort);
      opened.later(() => session.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    opened.later(() => void server.close());
    return (server.address() as AddressInfo).port; // a TCP server's address is never a path
  };
  const ports = { first: await serve(), second: await serve() };
  const settings = { at: ports.first };
  const dial = createDial({
    guard: createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] }),
    hop: "000000000000",
    secureContext: () => createSecureContext({ ca: ca.cert }),
    connectTo: () => ({ [`${host}:443`]: `127.0.0.1:${settings.at}` }),
    connectTimeoutMs: () => 5_000,
    clock: systemClock,
    outbound: () => null,
  });
  const lanes = createLanes(dial);
  const sessions = createUpstreamSessions(dial, lanes);
  opened.later(() => {
    lanes.close();
    sessions.close();
  });
  return { ports, settings, lanes, sessions, reached };
}

describe("an idle connection", () => {
  it("is lent to the next call, and not once the settings send calls another way", async () => {
    const { ports, settings, lanes } = await stage();
    const target: DialTarget = { host, port: 443, tls: { alpn: ["http/1.1"] }, purpose: "client" };
    const first = await lanes.take(target);
    expect([first.reused, first.socket.remotePort]).toEqual([false, ports.first]);
    lanes.giveBack(target, first);
    const again = await lanes.take(target);
    expect([again.reused, again.socket.remotePort]).toEqual([true, ports.first]);
    settings.at = ports.second;
    lanes.giveBack(target, again);
    const other = await lanes.take(target);
    expect([other.reused, other.socket.remotePort]).toEqual([false, ports.second]);
    settings.at = ports.first;
    expect((await lanes.take(target)).reused).toBe(true);
  });

  it("is the same with a session of HTTP/2", async () => {
    const { ports, settings, sessions, reached } = await stage();
    const open = async () => {
      const got = await sessions.open({ host, port: 443, hops: [], alpn: ["h2", "http/1.1"] });
      if (got.protocol !== "h2") throw new Error("HTTP/2 was not chosen");
      return got.session;
    };
    const first = await open();
    sessions.giveBack(first);
    const again = await open();
    expect([again.connected, again.session === first.session]).toEqual([null, true]);
    sessions.giveBack(again);
    settings.at = ports.second;
    const other = await open();
    expect(other.connected).not.toBeNull();
    expect(reached).toEqual([ports.first, ports.second]);
  });
});
