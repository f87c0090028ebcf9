/** The server around the fake login services: HTTP or TLS on loopback, bodies read, answers counted, mistakes said aloud. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Identity } from "../fake-ca.ts";

export interface FakeAuthOptions {
  /** TLS with this identity; else plain HTTP. */
  readonly tls?: Identity;
}

export interface AuthCall {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface AuthReply {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Says instead of the service's own answer: once for each time it was asked to. */
export type Trouble =
  | {
      readonly type: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection dies before an answer. */
  | { readonly type: "reset" }
  /** The head of a 200 and half a body, then the connection dies. */
  | { readonly type: "cut" }
  /** Nothing, until the asker goes away. */
  | { readonly type: "silence" };

export interface FakeAuth {
  /** Origin, no path. */
  readonly url: string;
  readonly port: number;
  /** Every call so far, oldest first. */
  readonly seen: readonly AuthCall[];
  /** The next calls of this path fail like that, in this order. */
  trouble(path: string, ...troubles: readonly Trouble[]): void;
  close(): Promise<void>;
}

export async function serveAuth(options: FakeAuthOptions, answer: (call: AuthCall) => AuthReply): Promise<FakeAuth> {
  const seen: AuthCall[] = [];
  const troubles = new Map<string, Trouble[]>();

  async function serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage without encoding yields Buffers
    const url = new URL(request.url ?? "/", "http://fake");
    const call: AuthCall = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      text: Buffer.concat(chunks).toString("utf8"),
    };
    seen.push(call);
    const trouble = troubles.get(call.path)?.shift();
    if (trouble !== undefined) return make(trouble, reply);
    const { status, json, headers } = answer(call);
    const body = json === undefined ? "" : JSON.stringify(json);
    reply.writeHead(status, { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers });
    reply.end(body);
  }

  const listener = (request: IncomingMessage, reply: ServerResponse): void => {
    serve(request, reply).catch((error: unknown) => {
      if (reply.destroyed || reply.headersSent) reply.destroy();
      else reply.writeHead(500).end(`the fake login service broke: ${String(error)}`);
    });
  };
  const { tls } = options;
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    seen,
    trouble(path, ...more) {
      troubles.set(path, [...(troubles.get(path) ?? []), ...more]);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function make(trouble: Trouble, reply: ServerResponse): void {
  if (trouble.type === "silence") return;
  if (trouble.type === "reset") {
    reply.destroy();
    return;
  }
  if (trouble.type === "cut") {
    reply.writeHead(200, { "content-type": "application/json", "content-length": 500 });
    reply.write('{"access_token":"', () => reply.destroy());
    return;
  }
  reply.writeHead(trouble.status, trouble.headers ?? {}).end(trouble.body ?? "");
}

/** The form of a call, or null when it does not say it is one. */
export function formOf(call: AuthCall): URLSearchParams | null {
  const isForm = /^application\/x-www-form-urlencoded\b/.test(call.headers["content-type"] ?? "");
  return isForm && call.method === "POST" ? new URLSearchParams(call.text) : null;
}

/** The JSON object of a call, or null when it does not say it is one. */
export function jsonOf(call: AuthCall): Readonly<Record<string, unknown>> | null {
  if (!/^application\/json\b/.test(call.headers["content-type"] ?? "") || call.method !== "POST") return null;
  try {
    const value: unknown = JSON.parse(call.text);
    // An object, as the check says; its fields stay unknown.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

export const notFound: AuthReply = { status: 404, json: { message: "Not Found" } };

/** RFC 6749 §5.2. */
export function oauthError(status: number, error: string, description?: string): AuthReply {
  return { status, json: { error, ...(description === undefined ? {} : { error_description: description }) } };
}

/** The browser is sent on. */
export function redirectTo(url: string, query: Readonly<Record<string, string>>): AuthReply {
  const target = new URL(url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  return { status: 302, headers: { location: target.href } };
}

/** A JWT whose signature says nothing, as far as its reader may care. */
export function unsignedToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.bm90LWEtc2lnbmF0dXJl`;
}
