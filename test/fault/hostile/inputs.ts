/**
 * What is thrown at a proxy: good traffic that was mutated, hand-written nastiness, and noise; for each door it can come
 * through. Made of a seed, so that everybody who is tried meets the same bytes.
 */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { textFormatIds, type FormatId } from "../../../src/engine/formats/format.ts";
import { mutated, type Mutation } from "../../fuzz/bytes.ts";
import { invalidJson, naughtyStrings, validJson } from "../../fuzz/corpus.ts";
import { streamOf } from "../../fuzz/targets/dialects.ts";
import type { Random } from "../board/random.ts";

export const prototypeNames: readonly string[] = [
  ...Object.getOwnPropertyNames(Object.prototype),
  "prototype",
  "then",
  "length",
  "name",
];

/** As a client's first bytes, inside a tunnel without TLS, inside TLS, as frames of HTTP/2, as an answer to a request. */
export type Door = "port" | "tunnel" | "inside" | "h2" | "reply" | "reply-h2" | "gateway" | "stream" | "socket";

export interface HostileInput {
  readonly door: Door;
  readonly bytes: Buffer;
  /** Of the gateway's: where to. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a stream: the dialect it is said in. */
  readonly format?: FormatId;
}

export function hostileInput(door: Door, random: Random, host: string): HostileInput {
  switch (door) {
    case "port":
      return { door, bytes: touched(random, random.pick([connect, request, request])(random, host), 0.6) };
    case "tunnel":
      return { door, bytes: random.pick([() => noise(random), () => touched(random, hello, 1)])() };
    case "inside":
      return { door, bytes: touched(random, request(random, host), 0.7) };
    case "h2":
    case "reply-h2":
      return { door, bytes: touched(random, frames(random, host, door === "reply-h2"), 0.8) };
    case "reply":
      return { door, bytes: touched(random, reply(random), 0.7) };
    case "gateway":
    case "socket":
      return gatewayInput(door, random);
    case "stream":
      return streamInput(random);
  }
}

function gatewayInput(door: "gateway" | "socket", random: Random): HostileInput {
  const raw = Buffer.from(random.next() < 0.3 ? random.pick([...validJson, ...invalidJson]) : jsonBody(random));
  const encoding = random.pick(["", "", "", "gzip", "br", "zstd", "lzma", "gzip, gzip, gzip"]);
  const packed = encoding === "gzip" ? gzipSync(raw) : encoding === "br" ? brotliCompressSync(raw) : raw;
  return {
    door,
    bytes: touched(random, packed, 0.5),
    path: random.pick(door === "gateway" ? gatewayPaths : socketPaths),
    headers: { ...(encoding === "" ? {} : { "content-encoding": encoding }), ...random.pick(oddHeaders) },
  };
}

function streamInput(random: Random): HostileInput {
  const format = random.pick(textFormatIds);
  const good = streamOf(format, random.pick(naughtyStrings));
  const body = random.pick([
    () => touched(random, good, 0.8),
    () => Buffer.from(jsonBody(random)),
    () => noise(random),
  ])();
  return { door: "stream", bytes: body, format };
}

const gatewayPaths = [
  "/v1/messages",
  "/v1/chat/completions",
  "/v1/responses",
  "/v1/models",
  "/v1/embeddings",
  "/v1/messages/count_tokens",
  "/v1beta/models/m:generateContent",
  "/v1beta/models/m:streamGenerateContent?alt=sse",
  "/v1beta/models/__proto__:generateContent",
  "/v1/../../api/status",
  "/%00",
  "/api/config",
];
/** Nothing that ends the core or starts a program when it is understood. */
const socketPaths = [
  "/api/status",
  "/api/flows?filter=%28%28",
  "/api/flows?limit=-1",
  "/api/flows/__proto__",
  "/api/flows/constructor/sides/toString",
  "/api/flows/export",
  "/api/settings",
  "/api/rules",
  "/api/replay",
  "/api/routes/test",
  "/api/accounts/__proto__",
  "/api/%2e%2e/%00",
  "/api/events?since=NaN",
];
const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { "content-type": "application/x-protobuf" },
  { "content-type": "text/plain; charset=\u00ff" },
  { __proto__x: "1", constructor: "x" },
  { "x-api-key": "x".repeat(5_000) },
  { "anthropic-version": "__proto__" },
];

function connect(random: Random, host: string): Buffer {
  const name = random.pick([
    ...prototypeNames,
    "..",
    "../../x",
    "a/../../b",
    "%2e%2e",
    `[::1`,
    "[::]",
    "0",
    "1.1",
    host,
    random.pick(naughtyStrings),
  ]);
  const port = random.pick([":443", ":443", "", ":0", ":65536", ":-1", ":x", ":443:443"]);
  const after = random.pick([Buffer.alloc(0), Buffer.from([22]), hello]);
  return Buffer.concat([Buffer.from(`CONNECT ${name}${port} HTTP/1.1\r\nHost: ${name}\r\n\r\n`), after]);
}

function request(random: Random, host: string): Buffer {
  const target = random.pick([
    "/",
    `http://${host}/`,
    `http://${random.pick(prototypeNames)}/`,
    "http://[::1/",
    "http:///",
    "*",
    `/${random
      .pick(naughtyStrings)
      .slice(0, 200)
      .replaceAll(/[\r\n ]/g, "")}`,
    `/${"a/../".repeat(200)}`,
  ]);
  const body = random.pick(["", "{}", "5\r\nhello\r\n0\r\n\r\n", "x".repeat(3_000)]);
  const framing = random.pick([
    "",
    `Content-Length: ${body.length}\r\n`,
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Expect: 100-continue\r\nContent-Length: 5\r\n",
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
  ]);
  const fields = Array.from(
    { length: random.below(6) },
    () =>
      `${random.pick([...prototypeNames, "X", "Cookie", "Trailer"])}: ${random
        .pick(naughtyStrings)
        .slice(0, 300)
        .replaceAll(/[\r\n]/g, " ")}\r\n`,
  );
  const method = random.pick(["GET", "POST", "PUT", "OPTIONS", "TRACE", "__proto__", "PRI"]);
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\nHost: ${random.pick([host, "", "__proto__", host])}\r\n${framing}${fields.join("")}\r\n${body}`,
    "latin1",
  );
}

function reply(random: Random): Buffer {
  const status = random.pick([
    "200 OK",
    "200",
    "204 No",
    "304 Not",
    "000 X",
    "999 X",
    "100 Continue\r\n\r\nHTTP/1.1 200 OK",
    "101 Switching Protocols",
    "417 Expectation Failed",
    "65536 X",
  ]);
  const body = random.pick([
    "",
    "ok",
    "data: x\n\n".repeat(20),
    "2\r\nok\r\n0\r\n\r\n",
    "2\r\nok\r\n0\r\n__proto__: x\r\n\r\n",
  ]);
  const framing = random.pick([
    "",
    `Content-Length: ${body.length}\r\n`,
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 1\r\nContent-Length: 2\r\n",
    "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
  ]);
  const fields = Array.from(
    { length: random.below(5) },
    () =>
      `${random.pick([...prototypeNames, "Set-Cookie", "Content-Type", "Alt-Svc", "Upgrade"])}: ${random
        .pick(naughtyStrings)
        .slice(0, 300)
        .replaceAll(/[\r\n]/g, " ")}\r\n`,
  );
  return Buffer.from(`HTTP/1.1 ${status}\r\n${framing}${fields.join("")}\r\n${body}`, "latin1");
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const hello = Buffer.from(
  "16030100680100006403030000000000000000000000000000000000000000000000000000000000000000000002130101000039" +
    "000000160014000011617069" +
    "2e616e7468726f7069632e636f6d000b00020100",
  "hex",
);

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A field without Huffman and without an index. */
function field(name: string, value: string): Buffer {
  const text = (content: string): Buffer => {
    const bytes = Buffer.from(content, "latin1").subarray(0, 126);
    return Buffer.concat([Buffer.from([bytes.byteLength]), bytes]);
  };
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function frames(random: Random, host: string, isReply: boolean): Buffer {
  const odd = Array.from({ length: random.below(4) }, () =>
    field(
      random
        .pick([...prototypeNames, ":path", ":status", "connection", "transfer-encoding", "te", "host"])
        .toLowerCase(),
      random.pick(naughtyStrings),
    ),
  );
  const head = isReply
    ? [field(":status", random.pick(["200", "100", "101", "0", "x", "200"])), ...odd]
    : [
        field(":method", random.pick(["GET", "POST", "CONNECT", ""])),
        field(":scheme", "https"),
        field(":authority", random.pick([host, "", "__proto__"])),
        field(":path", "/"),
        ...odd,
      ];
  const stream = isReply ? 1 : random.pick([1, 3, 2, 0]);
  const some = Array.from({ length: random.below(6) }, () =>
    frame(random.below(12), random.below(64), random.pick([0, 1, 3, 2 ** 31 - 1]), random.bytes(random.below(40))),
  );
  return Buffer.concat([
    ...(isReply ? [] : [preface]),
    frame(4, 0, 0, Buffer.alloc(0)),
    frame(1, random.pick([4, 5, 1]), stream, Buffer.concat(head)),
    ...some,
    frame(0, 1, stream, Buffer.from("hello")),
  ]);
}

/** JSON that comes near a request: known words in wrong places. */
function jsonBody(random: Random, depth = 0): string {
  const words = [
    "model",
    "messages",
    "input",
    "contents",
    "role",
    "content",
    "type",
    "text",
    "parts",
    "tools",
    "name",
    "parameters",
    "properties",
    "stream",
    "system",
    "max_tokens",
    "tool_calls",
    "function",
    "arguments",
    ...prototypeNames,
  ];
  const kind = depth > 4 ? 3 : random.below(6);
  if (kind === 0) return `[${Array.from({ length: random.below(4) }, () => jsonBody(random, depth + 1)).join(",")}]`;
  if (kind < 3 || depth === 0) {
    const pairs = Array.from(
      { length: random.below(6) },
      () => `${JSON.stringify(random.pick(words))}:${jsonBody(random, depth + 1)}`,
    );
    return `{${pairs.join(",")}}`;
  }
  return random.pick([
    () => JSON.stringify(random.pick(naughtyStrings)),
    () => JSON.stringify(random.pick(["user", "assistant", "tool", "text", "m", "function"])),
    () => random.pick(["1", "-1", "1e999", "true", "null", "9007199254740993"]),
  ])();
}

const noise = (random: Random): Buffer => random.bytes(random.below(600));

function touched(random: Random, bytes: Buffer, share: number): Buffer {
  if (random.next() >= share) return bytes;
  return mutated(
    bytes,
    Array.from({ length: 1 + random.below(3) }, () => mutation(random)),
  );
}

function mutation(random: Random): Mutation {
  const at = random.below(1_000_000);
  switch (random.below(5)) {
    case 0:
      return { kind: "flip", at, bit: random.below(8) };
    case 1:
      return { kind: "cut", at };
    case 2:
      return { kind: "insert", at, bytes: random.bytes(random.below(40)) };
    case 3:
      return { kind: "number", at, value: random.pick([0, 0xffff_ffff, 0x7fff_ffff, 0x0100_0000]) };
    default:
      return { kind: "repeat", at, length: random.below(512) };
  }
}
