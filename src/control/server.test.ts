import { once } from "node:events";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { tempFolder } from "../../test/support/temp.ts";
import { waitFor } from "../../test/support/wait.ts";
import {
  benchAdminToken,
  benchClientKey,
  benchDeps,
  benchToken,
  benchUrl,
  call,
  type ControlBench,
  startControlBench,
} from "./__fixtures__/control-bench.ts";
import { connectControl } from "./client.ts";
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
      url: benchUrl,
      counts: { flows: 0, live: 0, tunnels: 0, dropped: 0 },
    });
  });

  it("shows the tokens only to who asks for them", async () => {
    const { client } = await startServer();
    expect(JSON.stringify(await client.status())).not.toMatch(/token|clientKey/);
    expect(await client.secrets()).toMatchObject({
      proxyToken: benchToken,
      clientKey: benchClientKey,
      adminToken: benchAdminToken,
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
    tap.chunk("client-request", Buffer.from(`hi ${benchToken}`));
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
    expect(await client.explain(question)).toMatchObject({
      to: "local/m",
      why: [{ text: "asked the core about no path" }],
    });
    expect(await client.explain({ ...question, path: "/x" })).toMatchObject({
      why: [{ text: "asked the core about /x" }],
    });
    const headers = { "content-type": "application/json" };
    const reply = await rawRequest(socketPath, "POST", "/api/routes/explain", headers, '{"client":"a"}');
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("host");
  });

  it("says which field it means, and names the nearest", async () => {
    const { socketPath } = await startServer();
    const headers = { "content-type": "application/json" };
    const ask = (method: string, path: string, body: string) => rawRequest(socketPath, method, path, headers, body);
    const question = '{"client":"a","host":null,"modell":"m"}';
    const reply = await ask("POST", "/api/routes/explain", question);
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      400,
      {
        error: {
          code: "invalid",
          message: 'there is no field "modell" here (known are client, host, model, path); did you mean "model"?',
          field: "modell",
        },
      },
    ]);
    const query = await ask("GET", "/api/flows?limt=3", "");
    expect(JSON.parse(query.text)).toMatchObject({ error: { code: "invalid", field: "limt" } });
  });

  it("takes no new user once the last has gone", async () => {
    const unused: string[] = [];
    const { client, socketPath } = await startServer(() => unused.push("unused"));
    (await client.lease()).release();
    await waitFor("the last user to be gone", () => unused.length > 0);
    const reply = await rawRequest(socketPath, "GET", "/api/lease", {});
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      503,
      { error: { code: "stopping", message: "the core is stopping" } },
    ]);
  });

  it("reloads and stops on request, and answers before it stops", async () => {
    const { client, calls } = await startServer();
    expect(await client.reload()).toMatchObject({ path: "/c.yaml" });
    await client.stopCore();
    await waitFor("the stop", () => calls.includes("stop"));
    expect(calls).toEqual(["reload", "stop"]);
  });

  it("tells why a verb failed, without the secret in the reason", async () => {
    const folder = tempFolder("control");
    endings.push(() => folder.close());
    const deps = benchDeps(join(folder.path, "control.sock"));
    const rotateCa = (): Promise<never> => Promise.reject(new Error(`the disk is full (${benchToken})`));
    const server = await createControlServer({ ...deps, controls: { ...deps.controls, rotateCa } });
    endings.push(() => server.close());
    await expect(connectControl({ controlSocket: deps.socketPath }).rotateCa()).rejects.toThrow(
      "the disk is full (•••6789)",
    );
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
    ["DELETE", "/api/status", {}, "", 405],
    ["DELETE", "/api/flows", {}, "", 400],
    ["DELETE", "/api/flows/nobody", {}, "", 404],
    ["GET", "/api/flows?filter=hots:x", {}, "", 400],
    ["GET", "/api/flows?before=nobody", {}, "", 404],
    ["GET", "/api/events?filter=body:x", {}, "", 400],
    ["POST", "/api/flows/export", { "content-type": "application/json" }, '{"format":"pdf"}', 400],
    ["POST", "/api/flows/export", { "content-type": "application/json" }, '{"format":"har","ids":["nobody"]}', 404],
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
    await expect(createControlServer(benchDeps(socketPath))).rejects.toThrow("already answers");
    await server.close();
    writeFileSync(socketPath, "");
    const next = await createControlServer(benchDeps(socketPath));
    expect((await connectControl({ controlSocket: socketPath }).status()).running).toBe(true);
    await next.close();
  });

  it("will not use a folder that is not a plain folder of ours", async () => {
    const folder = tempFolder("control");
    endings.push(() => folder.close());
    mkdirSync(join(folder.path, "elsewhere"));
    symlinkSync(join(folder.path, "elsewhere"), join(folder.path, "run"));
    const deps = benchDeps(join(folder.path, "run", "control.sock"));
    await expect(createControlServer(deps)).rejects.toThrow("not a folder of yours");
  });
});
