import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { tempFolder } from "../../test/support/temp.ts";
import { waitFor, within } from "../../test/support/wait.ts";
import { benchDeps, call, type ControlBench, startControlBench } from "./__fixtures__/control-bench.ts";
import { connectControl, ControlError, type ControlEvent } from "./client.ts";
import { createControlServer } from "./server.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function startServer(onUnused?: () => void): Promise<ControlBench> {
  const bench = await startControlBench(onUnused);
  endings.push(bench.close);
  return bench;
}

describe("the live stream", () => {
  it("begins with everything and goes on with what changes", async () => {
    const { client, flowLog, events } = await startServer();
    const first = flowLog.open(call);
    const seen: ControlEvent[] = [];
    endings.push(client.events((event) => seen.push(event)));
    await waitFor("hello", () => seen[0]);
    expect(seen[0]).toMatchObject({
      type: "hello",
      status: { running: true },
      flows: [{ id: first.id, state: "open" }],
    });
    first.tell({ type: "reply-started", status: 200 });
    first.tell({ type: "ended", state: "done" });
    events.publish({ type: "notice", level: "info", area: "test", text: "hello", at: 5 });
    await waitFor("the flow", () => seen.find((event) => event.type === "flow"));
    expect(seen.filter((event) => event.type === "flow")).toEqual([
      { type: "flow", flow: expect.objectContaining({ id: first.id, state: "done", status: 200 }) },
    ]);
    expect(seen).toContainEqual({ type: "core", event: expect.objectContaining({ text: "hello", at: 5 }) });
  });

  it("comes back by itself when the core comes back", async () => {
    const { client, server, socketPath } = await startServer();
    const seen: ControlEvent[] = [];
    endings.push(client.events((event) => seen.push(event)));
    await waitFor("hello", () => seen.length > 0);
    await server.close();
    await waitFor("the loss", () => seen.find((event) => event.type === "lost"));
    const next = await createControlServer(benchDeps(socketPath));
    endings.push(() => next.close());
    await waitFor("a second hello", () => seen.at(-1)?.type === "hello" && seen.length > 1);
    expect(seen.map((event) => event.type)).toEqual(["hello", "lost", "hello"]);
  });

  it("cuts a reader off that does not read, and nobody else", async () => {
    const { client, flowLog, socketPath } = await startServer();
    const stalled: Socket = connect(socketPath);
    stalled.write("GET /api/events HTTP/1.1\r\nHost: switchyard\r\n\r\n");
    stalled.pause();
    stalled.on("error", () => {});
    const seen: ControlEvent[] = [];
    endings.push(client.events((event) => seen.push(event)));
    await waitFor("hello", () => seen.length > 0);
    const text = "x".repeat(200);
    const taps = Array.from({ length: 200 }, () => flowLog.open(call));
    const closed = once(stalled, "close");
    let rounds = 0;
    const push = setInterval(() => {
      rounds += 1;
      for (const tap of taps) tap.tell({ type: "why", step: { stage: "attempt", text } });
    }, 20);
    endings.push(() => clearInterval(push));
    // A socket that is never read does not notice its end: the server does, so the stalled one looks again.
    await waitFor("enough to overflow", () => rounds > 35, 20_000);
    // Not a byte more than is needed: on a busy machine the other reader would be behind as well.
    clearInterval(push);
    stalled.resume();
    await within("the stalled reader to be cut off", closed, 20_000);
    const before = seen.length;
    flowLog.open(call);
    await waitFor("the other reader's next event", () => seen.length > before);
    expect(seen.filter((event) => event.type === "lost")).toEqual([]);
  });
});

describe("leases", () => {
  it("report when the last user has gone, however it went", async () => {
    const unused: number[] = [];
    const { client } = await startServer(() => unused.push(1));
    const one = await client.lease();
    const other = await client.lease();
    one.release();
    await client.status();
    expect(unused).toEqual([]);
    other.release();
    await waitFor("the report", () => unused.length === 1);
    await expect(client.lease()).rejects.toBeInstanceOf(ControlError);
  });

  it("mean nothing to a core that was started for itself", async () => {
    const { client } = await startServer();
    (await client.lease()).release();
    (await client.lease()).release();
    expect((await client.status()).running).toBe(true);
  });
});

describe("control client", () => {
  it("knows a core that is not there from one that is not ours", async () => {
    const folder = tempFolder("client");
    endings.push(() => folder.close());
    const controlSocket = join(folder.path, "control.sock");
    await expect(connectControl({ controlSocket }).status()).rejects.toMatchObject({ kind: "not-running" });
    const stranger = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
    stranger.listen(controlSocket);
    await once(stranger, "listening");
    endings.push(() => void stranger.close());
    await expect(connectControl({ controlSocket }).status()).rejects.toMatchObject({ kind: "protocol" });
  });
});
