/** One streamed call, or many small whole ones, through one gateway; plain HTTP, parsed no more than needed. */
import { Agent, request } from "node:http";
import { firstWord, lastWord, lengths, type Dialect } from "./dialects.ts";
import type { Gateway, Route } from "./gateways.ts";
import { cpuMicros } from "./process-meter.ts";

export interface StreamFigures {
  /** CPU of the gateway, ms per 1,000 deltas. */
  readonly cpuMsPerThousand: number;
  readonly totalMs: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

export async function measureStream(
  gateway: Gateway,
  client: Dialect,
  provider: Dialect,
  deltas: number,
): Promise<StreamFigures> {
  const route = gateway.route(client, provider, true, lengths.whole);
  if (route === null) throw new Error("has no such pair");
  const before = gateway.pid === 0 ? 0 : cpuMicros(gateway.pid);
  const call = await ask(route);
  const cpu = gateway.pid === 0 ? 0 : cpuMicros(gateway.pid) - before;
  if (call.firstWordMs === null || !call.hasEnd) throw new Error(`answered without the words: ${call.sample}`);
  return { cpuMsPerThousand: cpu / deltas, totalMs: call.totalMs };
}

/** Times until the first word of short answers that come at a provider's own speed, one after the other, ms. */
export async function measureFirst(
  gateway: Gateway,
  client: Dialect,
  provider: Dialect,
  count: number,
): Promise<number[]> {
  const route = gateway.route(client, provider, true, lengths.live);
  if (route === null) throw new Error("has no such pair");
  const times: number[] = [];
  for (let index = 0; index < count + 3; index += 1) {
    const { firstWordMs, hasEnd, sample } = await ask(route);
    if (firstWordMs === null || !hasEnd) throw new Error(`answered without the words: ${sample}`);
    if (index >= 3) times.push(firstWordMs);
  }
  return times;
}

/** Times of whole calls, one after the other, ms. */
export async function measureWhole(
  gateway: Gateway,
  client: Dialect,
  provider: Dialect,
  count: number,
): Promise<number[]> {
  const route = gateway.route(client, provider, false, lengths.whole);
  if (route === null) throw new Error("has no such pair");
  const times: number[] = [];
  for (let index = 0; index < count + 10; index += 1) {
    const { totalMs, hasEnd, sample } = await ask(route);
    if (!hasEnd) throw new Error(`answered without the words: ${sample}`);
    if (index >= 10) times.push(totalMs);
  }
  return times;
}

interface Call {
  readonly firstWordMs: number | null;
  readonly totalMs: number;
  readonly hasEnd: boolean;
  readonly sample: string;
}

function ask({ port, path, headers, body }: Route): Promise<Call> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const call = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        agent,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        timeout: 30_000,
      },
      (reply) => {
        let firstWordMs: number | null = null;
        let hasEnd = false;
        let tail = "";
        let sample = "";
        reply.on("data", (chunk: Buffer) => {
          const text = tail + chunk.toString("latin1");
          if (sample.length < 300) sample += text.slice(0, 300);
          if (firstWordMs === null && text.includes(firstWord)) firstWordMs = performance.now() - startedAt;
          hasEnd ||= text.includes(lastWord);
          tail = text.slice(-lastWord.length);
        });
        reply.on("error", reject);
        reply.on("end", () =>
          resolve({
            firstWordMs,
            totalMs: performance.now() - startedAt,
            hasEnd,
            sample: `${reply.statusCode ?? 0} ${sample.slice(0, 300)}`,
          }),
        );
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 30 s")));
    call.on("error", reject);
    call.end(body);
  });
}
