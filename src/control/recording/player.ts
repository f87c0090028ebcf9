/**
 * A fake provider: answers requests with what a recording holds, each piece at the time at which it came. Loopback only and
 * without a key, as what is on the port is what is in the file. A slow reader is waited for, one that goes away ends its
 * answer, and an answer that was cut is cut at the same place.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { HeaderPairs, RequestHead } from "../../base/http.ts";
import { detectAddress } from "../../engine/formats/detect.ts";
import { formats } from "../../engine/formats/table.ts";
import { createDeck, type DeckOptions } from "./deck.ts";
import { bytesOf, type RecordedCall, type RecordedReply } from "./format.ts";

export interface PlayerOptions extends DeckOptions {
  readonly calls: readonly RecordedCall[];
  /** Twice as fast is 2; null: as fast as it is taken. */
  readonly speed: number | null;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly clock: Clock;
  /** Resolves after so long, or when the signal says that nobody waits any more. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told of every request, in words. */
  readonly onRequest?: (text: string) => void;
}

export interface Player {
  readonly url: string;
  /** Resolves when every call was played and answered once. */
  readonly played: Promise<void>;
  close(): Promise<void>;
}

/** The largest request a provider takes, and room for what is said of it. */
const maxRequestBytes = 64 * 1024 * 1024;

/** Rejects with the listen error. */
export async function startPlayer(options: PlayerOptions): Promise<Player> {
  const deck = createDeck(options.calls, options);
  const sleep = options.sleep ?? systemSleep;
  let answering = 0;
  let markPlayed = (): void => {};
  const played = new Promise<void>((resolve) => {
    markPlayed = resolve;
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request);
    if (refusal !== null) return refuse(response, 403, refusal);
    const body = await readBody(request);
    if (body === null) return refuse(response, 413, "the request is larger than any that was recorded");
    const [method, target] = [request.method ?? "GET", request.url ?? "/"];
    const picked = deck.pick({ method, target, body });
    const shown = `${method} ${target.split("?", 1)[0] ?? ""}`;
    if (picked.kind === "none") {
      options.onRequest?.(`${shown}: 404, ${picked.why}`);
      return answerMiss(response, { target, headers: pairsOf(request.rawHeaders) }, picked.why);
    }
    const { call, number } = picked;
    options.onRequest?.(`${shown}: call ${number}, ${call.reply?.status ?? "no answer"}`);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const begunAt = options.clock.monotonic();
    const { speed } = options;
    /** Until it is time for what came at `atMs`; a client's own upload does not count. */
    const until = async (atMs: number): Promise<void> => {
      if (speed === null) return;
      const dueAt = begunAt + Math.max(0, atMs - call.request.endedAtMs) / speed;
      const left = dueAt - options.clock.monotonic();
      if (left > 0) await sleep(left, gone.signal);
    };
    if (call.reply === null) response.destroy();
    else await play(call.reply, { response, until, isBodiless: method === "HEAD", signal: gone.signal });
  }

  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    answering += 1;
    answer(request, response)
      // A client that breaks off in the middle of its request.
      .catch(() => response.destroy())
      .finally(() => {
        answering -= 1;
        if (answering === 0 && deck.isPlayed()) markPlayed();
      });
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  // A listening TCP server always has this shape.
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    played,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Playing {
  readonly response: ServerResponse;
  readonly until: (atMs: number) => Promise<void>;
  readonly isBodiless: boolean;
  readonly signal: AbortSignal;
}

async function play(reply: RecordedReply, playing: Playing): Promise<void> {
  const { response, until, signal } = playing;
  await until(reply.startedAtMs);
  if (signal.aborted) return;
  response.sendDate = false;
  response.writeHead(reply.status, headersFor(reply));
  response.flushHeaders();
  const hasNoBody = playing.isBodiless || reply.status === 204 || reply.status === 304;
  for (const chunk of hasNoBody ? [] : reply.chunks) {
    await until(chunk.atMs);
    if (signal.aborted) return;
    if (!response.write(bytesOf(chunk))) await drained(response, signal);
  }
  await until(reply.endedAtMs);
  if (signal.aborted) return;
  // A cut answer must never look whole: what was written goes out, and then the connection breaks.
  if (reply.end === "done") response.end();
  else response.socket?.destroySoon();
}

/** A stream has no length; of everything else clients may want to know it. */
function headersFor({ headers, chunks, end, status }: RecordedReply): string[] {
  // What was masked is no longer anybody's, and its dots cannot stand in a header.
  const kept = headers.filter(([, value]) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
  const type = kept.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const hasLength = end === "done" && status !== 204 && status !== 304 && !/event-stream/i.test(type);
  const length = chunks.reduce((sum, chunk) => sum + bytesOf(chunk).byteLength, 0);
  return [...kept.flat(), ...(hasLength ? ["content-length", String(length)] : [])];
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const go = (): void => {
      response.off("drain", go);
      signal.removeEventListener("abort", go);
      resolve();
    };
    response.on("drain", go);
    signal.addEventListener("abort", go);
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxRequestBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** In the dialect of the address, so that a client says what is wrong instead of failing to read it. */
function answerMiss(response: ServerResponse, asked: Pick<RequestHead, "target" | "headers">, why: string): void {
  const { target } = asked;
  const detected = detectAddress({ host: "", ...asked });
  const message = `switchyard replay: ${why}`;
  if (detected === null) return refuse(response, 404, message);
  const error = { kind: "model-not-found", status: 404, message } as const;
  const { headers, body } = formats[detected.format].client.writeError(error, detected.variant, target);
  // Asked again the answer is the same.
  response.writeHead(404, [...headers.flat(), "x-should-retry", "false", "content-length", String(body.byteLength)]);
  response.end(body);
}

function pairsOf(raw: readonly string[]): HeaderPairs {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const body = Buffer.from(JSON.stringify({ error: { type: "switchyard_replay", message } }));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.byteLength });
  response.end(body);
}

/** A web page must not read recordings through its user's browser, whatever name it has for this machine. */
function refusalOf({ headers }: IncomingMessage): string | null {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (!["localhost", "127.0.0.1", "[::1]"].includes(host) && !/^127\.\d+\.\d+\.\d+$/.test(host)) {
    return "the Host of a request to a replay is 127.0.0.1 or localhost";
  }
  const isOfAPage = headers.origin !== undefined || !["none", undefined].includes(siteOf(headers["sec-fetch-site"]));
  return isOfAPage ? "requests made by web pages are refused here" : null;
}

function siteOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function systemSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
