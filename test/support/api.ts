/** A core asked as scripts ask it: over its port with the client key, and over its control socket. No library in between. */
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { resolvePaths } from "../../src/base/paths.ts";
import { within } from "./wait.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body parsed; undefined when it is no JSON. */
  readonly json: unknown;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  /** Which of this machine's loopback addresses the call comes from. */
  readonly from?: string;
}

export interface Api {
  readonly clientKey: string;
  readonly proxyToken: string;
  readonly adminToken: string;
  /** On the port, as said. */
  port(path: string, options?: AskOptions): Promise<Answer>;
  /** On the port, with the client key. */
  keyed(path: string, options?: AskOptions): Promise<Answer>;
  /** On the control socket. */
  socket(path: string, options?: AskOptions): Promise<Answer>;
  /** On the control socket, which must answer 200. */
  get(path: string): Promise<unknown>;
}

const patienceMs = 20_000;

/** `port` is asked anew for every call: a core that is started again has another one. */
export async function openApi(home: string): Promise<Api> {
  const socketPath = resolvePaths({ SWITCHYARD_HOME: home }).controlSocket;
  const socket = (path: string, options: AskOptions = {}): Promise<Answer> =>
    exchange({ socketPath }, path, { ...options, headers: { host: "switchyard", ...options.headers } });
  const status = await socket("/api/status?secrets=1");
  const { clientKey, proxyToken, adminToken, port } = status.json as Record<
    "clientKey" | "proxyToken" | "adminToken",
    string
  > & { port: number }; // the contract of that route
  const at = (path: string, options: AskOptions = {}): Promise<Answer> =>
    exchange({ host: "127.0.0.1", port }, path, options);
  return {
    clientKey,
    proxyToken,
    adminToken,
    port: at,
    keyed: (path, options = {}) =>
      at(path, { ...options, headers: { authorization: `Bearer ${clientKey}`, ...options.headers } }),
    socket,
    async get(path) {
      const answer = await socket(path);
      if (answer.status !== 200) throw new Error(`GET ${path} was answered ${answer.status}: ${answer.text}`);
      return answer.json;
    },
  };
}

function exchange(where: RequestOptions, path: string, { method, headers, body, from }: AskOptions): Promise<Answer> {
  const bytes = body === undefined ? null : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const verb = method ?? (bytes === null ? "GET" : "POST");
  const answered = new Promise<Answer>((resolve, reject) => {
    const request = httpRequest({
      ...where,
      path,
      method: verb,
      agent: false,
      ...(from === undefined ? {} : { localAddress: from }),
      headers: {
        ...(bytes === null ? {} : { "content-type": "application/json", "content-length": String(bytes.byteLength) }),
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("response", (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (piece: string) => {
        text += piece;
      });
      reply.on("error", reject);
      reply.on("end", () => {
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, json: parsed(text) });
      });
    });
    request.end(bytes ?? undefined);
  });
  return within(`an answer to ${verb} ${path}`, answered, patienceMs);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Streams and empty bodies are for whoever reads `text`.
    return undefined;
  }
}
