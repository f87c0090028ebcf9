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
import { checked } from "./checked.ts";
import { lazyDocument } from "./lazy-document.ts";
import { answered, type ControlContext, ControlRefusal, type ControlRoutes, type ControlServerDeps } from "./route.ts";
import { matchRoute, withOtherNames } from "./match.ts";
import { type Refusal, refusalFrom } from "./refusal.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { catalogRoutes } from "./routes/catalog.ts";
import { createEventHub } from "./routes/events.ts";
import { flowExportRoutes } from "./routes/flow-export.ts";
import { flowRoutes } from "./routes/flows.ts";
import { createLeases, leaseRoutes } from "./routes/leases.ts";
import { loginPageRoutes } from "./routes/login-pages.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { modelRoutes } from "./routes/models.ts";
import { recordingRoutes } from "./routes/recording.ts";
import { registryRoutes } from "./routes/registry.ts";
import { isReplayPath, maxReplayBodyBytes, replayRoutes } from "./routes/replay.ts";
import { ruleEditRoutes } from "./routes/rule-edits.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { settingRoutes } from "./routes/settings.ts";
import { statusRoutes } from "./routes/status.ts";
import { schemaVersion } from "./schemas/version.ts";
import { prepareSocket, restrictSocket } from "./socket-file.ts";

export interface ControlServer {
  /** Ends every connection and removes the socket. Calling again waits for the same end. */
  close(): Promise<void>;
}

/** Everything that is served on the socket; the document is made of the same table. */
export const controlRoutes: ControlRoutes = {
  ...statusRoutes,
  ...flowRoutes,
  ...recordingRoutes,
  ...replayRoutes,
  ...flowExportRoutes,
  ...ruleRoutes,
  ...leaseRoutes,
  ...accountRoutes,
  ...catalogRoutes,
  ...settingRoutes,
  ...registryRoutes,
  ...modelRoutes,
  ...ruleEditRoutes,
  ...loginPageRoutes,
  ...metricsRoutes,
};
const routes = withOtherNames(controlRoutes);

/** Questions and settings are small; nobody sends a body here that is not. */
export const maxRequestBytes = 64 * 1024;
/** A filter of 1000 characters is up to 9000 when it stands in an address. */
const maxHeaderBytes = 16 * 1024;
const allowedHosts = new Set(["switchyard", "localhost"]);

/** Resolves when the socket accepts connections. Rejects with the reason when it cannot be made safely. */
export async function createControlServer(deps: ControlServerDeps): Promise<ControlServer> {
  await prepareSocket(deps.socketPath);
  const status = (): CoreStatus => ({ ...deps.controls.status(), schemaVersion, counts: deps.flowLog.counts() });
  const clock = deps.clock ?? systemClock;
  const context: ControlContext = {
    ...deps,
    clock,
    eventHub: createEventHub({ ...deps, clock, status }),
    leases: createLeases(deps.onUnused),
    status,
    metricsText: () => deps.controls.metricsText(),
    document: lazyDocument(() => deps.controls.status().version),
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
    if (found === null) throw new ControlRefusal(404, "not-found", `nothing is served at ${url.pathname}; ${listed}`);
    const { route, parameters } = found;
    const body = incoming.method === "GET" ? undefined : await readJson(incoming, boundFor(url.pathname));
    const said = checked(route, { url, body }, { strict: true });
    const value = await route.handle({ url, parameters, ...said, incoming, outgoing }, context);
    if (value !== answered) sendJson(outgoing, 200, value);
  } catch (error) {
    incoming.resume();
    const refusal = refusalFrom(error, context.redactor);
    if (refusal.allowed.length > 0 && !outgoing.headersSent) outgoing.setHeader("allow", refusal.allowed.join(", "));
    if (outgoing.headersSent) outgoing.destroy();
    else sendJson(outgoing, refusal.status, { error: told(refusal) });
  }
}

const listed = "GET /api/openapi.json lists what is";

function told({ code, message, field, next, details }: Refusal): Readonly<Record<string, string | number>> {
  return { code, message, ...(field === null ? {} : { field }), ...(next === null ? {} : { next }), ...details };
}

function refuseBrowsers(incoming: IncomingMessage): void {
  const { headers } = incoming;
  const marks = Object.keys(headers).filter((name) => name === "origin" || name.startsWith("sec-"));
  if (marks.length > 0) throw new ControlRefusal(403, "browser", `requests with ${marks.join(", ")} are refused here`);
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (!allowedHosts.has(host)) throw new ControlRefusal(403, "host", "the Host of a control request is `switchyard`");
}

/** A call that is made again may come with another body, as large as calls are. */
function boundFor(path: string): number {
  return isReplayPath(path) ? maxReplayBodyBytes : maxRequestBytes;
}

async function readJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Left early it must not take the connection with it: the refusal has to get through.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new ControlRefusal(413, "too-large", `a body is at most ${maxBytes} bytes`);
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
