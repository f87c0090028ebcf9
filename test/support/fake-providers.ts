/**
 * Fake providers on loopback: they check requests as the real ones do and answer in the real wire formats.
 * Each dialect is in a file of its own; this file is the server around them.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { anthropic } from "./fake-anthropic.ts";
import { createBlobs, type Blobs } from "./fake-blobs.ts";
import type { Identity } from "./fake-ca.ts";
import { codeAssist } from "./fake-code-assist.ts";
import { gemini } from "./fake-gemini.ts";
import { openAiChat } from "./fake-openai-chat.ts";
import { openAiResponses } from "./fake-openai-responses.ts";
import { parsedOr, sayHello, type Answer, type ProviderOptions, type Seen } from "./provider-turn.ts";

export interface FakeProvider {
  /** Origin, no path. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first. */
  readonly seen: readonly Seen[];
  /** Changes what is answered from now on. */
  answerWith(answer: Answer): void;
  close(): Promise<void>;
}

/** What a dialect is given: a parsed request, and how to answer it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  readonly reply: ServerResponse;
  /** How many model calls came before this one. */
  readonly nth: number;
  /** What this provider handed out and may see again. */
  readonly blobs: Blobs;
  readonly options: Required<Pick<ProviderOptions, "answer">> & ProviderOptions;
}

/** Answers one call; resolves when it has nothing more to say. */
type Dialect = (call: Call) => Promise<void>;

export type FakeOptions = ProviderOptions & { readonly tls?: Identity };

export function startFakeAnthropic(options: FakeOptions = {}): Promise<FakeProvider> {
  return start(anthropic, options);
}

export function startFakeOpenAiChat(options: FakeOptions = {}): Promise<FakeProvider> {
  return start(openAiChat, options);
}

export function startFakeOpenAiResponses(options: FakeOptions = {}): Promise<FakeProvider> {
  return start(openAiResponses, options);
}

export function startFakeGemini(options: FakeOptions = {}): Promise<FakeProvider> {
  return start(gemini, options);
}

export function startFakeCodeAssist(options: FakeOptions = {}): Promise<FakeProvider> {
  return start(codeAssist, options);
}

async function start(dialect: Dialect, options: FakeOptions): Promise<FakeProvider> {
  const seen: Seen[] = [];
  const blobs = createBlobs(dialect.name);
  let answer = options.answer ?? sayHello;

  async function serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage without encoding yields Buffers
    const text = Buffer.concat(chunks).toString("utf8");
    // `undefined` when it is not JSON; the dialect complains in its own words.
    const body = parsedOr(text, undefined);
    const path = request.url ?? "/";
    const method = request.method ?? "";
    const nth = seen.filter((earlier) => earlier.status < 400).length;
    let isAbandoned = false;
    seen.push({
      text,
      method,
      path,
      headers: request.rawHeaders,
      body,
      // As soon as it is said: a client may have its whole answer before the provider has closed the call.
      get status() {
        return reply.headersSent ? reply.statusCode : 0;
      },
      get abandoned() {
        return isAbandoned;
      },
    });
    reply.on("close", () => {
      isAbandoned = !reply.writableFinished;
    });
    const { headers } = request;
    await dialect({ method, path, headers, body, reply, nth, blobs, options: { ...options, answer } });
  }

  const listener = (request: IncomingMessage, reply: ServerResponse): void => {
    serve(request, reply).catch((error: unknown) => {
      // A client that goes away mid-request is the client's business; anything else is a fault of the fake, said aloud.
      if (reply.destroyed || reply.headersSent) reply.destroy();
      else reply.writeHead(500).end(`the fake provider broke: ${String(error)}`);
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
    answerWith(next) {
      answer = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
