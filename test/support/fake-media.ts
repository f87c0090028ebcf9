/** A provider of embeddings and images in OpenAI's dialect: checks the key and the model, answers what was asked for. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { own } from "../../src/base/json.ts";

export interface MediaCall {
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: unknown;
}

export interface FakeMedia {
  readonly url: string;
  readonly seen: readonly MediaCall[];
  close(): Promise<void>;
}

export const embeddingTokens = 5;

export async function startFakeMedia(key: string): Promise<FakeMedia> {
  const seen: MediaCall[] = [];
  const server = createServer((request, reply) => void answer(request, reply));
  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += String(piece);
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    seen.push({ path: request.url ?? "", headers: request.rawHeaders, body });
    if (request.headers.authorization !== `Bearer ${key}`) {
      sendJson(reply, 401, { error: { message: "Incorrect API key provided.", code: "invalid_api_key" } });
      return;
    }
    const model = own(body, "model");
    if (typeof model !== "string") {
      sendJson(reply, 400, { error: { message: "you must provide a model parameter", code: null } });
      return;
    }
    if (request.url === "/v1/embeddings") {
      const data = [{ object: "embedding", index: 0, embedding: [0.25, -0.5] }];
      const usage = { prompt_tokens: embeddingTokens, total_tokens: embeddingTokens };
      sendJson(reply, 200, { object: "list", model, data, usage });
      return;
    }
    if (request.url === "/v1/images/generations") {
      sendJson(reply, 200, { created: 1_790_000_000, data: [{ b64_json: "iVBORw0KGgo=" }] });
      return;
    }
    sendJson(reply, 404, { error: { message: `Unknown request URL: ${request.url ?? ""}`, code: "unknown_url" } });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendJson(reply: ServerResponse, status: number, body: object): void {
  reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
