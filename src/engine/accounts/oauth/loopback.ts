/**
 * Where a browser comes back to: a listener on 127.0.0.1 for one answer to one login. It shows fixed pages only, says
 * nothing it was told, ignores what does not know the state, and is closed by whoever opened it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { own } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import type { Redirect } from "./services.ts";

export interface Loopback {
  readonly redirectUri: string;
  /** The query of the one answer that knew the state; never rejects, and never resolves if none comes. */
  readonly answer: Promise<URLSearchParams>;
  close(): Promise<void>;
}

export type LoopbackResult =
  | { readonly ok: true; readonly loopback: Loopback }
  | { readonly ok: false; readonly message: string };

/** A browser needs one or two; the rest is somebody else's. */
const maxConnections = 16;
const maxHeadBytes = 16 * 1024;
const requestTimeoutMs = 5_000;

export async function openLoopback(
  redirect: Extract<Redirect, { kind: "loopback" }>,
  state: string,
): Promise<LoopbackResult> {
  const expected = new Secret(state);
  const unsent = new Set<Promise<void>>();
  let isDone = false;
  let deliver = (_query: URLSearchParams): void => {};
  const answer = new Promise<URLSearchParams>((resolve) => {
    deliver = resolve;
  });

  const serve = (request: IncomingMessage, reply: ServerResponse): void => {
    request.resume();
    const sent = new Promise<void>((resolve) => reply.once("finish", resolve).once("close", resolve));
    unsent.add(sent);
    void sent.then(() => unsent.delete(sent));
    const url = queryOf(request);
    const isHere = url !== null && isOurHost(request.headers.host) && url.pathname === redirect.path;
    if (!isHere) return show(reply, 404, "There is nothing here.");
    if (request.method !== "GET") return show(reply, 405, "This address only takes the browser's own way back.");
    if (isDone) return show(reply, 410, "This login already has its answer. You can close this window.");
    if (!expected.equals(url.searchParams.get("state") ?? "")) {
      return show(reply, 400, "This is not an answer to the login that is waiting here. Start the login again.");
    }
    isDone = true;
    show(reply, 200, "Switchyard has the answer. You can close this window and go back to where you started.");
    deliver(url.searchParams);
  };

  const options = { maxHeaderSize: maxHeadBytes, headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs };
  const server = createServer(options, serve);
  server.maxConnections = maxConnections;
  const ports = redirect.ports.length === 0 ? [0] : redirect.ports;
  for (const port of ports) {
    const refusal = await listen(server, port);
    if (refusal === null) {
      const { port: bound } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
      const redirectUri = `http://${redirect.host}:${bound}${redirect.path}`;
      return { ok: true, loopback: { redirectUri, answer, close: () => closed(server, unsent) } };
    }
    if (refusal !== "EADDRINUSE") return { ok: false, message: `no listener on 127.0.0.1 for the browser: ${refusal}` };
  }
  return { ok: false, message: busy(ports) };
}

function busy(ports: readonly number[]): string {
  const named = ports.length === 1 ? `port ${String(ports[0])} is` : `ports ${ports.join(" and ")} are`;
  return (
    `${named} taken on this machine, and the service sends the browser nowhere else. ` +
    "Another login may be waiting there (this program's or the service's own client); end it and start again"
  );
}

/** A page elsewhere whose name points at this machine sends its own name; the browser on its way back does not. */
function isOurHost(host: string | undefined): boolean {
  return host !== undefined && /^(?:localhost|127\.0\.0\.1)(?::\d{1,5})?$/i.test(host);
}

function queryOf(request: IncomingMessage): URL | null {
  const target = `http://127.0.0.1${request.url ?? "/"}`;
  return URL.canParse(target) ? new URL(target) : null;
}

/** `text` is one of this file's sentences. */
function show(reply: ServerResponse, status: number, text: string): void {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Switchyard</title><p>${text}</p></html>\n`;
  reply.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(page),
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  reply.end(page);
}

/** Null when it listens, else the system's word for why not. */
function listen(server: Server, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      server.off("listening", listening);
      const code = own(error, "code");
      resolve(typeof code === "string" ? code : error.message);
    };
    const listening = (): void => {
      server.off("error", failed);
      resolve(null);
    };
    server.once("error", failed).once("listening", listening).listen(port, "127.0.0.1");
  });
}

/** Pages on their way are let out; what only keeps a connection is cut. */
async function closed(server: Server, unsent: ReadonlySet<Promise<void>>): Promise<void> {
  const gone = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.all(unsent);
  server.closeAllConnections();
  await gone;
}
