/**
 * The origin behind every proxy of the benchmark, in a process of its own. HTTP/1.1 and HTTP/2 over TLS.
 * Started by intercept.ts with a key and certificate in the environment; says its port over IPC.
 */
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { monotonicMicros } from "./process-meter.ts";

/** A whole Claude reply of 1 KB: what a proxy for coding clients sees all day. */
const smallReply = Buffer.from(
  JSON.stringify({
    id: "msg_bench",
    type: "message",
    role: "assistant",
    model: "claude-bench",
    content: [{ type: "text", text: "x".repeat(776) }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 500, output_tokens: 200 },
  }),
);
const block = Buffer.alloc(64 * 1024, 0x61);

const server = createSecureServer(
  { key: process.env["BENCH_KEY"] ?? "", cert: process.env["BENCH_CERT"] ?? "", allowHTTP1: true },
  (request, reply) => void answer(request, reply),
);
server.on("sessionError", () => {});
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port }); // a TCP listener has an AddressInfo
});
process.on("disconnect", () => process.exit(0));

async function answer(request: Http2ServerRequest, reply: Http2ServerResponse): Promise<void> {
  const url = new URL(request.url, "https://bench");
  const count = Number(url.searchParams.get("n") ?? 0);
  if (url.pathname === "/stream") {
    await stream(reply, { count, gapMs: Number(url.searchParams.get("gap") ?? 5), id: url.searchParams.get("id") });
    return;
  }
  if (url.pathname === "/bytes") {
    reply.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(count) });
    for (let left = count; left > 0 && !reply.destroyed; left -= block.length) {
      if (!reply.write(left >= block.length ? block : block.subarray(0, left))) await drained(reply);
    }
    reply.end();
    return;
  }
  request.resume();
  request.on("end", () => {
    reply.writeHead(200, { "content-type": "application/json", "content-length": String(smallReply.length) });
    reply.end(smallReply);
  });
}

interface Streamed {
  readonly count: number;
  readonly gapMs: number;
  /** Somebody wants to know when the client is gone before its end. */
  readonly id: string | null;
}

/** `data: NUMBER INSTANT`, the instant in µs of the clock that all processes of the machine share. */
async function stream(reply: Http2ServerResponse, { count, gapMs, id }: Streamed): Promise<void> {
  const state = { isClosed: false, isWhole: false };
  reply.once("close", () => {
    state.isClosed = true;
    if (!state.isWhole && id !== null) process.send?.({ id, atMicros: monotonicMicros() });
  });
  reply.writeHead(200, { "content-type": "text/event-stream" });
  for (let sent = 0; sent < count && !state.isClosed; sent += 1) {
    reply.write(`data: ${sent} ${monotonicMicros()}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, gapMs));
  }
  state.isWhole = !state.isClosed;
  reply.end();
}

function drained(reply: Http2ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      reply.off("drain", done);
      reply.off("close", done);
      resolve();
    };
    reply.on("drain", done);
    reply.on("close", done);
  });
}
