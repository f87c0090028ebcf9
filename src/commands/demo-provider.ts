/**
 * The demo's model provider: an OpenAI Chat endpoint on loopback that answers every question from a short list, counts
 * tokens roughly, remembers what it has read before as a prompt cache does, and limits one of its two keys.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { own, parseJson } from "../base/json.ts";

export interface DemoProvider {
  /** Base URL with the version segment. */
  readonly url: string;
  close(): Promise<void>;
}

/** A large model and a small one, and two keys of which the first runs into its limit now and then. */
export const demoModels = { large: "loopback-1", small: "loopback-mini" } as const;
export const demoKeys = { limited: "demo-key-first", spare: "demo-key-second" } as const;

/** Of the limited key: so many calls, and then it has to wait. */
const callsUntilLimited = 4;
const limitedForSeconds = 6;

const answers = [
  "A switchyard is where trains are sorted: each car keeps its load, only the track changes.",
  "Change what it carries, keep what it saw, or pretend an interrupted answer was whole.",
  "Goodbye, and mind the gap between the model you asked for and the one that answered.",
] as const;

/** About the pace of a fast model, so that the stream can be watched. */
const wordIntervalMs = 30;
const maxBodyBytes = 1024 * 1024;
const charactersPerToken = 4;
const newTokens = 64;

export async function startDemoProvider(): Promise<DemoProvider> {
  let served = 0;
  let granted = 0;
  let read = 0;
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
      if (request.headers.authorization === `Bearer ${demoKeys.limited}`) {
        granted += 1;
        if (granted % callsUntilLimited === 0) return limited(response);
      }
      const answer = answers[served % answers.length] ?? answers[0];
      served += 1;
      const prompt = Math.ceil(size / charactersPerToken);
      const call = {
        answer,
        model: parsed.ok ? own(parsed.value, "model") : null,
        prompt,
        cached: Math.min(read, prompt),
      };
      // What it has read once it has in its cache; the last words of a prompt are always new.
      read = prompt - newTokens;
      if (parsed.ok && own(parsed.value, "stream") === true) void stream(response, call);
      else whole(response, call);
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

interface Call {
  readonly answer: string;
  readonly model: unknown;
  readonly prompt: number;
  readonly cached: number;
}

function limited(response: ServerResponse): void {
  const message = "This key has used up its requests for the moment.";
  response.writeHead(429, { "content-type": "application/json", "retry-after": String(limitedForSeconds) });
  response.end(
    JSON.stringify({ error: { message, type: "rate_limit_error", param: null, code: "rate_limit_exceeded" } }),
  );
}

async function stream(response: ServerResponse, call: Call): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const words = call.answer.split(/(?<= )/);
  const send = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...frame("chat.completion.chunk", call), choices })}\n\n`);
  };
  send({ role: "assistant", content: "" }, null);
  for (const word of words) {
    await new Promise((resolve) => setTimeout(resolve, wordIntervalMs));
    if (response.destroyed) return;
    send({ content: word }, null);
  }
  send({}, "stop");
  const usage = usageOf(call);
  response.write(`data: ${JSON.stringify({ ...frame("chat.completion.chunk", call), choices: [], usage })}\n\n`);
  response.end("data: [DONE]\n\n");
}

function whole(response: ServerResponse, call: Call): void {
  const message = { role: "assistant", content: call.answer };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ ...frame("chat.completion", call), choices, usage: usageOf(call) }));
}

function frame(object: string, { model }: Call): object {
  return { id: "demo", object, created: 0, model };
}

function usageOf({ answer, prompt, cached }: Call): object {
  const words = Math.ceil(answer.length / charactersPerToken);
  const details = { prompt_tokens_details: { cached_tokens: cached } };
  return { prompt_tokens: prompt, completion_tokens: words, total_tokens: prompt + words, ...details };
}
