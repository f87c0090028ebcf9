/**
 * A core as the TUI sees it: the control API on a unix socket, with flows that a test makes up. It speaks the
 * published protocol and nothing else, so that the screen is tested without a proxy behind it.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { sampleAnswers } from "./sample-answers.ts";

export interface FakeCore {
  readonly socketPath: string;
  /** Adds or updates a flow and tells everyone who listens. */
  flow(flow: FakeFlow): void;
  core(event: Readonly<Record<string, unknown>>): void;
  /** Resolves when everyone who listens has taken what was sent. */
  drained(): Promise<void>;
  /** Breaks every connection and stops listening, as a killed core does. */
  close(): Promise<void>;
}

export interface FakeFlow {
  readonly id: string;
  readonly sides?: unknown;
  /** What its request was at the client, in the hub and upstream. */
  readonly stages?: unknown;
  readonly [field: string]: unknown;
}

/** As many as a real core's log: a test that sends a million must not be about this process's memory. */
const maxFlows = 10_000;

export async function startFakeCore(
  socketPath: string,
  status: Readonly<Record<string, unknown>> = {},
): Promise<FakeCore> {
  const flows = new Map<string, FakeFlow>();
  const listeners = new Set<ServerResponse>();
  const sockets = new Set<Socket>();

  const summary = ({ sides: _sides, stages: _stages, ...flow }: FakeFlow): object => flow;
  const currentStatus = (): object => ({
    running: true,
    pid: 4242,
    port: 8317,
    host: "127.0.0.1",
    url: "http://127.0.0.1:8317",
    version: "0.1.0",
    startedAt: "2026-11-21T12:00:00.000Z",
    ca: {
      fingerprint: "AB:CD",
      expiresAt: "2036-11-21T12:00:00.000Z",
      scope: ["anthropic.com"],
      path: "/h/certs/ca.pem",
    },
    config: { path: "/h/config.yaml", exists: false, error: null, warnings: [], routes: 0 },
    counts: { flows: flows.size, live: 0, tunnels: 0, dropped: 0 },
    proxyAuth: "reroute",
    ...status,
  });

  const server = createServer((request, reply) => {
    const path = request.url ?? "/";
    const json = (code: number, value: unknown): void => {
      reply.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (path === "/api/status") json(200, currentStatus());
    else if (path === "/api/events") {
      reply.writeHead(200, { "content-type": "text/event-stream" });
      send(reply, "hello", { status: currentStatus(), flows: [...flows.values()].map(summary) });
      listeners.add(reply);
      reply.on("close", () => listeners.delete(reply));
    } else if (path.startsWith("/api/flows/") && path.endsWith("/stages")) {
      const flow = flows.get(decodeURIComponent(path.slice("/api/flows/".length, -"/stages".length)));
      if (flow?.stages === undefined) json(404, { error: { code: "no-such-flow", message: "no such flow" } });
      else json(200, flow.stages);
    } else if (path.startsWith("/api/flows/")) {
      const flow = flows.get(decodeURIComponent(path.slice("/api/flows/".length)));
      if (flow === undefined) json(404, { error: { code: "no-such-flow", message: "no such flow" } });
      else {
        const { stages: _stages, ...detail } = flow;
        json(200, { sides: {}, ...detail });
      }
    } else if (path.startsWith("/api/")) {
      const answer = sampleAnswers(Date.now()).answer(request.method ?? "GET", path.slice("/api".length));
      if (answer instanceof Error) json(404, { error: { code: "no-such-path", message: answer.message } });
      else json(200, answer);
    } else json(404, { error: { code: "no-such-path", message: "no such path" } });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await rm(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });

  return {
    socketPath,
    flow(flow) {
      flows.set(flow.id, flow);
      if (flows.size > maxFlows) flows.delete(flows.keys().next().value ?? "");
      for (const listener of listeners) send(listener, "flow", summary(flow));
    },
    core(event) {
      for (const listener of listeners) send(listener, "core", event);
    },
    async drained() {
      for (const listener of listeners) {
        if (listener.writableNeedDrain) await once(listener, "drain");
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function send(reply: ServerResponse, name: string, data: unknown): void {
  reply.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
