/** A few bytes that stand for very much, or ask for very much: each with the door it is carried to. */
import { brotliCompressSync, constants, crc32, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { zstd, zstdBomb } from "../../support/zstd.ts";
import * as doors from "./doors.ts";

export interface Bomb {
  readonly name: string;
  readonly door: doors.Door;
  /** Through the same door first, so that loading code and compiling it is not counted. */
  readonly honest: () => Uint8Array;
  readonly bytes: () => Uint8Array;
  /** What the door may say. */
  readonly says: RegExp;
}

const megabyte = 1024 * 1024;
const zeros = (megabytes: number): Buffer => Buffer.alloc(megabytes * megabyte, 0x20);
/** More than every bound. */
const plenty = (): Buffer => zeros(80);
const text = (content: string): Buffer => Buffer.from(content, "latin1");
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const body = text('{"model":"m","messages":[]}');
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const prelude = (total: number, headers: number): Buffer => {
  const lengths = Buffer.concat([u32(total), u32(headers)]);
  return Buffer.concat([lengths, u32(crc32(lengths))]);
};
const envelope = (flags: number, length: number, payload: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from([flags]), u32(length), payload]);
/** gzip whose tail says that it unpacks to nothing much. */
const lyingGzip = (): Buffer => {
  const packed = gzipSync(plenty());
  packed.writeUInt32LE(1_000, packed.byteLength - 4);
  return packed;
};
/** A protobuf field of length-delimited kind, wrapped in itself so many times. */
const nested = (field: number, depth: number): Buffer => {
  const lengths: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level += 1) {
    const head = Buffer.concat([Buffer.from([(field << 3) | 2]), varint(length)]);
    lengths.push(head);
    length += head.byteLength;
  }
  return Buffer.concat(lengths.toReversed());
};
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
const laughs = (): Buffer => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 12; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ")}]`);
  }
  return text(lines.join("\n"));
};

const packed: readonly (readonly [name: string, encoding: string, honest: () => Uint8Array, bomb: () => Uint8Array])[] =
  [
    ["gzip", "gzip", () => gzipSync(body), () => gzipSync(plenty())],
    [
      "gzip of many members",
      "gzip",
      () => gzipSync(body),
      () => Buffer.concat(Array.from({ length: 80 }, () => gzipSync(zeros(1)))),
    ],
    ["deflate", "deflate", () => deflateSync(body), () => deflateSync(plenty())],
    ["bare deflate", "deflate", () => deflateRawSync(body), () => deflateRawSync(plenty())],
    ["brotli", "br", () => brotliCompressSync(body), () => brotliCompressSync(plenty(), quick)],
    ["zstd", "zstd", () => zstd(body), () => zstdBomb(640)],
    ["gzip in gzip", "gzip, gzip", () => gzipSync(gzipSync(body)), () => gzipSync(gzipSync(plenty()))],
    [
      "gzip in brotli",
      "gzip, br",
      () => brotliCompressSync(gzipSync(body)),
      () => brotliCompressSync(gzipSync(plenty())),
    ],
    ["three layers", "gzip, gzip, gzip", () => gzipSync(body), () => gzipSync(gzipSync(gzipSync(plenty())))],
  ];

function once(make: () => Uint8Array): () => Uint8Array {
  let made: Uint8Array | null = null;
  return () => (made ??= make());
}

const refusedPacked = /^(DecodeError|too large|cut)$/;

export const bombs: readonly Bomb[] = [
  ...packed.flatMap(([name, encoding, honest, make]) => {
    const bytes = once(make);
    return [
      { name: `${name} as a body`, door: doors.requestBody(encoding), honest, bytes, says: refusedPacked },
      { name: `${name} in the flow log`, door: doors.capturedBody(encoding), honest, bytes, says: /^cut$/ },
      { name: `${name} in a recording`, door: doors.recordedBody(encoding), honest, bytes, says: /^cut$/ },
    ];
  }),
  ...[
    ["a window of 1 GiB", 0xa0],
    ["a window of 2 TiB", 0xf8],
  ].map(([name, window]) => ({
    name: `zstd that asks for ${name}`,
    door: doors.requestBody("zstd"),
    honest: () => zstd(body),
    bytes: () => {
      const frame = zstd(body);
      frame[5] = Number(window);
      return frame;
    },
    says: refusedPacked,
  })),
  ...[
    ["four bytes of 0xff", Buffer.alloc(4, 0xff)],
    ["a frame of 4 GiB", prelude(0xffff_ffff, 0)],
    ["a frame of 16 MiB that never comes", prelude(16 * megabyte, 0)],
    ["headers of 4 GiB", prelude(100, 0xffff_fff0)],
    ["a page of HTML", text(`<html>${"<p>hello</p>".repeat(400_000)}</html>`)],
    ["a length of nothing", Buffer.concat([prelude(0, 0), Buffer.alloc(1_000)])],
  ].map(([name, bytes]) => ({
    name: `event stream: ${String(name)}`,
    door: doors.eventStream,
    honest: () => prelude(100, 0),
    bytes: () => Buffer.from(bytes ?? ""),
    says: /^FramingError$/,
  })),
  ...[
    ["4 GiB", () => envelope(0, 0xffff_ffff)],
    ["64 MiB that never come", () => envelope(0, 64 * megabyte)],
    ["gzip of 80 MB", () => envelope(1, gzipSync(plenty()).byteLength, gzipSync(plenty()))],
    ["gzip that lies about its size", () => envelope(1, lyingGzip().byteLength, lyingGzip())],
    ["nothing, 100,000 times", () => Buffer.concat(Array.from({ length: 100_000 }, () => envelope(0, 0)))],
  ].map(([name, bytes]) => ({
    name: `Connect: an envelope of ${String(name)}`,
    door: doors.envelopes,
    honest: () => envelope(1, gzipSync(body).byteLength, gzipSync(body)),
    bytes: bytes as () => Buffer, // the second of each pair
    says: /^(FramingError|read)$/,
  })),
  {
    name: "JSON: a million levels",
    door: doors.json,
    honest: () => body,
    bytes: () => text("[".repeat(1_000_000) + "]".repeat(1_000_000)),
    says: /^refused$/,
  },
  {
    name: "JSON: a million objects in each other",
    door: doors.json,
    honest: () => body,
    bytes: () => text('{"a":'.repeat(1_000_000)),
    says: /^refused$/,
  },
  {
    name: "JSON: a number of a million digits",
    door: doors.json,
    honest: () => body,
    bytes: () => text("9".repeat(1_000_000)),
    says: /^read$/,
  },
  {
    name: "JSON: a million escapes",
    door: doors.json,
    honest: () => body,
    bytes: () => text(`"${"\\u0000".repeat(1_000_000)}"`),
    says: /^read$/,
  },
  {
    name: "protobuf: 100,000 levels",
    door: doors.message("JsonValue"),
    honest: () => Buffer.from([]),
    bytes: () => nested(6, 100_000),
    says: /^(MessageError|read)$/,
  },
  {
    name: "protobuf: 100,000 open groups",
    door: doors.message("JsonValue"),
    honest: () => Buffer.from([]),
    bytes: () => Buffer.alloc(100_000, 0x0b),
    says: /^MessageError$/,
  },
  {
    name: "protobuf: a text of 4 GiB",
    door: doors.message("SpanContext"),
    honest: () => Buffer.from([]),
    bytes: () => Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    says: /^MessageError$/,
  },
  {
    name: "protobuf: as people see it, 100,000 levels",
    door: doors.view("application/proto"),
    honest: () => nested(1, 3),
    bytes: () => nested(1, 100_000),
    says: /^(read|not decoded)$/,
  },
  {
    name: "protobuf: as people see it, a million fields",
    door: doors.view("application/proto"),
    honest: () => nested(1, 3),
    bytes: () => Buffer.alloc(2_000_000, Buffer.from([0x08, 0x01])),
    says: /^(read|not decoded)$/,
  },
  {
    name: "server-sent events: one line without end",
    door: doors.sse,
    honest: () => text("data: {}\n\n"),
    bytes: () => Buffer.concat([text("data: "), zeros(64)]),
    says: /^too large$/,
  },
  {
    name: "server-sent events: one event without end",
    door: doors.sse,
    honest: () => text("data: {}\n\n"),
    bytes: () => Buffer.alloc(32 * megabyte, "data: x\n"),
    says: /^too large$/,
  },
  {
    name: "server-sent events: a field name without end",
    door: doors.sse,
    honest: () => text("data: {}\n\n"),
    bytes: () => zeros(32),
    says: /^too large$/,
  },
  {
    name: "server-sent events: comments without end",
    door: doors.sse,
    honest: () => text("data: {}\n\n"),
    bytes: () => Buffer.alloc(8 * megabyte, ": ping\n\n"),
    says: /^read 0$/,
  },
  ...(["claude", "openai-chat", "openai-responses", "gemini"] as const).map((id) => ({
    name: `a stream of ${id}: JSON of 200,000 levels in one event`,
    door: doors.stream(id),
    honest: () => text("data: {}\n\n"),
    bytes: () => text(`event: message_start\ndata: ${"[".repeat(200_000)}\n\n`),
    says: /^(error|reply-end)$/,
  })),
  {
    name: "a head of 8 MiB",
    door: doors.requestHead,
    honest: () => text("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    bytes: () => text(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"v".repeat(8 * megabyte)}\r\n\r\n`),
    says: /^too large$/,
  },
  {
    name: "a head of 16,000 fields",
    door: doors.requestHead,
    honest: () => text("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    bytes: () => text(`GET / HTTP/1.1\r\n${"a:\r\n".repeat(16_000)}\r\n`),
    says: /^refused$/,
  },
  {
    name: "a chunk size of 8 MiB of digits",
    door: doors.chunked,
    honest: () => text("1\r\na\r\n0\r\n\r\n"),
    bytes: () => text("0".repeat(8 * megabyte)),
    says: /^FramingError$/,
  },
  {
    name: "trailers of 8 MiB",
    door: doors.chunked,
    honest: () => text("1\r\na\r\n0\r\n\r\n"),
    bytes: () => text(`0\r\n${"a: b\r\n".repeat(1_400_000)}`),
    says: /^FramingError$/,
  },
  {
    name: "two million chunks of a byte",
    door: doors.chunked,
    honest: () => text("1\r\na\r\n0\r\n\r\n"),
    bytes: () => Buffer.alloc(1_200_000, "1\r\na\r\n"),
    says: /^read$/,
  },
  {
    name: "a hello that promises 4 GiB",
    door: doors.clientHello,
    honest: () => Buffer.from("16030100050100000100", "hex"),
    bytes: () => Buffer.concat([Buffer.from("160301ffff01ffffff0303", "hex"), zeros(1)]),
    says: /^(not-tls|incomplete)$/,
  },
  {
    name: "a recording of one line without end",
    door: doors.recording,
    honest: () => text('{"switchyardRecording":1}\n'),
    bytes: () => Buffer.concat([text('{"switchyardRecording":1}\n'), text("[".repeat(2 * megabyte)), text("\n")]),
    says: /^read$/,
  },
  {
    name: "a configuration of aliases of aliases",
    door: doors.config,
    honest: () => text("routes: []\n"),
    bytes: laughs,
    says: /^refused$/,
  },
  {
    name: "a configuration of a million brackets",
    door: doors.config,
    honest: () => text("routes: []\n"),
    bytes: () => text("[".repeat(megabyte)),
    says: /^refused$/,
  },
  ...["*a".repeat(12), "*a*".repeat(200), "*aab".repeat(60), `*${"a".repeat(40)}b*`].map((pattern, index) => ({
    name: `a rule's wildcard of many stars, the ${index + 1}. kind`,
    door: doors.glob,
    honest: () => text("a*"),
    bytes: () => text(pattern),
    says: /^(true|false)$/,
  })),
  ...["(a+)+$b", "(a|a)*b", "(a*)*b", "(.*a){12}b", "(a{1,15}){1,15}b", "(((a{1,40}){1,40}){1,40})"].map((pattern) => ({
    name: `a filter's pattern ${pattern}`,
    door: doors.filter,
    honest: () => text("ab"),
    bytes: () => text(pattern),
    says: /^(true|false|refused)$/,
  })),
  ...[
    ["half tokens", "sk-".repeat(200_000)],
    ["half web tokens", "eyJaaaaaaaaa.".repeat(40_000)],
    ["names without values", '"api_key":"'.repeat(50_000)],
    ["combining marks", "e" + "\u0301".repeat(200_000)],
    ["addresses", "://a:".repeat(100_000)],
  ].map(([name, content]) => ({
    name: `text to be shown: ${String(name)}`,
    door: doors.shown,
    honest: () => text("ordinary text"),
    bytes: () => Buffer.from(content ?? ""),
    says: /^true$/,
  })),
];
