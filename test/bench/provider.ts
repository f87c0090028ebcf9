/**
 * The providers behind the gateways of the translation benchmark, one process for all dialects, plain HTTP on loopback.
 * A streamed answer is written one delta at a time, a turn of the event loop between two, as providers do.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { lengths, streamFrames, wholeAnswer, type Dialect } from "./dialects.ts";

/** A short answer at a provider's own speed: what its first word costs is not measured against a flood of others. */
const liveDeltas = 6;
const liveGapMs = 4;
const deltas = Number(process.env["BENCH_DELTAS"] ?? 5000);
const streams = new Map<Dialect, readonly Buffer[]>();
const wholes = new Map<Dialect, Buffer>();

const server = createServer((request, reply) => {
  let size = 0;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
  });
  request.on("end", () => void answer(request, reply, Buffer.concat(chunks, size).toString()));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port }); // a TCP listener has an AddressInfo
});
process.on("disconnect", () => process.exit(0));

async function answer(request: IncomingMessage, reply: ServerResponse, body: string): Promise<void> {
  const dialect = dialectOf(request.url ?? "");
  if (dialect === null) {
    reply.writeHead(404).end();
    return;
  }
  const isStream = dialect === "gemini" ? (request.url ?? "").includes(":stream") : body.includes('"stream":true');
  if (!isStream) {
    const whole = wholes.get(dialect) ?? wholeAnswer(dialect);
    wholes.set(dialect, whole);
    reply.writeHead(200, { "content-type": "application/json", "content-length": String(whole.length) }).end(whole);
    return;
  }
  const isLive = body.includes(String(lengths.live));
  const frames = isLive ? streamFrames(dialect, liveDeltas) : (streams.get(dialect) ?? streamFrames(dialect, deltas));
  if (!isLive) streams.set(dialect, frames);
  reply.writeHead(200, { "content-type": "text/event-stream" });
  for (const frame of frames) {
    if (reply.destroyed) return;
    if (!reply.write(frame)) await new Promise((resolve) => reply.once("drain", resolve));
    await (isLive ? pause(liveGapMs) : turn());
  }
  reply.end();
}

function dialectOf(path: string): Dialect | null {
  if (path.includes("/chat/completions")) return "openai-chat";
  if (path.includes("/responses")) return "openai-responses";
  if (path.includes("/messages")) return "claude";
  return /:(stream)?generateContent/i.test(path) ? "gemini" : null;
}
