/**
 * The control API: HTTP with JSON over a unix socket that only its owner can open (a named pipe on Windows). File
 * permissions are the authentication; a request that carries a browser's marks is refused all the same, so that no
 * forwarding of the socket ever turns a web page into a caller.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { systemClock } from "../base/clock.ts";
import type { CoreStatus } from "../base/controls.ts";
import { parseJson } from "../base/json.ts";
import { answered, type ControlContext, ControlRefusal, type ControlRoutes, type ControlServerDeps } from "./route.ts";
import { matchRoute } from "./match.ts";
import { refusalFrom } from "./refusal.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { createEventHub } from "./routes/events.ts";
import { flowExportRoutes } from "./routes/flow-export.ts";
import { flowRoutes } from "./routes/flows.ts";
import { createLeases, leaseRoutes } from "./routes/leases.ts";
import { modelRoutes } from "./routes/models.ts";
import { registryRoutes, type RegistryRoute } from "./routes/registry.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { statusRoutes } from "./routes/status.ts";
import { prepareSocket, restrictSocket } from "./socket-file.ts";

export interface ControlServer {
  /** Ends every connection and removes the socket. Calling again waits for the same end. */
  close(): Promise<void>;
}

const routes: ControlRoutes = {
  ...statusRoutes,
  ...flowRoutes,
  ...flowExportRoutes,
  ...ruleRoutes,
  ...leaseRoutes,
  ...asControl(accountRoutes),
  ...asControl(registryRoutes),
  ...asControl(modelRoutes),
};

/** The engine's verbs know nothing of a socket. */
function asControl(table: Readonly<Record<string, RegistryRoute>>): ControlRoutes {
  return Object.fromEntries(
    Object.entries(table).map(([key, route]) => [key, (request, { verbs }) => route(request, verbs)]),
  );
}

/** Questions and settings are small; nobody sends a body here that is not. */
const maxRequestBytes = 64 * 1024;
/** A filter of 1000 characters is up to 9000 when it stands in an address. */
const maxHeaderBytes = 16 * 1024;
const allowedHosts = new Set(["switchyard", "localhost"]);

/** Resolves when the socket accepts connections. Rejects with the reason when it cannot be made safely. */
export async function createControlServer(deps: ControlServerDeps): Promise<ControlServer> {
  await prepareSocket(deps.socketPath);
  const status = (): CoreStatus => ({ ...deps.controls.status(), counts: deps.flowLog.counts() });
  const clock = deps.clock ?? systemClock;
  const context: ControlContext = {
    ...deps,
    clock,
    eventHub: createEventHub({ ...deps, clock, status }),
    leases: createLeases(deps.onUnused),
    status,
  };
  const server = createServer({ maxHeaderSize: maxHeaderBytes }, (incoming, outgoing) => {
    void serve(incoming, outgoing, context);
  });
  server.listen(deps.socketPath);
  await once(server, "listening");
  await restrictSocket(deps.socketPath);
  const forgetHits = deps.events.subscribe((event) => {
    if (event.type === "config-reloaded") deps.flowLog.forgetRuleHits();
  });
  let closing: Promise<void> | null = null;
  return { close: () => (closing ??= close()) };

  async function close(): Promise<void> {
    forgetHits();
    context.eventHub.close();
    context.leases.close();
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, context: ControlContext): Promise<void> {
  try {
    refuseBrowsers(incoming);
    const url = new URL(incoming.url ?? "/", "http://switchyard");
    const found = matchRoute(routes, incoming.method ?? "GET", url.pathname);
    if (found === null) throw new ControlRefusal(404, "not-found", `nothing is served at ${url.pathname}`);
    const { route, parameters } = found;
    const body = incoming.method === "GET" ? undefined : await readJson(incoming);
    const value = await route({ url, parameters, body, incoming, outgoing }, context);
    if (value !== answered) sendJson(outgoing, 200, value);
  } catch (error) {
    const refusal = refusalFrom(error, context.redactor);
    if (outgoing.headersSent) outgoing.destroy();
    else {
      const { status, code, message, details } = refusal;
      sendJson(outgoing, status, { error: { code, message, ...details } });
    }
  }
}

function refuseBrowsers(incoming: IncomingMessage): void {
  const { headers } = incoming;
  const marks = Object.keys(headers).filter((name) => name === "origin" || name.startsWith("sec-"));
  if (marks.length > 0) throw new ControlRefusal(403, "browser", `requests with ${marks.join(", ")} are refused here`);
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (!allowedHosts.has(host)) throw new ControlRefusal(403, "host", "the Host of a control request is `switchyard`");
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxRequestBytes)
      throw new ControlRefusal(413, "too-large", `a body is at most ${maxRequestBytes} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  if (!(incoming.headers["content-type"] ?? "").startsWith("application/json")) {
    throw new ControlRefusal(415, "content-type", "a body is application/json");
  }
  const parsed = parseJson(Buffer.concat(chunks).toString("utf8"));
  if (!parsed.ok) throw new ControlRefusal(400, "json", parsed.why);
  return parsed.value;
}

function sendJson(outgoing: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value ?? {}));
  outgoing.writeHead(status, { "content-type": "application/json", "content-length": body.byteLength });
  outgoing.end(body);
}
