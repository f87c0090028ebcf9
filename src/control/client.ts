/**
 * The other end of the control API, for the command line and the TUI: requests with typed failures, and the live
 * stream, which comes back by itself after a loss.
 */
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { addAbortSignal } from "node:stream";
import type { CoreSecrets, CoreStatus, FlowDetailJson, FlowJson } from "../base/controls.ts";
import type { CaStatus, FlowCounts, ReloadResult, RouteAnswer, RouteQuestion, RouteRow } from "../base/controls.ts";
import type { EngineVerbs, LoginPageJson, NewLoginPageJson, OpenedLoginPageJson } from "../base/controls-engine.ts";
import type { FlowStagesJson } from "../base/controls-stages.ts";
import type { StampedEvent } from "../base/events.ts";
import { own, parseJson } from "../base/json.ts";
import type { Paths } from "../base/paths.ts";
import type { ReplayWish } from "../base/replay.ts";
import { type AskOptions, engineVerbsOver, type Method } from "./engine-client.ts";
import { createEventReader } from "./event-reader.ts";
import { type FlowVerbs, flowVerbsOver, queryOf } from "./flow-client.ts";
import type { RecordedCall } from "./recording/format.ts";

export type ControlFailure =
  | "not-running" // nobody listens on the socket
  | "refused" // we may not open the socket, or the core would not hear us
  | "failed" // the core says why
  | "protocol"; // what answers there is not a core of ours

export class ControlError extends Error {
  readonly kind: ControlFailure;
  /** The core's own word for it, as `no-such-flow`. */
  readonly code: string | null;
  /** A command to type, where the core knows one. */
  readonly next: string | undefined;

  constructor(kind: ControlFailure, message: string, code: string | null = null, next?: string) {
    super(message);
    this.name = "ControlError";
    this.kind = kind;
    this.code = code;
    this.next = next;
  }
}

export type ControlEvent =
  /** The stream is (again) open; this replaces everything told before. */
  | { readonly type: "hello"; readonly status: CoreStatus; readonly flows: readonly FlowJson[] }
  | { readonly type: "flow"; readonly flow: FlowJson }
  /** Taken out of the log by hand. */
  | { readonly type: "removed"; readonly ids: readonly string[] }
  | { readonly type: "core"; readonly event: StampedEvent }
  /** The configuration in force changed, or could not. */
  | { readonly type: "status"; readonly status: CoreStatus }
  | { readonly type: "lost"; readonly why: string; readonly retryInMs: number };

/** Refusals of the engine's verbs arrive as `ControlError` of kind `failed`, with the refusal's code. */
export type { ExportedFlows } from "./flow-client.ts";

export interface ControlClient extends EngineVerbs, FlowVerbs {
  get(path: string): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  delete(path: string): Promise<unknown>;
  /** The same for who chooses the method, and how long to wait. */
  ask(method: Method, path: string, options?: AskOptions): Promise<unknown>;
  status(): Promise<CoreStatus>;
  /** The status with the secrets of the installation in clear. */
  secrets(): Promise<CoreStatus & { readonly [Name in keyof CoreSecrets]: string }>;
  flows(limit?: number): Promise<{ readonly flows: readonly FlowJson[]; readonly counts: FlowCounts }>;
  flow(id: string): Promise<FlowDetailJson>;
  /** Its request at the client, in the hub and upstream. */
  stages(id: string): Promise<FlowStagesJson>;
  /** As a line of a recording. */
  recording(id: string): Promise<RecordedCall>;
  /** Makes a call again and resolves when it has ended. The signal, and our own end, end it at once. */
  replay(id: string, wish: ReplayWish, signal: AbortSignal): Promise<{ readonly id: string }>;
  routes(): Promise<readonly RouteRow[]>;
  explain(question: RouteQuestion): Promise<RouteAnswer>;
  /** A page on the port for a Kiro login in the browser. */
  openLoginPage(wish: NewLoginPageJson): Promise<OpenedLoginPageJson>;
  loginPage(id: string): Promise<LoginPageJson>;
  closeLoginPage(id: string): Promise<void>;
  /** Figures as Prometheus reads them. */
  metricsText(): Promise<string>;
  reload(): Promise<ReloadResult>;
  rotateCa(): Promise<CaStatus>;
  stopCore(): Promise<void>;
  /** Calls back until the returned function is called; reconnects by itself. With a filter: only of flows that fit it. */
  events(listener: (event: ControlEvent) => void, filter?: string): () => void;
  /** Resolves when the core counts us among its users; it does until `release` or our end. */
  lease(): Promise<{ release(): void }>;
}

/** A core that does not answer a small question for this long is stuck. */
const replyTimeoutMs = 10_000;
/** A model may think for a long time; whoever waits says when it is enough. */
const replayTimeoutMs = 24 * 60 * 60_000;
const firstRetryMs = 250;
const maxRetryMs = 5_000;
/** A flow with four bodies of 2 MiB each, in JSON. */
const maxReplyBytes = 64 * 1024 * 1024;

export function connectControl(paths: Pick<Paths, "controlSocket">): ControlClient {
  const socketPath = paths.controlSocket;

  async function ask<Reply>(method: Method, path: string, { body, timeoutMs }: AskOptions = {}): Promise<Reply> {
    const text = await exchange(socketPath, {
      method,
      path,
      body: body === undefined ? null : JSON.stringify(body),
      timeoutMs: timeoutMs ?? replyTimeoutMs,
    });
    const parsed = parseJson(text);
    if (!parsed.ok) throw new ControlError("protocol", "the answer on the control socket is not JSON");
    // The core is ours and of our version; screens and scripts still read defensively.
    return parsed.value as Reply;
  }

  return {
    ...engineVerbsOver(ask),
    ...flowVerbsOver(ask, (path, body) => askStream(socketPath, path, body)),
    ask,
    get: (path) => ask("GET", path),
    post: (path, body = {}) => ask("POST", path, { body }),
    put: (path, body) => ask("PUT", path, { body }),
    delete: (path) => ask("DELETE", path),
    status: () => ask("GET", "/api/status"),
    secrets: () => ask("GET", "/api/status?secrets=1"),
    flows: (limit) => ask("GET", limit === undefined ? "/api/flows" : `/api/flows?limit=${limit}`),
    flow: (id) => ask("GET", `/api/flows/${encodeURIComponent(id)}`),
    stages: (id) => ask("GET", `/api/flows/${encodeURIComponent(id)}/stages`),
    recording: (id) => ask("GET", `/api/flows/${encodeURIComponent(id)}/recording`),
    async replay(id, wish, signal) {
      const path = `/api/flows/${encodeURIComponent(id)}/replay?wait=1`;
      const body = JSON.stringify(wish);
      const text = await exchange(socketPath, { method: "POST", path, body, timeoutMs: replayTimeoutMs, signal });
      const parsed = parseJson(text);
      const made = parsed.ok ? own(parsed.value, "id") : undefined;
      if (typeof made !== "string") throw new ControlError("protocol", "the core does not say which flow it is");
      return { id: made };
    },
    routes: async () => (await ask<{ readonly routes: readonly RouteRow[] }>("GET", "/api/routes")).routes,
    explain: (question) => ask("POST", "/api/routes/explain", { body: question }),
    openLoginPage: (wish) => ask("POST", "/v0/oauth/kiro/pages", { body: wish }),
    loginPage: (id) => ask("GET", `/v0/oauth/kiro/pages/${encodeURIComponent(id)}`),
    closeLoginPage: async (id) => {
      await ask("DELETE", `/v0/oauth/kiro/pages/${encodeURIComponent(id)}`);
    },
    metricsText: () => {
      const path = "/api/metrics?format=prometheus";
      return exchange(socketPath, { method: "GET", path, body: null, timeoutMs: replyTimeoutMs });
    },
    reload: () => ask("POST", "/api/reload", { body: {} }),
    rotateCa: () => ask("POST", "/api/ca/rotate", { body: {} }),
    stopCore: async () => {
      await ask("POST", "/api/stop", { body: {} });
    },
    events: (listener, filter) => follow(socketPath, `/api/events${queryOf({ filter })}`, listener),
    lease: () => holdLease(socketPath),
  };
}

interface Question {
  readonly method: Method;
  readonly path: string;
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

async function exchange(socketPath: string, { method, path, body, timeoutMs, signal }: Question): Promise<string> {
  const request = open(socketPath, method, path, body);
  if (signal !== undefined) addAbortSignal(signal, request);
  request.setTimeout(timeoutMs, () =>
    request.destroy(new Error(`the core has not answered for ${Math.round(timeoutMs / 1000)} s`)),
  );
  const reply = await responseTo(request);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > maxReplyBytes) throw new Error("the answer is too long");
      chunks.push(chunk);
    }
  } catch (error) {
    throw asControlError(error);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (reply.statusCode !== 200) throw refusalFrom(reply.statusCode ?? 0, text);
  return text;
}

/** Exports begin when the core has found what to export, and then go on as fast as they are read. */
const streamTimeoutMs = 120_000;

async function askStream(socketPath: string, path: string, body: unknown): Promise<IncomingMessage> {
  const request = open(socketPath, "POST", path, JSON.stringify(body));
  request.setTimeout(streamTimeoutMs, () => request.destroy(new Error("the core does not answer")));
  const reply = await responseTo(request);
  request.setTimeout(0);
  // Whoever reads it hears of its end; before that nobody need.
  reply.on("error", () => {});
  if (reply.statusCode === 200) return reply;
  const chunks: Buffer[] = [];
  for await (const chunk of reply as AsyncIterable<Buffer>) chunks.push(chunk);
  throw refusalFrom(reply.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"));
}

function open(socketPath: string, method: string, path: string, body: string | null): ClientRequest {
  const headers: Record<string, string> = { host: "switchyard" };
  if (body !== null) {
    headers["content-type"] = "application/json";
    headers["content-length"] = String(Buffer.byteLength(body));
  }
  const request = httpRequest({ socketPath, method, path, headers, agent: false });
  request.end(body ?? undefined);
  return request;
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    // Stays for the request's life: a reset after the reply must not be an unhandled error.
    request.on("error", (error) => reject(asControlError(error)));
  });
}

async function holdLease(socketPath: string): Promise<{ release(): void }> {
  const request = open(socketPath, "GET", "/api/lease", null);
  const reply = await responseTo(request);
  if (reply.statusCode !== 200) throw new ControlError("protocol", "the core grants no lease");
  reply.on("error", () => request.destroy());
  reply.resume();
  return { release: () => request.destroy() };
}

/** One connection after the other, each retry later than the one before, until the listener is taken off. */
function follow(socketPath: string, path: string, listener: (event: ControlEvent) => void): () => void {
  let ended = false;
  let request: ClientRequest | null = null;
  let retry: NodeJS.Timeout | null = null;
  let retryInMs = firstRetryMs;

  async function connectOnce(): Promise<string> {
    request = open(socketPath, "GET", path, null);
    const reply = await responseTo(request);
    if (reply.statusCode !== 200) throw new ControlError("protocol", `the core answered ${reply.statusCode}`);
    const reader = createEventReader((name, data) => {
      const event = eventFrom(name, data);
      if (event === null || ended) return;
      if (event.type === "hello") retryInMs = firstRetryMs;
      listener(event);
    });
    for await (const chunk of reply as AsyncIterable<Buffer>) reader.push(chunk);
    return "the core closed the stream";
  }

  async function keepConnected(): Promise<void> {
    const why = await connectOnce().catch((error: unknown) => asControlError(error).message);
    if (ended) return;
    listener({ type: "lost", why, retryInMs });
    retry = setTimeout(() => void keepConnected(), retryInMs);
    retryInMs = Math.min(retryInMs * 2, maxRetryMs);
  }

  void keepConnected();
  return () => {
    ended = true;
    request?.destroy();
    if (retry !== null) clearTimeout(retry);
  };
}

function eventFrom(name: string, data: string): ControlEvent | null {
  const parsed = parseJson(data);
  if (!parsed.ok) return null;
  switch (name) {
    case "hello":
      // Shapes as in `ask`: ours on both ends.
      return { type: "hello", ...(parsed.value as { status: CoreStatus; flows: readonly FlowJson[] }) };
    case "flow":
      return { type: "flow", flow: parsed.value as FlowJson };
    case "removed":
      return { type: "removed", ...(parsed.value as { ids: readonly string[] }) };
    case "core":
      return { type: "core", event: parsed.value as StampedEvent };
    case "status":
      return { type: "status", status: parsed.value as CoreStatus };
    default:
      return null;
  }
}

function refusalFrom(status: number, text: string): ControlError {
  const parsed = parseJson(text);
  const error = parsed.ok ? own(parsed.value, "error") : undefined;
  const message = own(error, "message");
  const code = own(error, "code");
  if (typeof message !== "string") return new ControlError("protocol", `status ${status} on the control socket`);
  const next = own(error, "next");
  // A browser or a foreign host is not let in; what a rule forbids is an answer like any other.
  const isShutOut = status === 403 && code !== "blocked";
  return new ControlError(
    isShutOut ? "refused" : "failed",
    message,
    typeof code === "string" ? code : null,
    typeof next === "string" ? next : undefined,
  );
}

function asControlError(error: unknown): ControlError {
  if (error instanceof ControlError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ECONNREFUSED")
    return new ControlError("not-running", "no core is running");
  // A core that is just ending takes connections it will not answer.
  if (code === "ECONNRESET" || code === "EPIPE") return new ControlError("not-running", "the core went away");
  if (code === "EACCES" || code === "EPERM") return new ControlError("refused", "the control socket is not yours");
  return new ControlError("protocol", error instanceof Error ? error.message : "the connection broke");
}
