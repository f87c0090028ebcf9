import { once } from "node:events";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { tempFolder } from "../../test/support/temp.ts";
import { waitFor, within } from "../../test/support/wait.ts";
import { createBus } from "../base/bus.ts";
import { systemClock } from "../base/clock.ts";
import type { Controls } from "../base/controls.ts";
import type { StampedEvent } from "../base/events.ts";
import type { FlowStart } from "../base/flow.ts";
import { systemRandom } from "../base/random.ts";
import { createRedactor } from "../base/redact.ts";
import { Secret } from "../base/secret.ts";
import { connectControl, type ControlClient, ControlError, type ControlEvent } from "./client.ts";
import { createFlowLog, type FlowLog } from "./flow-log.ts";
import { type ControlServer, createControlServer } from "./server.ts";

const call: FlowStart = {
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: "/v1/messages",
  protocol: "http/1.1",
  action: "passthrough",
};

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

interface Bench {
  readonly socketPath: string;
  readonly folder: string;
  readonly client: ControlClient;
  readonly flowLog: FlowLog;
  readonly calls: string[];
  readonly events: ReturnType<typeof createBus<StampedEvent>>;
  readonly server: ControlServer;
}

async function startServer(onUnused?: () => void): Promise<Bench> {
  const folder = tempFolder("control");
  endings.push(() => folder.close());
  const socketPath = join(folder.path, "run", "control.sock");
  const calls: string[] = [];
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
  const events = createBus<StampedEvent>();
  const redactor = createRedactor();
  redactor.register("proxy-token-0123456789");
  const server = await createControlServer({
    socketPath,
    controls: fakeControls(calls),
    flowLog,
    events,
    redactor,
    ...(onUnused === undefined ? {} : { onUnused }),
  });
  endings.push(() => server.close());
  return {
    socketPath,
    folder: folder.path,
    client: connectControl({ controlSocket: socketPath }),
    flowLog,
    calls,
    events,
    server,
  };
}

function fakeControls(calls: string[]): Controls {
  const config = { path: "/c.yaml", exists: true, error: null, warnings: [], routes: 1 };
  const ca = {
    fingerprint: "AA:BB",
    expiresAt: "2027-01-01T00:00:00.000Z",
    scope: ["api.anthropic.com"],
    path: "/r.pem",
  };
  return {
    status: () => ({
      running: true,
      pid: 7,
      port: 8317,
      host: "127.0.0.1",
      url: "http://127.0.0.1:8317",
      version: "0.1.0",
      startedAt: "2026-11-01T00:00:00.000Z",
      ca,
      config,
      proxyAuth: "reroute",
    }),
    secrets: () => ({
      proxyToken: new Secret("proxy-token-0123456789"),
      clientKey: new Secret("client-key-0123456789"),
    }),
    routes: () => [{ number: 1, match: { host: "api.anthropic.com" }, to: "local/x", fallback: "error" }],
    explain: (question) => ({
      action: "reroute",
      rule: 1,
      to: `local/${question.model}`,
      targets: [],
      why: [{ stage: "rule", text: question.path ?? "no path" }],
    }),
    reload: () => {
      calls.push("reload");
      return Promise.resolve(config);
    },
    rotateCa: () => Promise.reject(new Error("the disk is full (proxy-token-0123456789)")),
    stop: () => void calls.push("stop"),
  };
}

/** Raw, to send what the client never would. */
async function rawRequest(
  socketPath: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const request = httpRequest({ socketPath, method, path, headers: { host: "switchyard", ...headers }, agent: false });
  request.end(body);
  const [reply] = await once(request, "response");
  let text = "";
  for await (const piece of reply.setEncoding("utf8")) text += piece;
  return { status: reply.statusCode, text, headers: reply.headers };
}

describe("control server", () => {
  it("answers on a socket that only its owner can open", async () => {
    const { socketPath, client } = await startServer();
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(join(socketPath, "..")).mode & 0o777).toBe(0o700);
    expect(await client.status()).toMatchObject({
      running: true,
      url: "http://127.0.0.1:8317",
      counts: { flows: 0, live: 0, tunnels: 0, dropped: 0 },
    });
  });

  it("shows the tokens only to who asks for them", async () => {
    const { client } = await startServer();
    expect(JSON.stringify(await client.status())).not.toMatch(/token|clientKey/);
    expect(await client.secrets()).toMatchObject({
      proxyToken: "proxy-token-0123456789",
      clientKey: "client-key-0123456789",
    });
  });

  it("lists flows oldest first, the newest when there is a limit", async () => {
    const { client, flowLog } = await startServer();
    const ids = Array.from({ length: 5 }, () => flowLog.open(call).id);
    expect((await client.flows()).flows.map((flow) => flow.id)).toEqual(ids);
    expect((await client.flows(2)).flows.map((flow) => flow.id)).toEqual(ids.slice(-2));
  });

  it("shows one flow with its sides", async () => {
    const { client, flowLog } = await startServer();
    const tap = flowLog.open(call);
    tap.head("client-request", { line: "POST /v1/messages HTTP/1.1", headers: [["content-type", "text/plain"]] });
    tap.chunk("client-request", Buffer.from("hi proxy-token-0123456789"));
    const flow = await client.flow(tap.id);
    expect(Object.keys(flow.sides)).toEqual(["client-request"]);
    expect(flow.sides["client-request"]?.body).toMatchObject({ text: "hi •••6789", bytes: 25, truncated: false });
  });

  it("says which flow it does not know", async () => {
    const { client } = await startServer();
    await expect(client.flow("nope")).rejects.toMatchObject({ kind: "failed", code: "no-such-flow" });
  });

  it("counts how often each rule decided", async () => {
    const { client, flowLog, events } = await startServer();
    flowLog.open(call).tell({ type: "why", step: { stage: "rule", text: "rule 1", rule: 1 } });
    expect(await client.routes()).toEqual([expect.objectContaining({ number: 1, hits: 1 })]);
    events.publish({ type: "config-reloaded", path: "/c.yaml", at: 1 });
    expect(await client.routes()).toEqual([expect.objectContaining({ number: 1, hits: 0 })]);
  });

  it("explains a route and refuses half a question", async () => {
    const { client, socketPath } = await startServer();
    const question = { client: "claude-code", host: "h", model: "m" };
    expect(await client.explain(question)).toMatchObject({ to: "local/m", why: [{ text: "no path" }] });
    expect(await client.explain({ ...question, path: "/x" })).toMatchObject({ why: [{ text: "/x" }] });
    const headers = { "content-type": "application/json" };
    const reply = await rawRequest(socketPath, "POST", "/api/routes/explain", headers, '{"client":"a"}');
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("host");
  });

  it("reloads and stops on request, and answers before it stops", async () => {
    const { client, calls } = await startServer();
    expect(await client.reload()).toMatchObject({ path: "/c.yaml" });
    await client.stopCore();
    await waitFor("the stop", () => calls.includes("stop"));
    expect(calls).toEqual(["reload", "stop"]);
  });

  it("tells why a verb failed, without the secret in the reason", async () => {
    const { client } = await startServer();
    await expect(client.rotateCa()).rejects.toThrow("the disk is full (•••6789)");
  });

  const browsers: [string, Record<string, string>][] = [
    ["an Origin", { origin: "https://evil.example" }],
    ["a null Origin", { origin: "null" }],
    ["Sec-Fetch-Site", { "sec-fetch-site": "same-origin" }],
    ["Sec-Fetch-Mode", { "sec-fetch-mode": "no-cors" }],
    ["a WebSocket key", { "sec-websocket-key": "x", upgrade: "websocket", connection: "upgrade" }],
    ["a foreign Host", { host: "evil.example" }],
    ["a Host that begins well", { host: "localhost.evil.example" }],
    ["an address as Host", { host: "127.0.0.1" }],
    ["an unknown Host", { host: "proxy" }],
  ];

  it.each(browsers)("refuses a request with %s, and does nothing", async (_name, headers) => {
    const { socketPath, calls } = await startServer();
    for (const [method, path] of [
      ["GET", "/api/status?secrets=1"],
      ["POST", "/api/stop"],
      ["OPTIONS", "/api/stop"],
    ] as const) {
      const reply = await rawRequest(socketPath, method, path, headers);
      expect(reply.status).toBe(403);
      expect(reply.text).not.toContain("token");
      expect(Object.keys(reply.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    expect(calls).toEqual([]);
  });

  it.each([
    ["GET", "/api/nothing", {}, "", 404],
    ["GET", "/", {}, "", 404],
    ["DELETE", "/api/flows", {}, "", 405],
    ["GET", "/api/stop", {}, "", 405],
    ["GET", "/api/flows?limit=-1", {}, "", 400],
    ["GET", "/api/flows/%zz", {}, "", 400],
    ["POST", "/api/routes/explain", { "content-type": "text/plain" }, "{}", 415],
    ["POST", "/api/routes/explain", { "content-type": "application/json" }, "{", 400],
    ["POST", "/api/routes/explain", { "content-type": "application/json" }, "x".repeat(70_000), 413],
  ] as const)("answers %s %s with a reason and lives on", async (method, path, headers, body, status) => {
    const { socketPath, client } = await startServer();
    const reply = await rawRequest(socketPath, method, path, { ...headers }, body);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.text)).toMatchObject({ error: { message: expect.any(String) } });
    expect((await client.status()).running).toBe(true);
  });

  it("survives bytes that are not HTTP", async () => {
    const { socketPath, client } = await startServer();
    const socket = connect(socketPath);
    socket.end("\u0016\u0003\u0001 not http\r\n\r\n");
    await once(socket.resume(), "close");
    expect((await client.status()).running).toBe(true);
  });

  it("takes the place of a socket that a dead core left, not of one that answers", async () => {
    const { socketPath, server } = await startServer();
    const deps = {
      socketPath,
      controls: fakeControls([]),
      flowLog: createFlowLog({ clock: systemClock, random: systemRandom }),
      events: createBus<StampedEvent>(),
      redactor: createRedactor(),
    };
    await expect(createControlServer(deps)).rejects.toThrow("already answers");
    await server.close();
    endings.splice(1, 1);
    writeFileSync(socketPath, "");
    const next = await createControlServer(deps);
    endings.push(() => next.close());
    expect((await connectControl({ controlSocket: socketPath }).status()).running).toBe(true);
  });
});

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
    endings.splice(1, 1);
    const next = await createControlServer({
      socketPath,
      controls: fakeControls([]),
      flowLog: createFlowLog({ clock: systemClock, random: systemRandom }),
      events: createBus<StampedEvent>(),
      redactor: createRedactor(),
    });
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
    const text = "x".repeat(1_900);
    const taps = Array.from({ length: 200 }, () => flowLog.open(call));
    const closed = once(stalled, "close");
    let rounds = 0;
    const push = setInterval(() => {
      rounds += 1;
      for (const tap of taps) tap.tell({ type: "why", step: { stage: "attempt", text } });
    }, 20);
    endings.push(() => clearInterval(push));
    // A socket that is never read does not notice its end: the server does, so the stalled one looks again.
    await waitFor("enough to overflow", () => rounds > 25, 20_000);
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

  it("will not use a folder that is not a plain folder of ours", async () => {
    const folder = tempFolder("client");
    endings.push(() => folder.close());
    const target = join(folder.path, "elsewhere");
    mkdirSync(target);
    const link = join(folder.path, "run");
    (await import("node:fs")).symlinkSync(target, link);
    await expect(
      createControlServer({
        socketPath: join(link, "control.sock"),
        controls: fakeControls([]),
        flowLog: createFlowLog({ clock: systemClock, random: systemRandom }),
        events: createBus<StampedEvent>(),
        redactor: createRedactor(),
      }),
    ).rejects.toThrow("not a folder of yours");
    rmSync(link);
  });
});
