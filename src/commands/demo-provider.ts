/** The demo's model provider: an OpenAI Chat endpoint on loopback that answers every question from a short list. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { own, parseJson } from "../base/json.ts";

export interface DemoProvider {
  /** Base URL with the version segment. */
  readonly url: string;
  close(): Promise<void>;
}

export const demoModel = "loopback-1";

const answers = [
  "A switchyard is where trains are sorted: each car keeps its load, only the track changes.",
  "Change what it carries, keep what it saw, or pretend an interrupted answer was whole.",
  "Goodbye, and mind the gap between the model you asked for and the one that answered.",
] as const;

/** About the pace of a fast model, so that the stream can be watched. */
const wordIntervalMs = 30;
const maxBodyBytes = 1024 * 1024;

export async function startDemoProvider(): Promise<DemoProvider> {
  let served = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > maxBodyBytes) request.destroy();
      else chunks.push(chunk);
    });
    request.once("end", () => {
      const parsed = parseJson(Buffer.concat(chunks).toString("utf8"));
      const answer = answers[served % answers.length] ?? answers[0];
      served += 1;
      const streams = parsed.ok && own(parsed.value, "stream") === true;
      if (streams) void stream(response, answer);
      else whole(response, answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A listening TCP server always has this shape.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function stream(response: ServerResponse, answer: string): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const words = answer.split(/(?<= )/);
  const send = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...frame("chat.completion.chunk"), choices })}\n\n`);
  };
  send({ role: "assistant", content: "" }, null);
  for (const word of words) {
    await new Promise((resolve) => setTimeout(resolve, wordIntervalMs));
    if (response.destroyed) return;
    send({ content: word }, null);
  }
  send({}, "stop");
  const usage = usageOf(words.length);
  response.write(`data: ${JSON.stringify({ ...frame("chat.completion.chunk"), choices: [], usage })}\n\n`);
  response.end("data: [DONE]\n\n");
}

function whole(response: ServerResponse, answer: string): void {
  const message = { role: "assistant", content: answer };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  const usage = usageOf(answer.split(" ").length);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ ...frame("chat.completion"), choices, usage }));
}

function frame(object: string): object {
  return { id: "demo", object, created: 0, model: demoModel };
}

function usageOf(words: number): object {
  return { prompt_tokens: 12, completion_tokens: words, total_tokens: 12 + words };
}
