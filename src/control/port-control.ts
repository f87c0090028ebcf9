/**
 * The control API on the port, for whoever has the admin token and where `listen.control_api` is on. It has no routes of
 * its own: a request that may pass is handed on to the control socket, and the answer comes back as it is. Secrets are
 * told on the socket only, whose owner the file system knows.
 */
import { type IncomingMessage, request as httpRequest } from "node:http";
import type { Clock } from "../base/clock.ts";
import type { Exchange } from "../base/exchange.ts";
import { headerValue, pairsFromRaw } from "../base/headers.ts";
import { bodyOf, emptyBody, type HeaderPairs, type HttpReply } from "../base/http.ts";
import type { Secret } from "../base/secret.ts";
import { createGuessLimit } from "./guess-limit.ts";
import { maxRequestBytes } from "./server.ts";

export interface PortControlDeps {
  /** As the configuration in force says, and only where nobody else can reach the port. */
  readonly isOn: () => boolean;
  readonly adminToken: Secret;
  readonly clientKey: Secret;
  /** A unix socket path or the name of a Windows pipe. */
  readonly socketPath: string;
  readonly clock: Clock;
  /** Hears in words when somebody tries one token after the other. */
  readonly onGuessing: (text: string) => void;
}

export interface PortControl {
  /** Is this address one of the control API's? The same path without a bearer token may be a page. */
  owns(path: string, headers: HeaderPairs): boolean;
  /** Never rejects. */
  handle(exchange: Exchange, url: URL): Promise<HttpReply>;
  /** Was the admin token shown, whether the control API is on or not? */
  showsToken(headers: HeaderPairs): boolean;
  isOn(): boolean;
  /** Breaks the live streams, which would not end by themselves; whole answers are still given. */
  endStreams(): void;
}

export function createPortControl(deps: PortControlDeps): PortControl {
  const streams = new Set<IncomingMessage>();
  const limit = createGuessLimit(deps.clock, () =>
    deps.onGuessing("somebody on this machine tries tokens on the control API (listen.control_api)"),
  );

  function refusalOf({ headers }: Exchange, url: URL): HttpReply | null {
    if (!deps.isOn()) return refusal(404, "control-api-off", howToSwitchOn);
    const shown = bearerOf(headers);
    if (shown === null || !deps.adminToken.equals(shown)) return wrongToken(shown);
    if (url.searchParams.has("secrets")) {
      return refusal(403, "secrets", "secrets are told on the control socket only: switchyard status --json --secrets");
    }
    return null;
  }

  function wrongToken(shown: string | null): HttpReply {
    const challenge = shown === null ? "" : ', error="invalid_token"';
    const ask: HeaderPairs = [["www-authenticate", `Bearer realm="switchyard control API"${challenge}`]];
    if (shown === null) return refusal(401, "unauthorized", `the admin token is missing; ${whereItIs}`, ask);
    // A tool that is set up with the one key it knows does not guess.
    if (deps.clientKey.equals(shown)) {
      return refusal(
        401,
        "unauthorized",
        `that is the client key; the control API wants the admin token, ${whereItIs}`,
        ask,
      );
    }
    const waitSeconds = limit.wrong();
    if (waitSeconds === null) return refusal(401, "unauthorized", `the admin token is wrong; ${whereItIs}`, ask);
    const after: HeaderPairs = [["retry-after", String(waitSeconds)]];
    return refusal(429, "too-many-guesses", `too many wrong tokens; the next is looked at in ${waitSeconds} s`, after);
  }

  async function handOn(exchange: Exchange, url: URL): Promise<HttpReply> {
    const body = await bodyOfRequest(exchange);
    if (body === null) return refusal(413, "too-large", `a body is at most ${maxRequestBytes} bytes`);
    const reply = await asked(exchange, url, body, deps.socketPath);
    const headers = pairsFromRaw(reply.rawHeaders);
    const head = { status: reply.statusCode ?? 502, headers };
    if (exchange.method === "HEAD") {
      reply.destroy();
      return { ...head, body: emptyBody };
    }
    if (headerValue(headers, "content-length") !== undefined) return { ...head, body: reply };
    streams.add(reply);
    reply.once("close", () => streams.delete(reply));
    return { ...head, body: reply };
  }

  return {
    owns(path, headers) {
      if (path === "/api" || path.startsWith("/api/")) return true;
      const isPage = path === "/v0/oauth/kiro" || path.startsWith("/v0/oauth/kiro/");
      return isPage && headerValue(headers, "authorization") !== undefined;
    },
    async handle(exchange, url) {
      const refused = refusalOf(exchange, url);
      if (refused !== null) return refused;
      try {
        return await handOn(exchange, url);
      } catch {
        return refusal(503, "unavailable", "the control API is not there just now: the core is starting or stopping");
      }
    },
    showsToken(headers) {
      const shown = bearerOf(headers);
      return shown !== null && deps.adminToken.equals(shown);
    },
    isOn: () => deps.isOn(),
    endStreams() {
      for (const stream of streams) stream.destroy();
    },
  };
}

const whereItIs = "`switchyard status --json --secrets` shows it (adminToken)";
const howToSwitchOn =
  "the control API is not served on this port: set listen.control_api to on in config.yaml and send the admin token as " +
  "`Authorization: Bearer`, or use the control socket, which every `switchyard` command does";

/** In one place only: a token in an address would stand in histories and logs. */
function bearerOf(headers: HeaderPairs): string | null {
  return /^bearer +(\S+)$/i.exec(headerValue(headers, "authorization") ?? "")?.[1] ?? null;
}

/** Fields that mean something to a route; everything else, the token first of all, stays here. */
const carried: ReadonlySet<string> = new Set(["accept", "content-type", "last-event-id"]);

/** Null: it is longer than any that the socket takes. */
async function bodyOfRequest({ body, headers }: Exchange): Promise<Buffer | null> {
  const hasBody = ["content-length", "transfer-encoding"].some((name) => headerValue(headers, name) !== undefined);
  if (!hasBody) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxRequestBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function asked(exchange: Exchange, url: URL, body: Buffer, socketPath: string): Promise<IncomingMessage> {
  const { method, headers, signal } = exchange;
  const fields = headers.filter(([name]) => carried.has(name.toLowerCase()));
  const length = body.byteLength === 0 ? {} : { "content-length": body.byteLength };
  const request = httpRequest({
    socketPath,
    method: method === "HEAD" ? "GET" : method,
    path: url.pathname + url.search,
    headers: { ...Object.fromEntries(fields), ...length, host: "switchyard" },
    agent: false,
    signal,
  });
  return new Promise((resolve, reject) => {
    // Stays for the request's life: a reset after the answer must not be an unhandled error.
    request.on("error", reject);
    request.once("response", resolve).end(body);
  });
}

function refusal(status: number, code: string, message: string, more: HeaderPairs = []): HttpReply {
  const body = Buffer.from(JSON.stringify({ error: { code, message } }));
  return {
    status,
    headers: [
      ...more,
      ["content-type", "application/json"],
      ["cache-control", "no-store"],
      ["content-length", String(body.byteLength)],
    ],
    body: bodyOf(body),
  };
}
